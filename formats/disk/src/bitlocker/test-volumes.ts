import type { Damage } from '@winmedic/bytes';
import { type BitLockerDescription, type WrittenBitLocker, writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import type { BlockDevice } from '../block/types.ts';
import { testCrypto } from './test-crypto.ts';
import type { UnlockedVolume, UnlockOptions, VolumeSecret } from './types.ts';
import { unlockBitLocker } from './unlock.ts';

export const RECOVERY_PASSWORD = '110000-000011-720885-123453-000000-654313-011011-345675';

const SIZE = 1024 * 1024;

/**
 * A plain volume of 1 MiB: an NTFS boot sector at both ends, a pattern that is different in every sector, and zeros in the middle where metadata finds room.
 */
export function plainVolume(sectorBytes = 512): Uint8Array {
  const plain = new Uint8Array(SIZE);
  const view = new DataView(plain.buffer);
  for (let at = 0; at < SIZE; at += 16) {
    view.setUint32(at, at, true);
    view.setUint32(at + 8, ~at, true);
  }
  plain.fill(0, SIZE / 4 + 5, SIZE - 0x8000);
  const boot = new Uint8Array(sectorBytes);
  boot.set([0xeb, 0x52, 0x90, ...new TextEncoder().encode('NTFS    '), sectorBytes & 0xff, sectorBytes >> 8, 4096 / sectorBytes]);
  boot.set([0x40, 0, 0, 0, 0, 0, 0, 0, 0x55, 0, 0, 0, 0, 0, 0, 0], 48);
  boot.set([0x55, 0xaa], 510);
  plain.set(boot);
  plain.set(boot, SIZE - sectorBytes);
  return plain;
}

/** A volume of the writer; protectors without key stretching unless said, so that opening takes milliseconds. */
export function written(description: Partial<BitLockerDescription> = {}): WrittenBitLocker {
  return writeBitLocker(plainVolume(description.sectorBytes), {
    method: 'aes-xts-128',
    protectors: [{ kind: 'startup-key' }, { kind: 'sealed', type: 0x0100 }],
    ...description,
  });
}

/** A device over bytes; writes go into them. */
export function device(bytes: Uint8Array, sectorBytes = 512): BlockDevice & { readonly written: number[] } {
  const offsets: number[] = [];
  return {
    sizeBytes: bytes.length,
    sectorBytes,
    written: offsets,
    readAt(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    write(offset, part) {
      if (offset + part.length > bytes.length) throw new Error('a write behind the end');
      if (offset % sectorBytes !== 0 || part.length % sectorBytes !== 0) throw new Error('a write of parts of sectors');
      offsets.push(offset);
      bytes.set(part, offset);
    },
  };
}

/** The secret of the volume's one startup key. */
export function startupSecret({ startupKeys }: WrittenBitLocker): VolumeSecret {
  return { kind: 'startup-key', file: [...startupKeys.values()][0]! };
}

/** Opens with the startup key. */
export function unlocked(volume: WrittenBitLocker, options: UnlockOptions & { readonly bytes?: Uint8Array } = {}): UnlockedVolume {
  return unlockBitLocker(device(options.bytes ?? volume.volume), startupSecret(volume), testCrypto, options);
}

/** Collects damages. */
export function collecting(): { readonly damages: Damage[]; readonly onDamage: (damage: Damage) => void } {
  const damages: Damage[] = [];
  return { damages, onDamage: (damage) => damages.push(damage) };
}

/** All bytes of a volume. */
export function allOf(volume: UnlockedVolume): Uint8Array {
  const bytes = new Uint8Array(volume.sizeBytes);
  if (volume.readAt(0, bytes) !== bytes.length) throw new Error('a short read');
  return bytes;
}

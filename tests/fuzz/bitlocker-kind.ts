import { crc32 } from '@winmedic/bytes';
import { type DiskCrypto, Overlay, parseStartupKey, readBitLocker, unlockBitLocker, type VolumeSecret } from '@winmedic/disk';
import { type BitLockerDescription, type WrittenBitLocker, writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { nodeCrypto } from '../../core/disk/node-crypto.ts';
import { carriedOut, guarded, orderlyDisk, sameAsOverlay } from './disk-device.ts';
import { mutateImage, type Region } from './disk-regions.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

const SIZE = 512 << 10;
const PASSWORD = '110000-000011-720885-123453-000000-654313-011011-345675';

/** BitLocker volumes, locked and unlocked with every kind of secret, read and written through an overlay. */
export function bitlockerKind(): Kind {
  const inputs = seeds().map((seed) => ({ ...seed, target: new Uint8Array(seed.written.volume.length), regions: regionsOf(seed.written) }));
  return {
    name: 'bitlocker',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { written, target, regions } = inputs[seed]!;
      target.set(written.volume);
      const names = mutateImage(target, regions, random);
      // All copies alike, so that the damage is not outvoted.
      if (random.below(2) === 0)
        for (const copy of written.places.copies.slice(1))
          target.copyWithin(copy, written.places.copies[0], written.places.copies[0] + written.copyBytes);
      if (random.below(40) > 0) return { bytes: target, names };
      const cut = random.below(target.length + 1);
      return { bytes: target.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random, seed) => read(bytes, inputs[seed]!, random),
    maxMs: 3000,
    extension: 'bitlocker',
  };
}

interface Seed {
  readonly name: string;
  readonly written: WrittenBitLocker;
  readonly sectorBytes: number;
}

function read(bytes: Uint8Array, { written, sectorBytes }: Seed, random: Random): Record<string, number> {
  const counts = { described: 0, unlocked: 0, written: 0, damages: 0 };
  const device = guarded(bytes, sectorBytes);
  const onDamage = (): void => void counts.damages++;
  counts.described += Number(orderlyDisk(() => void readBitLocker(device, { onDamage })));
  const [bek] = [...written.startupKeys.values()];
  const secrets: (VolumeSecret | undefined)[] = [
    undefined,
    { kind: 'vmk', key: written.masterKey },
    { kind: 'fvek', key: written.volumeKey },
    { kind: 'startup-key', file: broken(bek!, random) },
    { kind: 'recovery-password', digits: PASSWORD },
    { kind: 'password', text: 'pass' },
  ];
  orderlyDisk(() => void parseStartupKey(broken(bek!, random)));
  // Stretching is a million calls, even of what does nothing.
  const secret = random.pick(random.below(8) === 0 ? secrets : secrets.slice(0, 4));
  orderlyDisk(() => {
    const overlay = new Overlay(device);
    const volume = unlockBitLocker(overlay, secret, quick, { onDamage });
    counts.unlocked++;
    if (!Number.isSafeInteger(volume.sizeBytes) || volume.sizeBytes > bytes.length)
      throw new Error(`a volume of ${volume.sizeBytes} bytes`);
    const whole = new Uint8Array(64 << 10);
    for (const offset of [0, random.below(volume.sizeBytes), volume.sizeBytes - 700]) volume.readAt(Math.max(0, offset), whole);
    const at = random.below(Math.floor(volume.sizeBytes / sectorBytes)) * sectorBytes;
    const fresh = new Uint8Array(sectorBytes * (1 + random.below(3))).fill(0x5a);
    if (orderlyDisk(() => volume.write?.(at, fresh)) && volume.write !== undefined) {
      counts.written++;
      const back = new Uint8Array(fresh.length);
      const got = volume.readAt(at, back);
      if (got !== fresh.length || Buffer.compare(back, fresh) !== 0) throw new Error(`what was written at ${at} reads differently`);
    }
    sameAsOverlay(overlay, carriedOut(overlay.plan(), bytes, sectorBytes));
    for (const { offset, new: changed } of overlay.plan().changes) {
      for (const copy of written.places.copies) {
        if (volume.volume.copies.every((state) => state === 'ok') && offset < copy + written.copyBytes && offset + changed.length > copy)
          throw new Error(`metadata at ${copy} was written over`);
      }
    }
    volume.forget();
    if (orderlyDisk(() => void volume.readAt(0, whole))) throw new Error('a volume gives bytes after its keys were forgotten');
  });
  return counts;
}

/** Stretching a password takes a second on purpose: here the million rounds all give the same. */
const quick: DiskCrypto = { ...nodeCrypto, sha256: (bytes) => (bytes.length === 88 ? bytes.slice(0, 32) : nodeCrypto.sha256(bytes)) };

function broken(bek: Uint8Array, random: Random): Uint8Array {
  if (random.below(3) > 0) return bek;
  const copy = bek.slice();
  for (let n = 1 + random.below(4); n > 0; n--) copy[random.below(copy.length)] = random.pick([0, 1, 0x7f, 0xff, random.below(256)]);
  return random.below(4) > 0 ? copy : copy.subarray(0, random.below(copy.length));
}

function regionsOf({ places, copyBytes, volume }: WrittenBitLocker): Region[] {
  const regions: Region[] = [
    { name: 'volume header', kind: 'plain', offset: 0, sizeBytes: 512 },
    { name: 'moved header', kind: 'plain', offset: places.header, sizeBytes: 8192 },
    { name: 'data', kind: 'plain', offset: 8192, sizeBytes: 65_536 },
  ];
  for (const offset of places.copies) {
    const used = new DataView(volume.buffer, volume.byteOffset).getUint32(offset + 64, true) + 64;
    const seal = (image: Uint8Array): void => {
      const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
      const covered = view.getUint16(offset + 8, true) * 16;
      if (covered + 8 <= copyBytes) view.setUint32(offset + covered + 4, crc32(image.subarray(offset, offset + covered)), true);
    };
    regions.push({ name: 'block header', kind: 'sealed', offset, sizeBytes: 64, seal });
    regions.push({ name: 'metadata header', kind: 'sealed', offset: offset + 64, sizeBytes: 48, seal });
    regions.push({ name: 'entries', kind: 'sealed', offset: offset + 112, sizeBytes: used - 112, seal });
    regions.push({ name: 'validation', kind: 'plain', offset: offset + used, sizeBytes: 128 });
  }
  return regions;
}

function seeds(): Seed[] {
  const seed = (name: string, description: Partial<BitLockerDescription>): Seed => ({
    name,
    sectorBytes: description.sectorBytes ?? 512,
    written: writeBitLocker(plain(description.sectorBytes ?? 512), {
      method: 'aes-xts-128',
      protectors: [
        { kind: 'startup-key' },
        { kind: 'recovery-password', digits: PASSWORD },
        { kind: 'password', text: 'pass' },
        { kind: 'sealed', type: 0x0100 },
      ],
      ...description,
    }),
  });
  return [
    seed('xts 128', {}),
    seed('xts 256, sectors of 4096', { method: 'aes-xts-256', sectorBytes: 4096 }),
    seed('cbc with diffuser', { method: 'aes-cbc-256-diffuser' }),
    seed('cbc', { method: 'aes-cbc-128' }),
    seed('vista', { version: 'vista', method: 'aes-cbc-128-diffuser' }),
    seed('suspended', { protectors: [{ kind: 'clear-key' }, { kind: 'startup-key' }] }),
    seed('half decrypted', { encryptedBytes: SIZE / 4 }),
  ];
}

/** Zeros in the middle, where metadata finds room. */
function plain(sectorBytes: number): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE / 8; at += 8) bytes.fill(at / 8, at, at + 8);
  const boot = new Uint8Array(sectorBytes);
  boot.set([0xeb, 0x52, 0x90, ...new TextEncoder().encode('NTFS    '), sectorBytes & 0xff, sectorBytes >> 8, 4096 / sectorBytes]);
  boot.set([SIZE / sectorBytes - 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8], 40);
  boot.set([0x55, 0xaa], 510);
  bytes.set(boot);
  bytes.set(boot, SIZE - sectorBytes);
  return bytes;
}

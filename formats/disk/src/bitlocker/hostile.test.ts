import { crc32, toHex } from '@winmedic/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISK_DAMAGE_CODES, DISK_ERROR_CODES, DiskError } from '../errors.ts';
import { readBitLocker } from './read.ts';
import { testCrypto } from './test-crypto.ts';
import { allOf, collecting, device, startupSecret, unlocked, written } from './test-volumes.ts';
import { unlockBitLocker } from './unlock.ts';

const thrown = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('metadata of which copies are damaged', () => {
  it.each([0, 1, 2])('opens when copy %i is overwritten', (copy) => {
    const volume = written();
    const at = volume.places.copies[copy]!;
    volume.volume.fill(0xee, at, at + 512);
    const { damages, onDamage } = collecting();
    const plain = unlocked(volume, { onDamage });
    expect(plain.volume.copies).toEqual([0, 1, 2].map((each) => (each === copy ? 'damaged' : 'ok')));
    expect(damages).toEqual([{ code: 'BITLOCKER_COPY', offset: at, what: `metadata copy ${copy + 1}: signature` }]);
    expect(toHex(allOf(plain))).toBe(toHex(volume.plain));
  });

  it('opens when one bit in two copies changed, and says which', () => {
    const volume = written();
    for (const at of volume.places.copies.slice(0, 2)) volume.volume[at + 200]! ^= 1;
    const { damages, onDamage } = collecting();
    expect(unlocked(volume, { onDamage }).volume.copies).toEqual(['damaged', 'damaged', 'ok']);
    expect(damages.map(({ code, what }) => [code, what])).toEqual([
      ['BITLOCKER_COPY', 'metadata copy 1: CRC-32'],
      ['BITLOCKER_COPY', 'metadata copy 2: CRC-32'],
    ]);
  });

  it('finds the copies by one good offset of the volume header', () => {
    const volume = written();
    volume.volume.fill(0xff, 176, 192);
    expect(unlocked(volume).volume.copies).toEqual(['ok', 'ok', 'ok']);
  });

  it('is refused when no copy is whole', () => {
    const volume = written();
    for (const at of volume.places.copies) volume.volume[at + 200]! ^= 1;
    expect(thrown(() => unlocked(volume))).toMatchObject({ code: 'BITLOCKER_METADATA', what: expect.stringContaining('CRC-32') });
  });

  it('takes the newer copy when an update was interrupted', () => {
    const volume = written();
    const newer = written({ protectors: [{ kind: 'startup-key' }, { kind: 'clear-key' }, { kind: 'clear-key' }], places: volume.places });
    const [, second] = volume.places.copies;
    volume.volume.set(newer.volume.subarray(second, second + volume.copyBytes), second);
    const { damages, onDamage } = collecting();
    expect(readBitLocker(device(volume.volume), { onDamage }).protectors).toHaveLength(3);
    expect(damages.map(({ code }) => code)).toEqual(['BITLOCKER_COPIES_DIFFER', 'BITLOCKER_COPIES_DIFFER']);
  });

  it('with a right checksum and a wrong hash is told', () => {
    const volume = written();
    const other = written({ description: 'LAB OS 7/19/2024', places: volume.places });
    // The hash of other metadata, under the same key: only the key shows that it does not belong here.
    for (const at of volume.places.copies) {
      const view = new DataView(volume.volume.buffer, at);
      const end = view.getUint16(8, true) * 16;
      volume.volume.set(other.volume.subarray(at + end + 8, at + end + 100), at + end + 8);
    }
    const { damages, onDamage } = collecting();
    const plain = unlocked(volume, { onDamage });
    expect(damages.map(({ code }) => code)).toEqual(['BITLOCKER_VALIDATION']);
    expect(thrown(() => plain.write!(0x4000, new Uint8Array(512)))).toMatchObject({ code: 'BITLOCKER_METADATA' });
  });
});

describe('a volume that is encrypted in part', () => {
  const half = 0x8_0000;

  it('is read plain behind the border and never written', () => {
    const volume = written({ encryptedBytes: half });
    const plain = unlocked(volume);
    expect(plain.volume.state).toBe('decrypting-or-encrypting');
    expect(toHex(allOf(plain))).toBe(toHex(volume.plain));
    const before = toHex(volume.volume);
    for (const offset of [0, 0x4000, half + 512]) {
      expect(thrown(() => plain.write!(offset, new Uint8Array(512)))).toMatchObject({ code: 'BITLOCKER_CONVERSION' });
    }
    expect(toHex(volume.volume)).toBe(before);
  });

  it('of which only bitmaps say what is encrypted lists its protectors and is not opened', () => {
    const volume = written({ encryptOnWrite: true });
    expect(readBitLocker(device(volume.volume)).state).toBe('decrypting-or-encrypting');
    expect(thrown(() => unlocked(volume))).toMatchObject({ code: 'BITLOCKER_CONVERSION' });
  });

  it('with states nobody described is not written', () => {
    const plain = unlocked(written({ states: [4, 9] }));
    expect(plain.volume.state).toBe('unknown');
    expect(thrown(() => plain.write!(0x4000, new Uint8Array(512)))).toMatchObject({ code: 'BITLOCKER_CONVERSION' });
  });
});

describe('writing', () => {
  it('touches metadata never, and then nothing at all', () => {
    const volume = written();
    const plain = unlocked(volume);
    const before = toHex(volume.volume);
    const { copies, header } = volume.places;
    const places = [...copies, header].flatMap((at) => [at, at + 512, at - 512]);
    for (const at of places)
      expect(thrown(() => plain.write!(at, new Uint8Array(1024).fill(7)))).toMatchObject({ code: 'BITLOCKER_METADATA_WRITE' });
    expect(thrown(() => plain.write!(copies[0] - 0x1_0000, new Uint8Array(0x4_0000)))).toMatchObject({ code: 'BITLOCKER_METADATA_WRITE' });
    expect(thrown(() => plain.write!(plain.sizeBytes - 512, new Uint8Array(1024)))).toMatchObject({ code: 'BLOCK_WRITE_RANGE' });
    expect(thrown(() => plain.write!(-512, new Uint8Array(512)))).toMatchObject({ code: 'BLOCK_WRITE_RANGE' });
    expect(toHex(volume.volume)).toBe(before);
  });

  it('of the first sectors goes where they were moved to, and leaves the volume header', () => {
    const volume = written();
    const header = toHex(volume.volume.subarray(0, 512));
    const plain = unlocked(volume);
    plain.write!(8192 - 512, new Uint8Array(1024).fill(9));
    expect(toHex(volume.volume.subarray(0, 512))).toBe(header);
    const into = new Uint8Array(1024);
    plain.readAt(8192 - 512, into);
    expect(into).toEqual(new Uint8Array(1024).fill(9));
  });

  it('of parts of sectors keeps the rest of them', () => {
    const volume = written();
    unlocked(volume).write!(0x3001, new Uint8Array(600).fill(1));
    const expected = volume.plain.slice();
    expected.fill(1, 0x3001, 0x3001 + 600);
    expect(toHex(allOf(unlocked(volume)))).toBe(toHex(expected));
  });

  it("to Vista's format is refused", () => {
    const plain = unlocked(written({ version: 'vista', method: 'aes-cbc-128' }));
    expect(thrown(() => plain.write!(0x4000, new Uint8Array(512)))).toMatchObject({ code: 'BITLOCKER_VERSION' });
  });

  it('is refused while the copies contradict each other in states or sizes', () => {
    const volume = written();
    const converting = written({ states: [5, 1], places: volume.places });
    const [, , third] = volume.places.copies;
    volume.volume.set(converting.volume.subarray(third, third + volume.copyBytes), third);
    const plain = unlocked(volume);
    expect(thrown(() => plain.write!(0x4000, new Uint8Array(512)))).toMatchObject({ code: 'BITLOCKER_METADATA' });
  });

  it('is not offered over a device that cannot be written', () => {
    const volume = written();
    const { write: _, ...readOnly } = device(volume.volume);
    expect(unlockBitLocker(readOnly, startupSecret(volume), testCrypto).write).toBeUndefined();
  });

  it('is offered by whole sectors of a device that has larger ones', () => {
    const volume = written();
    const plain = unlockBitLocker(device(volume.volume, 4096), startupSecret(volume), testCrypto);
    expect(plain.sectorBytes).toBe(4096);
    plain.write!(0x3000, new Uint8Array(4096).fill(1));
    expect(volume.plain.subarray(0x3000, 0x3004)).not.toEqual(new Uint8Array(4).fill(1));
  });
});

describe('hostile volumes', () => {
  /** Opens, reads everything and writes; anything thrown but a {@link DiskError} is a fault. */
  function touch(bytes: Uint8Array, secret: ReturnType<typeof startupSecret>): void {
    const onDamage = ({ code }: { readonly code: string }): void => expect(DISK_DAMAGE_CODES).toContain(code);
    const error = thrown(() => {
      const plain = unlockBitLocker(device(bytes), secret, testCrypto, { onDamage });
      const into = new Uint8Array(plain.sizeBytes);
      expect(plain.readAt(0, into)).toBeLessThanOrEqual(into.length);
      plain.write!(0x3000, new Uint8Array(512));
    });
    if (error === undefined) return;
    expect(error).toBeInstanceOf(DiskError);
    expect(DISK_ERROR_CODES).toContain((error as DiskError).code);
  }

  it.each(['7', 'vista'] as const)('of version %s with changed bytes in headers and metadata end in a volume or an error', (version) => {
    const volume = written({ version, method: 'aes-cbc-128' });
    const secret = startupSecret(volume);
    const places = fc.oneof(
      fc.record({ at: fc.nat(511), value: fc.nat(255) }),
      ...volume.places.copies.map((copy) => fc.record({ at: fc.nat(0x600).map((at) => copy + at), value: fc.nat(255) })),
    );
    fc.assert(
      fc.property(fc.array(places, { minLength: 1, maxLength: 12 }), (changes) => {
        const bytes = volume.volume.slice();
        for (const { at, value } of changes) bytes[at] = value;
        touch(bytes, secret);
      }),
      { numRuns: 60 },
    );
  });

  it('with changed metadata under a right checksum end in a volume or an error', () => {
    const volume = written();
    const secret = startupSecret(volume);
    fc.assert(
      fc.property(fc.array(fc.record({ at: fc.nat(0x400), value: fc.nat(255) }), { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = volume.volume.slice();
        for (const copy of volume.places.copies) resum(bytes, copy, changes);
        touch(bytes, secret);
      }),
      { numRuns: 80 },
    );
  });

  it('that are cut off end in an error or a shorter volume', () => {
    const volume = written();
    for (const length of [0, 511, 512, 4096, volume.places.copies[0] + 100, volume.places.copies[1] + 70, volume.volume.length - 513]) {
      touch(volume.volume.slice(0, length), startupSecret(volume));
    }
  });

  it('that move the volume header over a copy of themselves are not believed', () => {
    const volume = written();
    const { volume: bytes, places } = volume;
    // So many sectors (low byte, second byte) reach from its place to the end of the last copy.
    const sectors = (places.copies[2]! + volume.copyBytes - places.header) / 512;
    for (const copy of places.copies)
      resum(bytes, copy, [
        { at: 28, value: sectors & 0xff },
        { at: 29, value: sectors >> 8 },
      ]);
    expect(thrown(() => unlocked(volume))).toMatchObject({
      code: 'BITLOCKER_METADATA',
      what: expect.stringContaining('moved volume header over metadata'),
    });
  });

  it('claiming that everything was moved are not believed', () => {
    const volume = written();
    for (const copy of volume.places.copies)
      resum(
        volume.volume,
        copy,
        [0, 1, 2, 3].map((i) => ({ at: 28 + i, value: 0xff })),
      );
    expect(thrown(() => unlocked(volume))).toMatchObject({ code: 'BITLOCKER_METADATA' });
  });
});

/** Changes bytes of a metadata copy and makes its checksum right again. */
function resum(bytes: Uint8Array, copy: number, changes: readonly { readonly at: number; readonly value: number }[]): void {
  for (const { at, value } of changes) bytes[copy + at] = value;
  const view = new DataView(bytes.buffer, copy);
  const end = view.getUint16(8, true) * 16;
  if (end + 8 > 0x1_0000) return;
  view.setUint32(end + 4, crc32(bytes.subarray(copy, copy + end)), true);
}

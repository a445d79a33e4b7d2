import { inspect } from 'node:util';
import { toHex } from '@winmedic/bytes';
import { type WriteMethod, writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { describe, expect, it } from 'vitest';
import { readBitLocker } from './read.ts';
import { parseStartupKey } from './startup-key.ts';
import { testCrypto } from './test-crypto.ts';
import { allOf, collecting, device, plainVolume, RECOVERY_PASSWORD, startupSecret, unlocked, written } from './test-volumes.ts';
import type { VolumeSecret } from './types.ts';
import { unlockBitLocker } from './unlock.ts';

const METHODS: readonly WriteMethod[] = [
  'aes-cbc-128-diffuser',
  'aes-cbc-256-diffuser',
  'aes-cbc-128',
  'aes-cbc-256',
  'aes-xts-128',
  'aes-xts-256',
];

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'nothing thrown';
};

describe('a BitLocker volume without a key', () => {
  it('names its protectors, method and state', () => {
    const volume = written({ protectors: [{ kind: 'startup-key' }, { kind: 'sealed', type: 0x0500 }, { kind: 'sealed', type: 0x7777 }] });
    const { damages, onDamage } = collecting();
    const read = readBitLocker(device(volume.volume), { onDamage });
    expect(read).toMatchObject({
      id: volume.volumeId,
      version: '7',
      method: 'aes-xts-128',
      methodNumber: 0x8004,
      description: 'LAB OS 7/18/2024',
      state: 'encrypted',
      copies: ['ok', 'ok', 'ok'],
      suspended: false,
      created: 133_657_344_000_000_000n,
    });
    expect(read.protectors.map(({ id, kind, type }) => [id, kind, type])).toEqual([
      [volume.protectorIds[0], 'startup-key', 0x0200],
      [volume.protectorIds[1], 'tpm-pin', 0x0500],
      [volume.protectorIds[2], 'unknown', 0x7777],
    ]);
    expect(damages).toEqual([]);
  });

  it('is locked, and says by which protectors', () => {
    const volume = written();
    expect(() => unlockBitLocker(device(volume.volume), undefined, testCrypto)).toThrow(
      expect.objectContaining({ code: 'BITLOCKER_LOCKED', need: `startup-key ${volume.protectorIds[0]}, tpm ${volume.protectorIds[1]}` }),
    );
  });

  it('opens when protection is suspended', () => {
    const volume = written({ protectors: [{ kind: 'clear-key' }] });
    expect(readBitLocker(device(volume.volume)).suspended).toBe(true);
    const plain = unlockBitLocker(device(volume.volume), undefined, testCrypto);
    expect(plain.protector?.kind).toBe('clear-key');
    expect(toHex(allOf(plain))).toBe(toHex(volume.plain));
  });

  it('that is none is refused', () => {
    expect(code(() => readBitLocker(device(plainVolume())))).toBe('BITLOCKER_SIGNATURE');
    expect(code(() => readBitLocker(device(new Uint8Array(100))))).toBe('BITLOCKER_SIGNATURE');
    const { volume } = written();
    volume[160] = 0;
    expect(code(() => readBitLocker(device(volume)))).toBe('BITLOCKER_VERSION');
  });
});

describe('a BitLocker volume with its key', () => {
  it.each(METHODS)('%s gives the plain bytes, and takes written ones', (method) => {
    const volume = written({ method });
    const { damages, onDamage } = collecting();
    const plain = unlocked(volume, { onDamage });
    expect(toHex(allOf(plain))).toBe(toHex(volume.plain));
    const change = new Uint8Array(1536).fill(0x5a);
    plain.write!(0x1000, change);
    plain.write!(0x200, change.subarray(0, 512));
    // What is written is what a writer of its own makes of the changed volume.
    const expected = volume.plain.slice();
    expected.set(change, 0x1000);
    expected.set(change.subarray(0, 512), 0x200);
    const { places } = volume;
    const again = writeBitLocker(expected, { method, protectors: [{ kind: 'startup-key' }, { kind: 'sealed', type: 0x0100 }], places });
    expect(toHex(volume.volume)).toBe(toHex(again.volume));
    expect(toHex(allOf(unlocked(volume)))).toBe(toHex(expected));
    expect(damages).toEqual([]);
  });

  it.each([
    ['4096-byte sectors', { sectorBytes: 4096 }],
    ['the To Go header', { version: 'to-go' }],
    ["Vista's header", { version: 'vista', method: 'aes-cbc-128-diffuser' }],
  ] as const)('is read with %s', (_, description) => {
    const volume = written(description);
    const plain = unlocked(volume);
    expect(plain.volume.version).toBe('version' in description ? description.version : '7');
    expect(plain.sectorBytes).toBe('sectorBytes' in description ? 4096 : 512);
    expect(toHex(allOf(plain))).toBe(toHex(volume.plain));
  });

  it('is read at every offset and length alike', () => {
    const volume = written();
    const plain = unlocked(volume);
    for (const [offset, length] of [
      [0, 1],
      [511, 2],
      [8191, 3],
      [volume.places.header - 7, 9000],
      [volume.places.copies[1] + 0xfff0, 40],
      [volume.plain.length - 3, 10],
      [volume.plain.length, 5],
    ] as const) {
      const into = new Uint8Array(length);
      const got = plain.readAt(offset, into);
      expect(toHex(into.subarray(0, got))).toBe(toHex(volume.plain.subarray(offset, offset + length)));
    }
  });

  it('opens by recovery password, and tries only the protector it is told to', () => {
    const volume = written({ protectors: [{ kind: 'clear-key' }, { kind: 'recovery-password', digits: RECOVERY_PASSWORD }] });
    const secret = { kind: 'recovery-password', digits: RECOVERY_PASSWORD.replaceAll('-', '') } as const;
    const seen: number[] = [];
    const plain = unlockBitLocker(device(volume.volume), secret, testCrypto, {
      protectorId: volume.protectorIds[1]!.toUpperCase(),
      onProgress: (done, total) => seen.push(done / total),
    });
    expect(plain.protector?.id).toBe(volume.protectorIds[1]);
    expect(toHex(allOf(plain))).toBe(toHex(volume.plain));
    expect(seen.length).toBeGreaterThan(50);
    expect(seen.at(-1)).toBe(1);
    expect(code(() => unlockBitLocker(device(volume.volume), secret, testCrypto, { protectorId: volume.protectorIds[0]! }))).toBe(
      'BITLOCKER_KEY',
    );
  });

  it('opens by password in any script', () => {
    const volume = written({ protectors: [{ kind: 'password', text: 'パスワード£' }] });
    expect(unlockBitLocker(device(volume.volume), { kind: 'password', text: 'パスワード£' }, testCrypto).protector?.kind).toBe('password');
  });

  it.each(METHODS)('%s opens by raw keys, and not by wrong ones', (method) => {
    const volume = written({ method });
    const open = (secret: VolumeSecret): string => toHex(allOf(unlockBitLocker(device(volume.volume), secret, testCrypto)));
    expect(open({ kind: 'vmk', key: volume.masterKey })).toBe(toHex(volume.plain));
    expect(open({ kind: 'fvek', key: volume.volumeKey })).toBe(toHex(volume.plain));
    const changed = (key: Uint8Array): Uint8Array => key.with(0, key[0]! ^ 1);
    expect(code(() => open({ kind: 'vmk', key: changed(volume.masterKey) }))).toBe('BITLOCKER_KEY');
    expect(code(() => open({ kind: 'vmk', key: volume.masterKey.subarray(1) }))).toBe('BITLOCKER_KEY');
    expect(code(() => open({ kind: 'fvek', key: changed(volume.volumeKey) }))).toBe('BITLOCKER_KEY');
    expect(code(() => open({ kind: 'fvek', key: volume.volumeKey.subarray(1) }))).toBe('BITLOCKER_KEY');
  });

  it('is not opened by the startup key of another volume, or a file that is none', () => {
    const volume = written();
    const other = startupSecret(written({ seed: 'other' }));
    expect(code(() => unlockBitLocker(device(volume.volume), other, testCrypto))).toBe('BITLOCKER_KEY');
    const file = [...volume.startupKeys.values()][0]!;
    expect(parseStartupKey(file)).toEqual({ id: volume.protectorIds[0], created: 133_657_344_000_000_000n });
    for (const bad of [
      new Uint8Array(0),
      file.subarray(0, 47),
      file.subarray(0, 100),
      file.with(4, 9),
      file.with(0x34, 8),
      new Uint8Array(100_000),
    ]) {
      expect(code(() => unlockBitLocker(device(volume.volume), { kind: 'startup-key', file: bad }, testCrypto))).toBe(
        'BITLOCKER_STARTUP_KEY',
      );
    }
  });

  it("leaves the caller's keys and file as they were", () => {
    const volume = written();
    const file = Buffer.from([...volume.startupKeys.values()][0]!);
    const key = Buffer.from(volume.masterKey);
    const before = [toHex(file), toHex(key)];
    unlockBitLocker(device(volume.volume), { kind: 'startup-key', file }, testCrypto).forget();
    unlockBitLocker(device(volume.volume), { kind: 'vmk', key }, testCrypto).forget();
    expect([toHex(file), toHex(key)]).toEqual(before);
  });

  it('shows no key in JSON or to an inspector, and reads nothing after it forgot them', () => {
    const volume = written();
    const plain = unlocked(volume);
    const json = JSON.stringify(plain, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    const shown = json + inspect(plain, { showHidden: true, depth: 20, maxArrayLength: null });
    for (const key of [volume.masterKey, volume.volumeKey]) {
      expect(shown).not.toContain(toHex(key.subarray(0, 8)));
      expect(shown).not.toContain([...key.subarray(0, 8)].join(', '));
    }
    plain.forget();
    expect(code(() => plain.readAt(0, new Uint8Array(1)))).toBe('BITLOCKER_LOCKED');
    expect(code(() => plain.write!(0, new Uint8Array(512)))).toBe('BITLOCKER_LOCKED');
  });
});

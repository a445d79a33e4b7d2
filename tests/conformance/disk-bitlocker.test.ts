import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@winmedic/bytes';
import { type BlockDevice, unlockBitLocker } from '@winmedic/disk';
import { type BitLockerDescription, type WrittenBitLocker, writeBitLocker } from '@winmedic/labs/bitlocker-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeCrypto } from '../../core/disk/node-crypto.ts';

/**
 * Volumes of the writer in `labs`, before and after sectors were written through our plain volume, as dislocker and libbde (bdemount) show them. Both are
 * readers of their own; Debian packages dislocker, libbde-utils, ntfs-3g.
 */
const absent = ['dislocker', 'bdemount', 'mkntfs', 'umount'].filter((tool) => spawnSync('which', [tool]).status !== 0);
const ready = absent.length === 0 && process.getuid?.() === 0 && spawnSync('test', ['-w', '/dev/fuse']).status === 0;
if (!ready) console.log(`skipped: ${absent.length > 0 ? `${absent.join(', ')} not installed` : 'no /dev/fuse, or not root'}`);

const RECOVERY = '110000-000011-720885-123453-000000-654313-011011-345675';
const PASSWORD = 'correct horse 42';
const SIZE = 16 * 1024 * 1024;

let folder = '';
let plain: Uint8Array;
let count = 0;

beforeAll(() => {
  if (!ready) return;
  folder = mkdtempSync(join(tmpdir(), 'bitlocker-'));
  const path = join(folder, 'ntfs.raw');
  writeFileSync(path, '');
  truncateSync(path, SIZE);
  execFileSync('mkntfs', ['-F', '-Q', '-L', 'OSDisk', '-p', '2048', '-H', '255', '-S', '63', '-s', '512', '-c', '4096', path], {
    stdio: 'ignore',
  });
  plain = new Uint8Array(readFileSync(path));
});
afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
});

/** Writes a volume with a recovery password, a startup key and a protector of a TPM. */
function saved(description: Partial<BitLockerDescription> = {}): { readonly path: string; readonly written: WrittenBitLocker } {
  const written = writeBitLocker(plain, {
    method: 'aes-xts-128',
    protectors: [{ kind: 'recovery-password', digits: RECOVERY }, { kind: 'startup-key' }, { kind: 'sealed', type: 0x0100 }],
    ...description,
  });
  const path = join(folder, `${count++}.img`);
  writeFileSync(path, written.volume);
  return { path, written };
}

/** Runs a tool that shows a plain volume below a mount point, and returns the hash of it (of its first bytes). */
function shown(command: string, before: readonly string[], after: readonly string[], bytes?: number): string {
  const mount = join(folder, `mount${count++}`);
  mkdirSync(mount);
  const { status, stdout, stderr } = spawnSync(command, [...before, ...after, mount], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
  try {
    const [file] = readdirSync(mount);
    if (file === undefined) throw new Error(`${command} shows nothing: ${stdout}${stderr}`);
    return hashOf(readFileSync(join(mount, file)).subarray(0, bytes));
  } finally {
    spawnSync('umount', [mount]);
  }
}

const byDislocker = (path: string, ...key: readonly string[]): string => shown('dislocker', ['-r', '-V', path, ...key], ['--']);
/** libbde 20190102 (Debian 12) opens no volume of AES-XTS 256, those of Windows neither. */
const LIBBDE_METHODS = new Set(['aes-cbc-128-diffuser', 'aes-cbc-256-diffuser', 'aes-cbc-128', 'aes-cbc-256', 'aes-xts-128']);
const byLibbde = (path: string, ...key: readonly string[]): string => shown('bdemount', [...key], [path]);
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A device over a file. */
function fileDevice(fd: number): BlockDevice {
  return {
    sizeBytes: fstatSync(fd).size,
    sectorBytes: 512,
    readAt: (offset, into) => readSync(fd, into, 0, into.length, offset),
    write: (offset, bytes) => {
      writeSync(fd, bytes, 0, bytes.length, offset);
    },
  };
}

describe.skipIf(!ready)('BitLocker volumes of the writer', () => {
  it.each(['aes-cbc-128-diffuser', 'aes-cbc-256-diffuser', 'aes-cbc-128', 'aes-cbc-256', 'aes-xts-128', 'aes-xts-256'] as const)(
    '%s are shown by the tools as they were made, and then the sectors we wrote',
    (method) => {
      const { path, written } = saved({ method });
      const seen = (): readonly string[] => [
        byDislocker(path, `-p${RECOVERY}`),
        ...(LIBBDE_METHODS.has(method) ? [byLibbde(path, '-r', RECOVERY)] : []),
      ];
      const before = seen();
      expect(before).toEqual(before.map(() => hashOf(written.plain)));

      const expected = written.plain.slice();
      const fd = openSync(path, 'r+');
      const volume = unlockBitLocker(fileDevice(fd), { kind: 'vmk', key: written.masterKey }, nodeCrypto);
      // Across the end of the moved header, in the middle, and the last sector.
      for (const [offset, length, value] of [
        [8192 - 1024, 2048, 0x11],
        [0x1_0000, 512, 0x22],
        [SIZE - 0x3000, 0x3000, 0x33],
      ] as const) {
        volume.write!(offset, new Uint8Array(length).fill(value));
        expected.fill(value, offset, offset + length);
      }
      closeSync(fd);
      const after = seen();
      expect(after).toEqual(after.map(() => hashOf(expected)));
    },
  );

  it('open with password, startup key, clear key and raw keys', () => {
    const { path, written } = saved({ protectors: [{ kind: 'password', text: PASSWORD }, { kind: 'startup-key' }] });
    const startupKey = join(folder, 'key.BEK');
    writeFileSync(startupKey, [...written.startupKeys.values()][0]!);
    const masterKey = join(folder, 'key.VMK');
    writeFileSync(masterKey, written.masterKey);
    expect([
      byDislocker(path, `-u${PASSWORD}`),
      byLibbde(path, '-p', PASSWORD),
      byDislocker(path, '-f', startupKey),
      byLibbde(path, '-s', startupKey),
      byDislocker(path, '-K', masterKey),
    ]).toEqual(Array.from({ length: 5 }, () => hashOf(written.plain)));
    const suspended = saved({ protectors: [{ kind: 'clear-key' }] });
    expect(byDislocker(suspended.path, '-c')).toBe(hashOf(suspended.written.plain));
    // bdemount takes the two keys of AES-CBC with diffuser.
    const diffused = saved({ method: 'aes-cbc-256-diffuser', protectors: [{ kind: 'startup-key' }] });
    const key = toHex(diffused.written.volumeKey);
    expect(byLibbde(diffused.path, '-k', `${key.slice(0, 64)}:${key.slice(64)}`)).toBe(hashOf(diffused.written.plain));
  });

  it('with the To Go header are shown alike by both tools', () => {
    const { path, written } = saved({ version: 'to-go' });
    expect([byDislocker(path, `-p${RECOVERY}`), byLibbde(path, '-r', RECOVERY)]).toEqual([hashOf(written.plain), hashOf(written.plain)]);
  });

  it('with 4096-byte sectors are shown by dislocker', () => {
    const { path, written } = saved({ sectorBytes: 4096 });
    expect(byDislocker(path, `-p${RECOVERY}`)).toBe(hashOf(written.plain));
  });

  it('that are encrypted in part are shown by libbde, which leaves out the last sector', () => {
    const { path, written } = saved({ encryptedBytes: SIZE / 2 });
    expect(byLibbde(path, '-r', RECOVERY)).toBe(hashOf(written.plain.subarray(0, SIZE - 512)));
  });

  it('name their protectors to bdeinfo as to us', () => {
    const { path, written } = saved();
    const { stdout } = spawnSync('bdeinfo', [path], { encoding: 'utf8', input: '' });
    const ids = [...stdout.matchAll(/Identifier\s*: ([0-9a-f-]{36})/gu)].map(([, id]) => `{${id}}`);
    expect(ids.filter((id) => id !== written.volumeId)).toEqual(written.protectorIds);
    expect(stdout).toContain(written.volumeId.slice(1, -1));
  });
});

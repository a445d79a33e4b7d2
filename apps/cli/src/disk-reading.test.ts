import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { CHANNEL_FILES, demoDisk } from '../../../scripts/demo-disk-image.ts';
import { TestFolder, winmedic } from './test-command.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const { bytes } = demoDisk({
  safeboot: true,
  more: [
    { path: 'Windows\\compact.exe', content: new Uint8Array(5000), reparse: { tag: 0x8000_0017, data: new Uint8Array(16) } },
    { path: 'Windows\\secret.txt', content: { data: 'efs', encrypted: true } },
    { path: 'Windows\\binary.bin', content: Uint8Array.from({ length: 70_000 }, (_, i) => i % 251), streams: { Zone: 'stream text' } },
    { path: 'Windows\\gone.txt', content: 'deleted', deleted: true },
  ],
});
const disk = folder.file('server.img', bytes);
const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, out, err } = await winmedic(['disk', ...args, '--json', '--quiet', '--utc']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Record<string, unknown>;
};

describe('winmedic disk inspect', () => {
  it('says first which Windows it is and whether it can be repaired, in both languages', async () => {
    const en = await winmedic(['disk', 'inspect', disk, '--utc']);
    expect(en).toMatchObject({ code: 0, err: '' });
    expect(en.out.split('\n')[0]).toMatch(/Windows Server 2019 Standard, build 17763\.6054, computer FS01 \(volume 2\)/);
    for (const text of ['csagent.sys', 'dirty', 'Boot\\BCD', `next: winmedic disk repair ${disk} --auto`]) expect(en.out).toContain(text);
    const ja = await winmedic([
      'disk',
      'inspect',
      disk,
      '--utc',
      '--lang',
      'ja',
      '--html',
      folder.at('a.html'),
      '--md',
      folder.at('a.md'),
      '--quiet',
    ]);
    expect(ja).toMatchObject({ code: 0, err: '' });
    expect(ja.out).toContain('FS01');
    expect(ja.out).toMatch(/[ぁ-ん]/);
    for (const name of ['a.html', 'a.md']) expect(readFileSync(folder.at(name), 'utf8')).toContain('FS01');
  });

  it('gives JSON, of one volume when asked', async () => {
    const report = await json('inspect', disk, '--volume', '2');
    expect(JSON.stringify(report)).toContain('csagent.sys');
    expect((report['volumes'] as { number: number }[]).map(({ number }) => number)).toEqual([2]);
  });

  it('reads what is not whole as far as it goes, and refuses what is no disk', async () => {
    const cut = folder.file('cut.img', bytes.subarray(0, 20 << 20));
    expect((await winmedic(['disk', 'inspect', cut])).code).toBe(3);
    const none = await winmedic(['disk', 'inspect', folder.file('none.img', new Uint8Array(1 << 20))]);
    expect(none).toMatchObject({ code: 2, out: '' });
    expect(none.err).toMatch(/^winmedic: DISK_NOT_DISK /);
    const missing = await winmedic(['disk', 'inspect', folder.at('missing.img'), '--lang', 'ja']);
    expect(missing).toMatchObject({ code: 2, out: '' });
    expect(missing.err).toContain('CLI_FILE');
    expect(missing.err).toContain('ファイルまたはフォルダーがありません');
  });
});

describe('winmedic disk ls and find', () => {
  it('list a folder named in any way, short and long', async () => {
    const short = await winmedic(['disk', 'ls', disk, 'C:\\Windows/system32\\CONFIG']);
    expect(short.out.split('\n')).toEqual(expect.arrayContaining(['SYSTEM', 'SYSTEM.LOG1', 'TxR\\']));
    const long = await winmedic(['disk', 'ls', disk, CHANNEL_FILES.faulty, '-l', '--tz', 'Asia/Tokyo']);
    expect(long.out).toMatch(/3,000 .*2024-07-19 13:09:00 \+09:00 .*C-00000291-00000000-00000032\.sys.*C-0000~2\.SYS/);
    expect((await winmedic(['disk', 'ls', disk, '--volume', '1'])).out).toContain('Boot\\');
    expect(await winmedic(['disk', 'ls', disk, 'Windows\\nothing'])).toMatchObject({ code: 2, out: '' });
    expect((await winmedic(['disk', 'ls', disk, '--volume', '7'])).err).toMatch(/^winmedic: DISK_NO_VOLUME 7 /);
    expect((await winmedic(['disk', 'ls', disk, '--volume', 'x'])).err).toContain('CLI_INVALID_VALUE');
  });

  it('find by name and time, bounds as the recipe has them', async () => {
    const channel = ['find', disk, 'c-00000291*.SYS', '--below', 'windows\\system32\\drivers'];
    const found = async (...more: string[]) => ((await json(...channel, ...more))['files'] as { path: string }[]).map(({ path }) => path);
    expect((await found()).sort()).toEqual(Object.values(CHANNEL_FILES).sort());
    expect(await found('--modified-from', '2024-07-19T04:09:00Z', '--modified-before', '2024-07-19T05:27:00Z')).toEqual([
      CHANNEL_FILES.faulty,
    ]);
    // A day is the whole day in the zone of the run.
    expect(await found('--modified-from', '2024-07-20')).toEqual([]);
    expect(await found('--shallow')).toEqual([]);
    expect((await winmedic(['disk', ...channel, '--modified-from', 'yesterday'])).err).toContain('CLI_TIME');
    const gone = await winmedic(['disk', 'find', disk, 'gone.*', '--deleted']);
    expect(gone).toMatchObject({ code: 0, err: '' });
    expect(gone.out).toContain('gone.txt');
    expect((await winmedic(['disk', 'find', disk, 'gone.*'])).out).toBe('');
    const nowhere = await winmedic(['disk', 'find', disk, '*', '--below', 'Windows\\nothing']);
    expect(nowhere).toMatchObject({ code: 2, out: '' });
    expect(nowhere.err).toMatch(/^winmedic: DISK_NO_FILE /);
  });
});

describe('winmedic disk cat', () => {
  const content = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => i % 251));

  it('writes the bytes to a new file, and never over one', async () => {
    const out = folder.at('out.bin');
    const report = await json('cat', disk, 'Windows\\binary.bin', '--out', out);
    expect(readFileSync(out).equals(content)).toBe(true);
    expect(report['written']).toEqual({ path: out, stream: '', bytes: 70_000, sha256: createHash('sha256').update(content).digest('hex') });
    writeFileSync(out, 'mine');
    const again = await winmedic(['disk', 'cat', disk, 'Windows\\binary.bin', '--out', out]);
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toContain('CLI_WRITE');
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });

  it('writes text and streams to standard output', async () => {
    expect((await winmedic(['disk', 'cat', disk, 'Windows\\Panther\\setup.log'])).out).toBe(
      'Installation finished.\r\n設定が完了しました。\r\n',
    );
    expect((await winmedic(['disk', 'cat', disk, 'Windows\\binary.bin', '--stream', 'zone'])).out).toBe('stream text');
  });

  it.each([
    ['Windows\\compact.exe', 'DISK_NO_CONTENT', 'NTFS_REPARSE_DATA'],
    ['Windows\\secret.txt', 'DISK_NO_CONTENT', 'NTFS_ENCRYPTED'],
    ['Windows', 'DISK_FOLDER', ''],
    ['Windows\\nothing', 'DISK_NO_FILE', ''],
  ])('refuses %s', async (path, code, because) => {
    const { code: exit, out, err } = await winmedic(['disk', 'cat', disk, path]);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(new RegExp(`^winmedic: ${code} `));
    expect(err).toContain(because);
  });
});

describe('winmedic disk hive', () => {
  it('shows keys with the logs replayed, named in every way', async () => {
    const key = 'Services\\CSAgent';
    for (const name of [
      `SYSTEM\\CurrentControlSet\\${key}`,
      `HKLM\\system\\ControlSet001\\${key}`,
      `Windows\\System32\\config\\SYSTEM\\ControlSet001\\${key}`,
    ])
      expect(await json('hive', disk, name)).toMatchObject({
        key: `ControlSet001\\${key}`,
        values: [{ name: 'Start' }, { name: 'ImagePath' }],
        subkeys: [{ name: 'Sim' }],
      });
    const text = await winmedic(['disk', 'hive', disk, `SYSTEM\\CurrentControlSet\\${key}`, '--lang', 'ja']);
    expect(text).toMatchObject({ code: 0, err: '' });
    expect(text.out).toContain('csagent.sys');
    expect((await winmedic(['disk', 'hive', disk, 'BCD\\Objects'])).out).toContain('{5f3a7c0e-1c4b-4d8e-9f60-0a1b2c3d4e5f}');
    expect((await winmedic(['disk', 'hive', disk, 'SYSTEM\\Nothing'])).err).toMatch(/^winmedic: DISK_NO_KEY /);
    expect((await winmedic(['disk', 'hive', disk, 'SAM'])).err).toMatch(/^winmedic: DISK_NO_FILE /);
  });
});

describe('winmedic disk verify', () => {
  it('finds nothing wrong with a sound disk, and tells a fault', async () => {
    expect(await winmedic(['disk', 'verify', disk])).toMatchObject({ code: 0, err: '' });
    const broken = bytes.slice();
    // The mirror of $MFT: the fault is in one of two copies.
    const volume = new DataView(broken.buffer, 5 << 20, 512);
    const mirror = (5 << 20) + Number(volume.getBigUint64(0x38, true)) * 4096;
    broken[mirror + 1024 + 0x30] = 0xff;
    const faulty = await winmedic(['disk', 'verify', folder.file('faulty.img', broken), '--quick', '--json', '--quiet']);
    expect(faulty.code).toBe(3);
    expect(faulty.out).toContain('CHECK_');
  });
});

describe('reading verbs', () => {
  it('left the disk as it was, and no journal', () => {
    expect(readFileSync(disk).equals(bytes)).toBe(true);
    expect(existsSync(`${disk}.winmedic-undo`)).toBe(false);
  });
});

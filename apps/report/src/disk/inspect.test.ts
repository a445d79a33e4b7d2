import type { DiskReport, VolumeReport } from '@winmedic/core/model';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../width.ts';
import { inspectToJson } from './json.ts';
import { inspectToHtml, inspectToMarkdown, inspectToText } from './pages.ts';
import { disk, HOSTILE, KEY_ID, META, windowsVolume } from './test-fixture.ts';

const STYLE = { width: 100, colour: false, unicode: true } as const;
const EN = { ...META, ...STYLE, lang: 'en' } as const;
const lang = ['en', 'ja'] as const;
const [efi, , locked] = disk.volumes;
const ntfs = (more: Partial<NonNullable<VolumeReport['ntfs']>>): VolumeReport => ({
  ...windowsVolume,
  ntfs: { ...windowsVolume.ntfs!, ...more },
});
const { windows: _, ...dataHibernated } = ntfs({ hibernation: 'hibernated' });
const having = (...volumes: readonly (VolumeReport | undefined)[]): DiskReport => ({
  ...disk,
  volumes: volumes.filter((volume) => volume !== undefined),
});
/** A fenced block of Markdown shows its lines as they are. */
const outsideCode = (form: string): string => form.replaceAll(/^```[\s\S]*?^```$/gm, '');
const state = (report: DiskReport) => {
  const { state: found, obstacles } = JSON.parse(JSON.stringify(inspectToJson(report, META)));
  return [found, ...obstacles.map(({ code }: { code: string }) => code)];
};

describe('the answer of an inspection', () => {
  it.each(lang)('begins with the Windows, its build and computer, and whether it can be repaired (%s)', (lang) => {
    const [first = '', ...rest] = inspectToText(disk, { ...META, ...STYLE, lang }).split('\n');
    expect(first).toContain(lang === 'ja' ? '✓ 支障なし' : '✓ NO OBSTACLE');
    expect(first).toContain('Windows Server 2019 Standard');
    expect(first).toContain('17763.6054');
    expect(rest.join('\n')).toContain('SRV01');
  });

  it('ends with the next command', () => {
    expect(inspectToText(disk, EN)).toMatch(/\nnext: winmedic disk repair srv01\.vhdx --auto\n$/);
    expect(inspectToText(disk, { ...EN, next: 'winmedic disk ls x' })).toMatch(/\nnext: winmedic disk ls x\n$/);
    expect(inspectToText({ ...disk, path: 'my disk.vhdx' }, EN)).toContain('next: winmedic disk repair "my disk.vhdx" --auto');
    expect(inspectToText({ ...disk, path: 'a$b.vhdx' }, EN)).toContain("next: winmedic disk repair 'a$b.vhdx' --auto");
  });

  it('names Windows 11 by its build: the registry calls it Windows 10', () => {
    const facts = new Map([
      ['product', { value: 'Windows 10 Pro', from: 'x' }],
      ['build', { value: '22631', from: 'x' }],
    ]);
    const eleven = { ...windowsVolume, windows: { ...windowsVolume.windows!, build: 22_631, facts } };
    expect(inspectToText(having(eleven), EN)).toMatch(/^✓ NO OBSTACLE {2}Windows 11 \(the registry says "Windows 10 Pro"\), build 22631/);
    const ten = { ...eleven, windows: { ...eleven.windows, build: 19_045 } };
    expect(inspectToText(having(ten), EN)).not.toContain('Windows 11');
  });

  it.each<[string, DiskReport, readonly string[]]>([
    ['nothing', disk, ['ready']],
    ['hibernated', having(ntfs({ hibernation: 'hibernated' })), ['not-now', 'RECOVERY_HIBERNATED']],
    ['a hibernation file nobody understands', having(ntfs({ hibernation: 'unknown' })), ['not-now', 'RECOVERY_HIBERNATED']],
    ['resumed', having(ntfs({ hibernation: 'resumed' })), ['ready']],
    [
      'a log that cannot be judged',
      having(ntfs({ log: { state: 'unreadable', records: 0, openTransactions: 0 } })),
      ['not-now', 'RECOVERY_LOG_UNKNOWN'],
    ],
    ['another version of NTFS', having(ntfs({ version: '3.0' })), ['not-now', 'RECOVERY_NTFS_VERSION']],
    ['a mounted volume', { ...disk, uses: { uses: [{ kind: 'mounted', by: '/mnt/c' }], complete: true } }, ['not-now', 'RECOVERY_IN_USE']],
    ['a member of a pool', { ...disk, table: { ...disk.table, composite: 'storage-spaces' } }, ['not-now', 'RECOVERY_COMPOSITE']],
    ['an image that is only read', { ...disk, container: 'qcow2' }, ['not-now', 'RECOVERY_READ_ONLY']],
    ['an interrupted repair', { ...disk, journal: { path: 'j', state: 'torn' } }, ['not-now', 'RECOVERY_TORN']],
    ['a repair that is done', { ...disk, journal: { path: 'j', state: 'changed' } }, ['ready']],
    ['a locked volume and no other Windows', having(efi, locked), ['locked', 'BITLOCKER_LOCKED']],
    ['no Windows', having(efi), ['none']],
    ['one Windows of two', having(ntfs({ hibernation: 'unknown' }), { ...windowsVolume, number: 5 }), ['ready', 'RECOVERY_HIBERNATED']],
    [
      'another Windows that will continue',
      having(ntfs({ hibernation: 'hibernated' }), { ...windowsVolume, number: 5 }),
      ['not-now', 'RECOVERY_HIBERNATED'],
    ],
    ['a volume of data that is hibernated', having(windowsVolume, dataHibernated), ['not-now', 'RECOVERY_HIBERNATED']],
  ])('is decided by %s', (_, report, expected) => {
    expect(state(report)).toEqual(expected);
    for (const one of lang)
      for (const form of [inspectToText(report, { ...META, ...STYLE, lang: one }), inspectToMarkdown(report, { ...META, lang: one })])
        for (const code of expected.slice(1)) expect(form).toContain(code.replaceAll('_', form.startsWith('#') ? '\\_' : '_'));
  });

  it('names the keys that open a locked volume, and asks for them', () => {
    const text = inspectToText(having(efi, locked), EN);
    expect(text).toMatch(/^× LOCKED {2}Volume 4 is locked \(BitLocker\)\./);
    expect(text).toContain(`recovery password, key ID ${KEY_ID}`);
    expect(text).toMatch(/\nnext: winmedic disk inspect srv01\.vhdx --recovery-key FILE\n$/);
    const ja = inspectToText(having(efi, locked), { ...EN, lang: 'ja' });
    expect(ja).toContain(`回復パスワード、キー ID ${KEY_ID}`);
    expect(ja).toContain('キーの保護機能');
  });

  it('names the volume and the key again where the next command needs them', () => {
    const unlocked: VolumeReport = {
      ...windowsVolume,
      number: 5,
      kind: 'bitlocker',
      lock: 'unlocked',
      bitlocker: locked!.bitlocker!,
      unlockedBy: locked!.bitlocker!.protectors[1]!,
    };
    expect(inspectToText(having(unlocked), EN)).toContain('disk repair srv01.vhdx --auto --recovery-key FILE');
    expect(inspectToText(having(windowsVolume, unlocked), EN)).toMatch(/--volume 3\n$/);
  });

  it('undoes an interrupted repair first', () => {
    const torn = { ...disk, journal: { path: 'srv01.vhdx.winmedic-undo', state: 'torn' } } as const;
    expect(inspectToText(torn, EN)).toMatch(/\nnext: winmedic disk undo srv01\.vhdx\n$/);
  });
});

describe('the body of an inspection', () => {
  const text = inspectToText(disk, EN);

  it('has partitions, file system, hives, the last crash and safe boot', () => {
    expect(text).toMatch(/3 +0x10100000 +63 GiB +Basic data +NTFS +Basic data partition, システム/);
    expect(text).toContain('pending: 412 records to redo, 1 open transaction');
    expect(text).toMatch(/config\\SYSTEM +dirty: logs fit +41 +18 MiB/);
    expect(text).toMatch(/config\\SOFTWARE +clean, transactions pending/);
    expect(text).toContain('0x50, csagent.sys, 2024-07-19 14:31:02 +09:00 (2024-07-19 05:31:02 +00:00)');
    expect(text).toMatch(/Windows Server +with networking +1:EFI\\Microsoft\\Boot\\BCD/);
    expect(text).toContain('last orderly shutdown: 2024-07-19 05:15:30 +09:00 (2024-07-18 20:15:30 +00:00)');
  });

  it('says what each problem means, what was not checked and what it cost', () => {
    expect(text).toMatch(/NTFS_RECORD \(offset 0x1234, record 99\)\n {4}A file record/);
    expect(text).toContain('What is on volume 4: it is locked.');
    expect(text).toContain('Whether every other process leaves the disk alone');
    expect(text).toContain('read: 214 operations, 843,776 bytes');
    expect(text).toContain('time: 38 ms');
  });

  it('is complete about use when the system is', () => {
    const complete = inspectToText({ ...disk, uses: { uses: [], complete: true } }, EN);
    expect(complete).not.toContain('Whether every other process');
  });

  it('tells where each fact stands when asked', () => {
    expect(text).not.toContain('!CurrentBuildNumber');
    expect(inspectToText(disk, { ...EN, verbose: true })).toContain(
      'build: 17763  [SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!CurrentBuildNumber]',
    );
  });

  it.each([40, 60, 80, 120])('keeps to %i columns; only commands are never broken', (width) => {
    for (const one of lang) {
      const options = { ...META, tool: { ...META.tool, command: 'winmedic' }, ...STYLE, width, lang: one };
      const lines = inspectToText(disk, options).trimEnd().split('\n').slice(0, -1);
      expect(lines.length).toBeGreaterThan(50);
      for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
    }
  });

  it('lets nothing of a disk become control characters, markup or elements', () => {
    const facts = new Map([...windowsVolume.windows!.facts, ['computer', { value: HOSTILE, from: HOSTILE }]]);
    const evil = {
      ...having(efi, { ...windowsVolume, label: HOSTILE, windows: { ...windowsVolume.windows!, facts } }),
      path: HOSTILE,
      journal: { path: HOSTILE, state: 'changed' },
    } as const;
    for (const one of lang) {
      const options = { ...META, ...STYLE, lang: one };
      for (const form of [inspectToText(evil, options), inspectToMarkdown(evil, options), inspectToHtml(evil, options)]) {
        expect(form.includes('\u001b') || form.includes('\u202e')).toBe(false);
        expect(form).toContain('evil');
      }
      for (const form of [inspectToMarkdown(evil, options), inspectToHtml(evil, options)])
        expect(outsideCode(form)).not.toContain('<script');
    }
  });
});

describe('an inspection as data', () => {
  const json = JSON.parse(JSON.stringify(inspectToJson(disk, META)));

  it('has sizes as numbers, times in UTC with ticks, and no secret', () => {
    expect(json).toMatchObject({
      schemaVersion: '1.0',
      kind: 'disk-inspect',
      tool: { name: 'winmedic', version: '0.1.0' },
      zone: 'Asia/Tokyo',
      madeAt: '2024-07-20T09:00:00+09:00',
      sizeBytes: 128 * 2 ** 30,
      table: { scheme: 'gpt', copies: { primary: 'ok', backup: 'missing' } },
      io: { reads: 214, milliseconds: 38 },
    });
    expect(json.table.partitions[0].attributes).toBe('9223372036854775808');
    const [, windows, encrypted] = json.volumes;
    expect(windows.windows.facts[1]).toEqual({ name: 'build', value: '17763', from: expect.any(String) });
    expect(windows.windows.lastCrash.time).toBe('2024-07-19T05:31:02.000Z');
    expect(encrypted.bitlocker.protectors[1]).toEqual({
      id: KEY_ID,
      kind: 'recovery-password',
      type: 0x0800,
      lastChanged: '2023-01-02T03:04:07Z',
      lastChangedTicks: '133171022470000000',
    });
  });

  it('says the same in every language', () => {
    const torn = { ...disk, journal: { path: 'j', state: 'torn' } } as const;
    expect(inspectToJson(torn, META)).toMatchObject({ obstacles: [{ code: 'RECOVERY_TORN' }] });
  });
});

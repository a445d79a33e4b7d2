import { describe, expect, it } from 'vitest';
import { proposalsToJson, recipesToJson, repairToJson, undoToJson, verifyToJson } from './json.ts';
import { proposalsToText, recipesToText, repairToHtml, repairToMarkdown, repairToText, undoToText, verifyToText } from './pages.ts';
import { applied, HOSTILE, META, planned, proposals, recipe, refused, undone, verified } from './test-fixture.ts';

const STYLE = { width: 100, colour: false, unicode: true } as const;
const EN = { ...META, ...STYLE, lang: 'en' } as const;
const JA = { ...EN, lang: 'ja' } as const;
/** A fenced block of Markdown shows its lines as they are. */
const outsideCode = (form: string): string => form.replaceAll(/^```[\s\S]*?^```$/gm, '');
const data = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('a planned repair', () => {
  const text = repairToText(planned, EN);

  it('says first that nothing was written', () => {
    expect(text).toMatch(/^! PLAN {2}Put the faulty file aside\n/);
    expect(text).toContain('Nothing was written yet.');
    expect(repairToText(planned, JA)).toMatch(/^! 計画 {2}不良ファイルの隔離\n/);
    expect(repairToText(planned, JA)).toContain('まだ何も書き込んでいません。');
  });

  it('tells old and new name with the time in both zones, and what is left alone and why', () => {
    expect(text).toMatch(/C-291-02\.sys -> C-291-02\.sy_\n +modified: 2024-07-19 13:12:10 \+09:00 \(2024-07-19 04:12:10 \+00:00\)/);
    expect(text).toMatch(/left alone, older than the faulty ones: \S+C-291-01\.sys, modified\s+2024-07-19 13:08:59 \+09:00/);
    expect(text).toMatch(/left alone, newer than the faulty ones: \S+C-291-03\.sys, modified\s+2024-07-19 14:27:00 \+09:00/);
    expect(repairToText(planned, JA)).toContain('変更なし (不良ファイルより古い)');
  });

  it('tells hives with entries and growth, services from and to, and logs put aside', () => {
    expect(text).toMatch(/config\\SYSTEM: 41 log entries replayed, file longer by 4 KiB/);
    expect(text).toContain('Services\\Sensor Start: 1 (system) -> 4 (disabled)');
    expect(text).toContain('key removed: SYSTEM: ControlSet001\\Services\\Sensor\\StartOverride');
    expect(text).toContain('{x}.TxR.blf -> {x}.TxR.bl_');
    expect(text).toContain('1 file renamed, 1 hive replayed (41 log entries), 1 log of the transactional registry');
    expect(repairToText(planned, JA)).toContain('Start: 1 (システム) -> 4 (無効)');
  });

  it('does not call a value of another key a start type', () => {
    const [first, second] = planned.steps;
    const value = {
      kind: 'value',
      path: 'SYSTEM',
      key: 'ControlSet001\\Control',
      value: 'Start',
      from: 'dword:4',
      to: 'dword:40',
    } as const;
    const other = repairToText({ ...planned, steps: [first!, { ...second!, actions: [value] }] }, EN);
    expect(other).toContain('Control Start: dword:4 -> dword:40');
    const service = { ...value, key: 'ControlSet001\\Services\\x' };
    expect(repairToText({ ...planned, steps: [{ ...second!, actions: [service] }] }, EN)).toContain(
      'Start: dword:4 (disabled) -> dword:40\n',
    );
  });

  it('says what the log decided', () => {
    expect(text).toContain('Pending; 412 records; none touches the 7 blocks to be changed.');
    expect(repairToText({ ...planned, log: { state: 'clean', blocks: 7, touched: 0, records: 0 } }, EN)).toContain(
      'Clean: nothing pending.',
    );
    expect(repairToText({ ...planned, log: { state: 'pending', blocks: 7, touched: 2, records: 3 } }, EN)).toContain('The log is emptied');
  });

  it('lists every block of a dry run, and otherwise only when asked', () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ ...planned.changes[0]!, offset: 0x10_0000 + i * 512 }));
    const lines = repairToText({ ...planned, changes: many }, EN).split('\n');
    expect(lines.filter((line) => /^ +0x1[0-9a-f]{5} /.test(line))).toHaveLength(300);
    const once = { ...EN, tool: { ...META.tool, command: 'winmedic disk repair srv01.vhdx --for faulty-file' } };
    expect(repairToText(planned, once)).not.toContain('0x10104000');
    expect(repairToText(planned, { ...once, verbose: true })).toContain('22'.repeat(10));
  });

  it('says why a step is left out', () => {
    expect(text).toContain('because: only when asked for: --with disable');
    const because = (skipped: 'without' | 'build' | 'build-unknown') =>
      repairToText({ ...planned, steps: [{ ...planned.steps[2]!, outcome: 'skipped', skipped, actions: [] }] }, EN);
    expect(because('without')).toContain('--without txr');
    expect(because('build')).toContain('only from build 14393 on\n');
    expect(because('build-unknown')).toContain('the build could not be read');
  });

  it('ends with the command that writes it', () => {
    expect(text).toMatch(/\nnext: winmedic disk repair srv01\.vhdx --for faulty-file --yes\n$/);
  });
});

describe('a repair that was written', () => {
  const text = repairToText(applied, EN);

  it('names checks, journal, risk and what comes after, and ends with the undo', () => {
    expect(text).toMatch(/^✓ DONE/);
    expect(text).toContain('Written, read back and checked.');
    expect(text).toContain('That it was written is no proof that the machine starts.');
    expect(text).toMatch(/✓ in order {2}hive: \S+SYSTEM, 20,123 keys, 81,234 values/);
    expect(text).toContain('The machine starts without this file.');
    expect(text).toContain('Watch the next start.');
    expect(text).toContain('written: 2 operations, 5,120 bytes');
    expect(text).toMatch(/\nto take it back: winmedic disk undo srv01\.vhdx --journal \/srv\/srv01\.vhdx\.winmedic-undo\n$/);
  });

  it('does not call itself checked when a check failed', () => {
    const [first, ...rest] = applied.checks;
    const bad = repairToText({ ...applied, checks: [{ ...first!, ok: false, findings: ['CHECK_RENAME x'] }, ...rest] }, EN);
    expect(bad).toMatch(/^× DONE/);
    expect(bad).toContain('a check found a fault. Undo it.');
    expect(bad).not.toContain('Written, read back and checked.');
    expect(bad).toMatch(/× fault {2}names[^\n]*\n +CHECK_RENAME x/);
  });
});

describe('a refused repair', () => {
  const text = repairToText(refused, EN);

  it('says what stands against it, with the records of the log', () => {
    expect(text).toMatch(/^× REFUSED[^\n]*\n[^\n]*\n {2}Nothing was written\./);
    expect(text).toMatch(/MFT record 4711 \(offset 0x4ac000\)\s+\[RECOVERY_LOG_REDO\]/);
    expect(text).toContain('LSN 1234567 redo 0x7');
    expect(text).toContain('they touch, or may touch, 2 of the 7 blocks');
  });

  it.each([EN, JA])('explains each choice once, with the steps to leave out', (options) => {
    const shown = repairToText(refused, options);
    expect(shown.match(/--without file/g)).toHaveLength(1);
    for (const part of ['1. ', '2. ', '3. ', '4. ', '--reset-log', 'Windows PE']) expect(shown).toContain(part);
    expect(shown.split('--reset-log')).toHaveLength(2);
  });

  it('does not say that the other steps were done or are planned', () => {
    expect(text).toContain('· possible  hives:');
    expect(text).not.toMatch(/✓/);
    expect(text).not.toContain('planned  hives');
    expect(text).not.toContain('The machine starts without this file.');
  });

  it('says so where a step shares the fate of another', () => {
    const shared = { ...refused.steps[1]!, outcome: 'refused' as const };
    expect(repairToText({ ...refused, steps: [refused.steps[0]!, shared] }, EN)).toMatch(
      /refused {2}hives:[^\n]*\n +because: another step on the same hive is refused/,
    );
  });

  it('counts the places of one code beyond a few, and tells all when asked', () => {
    const refusals = Array.from({ length: 40 }, (_, i) => ({ code: 'RECOVERY_LOG_UNKNOWN', what: `MFT record ${i}`, because: [] }));
    const short = repairToText({ ...refused, steps: [], refusals }, EN);
    expect(short).toContain('and 35 more');
    expect(short).not.toContain('MFT record 20');
    expect(repairToText({ ...refused, steps: [], refusals }, { ...EN, verbose: true })).toContain('MFT record 39');
  });

  it('undoes an interrupted repair first', () => {
    const torn = { ...refused, steps: [], refusals: [{ code: 'RECOVERY_TORN', what: 'j', because: [] }] };
    expect(repairToText(torn, EN)).toMatch(/\nnext: winmedic disk undo srv01\.vhdx\n$/);
  });
});

describe('forms of a repair', () => {
  it.each([EN, JA])('tell the same in Markdown and HTML, with every block', (options) => {
    for (const form of [repairToMarkdown(applied, options), repairToHtml(applied, options)]) {
      expect(form).toContain('0x400000000');
      expect(form).toContain('44'.repeat(32));
      expect(form).toContain('winmedic disk undo srv01.vhdx --journal');
      expect(form).toMatch(/C-291-02\.sys -(&gt;|&#62;) C-291-02\.sy\\?_/);
    }
    expect(repairToMarkdown(applied, options)).toMatch(options.lang === 'ja' ? /^# srv01\.vhdx の修復\n/ : /^# Repair of srv01\.vhdx\n/);
  });

  it('have an id that stands for the repair, not for the time of looking', () => {
    const id = (report: typeof planned, madeAt: bigint) => /W-[0-9a-f]{8}/.exec(repairToMarkdown(report, { ...EN, madeAt }))?.[0];
    expect(id(planned, 1n)).toBe(id(planned, 2n));
    expect(id(planned, 1n)).not.toBe(id(applied, 1n));
  });

  it('let no name of a file become markup', () => {
    const step = planned.steps[0]!;
    const actions = [
      { kind: 'present', path: HOSTILE } as const,
      { kind: 'quarantined', path: HOSTILE, to: HOSTILE, modified: 0n, sizeBytes: 1 } as const,
    ];
    const evil = { ...applied, path: HOSTILE, computer: HOSTILE, steps: [{ ...step, actions }], journal: HOSTILE };
    for (const form of [repairToMarkdown(evil, EN), repairToHtml(evil, EN)]) {
      expect(outsideCode(form)).not.toContain('<script');
      expect(form.includes('\u001b') || form.includes('\u202e')).toBe(false);
    }
    const row = repairToMarkdown(evil, EN).split('\n');
    expect(row.filter((line) => line.startsWith('| `0x'))).toHaveLength(2);
    const text = repairToText(evil, EN);
    expect(text.includes('\u001b') || text.includes('\u202e')).toBe(false);
  });

  it('have a documented shape as data', () => {
    const json = data(repairToJson(refused, META));
    expect(json).toMatchObject({
      kind: 'disk-repair',
      outcome: 'refused',
      recipe: { id: 'faulty-file' },
      volume: 3,
      log: { state: 'pending', blocks: 7, touched: 2, records: 412 },
    });
    expect(json.steps[0].actions[0]).toEqual({
      kind: 'kept',
      path: 'Windows\\System32\\drivers\\Sensor\\C-291-01.sys',
      why: 'older',
      modified: '2024-07-19T04:08:59Z',
      modifiedTicks: '133658357390000000',
    });
    expect(json.refusals[0]).toMatchObject({ code: 'RECOVERY_LOG_REDO', offset: 0x4a_c000 });
    const done = data(repairToJson(applied, META));
    expect(done.changes[1]).toMatchObject({ offset: 0x4_0000_0000, oldBytes: 0, newSha256: '44'.repeat(32) });
    expect(done.steps[3]).toMatchObject({ id: 'disable', outcome: 'skipped', skipped: 'asked' });
    expect(done.journal).toBe('/srv/srv01.vhdx.winmedic-undo');
  });
});

describe('undo', () => {
  it('says what was put back, from which journal', () => {
    const text = undoToText(undone, EN);
    expect(text).toMatch(/^✓ UNDONE {2}Every changed byte is as it was before the repair\./);
    expect(text).toContain('disk before: the repair is on the disk');
    expect(text).toContain('made: 2024-07-20 08:00:00 +09:00 (2024-07-19 23:00:00 +00:00)');
    expect(text).toMatch(/\nnext: winmedic disk verify srv01\.vhdx\n$/);
    expect(undoToText(undone, JA)).toMatch(/^✓ 取り消し済み {2}変更したすべてのバイト/);
    expect(data(undoToJson(undone, META))).toMatchObject({ kind: 'disk-undo', outcome: 'undone', before: 'changed', bytes: 5120 });
  });

  it('does not claim that nothing was read where reads were not counted', () => {
    const uncounted = { ...undone, io: { ...undone.io, reads: 0, bytesRead: 0 } };
    expect(undoToText(uncounted, EN)).not.toMatch(/read: 0/);
    expect(undoToText(uncounted, EN)).toContain('written: 2 operations');
  });

  it('is refused when something else wrote there, and says what to do', () => {
    const foreign = {
      ...undone,
      outcome: 'refused',
      before: 'foreign',
      refusals: [{ code: 'JOURNAL_FOREIGN', what: 'srv01.vhdx', offset: 0x200, because: [] }],
    } as const;
    expect(undoToText(foreign, EN)).toMatch(/^× REFUSED {2}Nothing was written\./);
    expect(undoToText(foreign, EN)).toContain('Changed by something else since: srv01.vhdx (offset 0x200) [JOURNAL_FOREIGN]');
    expect(undoToText(foreign, EN).split('[JOURNAL_FOREIGN]')[1]).toMatch(/^\n {4}\S/);
  });
});

describe('verify', () => {
  it('counts findings, says what they mean and what was looked at', () => {
    const text = verifyToText(verified, EN);
    expect(text).toMatch(/^× ERRORS {2}1 error, 1 warning\./);
    expect(text).toContain('150,000 records, 20,000 folders, 300,000 entries, 9,000,000 clusters in use');
    expect(text).toMatch(
      /× error {2}CHECK_INDEX_ORDER: Windows\\Temp, record 77, at 0x40, expected a < b, found b < a\n +Names in the index/,
    );
    expect(text).toContain('BitLocker: not checked');
    expect(data(verifyToJson(verified, META))).toMatchObject({ kind: 'disk-verify', errors: 1, warnings: 1 });
    expect(verifyToText(verified, JA)).toMatch(/^× 異常あり {2}異常が 1 件、注意が 1 件あります。/);
  });

  it('calls in order only what was checked', () => {
    const [volume, encrypted] = verified.volumes;
    const sound = { ...volume!, check: { ...volume!.check!, findings: [] }, hives: [] };
    expect(verifyToText({ ...verified, volumes: [sound, encrypted!] }, EN)).toMatch(
      /^✓ IN ORDER {2}No fault was found in what was checked\./,
    );
    expect(verifyToText({ ...verified, volumes: [encrypted!] }, EN)).toMatch(/^! NOTHING CHECKED/);
    expect(verifyToText({ ...verified, volumes: [] }, EN)).toMatch(/^! NOTHING CHECKED/);
  });

  it('puts an interrupted repair before everything else', () => {
    const torn = verifyToText({ ...verified, journal: { path: 'j', state: 'torn' } }, EN);
    expect(torn).toMatch(/^× INTERRUPTED/);
    expect(torn).toMatch(/\nnext: winmedic disk undo srv01\.vhdx --journal j\n$/);
  });
});

describe('recipes', () => {
  it('are proposed with what speaks for them, their steps, price and sources', () => {
    const text = proposalsToText(proposals, { ...EN, next: 'winmedic disk repair srv01.vhdx --for faulty-file' });
    expect(text).toMatch(/^✓ PROPOSED {2}1 recipe fits what is on the disk\./);
    expect(text).toContain('--for faulty-file (volume 3)');
    expect(text).toMatch(/speaks for it {2}A faulty file lies there\.\n +Windows\S+C-291-02\.sys/);
    expect(text).toContain('txr (from build 14393 on)');
    expect(text).toMatch(/disable \(only with --with disable\)[^\n]*\n +risk: No protection\./);
    expect(text).toMatch(/\nnext: winmedic disk repair srv01\.vhdx --for faulty-file\n$/);
    expect(proposalsToText(proposals, JA)).toContain('根拠  不良ファイルがあります。');
    expect(data(proposalsToJson(proposals, META)).proposals[0]).toMatchObject({ volume: 3, recipe: { id: 'faulty-file' } });
  });

  it('are none when nothing speaks for one', () => {
    expect(proposalsToText([], EN)).toMatch(/^· NO PROPOSAL/);
    expect(data(proposalsToJson([], META)).proposals).toEqual([]);
  });

  it('are listed', () => {
    expect(recipesToText([recipe], JA)).toContain('不良ファイルの隔離: --for faulty-file');
    expect(data(recipesToJson([recipe], META)).recipes[0].summary.ja).toBe('ファイルの名前を 1 つ変えます。');
  });
});

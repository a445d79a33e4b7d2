import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { loadKnowledge } from '@winmedic/knowledge';
import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLE_SYSTEM, TestFolder, winmedic, zipOf } from './test-command.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const good = readFileSync(EXAMPLE_SYSTEM);
const zeros = new Uint8Array(1 << 20);
const windows = process.platform === 'win32';
const root = process.getuid?.() === 0;

const garbage = Uint8Array.from({ length: 100_000 }, (_, n) => (n * 7919) % 251);
/** Inputs of which nothing can be read, with the code each gets. */
const USELESS: readonly (readonly [what: string, code: string, path: () => string])[] = [
  ['a missing path', 'EVIDENCE_NOT_FOUND', () => folder.at('missing.evtx')],
  ['an empty file', 'EVIDENCE_EMPTY', () => folder.file('empty.evtx', '')],
  ['a file that is no log', 'EVIDENCE_UNRECOGNISED', () => folder.file('garbage.evtx', garbage)],
  ['a text that is no event', 'EVIDENCE_UNRECOGNISED', () => folder.file('note.txt', 'buy milk')],
  ['a folder without logs', 'EVIDENCE_NO_LOGS', () => folder.file('nothing/readme.bin', garbage).replace(/.readme\.bin$/, '')],
  [
    'a log of Windows XP',
    'EVIDENCE_OLD_EVT_FORMAT',
    () => folder.file('old.evt', Buffer.concat([Buffer.from('\x30\0\0\0LfLe', 'latin1'), zeros.subarray(0, 400)])),
  ],
  [
    'a broken archive',
    'EVIDENCE_ZIP_BROKEN',
    () => folder.file('broken.zip', zipOf([{ name: 'System.evtx', bytes: good }]).subarray(0, 5000)),
  ],
  [
    'an encrypted archive',
    'EVIDENCE_ZIP_ENCRYPTED',
    () => folder.file('locked.zip', zipOf([{ name: 'System.evtx', bytes: good, encrypted: true }])),
  ],
];

describe.concurrent('input of which nothing can be read', () => {
  it.each(USELESS)('%s: %s with meaning and next step in both languages, exit code 2', async (_, code, make) => {
    const path = make();
    const text = loadKnowledge().damages[code];
    for (const lang of ['en', 'ja'] as const) {
      const counted = await winmedic(['events', path, '--count-by', 'id', '--json', '--quiet', '--lang', lang]);
      expect(counted).toMatchObject({ code: 2, out: '[]\n' });
      const lines = counted.err.replaceAll(/\s+/g, '');
      expect(lines).toContain(path.replaceAll(/\s+/g, ''));
      expect(lines).toContain(code);
      expect(lines).toContain(text?.meaning[lang].replaceAll(/\s+/g, ''));
      expect(lines).toContain(text?.action[lang].replaceAll(/\s+/g, ''));
    }
    const judged = await winmedic(['diagnose', path, '--json']);
    expect(judged.code).toBe(2);
    const { problems, incidents } = JSON.parse(judged.out) as { problems: { code: string }[]; incidents: unknown[] };
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(incidents).toEqual([]);
  });

  it('is told on stdout by the report too, and the next command is one that helps', async () => {
    const { code, out } = await winmedic(['diagnose', folder.file('void.evtx', ''), '--lang', 'ja']);
    expect(code).toBe(2);
    expect(out).toContain('EVIDENCE_EMPTY');
    expect(out.replaceAll(/\s+/g, '')).toContain(loadKnowledge().damages['EVIDENCE_EMPTY']?.action.ja.replaceAll(/\s+/g, ''));
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/winmedic diagnose --help$/);
    const timeline = await winmedic(['timeline', folder.at('void.evtx')]);
    expect(timeline).toMatchObject({ code: 2, out: '' });
    expect((await winmedic(['experiment', folder.at('void.evtx'), '--change-at', '2018-07-01'])).code).toBe(2);
  });
});

describe.concurrent('input of which a part can be read', () => {
  it('is read, and the loss is told with exit code 3', async () => {
    const half = folder.file('half.evtx', good.subarray(0, 150_000));
    const { code, out, err } = await winmedic(['events', half, '--count-by', 'id', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toContainEqual({ key: 1074, count: expect.any(Number) });
    expect(err).toContain('EVTX_CHUNK_TRUNCATED');
    expect((await winmedic(['diagnose', half, '--quiet'])).code).toBe(3);
  });

  it('lets the rest be analysed', async () => {
    const { code, out, err } = await winmedic([
      'diagnose',
      folder.file('first.evtx', ''),
      EXAMPLE_SYSTEM,
      folder.at('not-there'),
      '--json',
    ]);
    expect(code).toBe(3);
    const { incidents, problems } = JSON.parse(out) as { incidents: unknown[]; problems: { code: string }[] };
    expect(incidents).toHaveLength(7);
    expect(problems.map((problem) => problem.code).sort()).toEqual(['EVIDENCE_EMPTY', 'EVIDENCE_NOT_FOUND']);
    expect(err).toContain('EVIDENCE_NOT_FOUND');
  });

  it('reads an archive directly, and an archive in it', async () => {
    const inner = zipOf([{ name: 'logs/System.evtx', bytes: good }]);
    const path = folder.file(
      'good.zip',
      zipOf([
        { name: 'host/inner.zip', bytes: inner },
        { name: 'host/readme.bin', bytes: garbage },
      ]),
    );
    const { code, out } = await winmedic(['events', path, '--ids', '1074', '--count-by', 'id', '--json']);
    expect({ code, out }).toEqual({ code: 0, out: '[{"key":1074,"count":7}]\n' });
    const csv = await winmedic(['events', path, '--ids', '1074', '--limit', '1', '--format', 'csv']);
    expect(csv.out).toContain(`${path}!/host/inner.zip!/logs/System.evtx`);
  });

  it('refuses a bomb and reads what lies beside it', async () => {
    const path = folder.file(
      'bomb.zip',
      zipOf([
        { name: 'bomb.evtx', bytes: zeros, claims: 300 << 20 },
        { name: 'System.evtx', bytes: good },
      ]),
    );
    const { code, out, err } = await winmedic(['events', path, '--ids', '1074', '--count-by', 'id', '--json']);
    expect({ code, out }).toEqual({ code: 3, out: '[{"key":1074,"count":7}]\n' });
    expect(err).toContain('bomb.evtx EVIDENCE_ZIP_BOMB');
  });

  it.skipIf(windows)('passes over loops of links and pipes in a folder', async () => {
    folder.file('linked/System.evtx', good);
    symlinkSync('.', folder.at('linked/again'));
    symlinkSync('loop', folder.at('linked/loop'));
    execFileSync('mkfifo', [folder.at('linked/pipe')]);
    const { code, out } = await winmedic(['events', folder.at('linked'), '--ids', '1074', '--count-by', 'id', '--json']);
    expect({ code, out }).toEqual({ code: 0, out: '[{"key":1074,"count":7}]\n' });
    const alone = await winmedic(['events', folder.at('linked/pipe'), '--count-by', 'id']);
    expect(alone.code).toBe(2);
    expect(alone.err).toContain('EVIDENCE_SPECIAL_FILE');
  });

  it.skipIf(windows || root)('says that a file may not be read', async () => {
    const path = folder.file('secret/System.evtx', good);
    chmodSync(path, 0);
    const { code, err } = await winmedic(['events', folder.at('secret'), '--count-by', 'id']);
    expect(code).toBe(2);
    expect(err).toContain('EVIDENCE_UNREADABLE');
  });

  it('answers for a sparse log of 1 GiB without holding it', async () => {
    const path = folder.file('sparse.evtx', good);
    truncateSync(path, 2 ** 30);
    const { code, out, err } = await winmedic(['events', path, '--ids', '1074', '--count-by', 'id', '--json'], {
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    });
    expect(out).toBe('[{"key":1074,"count":7}]\n');
    expect(code === 0 || err.includes('EVTX_')).toBe(true);
  });
});

describe.concurrent('hostile names and values', () => {
  it.skipIf(windows)('never reach the terminal as they are', async () => {
    const path = folder.file('evil\u001b[31m\u202e.evtx', '');
    for (const args of [
      ['events', path, '--count-by', 'id'],
      ['diagnose', path],
      ['diagnose', path, '--html', `${path}/x\u001b[0m`],
    ]) {
      const { out, err } = await winmedic(args);
      for (const acting of ['\u001b', '\u202e']) expect(out + err).not.toContain(acting);
      expect(err + out).toContain('[31m');
    }
  });

  it('of options that do not exist are not repeated: they may be passwords', async () => {
    for (const args of [['--password=Zq7xPassw0rd'], ['--password', 'Zq7xPassw0rd']]) {
      const { code, out, err } = await winmedic(['connect', 'hv01', '-u', 'alice', ...args]);
      expect(code).toBe(2);
      expect(err).toContain('--password');
      expect(out + err).not.toContain('Zq7x');
    }
  });
});

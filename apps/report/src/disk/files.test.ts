import { describe, expect, it } from 'vitest';
import { displayWidth } from '../width.ts';
import { filesToText } from './files.ts';
import { filesToJson, hiveKeyToJson } from './json.ts';
import { hiveKeyToText } from './pages.ts';
import { fileOf, HOSTILE, hiveKey, META } from './test-fixture.ts';

const EN = { ...META, width: 100, colour: false, unicode: true, lang: 'en' } as const;
const data = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('a list of files', () => {
  const files = [
    fileOf('Windows\\System32\\a.sys', { shortName: 'A~1.SYS', dosAttributes: 0x27 }),
    fileOf('Windows\\日本語', { isDirectory: true, dosAttributes: 0 }),
    fileOf('Windows\\old', { deleted: true, sizeBytes: 1_234_567, compressed: true, sparse: true, streams: ['Zone.Identifier'] }),
    fileOf('Windows\\link', { reparse: 'C:\\x', encrypted: true }),
  ];

  it('is a name or path on each line', () => {
    expect(filesToText(files, EN)).toBe('Windows\\System32\\a.sys\nWindows\\日本語\\\n* Windows\\old\nWindows\\link\n');
    expect(filesToText(files, { ...EN, names: 'name' })).toBe('a.sys\n日本語\\\n* old\nlink\n');
    expect(filesToText([], EN)).toBe('');
  });

  it('has attributes, size, time with zone and what else is odd in the long form', () => {
    const lines = filesToText(files, { ...EN, long: true }).split('\n');
    expect(lines[0]).toBe('-rhsa---     40,957  2024-07-19 13:12:10 +09:00  Windows\\System32\\a.sys  [8.3: A~1.SYS]');
    expect(lines[1]).toBe('d-------          -  2024-07-19 13:12:10 +09:00  Windows\\日本語\\');
    expect(lines[2]).toContain('----acp-  1,234,567');
    expect(lines[2]).toContain('[streams: Zone.Identifier]  [deleted]');
    expect(lines[3]).toMatch(/^l---a--e .* Windows\\link {2}-> C:\\x$/);
    const column = lines.slice(0, 4).map((line) => displayWidth(line.slice(0, line.indexOf('Windows'))));
    expect(new Set(column).size).toBe(1);
  });

  it('shows control characters and never emits them', () => {
    const text = filesToText([fileOf(`a\n${HOSTILE}`)], EN);
    expect(text.includes('\u001b') || text.includes('\u202e')).toBe(false);
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is data with four times each', () => {
    const json = data(filesToJson(files, META, { path: 'srv01.vhdx', volume: 3 }));
    expect(json).toMatchObject({ kind: 'disk-files', path: 'srv01.vhdx', volume: 3 });
    expect(json.files[0]).toMatchObject({
      path: 'Windows\\System32\\a.sys',
      sizeBytes: 40_957,
      modified: '2024-07-19T04:12:10.123Z',
      modifiedTicks: '133658359301230000',
      shortName: 'A~1.SYS',
    });
    expect(json.files[0].created).toBe(json.files[0].accessed);
  });

  it('keeps a time that no calendar has as ticks', () => {
    const [file] = data(filesToJson([fileOf('x', { modified: 2n ** 63n - 1n })], META)).files;
    expect(file).not.toHaveProperty('modified');
    expect(file.modifiedTicks).toBe('9223372036854775807');
  });
});

describe('a key of a hive', () => {
  it('has values with types, subkeys with times, and how the hive stands', () => {
    const text = hiveKeyToText(hiveKey, EN);
    expect(text).toMatch(/^! LOGS REPLAYED IN MEMORY {2}Windows\\System32\\config\\SYSTEM\\ControlSet001\\Services\\Sensor\n/);
    expect(text).toContain('(41 log entries)');
    expect(text).toContain('last written: 2024-07-18 19:00:00 +09:00 (2024-07-18 10:00:00 +00:00)');
    expect(text).toMatch(/Start +REG_DWORD +1 \(0x1\)\n/);
    expect(text).toMatch(/\(default\) +REG_SZ +センサー\n/);
    expect(text).toMatch(/Blob +REG_BINARY +00 ff … \(9,000 bytes\)/);
    expect(text).toMatch(/Parameters +2024-07-18 20:00:00 \+09:00 +2 +5/);
    expect(hiveKeyToText({ ...hiveKey, key: '', values: [] }, { ...EN, lang: 'ja' })).toContain('(ルート)');
  });

  it('is data', () => {
    const json = data(hiveKeyToJson(hiveKey, META));
    expect(json).toMatchObject({ kind: 'disk-hive-key', state: 'replayed', lastWritten: '2024-07-18T10:00:00Z', entries: 41 });
    expect(json.values[2]).toEqual({ name: 'Blob', type: 3, typeName: 'REG_BINARY', text: '00 ff', cut: true, sizeBytes: 9000 });
  });
});

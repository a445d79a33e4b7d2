import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { HiveError, type HiveState, type HiveValue, openHive } from '@winmedic/registry-hive';
import { describe, expect, it } from 'vitest';
import { corpusFile, dumpLines, expectedLines, hiveFolder, hivesReady, openCorpusHive } from './hive-dump.ts';

/** Every hive of the corpus against the dumps made with yarp 1.0.33, against Windows' own results, and the damaged ones against what they hold. */
if (!hivesReady) console.log(`skipped: no hives at ${hiveFolder}, or no xz (set WINMEDIC_CORPUS)`);

const names = hivesReady ? readdirSync(join(hiveFolder, 'expected')).map((file) => file.replace('.tsv.xz', '')) : [];

/** Hive and logs of a file of `expected/`. */
function sources(name: string): { readonly hive: string; readonly logs: readonly string[] } {
  const recovered = name.includes('.recovered');
  const plain = name
    .replace('.recovered', '')
    .replace('.yarp', '')
    .replace(/^yarp_/, 'yarp/');
  // Those with logs lie in a folder of their own.
  const folder = join(hiveFolder, plain);
  const hive =
    plain.startsWith('yarp/') && recovered
      ? `${plain}/${readdirSync(folder).find((file) => !file.includes('.') && !file.startsWith('Recovered'))!}`
      : plain;
  return { hive, logs: recovered ? ['LOG1', 'LOG2'].map((log) => `${hive}.${log}`) : [] };
}

const STATES: Readonly<Record<string, HiveState>> = {
  'regipy_SYSTEM_B.yarp': 'dirty',
  'regipy_UsrClass.dat.yarp': 'dirty',
  'regipy_SECURITY.yarp': 'dirty',
  yarp_BadListHive: 'damaged',
};

/** Where we read more than yarp printed, and why. */
const MORE: Readonly<Record<string, { readonly lines: readonly string[]; readonly reason: string }>> = {
  yarp_BadListHive: {
    lines: ['K\t\\3\t131335347199678005', 'K\t\\3\\subkey\t131335347290626006', 'K\t\\4\t131335347160522005'],
    reason:
      'key 2 and key 3 name one list, which is that of 3: yarp stops there; 3 with its subkey and 4 are sound, and 2 gets no subkey of 3',
  },
};

describe.skipIf(!hivesReady)('hives of the corpus', () => {
  it('has expected dumps', () => expect(names.length).toBeGreaterThan(20));

  it.each(names)('%s: key for key and value for value', (name) => {
    const { hive: file, logs } = sources(name);
    const { hive, damages } = openCorpusHive(file, logs);
    const lines = dumpLines(hive);
    expect(lines).toEqual([...expectedLines(name), ...(MORE[name]?.lines ?? [])]);
    expect(hive.state).toBe(STATES[name] ?? (logs.length > 0 ? 'replayed' : 'clean'));
    const codes = [...new Set(damages.map(({ code }) => code))];
    expect(codes).toEqual(
      hive.state === 'dirty'
        ? ['HIVE_DIRTY_NO_LOGS']
        : name.includes('BadBaseBlock')
          ? ['HIVE_BASE_CHECKSUM']
          : name in MORE
            ? ['HIVE_KEY']
            : [],
    );
  });

  it.each([
    ['regipy_SYSTEM_B', [4, 2107, 2110], [20, 2111, 2130], 12_591_104],
    ['regipy_UsrClass.dat', [4, 287, 290], [10, 291, 300], 2_830_336],
  ] as const)('%s: every entry of both logs is applied, in either order of the files', (file, first, second, size) => {
    const logs = [`${file}.LOG1`, `${file}.LOG2`];
    const { hive } = openCorpusHive(file, logs);
    const use = (log: string, [applied, firstSequence, lastSequence]: readonly [number, number, number]) => ({
      name: log,
      format: 'new',
      applied,
      stopped: 'end',
      firstSequence,
      lastSequence,
    });
    expect(hive.logs).toEqual([use(logs[0]!, first), use(logs[1]!, second)]);
    expect(hive.header.binsDataSize).toBe(size);
    const turned = openCorpusHive(file, logs.toReversed()).hive;
    expect(turned.logs).toEqual([use(logs[1]!, second), use(logs[0]!, first)]);
    expect(Buffer.compare(turned.image(), hive.image())).toBe(0);
  });

  it('refuses the logs of another hive', () => {
    const { hive, damages } = openCorpusHive('regipy_SECURITY', [
      'regipy_SYSTEM_B.LOG1',
      'regipy_SYSTEM_B.LOG2',
      'regipy_UsrClass.dat.LOG1',
    ]);
    expect(hive.state).toBe('dirty');
    expect(hive.logs.map(({ stopped }) => stopped)).toEqual(['not-this-hive', 'not-this-hive', 'not-this-hive']);
    expect(damages.map(({ code }) => code)).toEqual(['HIVE_LOG_FOREIGN', 'HIVE_LOG_FOREIGN', 'HIVE_LOG_FOREIGN']);
  });

  it.each([
    ['yarp/NewDirtyHive1', 'NewDirtyHive', 'RecoveredHive_Windows10'],
    ['yarp/OldDirtyHive', 'OldDirtyHive', 'RecoveredHive_Windows7'],
  ])('%s: after the replay every key and value is that of Windows itself', (folder, file, recovered) => {
    const { hive } = openCorpusHive(`${folder}/${file}`, [`${folder}/${file}.LOG1`, `${folder}/${file}.LOG2`]);
    const windows = openCorpusHive(`${folder}/${recovered}`).hive;
    expect(windows.state).toBe('clean');
    expect(dumpLines(hive)).toEqual(dumpLines(windows));
    const names = (from: typeof hive) => [...from.walk()].flatMap((key) => [...key.values()].map(({ name }) => `${key.path}:${name}`));
    expect(names(hive)).toEqual(names(windows));
    const [ours, theirs] = [hive.image(), corpusFile(`${folder}/${recovered}`)];
    expect(ours.length).toBe(theirs.length);
    const different = [];
    for (let at = 4096; at < ours.length; at++) if (ours[at] !== theirs[at]) different.push(at);
    // Windows 7 then wrote the time into the first bin, and one byte of the largest length of a value name into a key that has got a value.
    expect(different).toEqual(file === 'OldDirtyHive' ? [0x1014, 0x1015, 0x1016, 0x1017, 0x1018, 0x6bdc8] : []);
  });

  it('says what a hive with broken logs holds: that of before, dirty', () => {
    for (const [folder, stopped, format] of [
      ['BadLogHive1', ['bad-hash', 'not-a-log'], ['old', 'none']],
      ['BadLogHive3', ['bad-hash', 'bad-hash'], ['new', 'new']],
    ] as const) {
      const file = `yarp/${folder}/BadLogHive`;
      const { hive, damages } = openCorpusHive(file, [`${file}.LOG1`, `${file}.LOG2`]);
      const without = openCorpusHive(file);
      expect(dumpLines(hive)).toEqual(dumpLines(without.hive));
      expect(hive.state).toBe('dirty');
      expect(hive.logs.map((log) => log.stopped)).toEqual(stopped);
      expect(hive.logs.map((log) => log.format)).toEqual(format);
      expect(hive.logs.every(({ applied }) => applied === 0)).toBe(true);
      expect([...new Set(damages.map(({ code }) => code))]).toEqual(['HIVE_LOG_BROKEN']);
    }
  });

  it.each([
    ['ez_SAM', 68, 73, 'clean', []],
    ['ez_SAM_DUPENAME', 112, 128, 'clean', []],
    ['ez_SAM_hasBigEndianDWord', 92, 103, 'clean', []],
    ['ez_BCD', 66, 46, 'clean', []],
    ['ez_SECURITY', 242, 242, 'dirty', ['HIVE_DIRTY_NO_LOGS']],
    // Its root key lacks the mark of one; the base block vouches for it.
    ['ez_SECURITYNoRoot', 8, 2, 'damaged', ['HIVE_ROOT']],
    // 12,288 bytes of 491,520: the root and one of its subkeys are there, the parts of a list of 5,000 are not.
    ['yarp/TruncatedHive', 2, 0, 'damaged', ['HIVE_SUBKEY_LIST', 'HIVE_TRUNCATED']],
    ['regipy_corrupted_system_hive', 1687, 5625, 'damaged', ['HIVE_BIN', 'HIVE_CELL', 'HIVE_DATA', 'HIVE_SUBKEY_LIST', 'HIVE_VALUE_LIST']],
  ] as const)('%s: %i keys, %i values, %s', (file, keys, values, state, codes) => {
    const { hive, damages } = openCorpusHive(file);
    const lines = dumpLines(hive);
    expect(lines.filter((line) => line.startsWith('K'))).toHaveLength(keys);
    expect(lines.filter((line) => line.startsWith('V'))).toHaveLength(values);
    expect(hive.state).toBe(state);
    expect([...new Set(damages.map(({ code }) => code))].toSorted()).toEqual(codes);
  });

  it('gives no number where the type says one and there is no data', () => {
    const { hive } = openCorpusHive('ez_SAM_hasBigEndianDWord');
    const found = [...hive.walk()].flatMap(
      (key) => [...key.values()].filter(({ type }) => type === 5).map((value) => [key.path, value]) as [string, HiveValue][],
    );
    expect(found.map(([path, value]) => [path, value.typeName, value.sizeBytes, value.number()])).toEqual([
      ['SAM\\Domains\\Account\\Aliases', 'REG_DWORD_BIG_ENDIAN', 0, undefined],
    ]);
  });

  it('refuses what is no hive', () => {
    expect(() => openCorpusHive('ez_NotAHive')).toThrow(HiveError);
    expect(() => openCorpusHive('regipy_UsrClass.dat.LOG1')).toThrow('HIVE_NOT_HIVE');
  });

  it('finds deleted keys with their paths', () => {
    const deleted = (file: string) =>
      [...openCorpusHive(file).hive.deleted()]
        .filter(({ kind }) => kind === 'key')
        .map(({ key, pathKnown }) => `${key!.path} ${pathKnown}`);
    expect(deleted('yarp/DeletedTreeHive').toSorted()).toEqual([
      '1\\2\\3 true',
      '1\\2\\3\\4 true',
      '1\\2\\3\\4\\5 true',
      '1\\2\\3\\4\\New Key #1 true',
    ]);
    expect(deleted('yarp/DupNameHive').toSorted()).toEqual(['bbb true', 'ccc true', 'Новый раздел #1 true']);
    expect(deleted('yarp/EmptyHive')).toEqual([]);
  });

  it('salvages every key the tree has, and those the tree has lost', () => {
    for (const file of [
      'regipy_SYSTEM',
      'regipy_NTUSER.DAT',
      'ez_SECURITY',
      'yarp/TruncatedHive',
      'regipy_corrupted_system_hive',
      'yarp/BadListHive',
    ]) {
      const { hive } = openCorpusHive(file);
      const found = new Map<number, string>();
      for (const { key, offset } of hive.salvage()) found.set(offset, key!.path);
      let lost = found.size;
      for (const key of hive.walk()) {
        expect(found.get(key.offset), `${file} ${key.path}`).toBe(key.path);
        lost--;
      }
      if (hive.state !== 'damaged') expect(lost, file).toBe(0);
      else expect(lost, file).toBeGreaterThan(0);
    }
  });

  it('finds by name every key and value it lists', () => {
    for (const file of ['regipy_NTUSER.DAT', 'regipy_SAM', 'ez_SECURITY', 'yarp/ManySubkeysHive', 'yarp/ExtendedASCIIHive', 'regipy_BCD']) {
      const { hive } = openCorpusHive(file);
      for (const key of hive.walk()) {
        expect(hive.key(key.path.toUpperCase())?.offset, `${file} ${key.path}`).toBe(key.offset);
        for (const value of key.values()) expect(key.value(value.name)?.offset).toBe(value.offset);
      }
    }
  });

  it('reads a point of a large hive without reading the hive', () => {
    const source = memorySource(corpusFile('regipy_SYSTEM'));
    let read = 0;
    const hive = openHive({
      sizeBytes: source.sizeBytes,
      readAt(offset, into) {
        read += into.length;
        return source.readAt(offset, into);
      },
    });
    expect(hive.key('Select')?.value('Current')?.number()).toBe(1n);
    const key = hive.key('ControlSet001\\Control\\Terminal Server')!;
    expect(key.value('fDenyTSConnections')?.number()).toBe(0n);
    expect(key.subkey('WinStations')?.subkey('RDP-Tcp')?.value('UserAuthentication')?.number()).toBe(0n);
    expect(read).toBeLessThan(source.sizeBytes / 20);
  });
});

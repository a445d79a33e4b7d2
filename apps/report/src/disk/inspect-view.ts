import type { DiskReport, VolumeReport } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { diskCommand } from './command-line.ts';
import { type DiskDocument, type Item, section } from './document.ts';
import { costPairs } from './made.ts';
import { type Readiness, readiness } from './obstacles.ts';
import { problemItems } from './problem-items.ts';
import { refusalItems } from './refusals.ts';
import { exactSize, sizeText } from './sizes.ts';
import { isoInTwoZones } from './times.ts';
import { volumeSections } from './volume-view.ts';
import { type DiskWords, diskWords } from './words.ts';

/** First build of Windows 11; its registry still says "Windows 10". @source Microsoft Learn, "Windows 11 release information" */
const WINDOWS_11 = 22_000;
/** Notes told in a terminal unless verbose. */
const SHORT_NOTES = 12;

/** What a view needs besides the report. */
export interface ViewOptions {
  readonly lang: Language;
  readonly zone: string;
  readonly verbose: boolean;
}

/** `disk inspect` as a document: which Windows, whether it can be repaired now, then the disk from the outside in. */
export function inspectDocument(report: DiskReport, options: ViewOptions): DiskDocument {
  const words = diskWords(options.lang);
  const ready = readiness(report, options.lang);
  const next = nextCommand(report, ready);
  return {
    title: words.inspectTitle(report.path),
    subject: [report.path, report.table.diskId ?? '', ...report.volumes.map(({ ntfs }) => ntfs?.serial ?? '')],
    lead: lead(report, ready, options, words),
    sections: [
      ...section('obstacles', words.sectionObstacles, [{ kind: 'items', items: refusalItems(ready.obstacles, { ...options, steps: [] }) }]),
      ...section('notes', words.sectionNotes, [{ kind: 'items', items: notes(report, ready, words), short: SHORT_NOTES }]),
      ...section('disk', words.sectionDisk, [{ kind: 'pairs', pairs: diskPairs(report, words, options.lang) }]),
      ...section('partitions', words.sectionPartitions, [partitionTable(report, words, options.lang)]),
      ...report.volumes.flatMap((volume) => volumeSections(volume, options)),
      ...section('problems', words.sectionProblems, [
        { kind: 'items', items: problemItems(report.problems, options.lang), short: SHORT_NOTES },
      ]),
      ...section('not-checked', words.sectionNotChecked, [{ kind: 'items', items: notChecked(report, words).map((text) => ({ text })) }]),
      ...section('cost', words.sectionCost, [{ kind: 'pairs', pairs: costPairs(report.io, options.lang) }]),
    ],
    ...(next === undefined ? {} : { next }),
  };
}

function lead(report: DiskReport, { state, windows }: Readiness, { lang, zone }: ViewOptions, words: DiskWords): DiskDocument['lead'] {
  const names = windows.map((volume) => words.onVolume(windowsName(volume, words), volume.number));
  const crashes = windows.flatMap(({ windows: one }) => (one?.lastCrash === undefined ? [] : [one.lastCrash]));
  const locked = report.volumes.filter(({ lock }) => lock === 'locked').map(({ number }) => words.lockedText(number));
  const [first, ...others] = state === 'locked' ? locked : names.length > 0 ? names : [words.stateSentence[state]];
  return {
    mark: state === 'ready' ? 'good' : state === 'none' ? 'warn' : 'bad',
    word: words.state[state],
    text: first ?? '',
    lines: [
      ...others,
      ...(state === 'none' ? [] : [words.stateSentence[state]]),
      ...(windows.length > 1 ? [words.severalWindows(words.list(windows.map(({ number }) => String(number))))] : []),
      ...crashes.map(({ code, module, time }) =>
        words.crashText(code, module, time === undefined ? undefined : isoInTwoZones(time, zone, lang)),
      ),
    ],
  };
}

/** Product, build and computer of the Windows of a volume. */
export function windowsName({ windows }: VolumeReport, words: DiskWords): string {
  const fact = (name: string): string => windows?.facts.get(name)?.value ?? '';
  const product = fact('product');
  const eleven = (windows?.build ?? 0) >= WINDOWS_11 && product.startsWith('Windows 10');
  const revision = fact('revision');
  const build = `${fact('build')}${revision === '' ? '' : `.${revision}`}`;
  return words.windowsText(eleven ? words.windows11(product) : product, fact('build') === '' ? '' : build, fact('computer'));
}

function notes(report: DiskReport, { windows, state }: Readiness, words: DiskWords): Item[] {
  const items: Item[] = [];
  const warn = (text: string): void => void items.push({ mark: 'warn', text });
  const { table, journal } = report;
  if (journal !== undefined && journal.state !== 'torn') {
    const text = words.noteJournal(journal.path, words.journalState[journal.state]);
    items.push({ mark: journal.state === 'changed' || journal.state === 'untouched' ? 'none' : 'warn', text });
  }
  const { copies } = table;
  if (copies !== undefined && (copies.primary !== 'ok' || copies.backup !== 'ok')) warn(words.noteTable);
  for (const { number, ntfs, windows: one, lock, bitlocker } of report.volumes) {
    if (lock === 'locked' && state !== 'locked') warn(words.noteLocked(number));
    if (bitlocker?.suspended) warn(words.noteSuspended(number));
    if (ntfs?.log.state === 'pending') items.push({ text: words.noteLog(number, ntfs.log.records) });
    if (ntfs?.dirty) warn(words.noteDirty(number));
    if (ntfs?.bootCopies === 'differ' || ntfs?.bootCopies === 'one-only') warn(words.noteBoot(number));
    const named = (...states: readonly string[]): string[] =>
      (one?.hives ?? []).filter((hive) => states.includes(hive.state)).map(({ path }) => path.slice(path.lastIndexOf('\\') + 1));
    const logs = named('replayed');
    const dirty = named('dirty');
    const bad = named('damaged', 'unreadable');
    if (logs.length > 0) warn(words.noteHives(words.list(logs)));
    if (dirty.length > 0) warn(words.noteDirtyHives(words.list(dirty)));
    if (bad.length > 0) warn(words.noteBadHives(words.list(bad)));
  }
  // Each Windows of a disk names the boot entries of all its stores.
  const [first] = windows;
  for (const { entry, mode } of first?.windows?.safeboot ?? []) warn(words.noteSafeboot(entry, words.safeboot[mode]));
  return items;
}

function diskPairs(report: DiskReport, words: DiskWords, lang: Language): (readonly [string, string])[] {
  const { path, sizeBytes, isDevice, container, containerInfo, parents, table, uses, journal } = report;
  const info = containerInfo === undefined ? [] : [words.variant[containerInfo.variant], words.containerLog[containerInfo.log]];
  const { copies, composite } = table;
  return [
    [isDevice ? words.device : words.file, path],
    [words.size, exactSize(sizeBytes, lang)],
    [words.format, words.list([container.toUpperCase(), ...info].filter((part) => part !== ''))],
    ...parents.map((parent) => [words.parents, parent] as const),
    [words.tableLabel, words.list([words.scheme[table.scheme], words.sectors(table.sectorBytes), ...(table.hybrid ? [words.hybrid] : [])])],
    ...(table.diskId === undefined ? [] : ([[words.diskId, table.diskId]] as const)),
    ...(copies === undefined
      ? []
      : ([[words.tableCopies, words.copiesText(words.copyState[copies.primary], words.copyState[copies.backup])]] as const)),
    ...(composite === undefined ? [] : ([[words.compositeLabel, words.composite[composite]]] as const)),
    [words.use, uses.uses.length === 0 ? words.no : words.list(uses.uses.map(({ kind, by }) => words.useKind[kind](by)))],
    ...(journal === undefined ? [] : ([[words.journal, `${journal.path}: ${words.journalState[journal.state]}`]] as const)),
  ];
}

function partitionTable(report: DiskReport, words: DiskWords, lang: Language) {
  const kinds = new Map(report.volumes.map((volume) => [volume.number, volume]));
  return {
    kind: 'table',
    columns: [
      { head: words.colNumber, width: 4 },
      { head: words.colOffset, width: 18, mono: true },
      { head: words.colSize, width: 14 },
      { head: words.colType, width: 22 },
      { head: words.colContent, width: 12 },
      { head: words.colName, width: '*' },
    ],
    rows: report.table.partitions.map(({ number, offset, sizeBytes, type, typeName, name }) => {
      const volume = kinds.get(number);
      return [
        String(number),
        `0x${offset.toString(16)}`,
        sizeText(sizeBytes, lang),
        typeName === '' ? type : typeName,
        volume === undefined ? '' : words.kind[volume.kind],
        words.list([name ?? '', volume?.label ?? ''].filter((part, i, all) => part !== '' && all.indexOf(part) === i)),
      ];
    }),
  } as const;
}

function notChecked(report: DiskReport, words: DiskWords): string[] {
  const unread: ReadonlySet<VolumeReport['kind']> = new Set(['exfat', 'refs', 'linux', 'unknown']);
  return [
    ...(report.volumes.some(({ ntfs }) => ntfs !== undefined) ? [words.notConsistency] : []),
    ...(report.uses.complete ? [] : [words.notUses]),
    ...report.volumes.flatMap(({ number, kind, lock, ntfs }) => {
      if (lock === 'locked') return [words.notLocked(number)];
      if (unread.has(kind)) return [words.notReadable(number, words.kind[kind])];
      return ntfs?.log.state === 'unreadable' ? [words.notLog(number)] : [];
    }),
  ];
}

/** Options that give the key again with which a volume was opened: the next command needs it, too. */
function keyOption(volume: VolumeReport | undefined): readonly string[] {
  if (volume?.lock !== 'unlocked' || volume.bitlocker?.suspended) return [];
  switch (volume.unlockedBy?.kind) {
    case 'recovery-password':
      return ['--recovery-key FILE'];
    case 'startup-key':
      return ['--startup-key FILE'];
    case 'password':
      return ['--password-file FILE'];
    default:
      return [];
  }
}

function nextCommand(report: DiskReport, { state, obstacles, windows, usable }: Readiness): string | undefined {
  const { path } = report;
  if (obstacles.some(({ code }) => code === 'RECOVERY_TORN')) return diskCommand('undo', path);
  if (state === 'locked') return diskCommand('inspect', path, '--recovery-key FILE');
  if (state === 'none') return undefined;
  const [volume] = usable.length > 0 ? usable : windows;
  const which = windows.length > 1 ? [`--volume ${volume?.number}`] : [];
  if (state === 'ready') return diskCommand('repair', path, '--auto', ...which, ...keyOption(volume));
  return diskCommand('verify', path, ...which, ...keyOption(volume));
}

import type { VolumeReport } from '@winmedic/core/model';
import { type Block, type DocumentSection, section } from './document.ts';
import type { ViewOptions } from './inspect-view.ts';
import { exactSize, sizeText } from './sizes.ts';
import { isoInTwoZones } from './times.ts';
import { type DiskWords, diskWords } from './words.ts';

/** Facts whose value is a time. */
const TIMES: ReadonlySet<string> = new Set(['installed', 'lastShutdown']);

/** Everything that is known of a volume with more to say than its line among the partitions. */
export function volumeSections(volume: VolumeReport, options: ViewOptions): DocumentSection[] {
  const { bitlocker, ntfs, windows, number } = volume;
  if (bitlocker === undefined && ntfs === undefined) return [];
  const words = diskWords(options.lang);
  const blocks: Block[] = [{ kind: 'pairs', pairs: volumePairs(volume, options, words) }];
  if (bitlocker !== undefined && bitlocker.protectors.length > 0) {
    blocks.push({
      kind: 'table',
      columns: [
        { head: words.colProtector, width: 28 },
        { head: words.colKeyId, width: '*', mono: true },
      ],
      rows: bitlocker.protectors.map(({ kind, id }) => [words.protector[kind], id]),
      caption: words.headProtectors,
    });
  }
  if (windows !== undefined) blocks.push(...windowsBlocks(windows, options, words));
  return section(`volume-${number}`, words.sectionVolume(number), blocks);
}

function volumePairs(volume: VolumeReport, { lang }: ViewOptions, words: DiskWords): (readonly [string, string])[] {
  const { label, bitlocker, ntfs, lock, unlockedBy, sizeBytes } = volume;
  const pairs: (readonly [string, string])[] = [];
  if (label !== undefined && label !== '') pairs.push([words.label, label]);
  pairs.push([words.size, exactSize(sizeBytes, lang)]);
  if (bitlocker !== undefined) {
    const { method, state, suspended, copies } = bitlocker;
    const whole = copies.filter((copy) => copy === 'ok').length;
    pairs.push([
      words.encryption,
      words.list([
        `BitLocker ${method}`,
        words.encryptionState[state],
        ...(suspended ? [words.suspended] : []),
        ...(whole < copies.length ? [words.copiesOk(whole, copies.length)] : []),
      ]),
    ]);
    const opened =
      unlockedBy === undefined ? words.unlockedRaw : `${words.unlockedWith(words.protector[unlockedBy.kind])} ${unlockedBy.id}`;
    pairs.push([words.lockLabel, lock === 'unlocked' && !suspended ? opened : words.lock[lock]]);
  }
  if (ntfs !== undefined) {
    const { version, clusterBytes, recordBytes, sectorBytes, serial, dirty, bootCopies, log, hibernation } = ntfs;
    pairs.push([
      words.fileSystem,
      words.fileSystemText(version, sizeText(clusterBytes, lang), sizeText(recordBytes, lang), sizeText(sectorBytes, lang)),
    ]);
    pairs.push([words.serial, serial]);
    const state = log.state === 'pending' ? words.logPending(log.records, log.openTransactions) : words.logState[log.state];
    pairs.push([words.log, words.list([state, ...(log.version === undefined ? [] : [words.logVersion(log.version)])])]);
    pairs.push([words.hibernation, words.hibernationText[hibernation]]);
    pairs.push([words.dirty, dirty ? words.yes : words.no]);
    pairs.push([words.bootCopies, words.bootCopiesText[bootCopies]]);
  }
  return pairs;
}

function windowsBlocks(
  { facts, hives, lastCrash, safeboot }: NonNullable<VolumeReport['windows']>,
  options: ViewOptions,
  words: DiskWords,
) {
  const { lang, zone, verbose } = options;
  const blocks: Block[] = [{ kind: 'heading', text: words.headWindows }];
  blocks.push({
    kind: 'pairs',
    pairs: [...facts].map(([name, { value, from }]) => {
      const label = Object.hasOwn(words.facts, name) ? (words.facts[name] ?? name) : name;
      const text = TIMES.has(name) ? isoInTwoZones(value, zone, lang) : value;
      return [label, verbose ? words.factText(text, from) : text] as const;
    }),
  });
  if (lastCrash !== undefined) {
    const { code, module, time, from } = lastCrash;
    blocks.push({ kind: 'heading', text: words.headCrash });
    blocks.push({
      kind: 'pairs',
      pairs: [
        [words.crashCode, code],
        ...(module === undefined ? [] : ([[words.crashModule, module]] as const)),
        [words.crashTime, time === undefined ? words.unknown : isoInTwoZones(time, zone, lang)],
        [words.crashFrom, from],
      ],
    });
  }
  if (hives.length > 0) {
    blocks.push({ kind: 'heading', text: words.headHives });
    blocks.push(hiveTable(hives, words, lang));
  }
  if (safeboot.length > 0) {
    blocks.push({ kind: 'heading', text: words.headBoot });
    blocks.push({
      kind: 'table',
      columns: [
        { head: words.colEntry, width: 40 },
        { head: words.colMode, width: 24 },
        { head: words.colStore, width: '*' },
      ],
      rows: safeboot.map(({ entry, mode, store }) => [entry, words.safeboot[mode], store]),
    });
  }
  return blocks;
}

/** Hives with their state. */
export function hiveTable(
  hives: NonNullable<VolumeReport['windows']>['hives'],
  words: DiskWords,
  lang: ViewOptions['lang'],
): Extract<Block, { readonly kind: 'table' }> {
  return {
    kind: 'table',
    columns: [
      { head: words.colName, width: 44 },
      { head: words.colState, width: '*' },
      { head: words.colEntries, width: 14 },
      { head: words.colSize, width: 12 },
    ],
    rows: hives.map(({ path, state, entries, sizeBytes, pendingTransactions }) => [
      path,
      words.list([words.hiveState[state], ...(pendingTransactions ? [words.pendingTransactions] : [])]),
      String(entries),
      sizeText(sizeBytes, lang),
    ]),
  };
}

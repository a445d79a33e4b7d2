import type { VerifyReport } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import { pick } from '../text/index.ts';
import { diskCommand, shellWord } from './command-line.ts';
import { type Block, type DiskDocument, type DocumentSection, type Item, section } from './document.ts';
import type { ViewOptions } from './inspect-view.ts';
import { costPairs } from './made.ts';
import { problemItems } from './problem-items.ts';
import { hiveTable } from './volume-view.ts';
import { type DiskWords, diskWords } from './words.ts';

/** Findings of a volume told in a terminal unless verbose. */
const SHORT_LIST = 20;

type Volume = VerifyReport['volumes'][number];
type Finding = NonNullable<Volume['check']>['findings'][number];

/** Errors and warnings of all volumes: a hive that is broken is an error, one that still needs its logs a warning. */
export function faultsOf({ volumes, problems }: VerifyReport): { readonly errors: number; readonly warnings: number } {
  const findings = volumes.flatMap(({ check }) => check?.findings ?? []);
  const hives = volumes.flatMap((volume) => volume.hives);
  const bad = hives.filter(({ state }) => state === 'damaged' || state === 'unreadable').length;
  const dirty = hives.filter(({ state }) => state === 'dirty' || state === 'replayed').length;
  const unread = problems.filter(({ severity }) => severity !== 'note').length;
  return {
    errors: findings.filter(({ severity }) => severity === 'error').length + bad,
    warnings: findings.filter(({ severity }) => severity === 'warning').length + dirty + unread,
  };
}

/** `disk verify` as a document: whether all is in order, then each volume with what was looked at and found. */
export function verifyDocument(report: VerifyReport, options: ViewOptions): DiskDocument {
  const { lang } = options;
  const words = diskWords(lang);
  const { path, journal, volumes, problems, io } = report;
  const { errors, warnings } = faultsOf(report);
  const nothing = volumes.every(({ check }) => check === undefined);
  const state = errors > 0 || journal?.state === 'torn' ? 'bad' : nothing || warnings > 0 ? 'warn' : 'good';
  const torn = journal?.state === 'torn';
  const next = torn ? diskCommand('undo', path, `--journal ${shellWord(journal.path)}`) : diskCommand('inspect', path);
  return {
    title: words.verifyTitle(path),
    subject: [path, journal?.path ?? '', `${errors}/${warnings}`],
    lead: {
      mark: state,
      word: torn ? words.verifyTornWord : nothing && errors === 0 ? words.verifyNothing : words.verifyWord[state],
      text: torn ? words.verifyTorn : nothing && errors === 0 ? words.verifyNone : words.verifySentence(errors, warnings),
      lines: [path, ...(journal === undefined ? [] : [words.noteJournal(journal.path, words.journalState[journal.state])])],
    },
    sections: [
      ...volumes.flatMap((volume) => volumeSection(volume, options, words)),
      ...section('problems', words.sectionProblems, [{ kind: 'items', items: problemItems(problems, lang), short: SHORT_LIST }]),
      ...section('cost', words.sectionCost, [{ kind: 'pairs', pairs: costPairs(io, lang) }]),
    ],
    next,
  };
}

function volumeSection({ number, kind, check, hives }: Volume, { lang }: ViewOptions, words: DiskWords): DocumentSection[] {
  const blocks: Block[] = [];
  if (check === undefined) blocks.push({ kind: 'text', text: words.notVerified(words.kind[kind]), soft: true });
  else {
    const { records, directories, entries, clustersUsed, findings } = check;
    blocks.push({ kind: 'pairs', pairs: [[words.looked, words.verifyLooked(records, directories, entries, clustersUsed)]] });
    if (findings.length > 0) {
      blocks.push({ kind: 'heading', text: words.sectionFindings });
      blocks.push({ kind: 'items', items: findings.map((finding) => findingItem(finding, lang, words)), short: SHORT_LIST });
    }
  }
  if (hives.length > 0) {
    blocks.push({ kind: 'heading', text: words.headHives });
    blocks.push(hiveTable(hives, words, lang));
  }
  return section(`volume-${number}`, words.sectionVolume(number), blocks);
}

function findingItem({ code, severity, what, record, offset, need, have }: Finding, lang: ViewOptions['lang'], words: DiskWords): Item {
  const { damages } = loadKnowledge();
  const text = Object.hasOwn(damages, code) ? damages[code] : undefined;
  const place = [
    what,
    ...(record === undefined ? [] : [words.recordOf(record)]),
    ...(offset === undefined ? [] : [words.offsetOf(offset)]),
    ...(need === undefined || have === undefined ? [] : [words.needHave(String(need), String(have))]),
  ];
  return {
    mark: severity === 'error' ? 'bad' : 'warn',
    word: words.severity[severity],
    text: `${code}: ${words.list(place.filter((part) => part !== ''))}`,
    lines: text === undefined ? [] : [{ text: pick(text.meaning, lang), soft: true }, { text: pick(text.action, lang) }],
  };
}

import { DUMP_PROVIDER, dumpKindText, stopCodeName } from '@winmedic/core/explain';
import type { Diagnosis, DumpObservation, EventObservation, Evidence, ImageObservation, Stop } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import type { BlameKnowledge, CodeEntry, Language } from '@winmedic/knowledge/model';
import { UNNAMED_HOST } from './case-view.ts';
import { formatDuration, formatTime } from './format-time.ts';
import { SourceNames } from './origin.ts';
import { type Messages, messages, pick } from './text/index.ts';

/** Entries of a stack told; the JSON report has those that were kept. */
const MAX_STACK = 8;

/** A crash dump as all reports for people tell it: lines of a label and a text. */
export interface DumpPage {
  readonly id: string;
  /** Short name of the file. */
  readonly file: string;
  readonly lines: readonly (readonly [label: string, text: string])[];
}

/** The dumps of the case, the latest stop first; those without a time last. */
export function dumpPages(diagnosis: Diagnosis, zone: string, lang: Language): DumpPage[] {
  const { evidence, events } = diagnosis.timeline;
  const names = new SourceNames(evidence.sources);
  // A dump names no host: the timeline finds it by the stop the logs recorded.
  const hosts = new Map(events.filter(isDumpEvent).map(({ recordId, host }) => [recordId, host]));
  const order = ({ time }: DumpObservation): bigint => time ?? -1n;
  return evidence.dumps
    .toSorted((a, b) => (order(a) === order(b) ? 0 : order(a) > order(b) ? -1 : 1))
    .map((dump) => {
      const host = hosts.get(dump.id) ?? dump.host;
      const named = host === undefined || host === UNNAMED_HOST ? [] : [[messages(lang).colHost, host] as const];
      return {
        id: dump.id,
        file: names.of(dump.origin),
        lines: [...named, ...dumpLines(dump, evidence.images, names, zone, lang)],
      };
    });
}

function dumpLines(
  dump: DumpObservation,
  images: readonly ImageObservation[],
  names: SourceNames,
  zone: string,
  lang: Language,
): DumpPage['lines'] {
  const m = messages(lang);
  const d = m.dump;
  const time = [
    dump.time === undefined ? d.noTime : formatTime(dump.time, zone, lang),
    ...(dump.upTimeSeconds === undefined ? [] : [d.upTime(formatDuration(dump.upTimeSeconds, lang))]),
    ...(dump.live ? [d.live] : []),
  ];
  const windows = [
    d.build(dump.build),
    ...(dump.productType === undefined ? [] : [d.product[dump.productType]]),
    d.processors(dump.processors),
    ...(dump.machine === 'unknown' ? [] : [dump.machine]),
  ];
  const code = [stopCodeText(dump.code, lang), ...(dump.rawCode === dump.code ? [] : [d.stored(dump.rawCode)])];
  const gaps = dump.unavailable.map(({ part, reason, what, address }) => {
    // The reader's own words are English.
    const detail = [...(lang === 'en' ? [what] : []), ...(address === undefined ? [] : [address])];
    return `${d.part[part]}: ${d.gap[reason]}${detail.length === 0 ? '' : ` (${detail.join(', ')})`}`;
  });
  return [
    [d.kind, dumpKindText(dump.kind, lang)],
    [dump.live ? d.taken : d.time, m.list(time)],
    [d.windows, m.list(windows)],
    [d.stopCode, m.list(code)],
    [d.parameters, dump.parameters.join(' ')],
    ...blameLines(dump, images, names, m),
    ...(dump.stack.length === 0 ? [] : [[d.stack, stackText(dump.stack, m)] as const]),
    ...gaps.map((gap) => [d.notRead, gap] as const),
  ];
}

function blameLines({ blame }: DumpObservation, images: readonly ImageObservation[], names: SourceNames, m: Messages): DumpPage['lines'] {
  const d = m.dump;
  if (blame === undefined) return [[d.module, d.noModule]];
  const traits = [blame.thirdParty ? d.thirdParty : d.ofWindows, ...(blame.unloaded ? [d.unloaded] : [])];
  const maker = blame.company ?? knownMaker(blame.module, d);
  return [
    [d.module, `${blame.at} (${m.list(traits)})`],
    [d.rests, `${d.certainty[blame.certainty]}: ${d.from[blame.from]}`],
    [d.version, versionText(blame, images, names, d)],
    ...(maker === undefined ? [] : [[d.maker, maker] as const]),
    ...(blame.others.length === 0 ? [] : [[d.others, m.list(blame.others)] as const]),
  ];
}

function versionText(
  blame: NonNullable<DumpObservation['blame']>,
  images: readonly ImageObservation[],
  names: SourceNames,
  d: Messages['dump'],
): string {
  if (blame.image === undefined) return d.noStamp;
  if (blame.otherBuild) return d.otherBuild(blame.module);
  const file = images.find(({ name, timeDateStamp }) => isNamed(name, blame.module) && timeDateStamp === blame.image?.timeDateStamp);
  if (file === undefined) return d.noVersion(blame.module);
  const name = names.of(file.origin);
  return blame.version === undefined ? d.noVersionInFile(name) : d.versionFrom(blame.version, name);
}

function isNamed(name: string, module: string): boolean {
  return name.toLowerCase() === module.toLowerCase();
}

/** An entry of the list of known drivers; undefined for names that are not in it. */
export function knownModule(module: string): BlameKnowledge['knownModules'][number] | undefined {
  const name = module.toLowerCase();
  return loadKnowledge().blame.knownModules.find((known) => known.name === name);
}

function knownMaker(module: string, d: Messages['dump']): string | undefined {
  const known = knownModule(module);
  if (known === undefined) return undefined;
  return known.unverified ? d.unverifiedMaker(known.maker) : d.knownMaker(known.maker);
}

function stackText(stack: readonly string[], m: Messages): string {
  const shown = stack.slice(0, MAX_STACK);
  return [...shown, ...(stack.length > shown.length ? [m.more(stack.length - shown.length)] : [])].join(', ');
}

/** `0x50 PAGE_FAULT_IN_NONPAGED_AREA: …`, with what the code means when the knowledge base says it. */
function stopCodeText(code: string, lang: Language): string {
  const meaning = stopCodeEntry(code)?.meaning;
  const name = stopCodeName(code, loadKnowledge());
  return meaning === undefined ? name : `${name}: ${pick(meaning, lang)}`;
}

/** What the knowledge base says of a stop code. */
export function stopCodeEntry(code: string): CodeEntry | undefined {
  return loadKnowledge().codes['bugchecks']?.codes.find((entry) => entry.code === code);
}

/** Is this event a crash dump and no record of a log? */
export function isDumpEvent(event: EventObservation): boolean {
  return event.provider === DUMP_PROVIDER;
}

/** The dump that stands among the records of a stop. */
export function dumpOfStop(stop: Stop, evidence: Evidence): DumpObservation | undefined {
  const event = stop.records.find(isDumpEvent);
  return event && evidence.dumps.find(({ id }) => id === event.recordId);
}

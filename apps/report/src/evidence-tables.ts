import type { Diagnosis } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatTime } from './format-time.ts';
import { factPlace, factTimeText, type SourceNames, shortChannel } from './origin.ts';
import { messages } from './text/index.ts';

/** One log of one host as a table row. */
export interface CoverageRow {
  readonly host: string;
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly records: string;
  /** Holes, clearings, truncation, partial sources; empty when the log is whole. */
  readonly notes: readonly string[];
}

/** Clearings named one by one before the rest is counted. */
const MAX_NAMED_CLEARINGS = 3;

/** What each log really covers, by host and channel. */
export function coverageRows(diagnosis: Diagnosis, zone: string, lang: Language): CoverageRow[] {
  const m = messages(lang);
  return diagnosis.timeline.coverage.map((channel) => {
    const notes: string[] = [];
    if (channel.gaps.length > 0) {
      const missing = channel.gaps.reduce((sum, gap) => sum + gap.missingRecords, 0n);
      notes.push(m.holes(channel.gaps.length, missing.toLocaleString(lang)));
    }
    if (channel.clearings.length > 0) {
      const named = channel.clearings.slice(-MAX_NAMED_CLEARINGS).map((time) => formatTime(time, zone, lang));
      if (channel.clearings.length > MAX_NAMED_CLEARINGS) named.push(m.more(channel.clearings.length - MAX_NAMED_CLEARINGS));
      notes.push(m.cleared(m.list(named)));
    }
    if (channel.truncatedFrom !== undefined) notes.push(m.truncated(formatTime(channel.truncatedFrom, zone, lang)));
    if (channel.partial) notes.push(m.partialCoverage);
    return {
      host: channel.host,
      channel: shortChannel(channel.channel),
      from: channel.records === 0 ? '-' : formatTime(channel.first, zone, lang),
      to: channel.records === 0 ? '-' : formatTime(channel.last, zone, lang),
      records: m.number(channel.records),
      notes,
    };
  });
}

/** Clock steps: `RDS01: clock set from … to …`. */
export function coverageNotes(diagnosis: Diagnosis, zone: string, lang: Language): string[] {
  const m = messages(lang);
  return diagnosis.timeline.clockSteps.map(
    (step) => `${step.host}: ${m.clockStep(formatTime(step.from, zone, lang), formatTime(step.to, zone, lang))} [${step.event.id}]`,
  );
}

/** A supplied fact as a table row. */
export interface FactRow {
  readonly id: string;
  readonly host: string;
  readonly name: string;
  readonly value: string;
  readonly held: string;
  /** Where it was read; for registry values with the time their key was last written. */
  readonly place: string;
  /** Read from a registry key, so that the place is worth telling wherever the fact is. */
  readonly key: boolean;
}

/** The facts of the case with the time for which they are known. `host` is empty for facts about every host. */
export function factRows(diagnosis: Diagnosis, zone: string, lang: Language, names: SourceNames): FactRow[] {
  const m = messages(lang);
  return diagnosis.timeline.evidence.facts.map((fact) => ({
    id: fact.id,
    host: fact.host ?? '',
    name: fact.name,
    value: fact.value,
    held: factTimeText(fact, zone, lang),
    place: m.list(factPlace(fact, names, zone, lang)),
    key: fact.origin.key !== undefined,
  }));
}

/** `37,007 read = 1,402 kept + 35,605 of no interest; …`: packets are no records; empty when there were only those. */
export function totalsText(diagnosis: Diagnosis, lang: Language): string {
  const m = messages(lang);
  const { totals, captures } = diagnosis.timeline.evidence;
  const { kept, recovered, damagedRecords } = totals;
  // Packets in a trace were counted as its records.
  const packets = captures.reduce((sum, { capture }) => sum + (capture.format === 'etl' ? 0 : capture.packets), 0);
  const recordsRead = totals.recordsRead - packets;
  if (recordsRead <= 0 && packets > 0) return '';
  return m.totals(m.number(recordsRead), m.number(kept), m.number(recordsRead - kept), m.number(recovered), m.number(damagedRecords));
}

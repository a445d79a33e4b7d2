import type { EventObservation, InstantNs, TimelineMark } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { isDumpEvent } from './dump-view.ts';
import { formatTime, rfc3339 } from './format-time.ts';
import type { Json } from './json-parts.ts';
import { shortChannel, shortProvider } from './origin.ts';
import { eventMessage, eventTitle } from './render-event.ts';
import { messages, pick } from './text/index.ts';
import { CAPTURE_CHANNEL, conversationLine, conversationToJson, isConversation } from './traffic/conversation-event.ts';
import { cutTo, displayWidth, padTo, printable } from './width.ts';

/** A line of `winmedic timeline`: a record, or a mark (boot, stop, gap, clearing, clock step). */
export type TimelineRow =
  | { readonly kind: 'event'; readonly time: InstantNs; readonly host: string; readonly event: EventObservation }
  | TimelineMark;

/** Options of the timeline listing. */
export interface TimelineOptions {
  readonly zone: string;
  readonly lang: Language;
  /** Columns of the terminal; 0 for a pipe: lines are not cut. */
  readonly width: number;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** Also print the part of a time below a second. */
  readonly fraction?: boolean;
}

const SHAPES: Record<TimelineMark['kind'], readonly [unicode: string, ascii: string]> = {
  boot: ['▸', '>'],
  stop: ['■', '#'],
  gap: ['▨', '~'],
  clearing: ['×', 'x'],
  'clock-step': ['↷', '@'],
};

/** Merges records and marks (both in time order) into rows; at one time a mark comes after the records that it rests on, a boot before them. */
export function* timelineRows(events: readonly EventObservation[], marks: readonly TimelineMark[]): Generator<TimelineRow> {
  const sorted = marks.toSorted((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1));
  let next = 0;
  for (const event of events) {
    for (
      let mark = sorted[next];
      mark && (mark.time < event.time || (mark.time === event.time && mark.kind === 'boot'));
      mark = sorted[next]
    ) {
      yield mark;
      next++;
    }
    yield { kind: 'event', time: event.time, host: event.host, event };
  }
  yield* sorted.slice(next);
}

/** What a record says, on one line: `title: message`, the message alone, or what the file stored. */
function eventText(event: EventObservation, lang: Language): string {
  const title = eventTitle(event, lang);
  const message = eventMessage(event, lang);
  return printable([title, message].filter((part) => part !== '').join(': '));
}

/**
 * The listing for people, line by line: time with zone, host (when there are several), log, event, text; marks between rules.
 * `hosts` are the hosts of the rows, for the column's width.
 */
export function* timelineToLines(rows: Iterable<TimelineRow>, hosts: readonly string[], options: TimelineOptions): Generator<string> {
  const { zone, lang, width, unicode, fraction = false } = options;
  const m = messages(lang);
  const hostWidth = hosts.length > 1 ? Math.min(32, Math.max(...hosts.map((host) => displayWidth(printable(host))))) : 0;
  const fit = (line: string): string => (width > 0 ? cutTo(line, width) : line);
  for (const row of rows) {
    const time = formatTime(row.time, zone, lang, fraction);
    const host = hostWidth > 0 ? `${padTo(cutTo(printable(row.host), hostWidth), hostWidth)}  ` : '';
    if (row.kind !== 'event') {
      const rule = unicode ? '──' : '--';
      const line = fit(
        `${rule} ${time}  ${host}${SHAPES[row.kind][unicode ? 0 : 1]} ${m.mark[row.kind]}: ${printable(pick(row.text, lang))}`,
      );
      yield options.colour ? `\u001b[1;36m${line}\u001b[0m` : line;
      continue;
    }
    const { event } = row;
    if (isConversation(event)) {
      const name = `${event.provider} ${event.recordId}`;
      yield fit(
        `${padTo(time, fraction ? 34 : 26)}  ${host}${padTo(CAPTURE_CHANNEL, 20)}  ${padTo(name, 22)}  ${printable(conversationLine(event, lang))}`.trimEnd(),
      );
      continue;
    }
    const isDump = isDumpEvent(event);
    const channel = isDump ? m.dump.event : printable(shortChannel(event.channel));
    const provider = printable(shortProvider(event.provider));
    // Many providers write to a log of their own: naming it once is enough. A crash dump has no event id.
    const name = isDump ? event.recordId : provider === channel ? String(event.eventId) : `${provider} ${event.eventId}`;
    yield fit(
      `${padTo(time, fraction ? 34 : 26)}  ${host}${padTo(cutTo(channel, 20), 20)}  ${padTo(name, 22)}  ${eventText(event, lang)}`.trimEnd(),
    );
  }
}

/** One row as a JSON value: times as in the JSON report, fields as a list, titles and messages in both languages. */
export function timelineRowToJson(row: TimelineRow, zone: string): Json {
  const time = rfc3339(row.time, zone);
  const head = { ...(time === '' ? {} : { time }), timeNs: row.time.toString(), host: row.host };
  if (row.kind !== 'event') return { kind: row.kind, ...head, text: { en: row.text.en, ja: row.text.ja } };
  const { event } = row;
  if (isConversation(event)) return { ...conversationToJson(event, zone), channel: CAPTURE_CHANNEL };
  const { sourceId, path, recordId, offset, line } = event.origin;
  return {
    kind: 'event',
    ...head,
    id: event.id,
    channel: event.channel,
    provider: event.provider,
    eventId: event.eventId,
    level: event.level,
    trust: event.trust,
    title: { en: eventTitle(event, 'en'), ja: eventTitle(event, 'ja') },
    message: { en: eventMessage(event, 'en'), ja: eventMessage(event, 'ja') },
    fields: [...event.fields].map(([name, value]) => ({ name, value })),
    origin: {
      sourceId,
      path,
      ...(recordId === undefined ? {} : { recordId }),
      ...(offset === undefined ? {} : { offset: offset.toString() }),
      ...(line === undefined ? {} : { line }),
    },
  };
}

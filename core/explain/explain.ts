import { type Knowledge, type Localized, loadKnowledge } from '@winmedic/knowledge';
import type { EventObservation, InputProblem } from '../model/index.ts';
import { canonicalCode, lookUpCode } from './formats.ts';
import { bugcheckReadings, nearNames, readingsOf } from './look-up.ts';
import { parseEventText } from './parse-text.ts';
import { codeReading, eventReading, type Reading, reasonReadings } from './readings.ts';
import { eventKnowledge, fieldOf, renderMessage } from './render.ts';

export { LINE_LABELS, type Reading, type ReadingKind } from './readings.ts';

/** An event recognised in pasted text. */
export interface ExplainedEvent {
  readonly event: EventObservation;
  readonly message: Localized;
  readonly readings: readonly Reading[];
}

/** Answer to one input. */
export interface Explanation {
  readonly input: string;
  readonly readings: readonly Reading[];
  /** Set when the input was text of events. */
  readonly events: readonly ExplainedEvent[];
  readonly problems: readonly InputProblem[];
  /** Names close to an input nobody knows. */
  readonly near: readonly string[];
}

/** Longest input taken as a code or name; anything longer, or with a line break, is text. */
const MAX_KEY = 120;

/** Says what a code, an event id, a name of the knowledge base or a pasted event text means. Never throws for odd input. */
export function explain(input: string, options: { readonly knowledge?: Knowledge; readonly zoneOffsetMinutes?: number } = {}): Explanation {
  const knowledge = options.knowledge ?? loadKnowledge();
  const text = input.trim();
  if (text.length > MAX_KEY || text.includes('\n')) return explainText(input, knowledge, options.zoneOffsetMinutes);
  const readings = readingsOf(text, knowledge);
  if (readings.length > 0) return { input: text, readings, events: [], problems: [], near: [] };
  const pasted = explainText(input, knowledge, options.zoneOffsetMinutes);
  if (pasted.events.length > 0) return pasted;
  return { input: text, readings: [], events: [], problems: [], near: nearNames(text, knowledge) };
}

function explainText(text: string, knowledge: Knowledge, zoneOffsetMinutes = 0): Explanation {
  const { events, problems } = parseEventText(text, { path: '-', sourceId: 'S1', zoneOffsetMinutes, templates: knowledge.messages });
  return {
    input: text.length > 200 ? `${text.slice(0, 200)}…` : text,
    readings: [],
    events: events.slice(0, 200).map((event) => ({
      event,
      message: { en: renderMessage(event, 'en', knowledge), ja: renderMessage(event, 'ja', knowledge) },
      readings: readingsOfEvent(event, knowledge),
    })),
    problems,
    near: [],
  };
}

function readingsOfEvent(event: EventObservation, knowledge: Knowledge): Reading[] {
  const entry = eventKnowledge(knowledge, event.provider, event.eventId, event.channel);
  const readings = entry ? [eventReading(entry)] : [];
  const code = fieldOf(event, 'param4');
  if (/^user32$/i.test(event.provider) && code) readings.push(...reasonReadings(code, knowledge));
  const status = event.fields.get('SubStatus');
  const failed = status && canonicalCode(status) !== '0x0' ? status : event.fields.get('Status');
  const known = failed ? lookUpCode(knowledge, 'logon-status', failed) : undefined;
  if (known) readings.push(codeReading(known, 'logon-status', knowledge));
  const stopCode = stopCodeOf(event);
  if (stopCode !== undefined) readings.push(...bugcheckReadings(stopCode, knowledge));
  return readings;
}

/** The stop code an event carries, as hex: BugcheckCode of Kernel-Power 41 is decimal and 0 when none was recorded, WER 1001 gives hex and parameters. */
function stopCodeOf(event: EventObservation): string | undefined {
  if (/^(?:Microsoft-Windows-WER-SystemErrorReporting|BugCheck)$/i.test(event.provider)) return fieldOf(event, 'param1');
  const code = event.fields.get('BugcheckCode')?.trim() ?? '';
  const value = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(code) ? Number(code) : 0;
  return value === 0 ? undefined : `0x${value.toString(16)}`;
}

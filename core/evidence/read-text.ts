import type { FactDefinition, MessageTemplate, StateAddress } from '@winmedic/knowledge/model';
import { parseEventText } from '../explain/parse-text.ts';
import type { EventObservation, FactObservation, InputProblem, SourceKind } from '../model/observation.ts';
import type { StateExtent, StateObservation } from '../model/state.ts';
import { readExport } from './exports/index.ts';
import { zoneOffsetMs } from './fact-time.ts';
import { looksLikeFacts, parseFactsFile } from './facts-file.ts';
import { withoutCredentials } from './trace-credentials.ts';
import { traceTableOf } from './trace-tables.ts';

/** Longest text read; an export of a whole log as text belongs into an EVTX file. */
export const MAX_TEXT_BYTES = 256 * 2 ** 20;

/** A decoded text and what is needed to read it. */
export interface TextInput {
  readonly path: string;
  readonly sourceId: string;
  /** Zone of times that carry none. */
  readonly zone: string;
  /** The user said that these are facts. */
  readonly isFacts: boolean;
  readonly factDefinitions: readonly FactDefinition[];
  readonly templates: readonly MessageTemplate[];
  /** Registry addresses of interest. */
  readonly wanted: readonly StateAddress[];
}

/** What a text says. */
export interface TextReading {
  readonly kind: SourceKind;
  readonly facts: readonly FactObservation[];
  readonly state: readonly StateObservation[];
  readonly extents: readonly StateExtent[];
  readonly events: readonly EventObservation[];
  readonly problems: readonly InputProblem[];
}

const NOTHING = { facts: [], state: [], extents: [], events: [], problems: [] } as const;

/** Reads a text as a file of facts, as output of commands and exports, or as events; `undefined` when it is none of those. */
export function readText(text: string, input: TextInput): TextReading | undefined {
  const { path, sourceId, zone } = input;
  if (input.isFacts || looksLikeFacts(text)) {
    const now = BigInt(Date.now()) * 1_000_000n;
    const { facts, problems } = parseFactsFile(text, path, sourceId, { definitions: input.factDefinitions, zone, now });
    return { ...NOTHING, kind: 'facts', facts, problems };
  }
  const exported = readExport(text, { path, sourceId, zone, wanted: input.wanted, templates: input.templates, traceTables: traceTableOf });
  if (exported === undefined) return eventsOf(text, input);
  const { state, extents, problems } = exported;
  // Events may have been pasted beside the output of commands.
  const beside = exported.otherText === true ? eventsOf(text, input) : undefined;
  const events = [...exported.events, ...(beside?.events ?? [])].map(clean);
  const isState = state.length + extents.length > 0;
  const kind = isState ? 'state-text' : exported.kind === 'vmm-log' ? 'tool-log' : 'event-text';
  return { ...NOTHING, kind, state, extents, events, problems: [...problems, ...(beside?.problems ?? [])] };
}

/** Events without credentials, in their message as well. */
function clean(event: EventObservation): EventObservation {
  const fields = withoutCredentials(event.fields);
  const message = event.message === undefined ? undefined : withoutCredentials(new Map([['', event.message]])).get('');
  if (fields === event.fields && message === event.message) return event;
  return { ...event, fields, ...(message === undefined ? {} : { message }) };
}

function eventsOf(text: string, { path, sourceId, zone, templates }: TextInput): TextReading | undefined {
  const zoneOffsetMinutes = zoneOffsetMs(zone, Date.now()) / 60_000;
  const { events, problems } = parseEventText(text, { path, sourceId, zoneOffsetMinutes, templates });
  return events.length === 0 ? undefined : { ...NOTHING, kind: 'event-text', events, problems };
}

import { type Envelope, NS, parseEnvelope, readFault, WsmanError, type WsmanFault } from '@winmedic/wsman/messages';
import type { EventObservation } from '../../../model/observation.ts';
import { numberOf, type WinrmRecord } from './records.ts';

/** Events with pieces of SOAP, and who wrote what is in them. */
const SOAP: ReadonlyMap<number, 'request' | 'answer'> = new Map([
  [771, 'request'],
  [779, 'request'],
  [772, 'request'],
  [1026, 'answer'],
  [1027, 'answer'],
  [1044, 'answer'],
]);
/** Characters of one envelope that are put together: MaxEnvelopeSizekb is 500 by default, requests and faults are far smaller. */
const MAX_ENVELOPE = 1 << 20;
/** Envelopes whose pieces are not all there yet: one per request at work, and one user has at most 1500 operations by default. */
const MAX_OPEN = 4096;
/** Characters kept of one value: whoever recorded it did not bound them. */
const MAX_TEXT = 4096;

/** What decides in an envelope that a trace shows. */
export interface TracedEnvelope {
  readonly kind: 'request' | 'answer';
  /** The event of its last piece. */
  readonly event: EventObservation;
  /** Absent when pieces are missing or it cannot be read. */
  readonly view?: EnvelopeView;
}

/** Headers and fault of an envelope. */
export interface EnvelopeView {
  readonly action: string;
  readonly resourceUri: string;
  readonly messageId: string;
  readonly relatesTo: string;
  readonly to: string;
  /** Local name of the first element of the body. */
  readonly body: string;
  readonly fault?: WsmanFault;
}

interface Open {
  readonly total: number;
  readonly parts: Map<number, string>;
  chars: number;
  last: EventObservation;
}

/** Puts envelopes together out of their pieces: pieces of one event number belong together within an activity, or a process where no activity is told. */
export class Envelopes {
  readonly #open = new Map<string, Open>();

  /** @returns the envelope a record ends; undefined when it is none, or more of it is to come. */
  take({ event, id }: WinrmRecord): TracedEnvelope | undefined {
    const kind = SOAP.get(id);
    if (kind === undefined) return undefined;
    const text = event.fields.get('SoapDocument') ?? '';
    const total = numberOf(event, 'totalChunks') ?? 1;
    const index = numberOf(event, 'index') ?? 1;
    if (total <= 1) return { kind, event, ...read(text) };
    const key = `${event.origin.sourceId} ${id} ${event.activityId ?? event.fields.get('ProcessID') ?? ''}`;
    let open = this.#open.get(key);
    const lost = open !== undefined && (open.total !== total || open.parts.has(index)) ? open : undefined;
    if (open === undefined || lost !== undefined) {
      open = { total, parts: new Map(), chars: 0, last: event };
      if (lost === undefined && this.#open.size >= MAX_OPEN) this.#open.delete(this.#open.keys().next().value as string);
      this.#open.set(key, open);
    }
    open.last = event;
    open.chars += text.length;
    open.parts.set(index, open.chars > MAX_ENVELOPE ? '' : text);
    if (open.parts.size === total) {
      this.#open.delete(key);
      const whole = [...open.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
      return { kind, event, ...(open.chars > MAX_ENVELOPE ? {} : read(whole.join(''))) };
    }
    // The envelope before it will not be completed any more.
    return lost === undefined ? undefined : { kind, event: lost.last };
  }

  /** Envelopes whose pieces are not all in the trace. */
  rest(): TracedEnvelope[] {
    return [...this.#open].map(([key, { last }]) => ({ kind: SOAP.get(Number(key.split(' ')[1])) as 'request' | 'answer', event: last }));
  }
}

function read(text: string): { readonly view?: EnvelopeView } {
  try {
    return { view: viewOf(parseEnvelope(text)) };
  } catch (error) {
    if (error instanceof WsmanError) return {};
    throw error;
  }
}

function viewOf(envelope: Envelope): EnvelopeView {
  const header = (name: string, namespace: string): string =>
    (envelope.headers.find((each) => each.name === name && each.namespace === namespace)?.text ?? '').trim().slice(0, MAX_TEXT);
  const fault = readFault(envelope);
  return {
    action: (envelope.action ?? '').slice(0, MAX_TEXT),
    resourceUri: header('ResourceURI', NS.w),
    messageId: (envelope.messageId ?? '').slice(0, MAX_TEXT),
    relatesTo: (envelope.relatesTo ?? '').slice(0, MAX_TEXT),
    to: header('To', NS.a),
    body: envelope.content?.name ?? '',
    ...(fault === undefined ? {} : { fault }),
  };
}

import { loadKnowledge, type MessageTemplate } from '@winmedic/knowledge';
import { accountSid } from '../../explain/labels.ts';
import { normaliseText } from '../../explain/normalise.ts';
import { fieldsOfMessage } from '../../explain/parse-text.ts';
import type { Sink } from './sink.ts';

/** A record as `Get-WinEvent` gives it, before it is an observation. */
export interface WinEvent {
  readonly time: bigint;
  readonly id: number;
  readonly provider: string;
  readonly channel: string;
  readonly host: string;
  readonly version: number;
  readonly level: number;
  readonly recordId: string;
  readonly user: string | undefined;
  readonly activityId: string | undefined;
  readonly message: string;
  /** Data in the order of the record; `undefined` for what cannot be written as text. */
  readonly properties: readonly (string | undefined)[];
  readonly line: number;
}

/** Longest message kept, characters. */
const MAX_MESSAGE = 20_000;
/** Providers of the old kind, whose data is named `param1` and so on in the log. */
const PARAM_PROVIDERS: ReadonlySet<string> = new Set(['user32', 'service control manager']);

/** Passes records on; fields come from the message (Windows' own wording) and from the data by position. */
export class WinEvents {
  readonly #sink: Sink;
  readonly #templates = new Map<number, MessageTemplate[]>();

  constructor(sink: Sink) {
    this.#sink = sink;
    for (const template of loadKnowledge().messages) {
      const list = this.#templates.get(template.id);
      if (list === undefined) this.#templates.set(template.id, [template]);
      else list.push(template);
    }
  }

  /** @returns false when no more are taken. */
  add(event: WinEvent): boolean {
    const message = normaliseText(event.message.slice(0, MAX_MESSAGE));
    const { fields, match } = fieldsOfMessage(message, event.provider, event.id, this.#templates.get(event.id) ?? []);
    const provider = event.provider || match?.template.provider || '';
    if (provider === '') {
      this.#sink.problem('EXPORT_NO_PROVIDER', 'partial', event.line);
      return true;
    }
    const isParam = PARAM_PROVIDERS.has(provider.toLowerCase());
    for (const [i, value] of event.properties.entries()) {
      if (value === undefined) continue;
      const name = isParam ? `param${i + 1}` : `Data[${i}]`;
      fields.set(name, value);
    }
    const userSid = accountSid(fields.get('param7') ?? event.user) ?? accountSid(event.user);
    return this.#sink.event(
      {
        time: event.time,
        host: event.host,
        channel: event.channel || match?.template.channel || '',
        provider,
        eventId: event.id,
        version: event.version,
        level: event.level,
        recordId: event.recordId,
        ...(userSid !== undefined && { userSid }),
        ...(event.activityId !== undefined && { activityId: event.activityId }),
        fields,
        ...(message !== '' && { message }),
      },
      event.line,
    );
  }
}

import { observationOf } from '@winmedic/core/evidence';
import { renderMessage } from '@winmedic/core/explain';
import type { EventObservation } from '@winmedic/core/model';
import type { EvtxRecord } from '@winmedic/evtx';
import { conversationLine, cutTo, formatTime, isConversation, padTo, printable } from '@winmedic/report';
import type { Context } from './context.ts';

const short = (provider: string): string => provider.replace(/^Microsoft-Windows-/i, '');

/** Rows of `winmedic events` for people: time with zone, record number, computer, provider/id, message rendered from the fields. */
export class EventTable {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** One row; cut to the terminal, whole in a pipe. Control characters never reach the terminal. */
  line(record: EvtxRecord, path: string): string {
    const { system } = record;
    const event = observationOf(record, { sourceId: '', path });
    const mark = record.trust === 'slack' ? '~' : ' ';
    return this.#row(event, `${mark}#${event.recordId}`, system.computer, `${short(system.provider)}/${system.eventId}`);
  }

  /** The same of an event of a trace or a text, and of a conversation. */
  observation(event: EventObservation): string {
    if (isConversation(event)) return this.#row(event, ` ${event.recordId}`, '', event.provider);
    return this.#row(event, event.recordId === '' ? '' : ` #${event.recordId}`, event.host, `${short(event.provider)}/${event.eventId}`);
  }

  #row(event: EventObservation, record: string, computer: string, name: string): string {
    const { zone, lang, terminal, width } = this.#context;
    const cells = [
      formatTime(event.time, zone, lang),
      printable(record).padEnd(9),
      padTo(printable(computer), 12),
      padTo(printable(name), 22),
      printable(isConversation(event) ? conversationLine(event, lang) : renderMessage(event, lang)),
    ];
    const row = cells.join('  ').trimEnd();
    return `${terminal ? cutTo(row, width) : row}\n`;
  }
}

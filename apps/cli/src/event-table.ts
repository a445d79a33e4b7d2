import { renderMessage } from '@winmedic/core/explain';
import type { EventObservation } from '@winmedic/core/model';
import type { EvtxRecord } from '@winmedic/evtx';
import { cutTo, formatTime, padTo, printable } from '@winmedic/report';
import type { Context } from './context.ts';
import { nsOfTicks } from './times.ts';

/** Rows of `winmedic events` for people: time with zone, record number, computer, provider/id, message rendered from the fields. */
export class EventTable {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** One row; cut to the terminal, whole in a pipe. Control characters never reach the terminal. */
  line(record: EvtxRecord, path: string): string {
    const { zone, lang, terminal, width } = this.#context;
    const { system } = record;
    const event: EventObservation = {
      type: 'event',
      id: '',
      time: nsOfTicks(system.timeCreated),
      host: system.computer,
      channel: system.channel,
      provider: system.provider,
      eventId: system.eventId,
      version: system.version ?? 0,
      level: system.level ?? 0,
      recordId: String(system.eventRecordId),
      ...(system.userSid === undefined ? {} : { userSid: system.userSid }),
      fields: record.fields(),
      origin: { sourceId: '', path },
      trust: record.trust === 'slack' ? 'recovered' : 'record',
    };
    const provider = system.provider.replace(/^Microsoft-Windows-/i, '');
    const mark = record.trust === 'slack' ? '~' : ' ';
    const cells = [
      formatTime(event.time, zone, lang),
      `${mark}#${event.recordId}`.padEnd(9),
      padTo(printable(system.computer), 12),
      padTo(printable(`${provider}/${system.eventId}`), 22),
      printable(renderMessage(event, lang)),
    ];
    const row = cells.join('  ').trimEnd();
    return `${terminal ? cutTo(row, width) : row}\n`;
  }
}

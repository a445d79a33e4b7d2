import { observationOf } from '@winmedic/core/evidence';
import { renderMessage } from '@winmedic/core/explain';
import type { EvtxRecord } from '@winmedic/evtx';
import { cutTo, formatTime, padTo, printable } from '@winmedic/report';
import type { Context } from './context.ts';

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
    const event = observationOf(record, { sourceId: '', path });
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

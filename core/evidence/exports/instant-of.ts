import { findTime } from '../../explain/times.ts';
import type { InstantNs } from '../../model/observation.ts';
import { zoneOffsetMs } from '../fact-time.ts';
import { type DateOrder, inOrder, type PrintedTime, possibleOrders, printedTime } from './local-time.ts';

const NS_PER_MS = 1_000_000n;

/** A local time of a zone as an instant. */
function inZone(local: InstantNs, zone: string): InstantNs {
  return local - BigInt(zoneOffsetMs(zone, Number(local / NS_PER_MS))) * NS_PER_MS;
}

/** The instant of a printed time, its numbers in the order given. */
export function instantOf(printed: PrintedTime, order: DateOrder, zone: string): InstantNs {
  const [year, month, day] = inOrder(printed, order);
  return inZone(BigInt(Date.UTC(year, month - 1, day, printed.hour, printed.minute, printed.second)) * NS_PER_MS, zone);
}

/** The first time of a text that begins with its year (ISO, Japanese), with its own zone or the one given. */
export function yearFirstInstant(text: string, zone: string): InstantNs | undefined {
  const found = findTime(text, 0);
  if (found === undefined || !/^\d{4}/.test(text.slice(found.index))) return undefined;
  return found.zone === 'stated' ? found.time : inZone(found.time, zone);
}

/**
 * Order of day and month in a list of printed times: by a number above twelve in any of them, by the American way of writing, or by the one order in which
 * the list only rises or only falls. `undefined` when it stays open.
 */
export function orderOf(texts: Iterable<string>): DateOrder | undefined {
  let left: readonly DateOrder[] = ['ymd', 'mdy', 'dmy'];
  let american = false;
  const runs = new Map<DateOrder, Run>([
    ['mdy', new Run()],
    ['dmy', new Run()],
  ]);
  for (const text of texts) {
    const printed = printedTime(text);
    if (printed === undefined) continue;
    const possible = possibleOrders(printed);
    if (possible.length > 0) left = left.filter((order) => possible.includes(order));
    american ||= printed.american;
    if (possible.length === 2) for (const [order, run] of runs) run.add(instantOf(printed, order, 'UTC'));
  }
  if (left.length === 1) return left[0];
  if (left.length === 0 || left.includes('ymd')) return undefined;
  if (american) return 'mdy';
  const steady = left.filter((order) => (runs.get(order) as Run).steady);
  return steady.length === 1 ? steady[0] : undefined;
}

/** Does a list of instants only rise, or only fall? */
class Run {
  #last: InstantNs | undefined;
  #rises = false;
  #falls = false;
  add(at: InstantNs): void {
    if (this.#last !== undefined && at > this.#last) this.#rises = true;
    if (this.#last !== undefined && at < this.#last) this.#falls = true;
    this.#last = at;
  }
  get steady(): boolean {
    return !(this.#rises && this.#falls);
  }
}

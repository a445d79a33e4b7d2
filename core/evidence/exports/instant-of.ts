import { findTime } from '../../explain/times.ts';
import type { InstantNs } from '../../model/observation.ts';
import { zoneOffsetMs } from '../fact-time.ts';
import { type DateOrder, inOrder, type PrintedTime, possibleOrders, printedTime } from './local-time.ts';

const NS_PER_MS = 1_000_000n;

/** Offsets do not change inside a quarter of an hour. */
const QUARTER_MS = 900_000;
/** Most offsets remembered; a log of ten years by the quarter of an hour. */
const MAX_REMEMBERED = 400_000;

/** Turns printed local times of one zone into instants. */
export class LocalClock {
  readonly #zone: string;
  /** Offset by quarter of an hour: to ask for it takes a hundred times longer than to read the time. */
  readonly #offsets = new Map<number, number>();

  /** @param zone IANA name, `UTC` or an offset. */
  constructor(zone: string) {
    this.#zone = zone;
  }

  /** The instant of a printed time, its numbers in the order given. */
  instant(printed: PrintedTime, order: DateOrder): InstantNs {
    return this.#fromLocal(localMs(printed, order));
  }

  /** The first time of a text that begins with its year (ISO, Japanese), with its own zone or that of the clock. */
  yearFirst(text: string): InstantNs | undefined {
    const found = findTime(text, 0);
    if (found === undefined || !/^\d{4}/.test(text.slice(found.index))) return undefined;
    if (found.zone === 'stated') return found.time;
    const ms = Number(found.time / NS_PER_MS);
    return this.#fromLocal(ms) + (found.time - BigInt(ms) * NS_PER_MS);
  }

  #fromLocal(ms: number): InstantNs {
    const quarter = Math.floor(ms / QUARTER_MS);
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = zoneOffsetMs(this.#zone, ms);
      if (this.#offsets.size < MAX_REMEMBERED) this.#offsets.set(quarter, offset);
    }
    return BigInt(ms - offset) * NS_PER_MS;
  }
}

function localMs(printed: PrintedTime, order: DateOrder): number {
  const [year, month, day] = inOrder(printed, order);
  return Date.UTC(year, month - 1, day, printed.hour, printed.minute, printed.second);
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
    if (possible.length === 2) for (const [order, run] of runs) run.add(localMs(printed, order));
  }
  if (left.length === 1) return left[0];
  if (left.length === 0 || left.includes('ymd')) return undefined;
  if (american) return 'mdy';
  const steady = left.filter((order) => (runs.get(order) as Run).steady);
  return steady.length === 1 ? steady[0] : undefined;
}

/** Does a list of times only rise, or only fall? */
class Run {
  #last: number | undefined;
  #rises = false;
  #falls = false;
  add(at: number): void {
    if (this.#last !== undefined && at > this.#last) this.#rises = true;
    if (this.#last !== undefined && at < this.#last) this.#falls = true;
    this.#last = at;
  }
  get steady(): boolean {
    return !(this.#rises && this.#falls);
  }
}

import type { InstantNs } from '../model/observation.ts';
import { SILENCE_NS, type Stretch } from '../model/runs.ts';

/** Most stretches kept for one channel: a log with more silences than this says nothing about a single one. */
const MAX_STRETCHES = 50_000;

/** Builds the stretches of activity of a channel from the times of its records, in any order. */
export class ActivityCollector {
  readonly #stretches: { from: InstantNs; to: InstantNs }[] = [];
  #overflow = false;

  add(time: InstantNs): void {
    const list = this.#stretches;
    const last = list.at(-1);
    if (last !== undefined && time >= last.from && time - last.to < SILENCE_NS) {
      if (time > last.to) last.to = time;
      return;
    }
    if (last === undefined || time > last.to) {
      if (list.length >= MAX_STRETCHES) this.#overflow = true;
      else list.push({ from: time, to: time });
      return;
    }
    this.#insert(time);
  }

  /** A record earlier than the last stretch: the kernel's records of a boot, or a clock set back. */
  #insert(time: InstantNs): void {
    const list = this.#stretches;
    let i = list.length;
    while (i > 0 && (list[i - 1] as Stretch).from > time) i--;
    const before = list[i - 1];
    const after = list[i];
    const joinsBefore = before !== undefined && time - before.to < SILENCE_NS;
    const joinsAfter = after !== undefined && after.from - time < SILENCE_NS;
    if (joinsBefore && joinsAfter) {
      before.to = after.to;
      list.splice(i, 1);
    } else if (joinsBefore) before.to = time > before.to ? time : before.to;
    else if (joinsAfter) after.from = time;
    else if (list.length >= MAX_STRETCHES) this.#overflow = true;
    else list.splice(i, 0, { from: time, to: time });
  }

  /** The stretches by time, or `undefined` when there were more than are kept. */
  result(): readonly Stretch[] | undefined {
    return this.#overflow ? undefined : this.#stretches;
  }
}

import { formatGuid } from '@winmedic/bytes';
import { MAX_PROVIDERS } from './limits.ts';

/** Class of records that a session writes in the place of lost ones. @source Microsoft Learn, RT_LostEvent */
export const LOST_EVENT_GUID = '6a399ae0-4bc6-4de9-870b-3657f8947e7e';

/** Slots of the table: twice as many as providers, so that looking one up takes a step or two. */
const SLOTS = MAX_PROVIDERS * 2;

/** GUID text as this package gives it: lower case without braces. */
export function guidText(bytes: Uint8Array, at: number): string {
  return formatGuid(bytes, at).slice(1, -1);
}

/** Providers of a trace by the 16 bytes of their GUID, counted, without making text of each record's. */
export class Providers {
  readonly #words = new Uint32Array(SLOTS * 4);
  readonly #used = new Uint8Array(SLOTS);
  /** By slot. */
  readonly counts = new Float64Array(SLOTS);
  /** By slot: whether records of it are wanted. */
  readonly wanted = new Uint8Array(SLOTS);
  /** Slot of records that tell of lost ones; -1 while there was none. */
  lostSlot = -1;
  readonly #names = new Map<number, string>();
  readonly #filter: ReadonlySet<string> | undefined;
  #size = 0;
  #last = -1;

  /** @param filter GUIDs of the providers wanted; all without. */
  constructor(filter: ReadonlySet<string> | undefined) {
    this.#filter = filter;
  }

  /** Slot of the provider whose GUID stands at `at`; -1 for one beyond the {@link MAX_PROVIDERS}th. */
  slot(view: DataView, bytes: Uint8Array, at: number): number {
    const a = view.getUint32(at, true);
    const b = view.getUint32(at + 4, true);
    const c = view.getUint32(at + 8, true);
    const d = view.getUint32(at + 12, true);
    const words = this.#words;
    const last = this.#last * 4;
    if (last >= 0 && words[last] === a && words[last + 1] === b && words[last + 2] === c && words[last + 3] === d) return this.#last;
    let slot = (Math.imul(a ^ Math.imul(d, 0x9e3779b1) ^ b ^ Math.imul(c, 0x85ebca6b), 0xc2b2ae35) >>> 15) & (SLOTS - 1);
    while (this.#used[slot] === 1) {
      const word = slot * 4;
      if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d) {
        this.#last = slot;
        return slot;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
    if (this.#size >= MAX_PROVIDERS) return -1;
    this.#size++;
    this.#used[slot] = 1;
    words.set([a, b, c, d], slot * 4);
    const text = guidText(bytes, at);
    this.#names.set(slot, text);
    if (text === LOST_EVENT_GUID) this.lostSlot = slot;
    this.wanted[slot] = this.#filter === undefined || this.#filter.has(text) ? 1 : 0;
    this.#last = slot;
    return slot;
  }

  /** Whether a provider beyond the table is wanted. */
  wantedBeyond(bytes: Uint8Array, at: number): boolean {
    return this.#filter === undefined || this.#filter.has(guidText(bytes, at));
  }

  /** GUID of a slot. */
  name(slot: number): string {
    return this.#names.get(slot) ?? '';
  }

  /** Records by provider, in the order providers appeared. */
  byProvider(): ReadonlyMap<string, number> {
    return new Map([...this.#names].map(([slot, text]) => [text, this.counts[slot]!]));
  }
}

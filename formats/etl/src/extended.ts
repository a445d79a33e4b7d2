import { MAX_EXTENDED_ITEMS } from './limits.ts';

/** Kinds of extended items. @source Microsoft Learn, EVENT_HEADER_EXTENDED_DATA_ITEM (evntcons.h) */
const EXT = { relatedActivity: 1, sid: 2, session: 3, schema: 0xb, traits: 0xc, processStartKey: 0xd } as const;

/** Where the extended items of an event lie: offset of the data, -1 without, and its length. Reused. */
export class ExtendedItems {
  relatedAt = -1;
  sidAt = -1;
  sidEnd = -1;
  sessionAt = -1;
  schemaAt = -1;
  schemaEnd = -1;
  traitsAt = -1;
  traitsEnd = -1;
  keyAt = -1;
  /** Behind the last item: the payload. */
  end = 0;

  /** Reads the items at `at`; an item that does not fit ends them. Stacks, counters and unknown kinds are passed over. */
  read(view: DataView, at: number, end: number): void {
    this.relatedAt = this.sidAt = this.sessionAt = this.schemaAt = this.traitsAt = this.keyAt = -1;
    let next = at;
    for (let items = 0; items < MAX_EXTENDED_ITEMS && next + 8 <= end; items++) {
      const total = view.getUint16(next, true);
      const bytes = view.getUint16(next + 6, true);
      if (total < 8 || next + total > end || bytes > total - 8) break;
      this.#note(view.getUint16(next + 2, true), next + 8, bytes);
      const more = (view.getUint16(next + 4, true) & 1) !== 0;
      next += total;
      if (!more) break;
    }
    this.end = next;
  }

  #note(type: number, at: number, bytes: number): void {
    if (type === EXT.relatedActivity && bytes >= 16) this.relatedAt = at;
    else if (type === EXT.sid && bytes >= 8) {
      this.sidAt = at;
      this.sidEnd = at + bytes;
    } else if (type === EXT.session && bytes >= 4) this.sessionAt = at;
    else if (type === EXT.processStartKey && bytes >= 8) this.keyAt = at;
    else if (type === EXT.schema && bytes >= 4) {
      this.schemaAt = at;
      this.schemaEnd = at + bytes;
    } else if (type === EXT.traits && bytes >= 3) {
      this.traitsAt = at;
      this.traitsEnd = at + bytes;
    }
  }
}

import { decodeUtf16, viewOf } from '@winmedic/bytes';
import { ALLOCATED, ATTRIBUTE_NAME, OPEN_ATTRIBUTE } from './layout.ts';
import { MAX_OPENS } from './limits.ts';
import type { LogRecord } from './types.ts';

/** What an open attribute is. */
export interface OpenAttribute {
  readonly identity: NonNullable<LogRecord['attribute']>;
  /** Bytes of an index block; 0 when it is no index. */
  readonly indexBytes: number;
  /** First LSN for which the slot of the table means this attribute. */
  readonly fromLsn: bigint;
}

/** Reads an OPEN_ATTRIBUTE_ENTRY by its size, which tells the two dialects apart. @returns undefined when it is neither or not in use. */
export function readOpenAttribute(entry: Uint8Array, name: string | undefined, fromLsn?: bigint): OpenAttribute | undefined {
  const { wide, narrow } = OPEN_ATTRIBUTE;
  const layout = entry.length === wide.bytes ? wide : entry.length === narrow.bytes ? narrow : undefined;
  if (layout === undefined) return undefined;
  const view = viewOf(entry);
  if (view.getUint32(0, true) !== ALLOCATED) return undefined;
  const reference = view.getBigUint64(layout.reference, true);
  return {
    identity: {
      record: Number(reference & 0xffffffffffffn),
      sequence: Number(reference >> 48n),
      type: view.getUint32(layout.type, true),
      ...(name === undefined || name === '' ? {} : { name }),
    },
    indexBytes: view.getUint32(layout.indexBytes, true),
    fromLsn: fromLsn ?? view.getBigUint64(layout.openLsn, true),
  };
}

/** Names of an AttributeNamesDump by offset in the open attribute table. */
export function readAttributeNames(data: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  const view = viewOf(data);
  for (let at = 0; at + ATTRIBUTE_NAME.name <= data.length; ) {
    const target = view.getUint16(at + ATTRIBUTE_NAME.target, true);
    const bytes = view.getUint16(at + ATTRIBUTE_NAME.nameBytes, true);
    if (target === 0 || at + ATTRIBUTE_NAME.name + bytes > data.length) break;
    names.set(target, decodeUtf16(data, at + ATTRIBUTE_NAME.name, bytes >> 1));
    at += ATTRIBUTE_NAME.name + bytes + 2;
  }
  return names;
}

/**
 * Which attribute a slot of the open attribute table meant at a given LSN. Closing is not logged, a slot may be taken again: an entry counts only for records
 * behind its own opening.
 */
export class OpenAttributes {
  readonly #slots = new Map<number, OpenAttribute[]>();
  #count = 0;

  /** Adds an opening; false when there are too many. */
  add(target: number, attribute: OpenAttribute): boolean {
    if (++this.#count > MAX_OPENS) return false;
    const slot = this.#slots.get(target) ?? [];
    slot.push(attribute);
    this.#slots.set(target, slot);
    return true;
  }

  /** The attribute, or undefined when nothing says what it was. */
  find(target: number, lsn: bigint): OpenAttribute | undefined {
    let best: OpenAttribute | undefined;
    for (const attribute of this.#slots.get(target) ?? []) {
      if (attribute.fromLsn < lsn && (best === undefined || attribute.fromLsn > best.fromLsn)) best = attribute;
    }
    return best;
  }
}

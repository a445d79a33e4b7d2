import { crc32, joinBytes, readUpTo, viewOf } from '@winmedic/bytes';
import type { BlockChange } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import {
  CHANGE_HEAD_BYTES,
  DIGEST_BYTES,
  HEAD_BYTES,
  MAGIC,
  MOST_CHANGE_BYTES,
  MOST_CHANGES,
  MOST_JSON_BYTES,
  MOST_SLOTS,
  planFault,
  SLOT_BYTES,
  type Stretch,
  slotHead,
  TAG,
} from './layout.ts';
import type { Journal, JournalHeader, JournalState, JournalStore, Sha256 } from './types.ts';

/**
 * Reads a journal and verifies every byte of it. Holds one change at a time.
 * @throws {DiskError} JOURNAL_NOT_JOURNAL: something else. JOURNAL_INCOMPLETE: it ends before its seal (or only zeros stand where the rest would be), so
 * its writer never came to touch the disk. JOURNAL_DAMAGED: it does not agree with its digests. Errors of the store are passed on.
 */
export function readJournal(store: JournalStore, sha256: Sha256): Journal {
  const { header, sizeBefore, sizeAfter, count, ...head } = readHead(store, sha256);
  let { digest, end } = head;
  const changes: StoredChange[] = [];
  const held: Held = {};
  let bytes = 0;
  for (let n = 0; n < count; n++) {
    const change = new StoredChange({ store, sha256, held, at: end, before: digest }, readStretch(store, end));
    digest = change.verify().digest;
    end = change.end;
    bytes += change.stretch.newLength;
    changes.push(change);
  }
  digest = readSeal(store, end, digest, sha256);
  end += SLOT_BYTES;
  const fault = planFault(
    { sizeBefore, sizeAfter },
    changes.map((change) => change.stretch),
  );
  if (fault !== undefined) throw new DiskError('JOURNAL_DAMAGED', fault);
  return { header, plan: { sizeBefore, sizeAfter, changes }, state: lastState(store, end, digest, sha256), bytes, seal: { digest, end } };
}

interface Head {
  readonly header: JournalHeader;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly count: number;
  readonly digest: Uint8Array;
  readonly end: number;
}

function readHead(store: JournalStore, sha256: Sha256): Head {
  const begin = readUpTo(store, 0, MAGIC.length);
  if (begin.some((byte, at) => byte !== MAGIC[at])) throw new DiskError('JOURNAL_NOT_JOURNAL', 'magic');
  const head = readWhole(store, 0, HEAD_BYTES, 'head');
  const view = viewOf(head);
  if (view.getUint32(32, true) !== crc32(head.subarray(0, 32))) throw damagedOrCut(store, 0, 32, 'head');
  const jsonLength = view.getUint32(8, true);
  const count = view.getUint32(12, true);
  if (jsonLength > MOST_JSON_BYTES)
    throw new DiskError('JOURNAL_DAMAGED', 'length of the header', { offset: 8, need: MOST_JSON_BYTES, have: jsonLength });
  if (count > MOST_CHANGES) throw new DiskError('JOURNAL_DAMAGED', 'number of changes', { offset: 12, need: MOST_CHANGES, have: count });
  const length = HEAD_BYTES + jsonLength;
  const all = readWhole(store, 0, length + DIGEST_BYTES, 'header');
  const digest = all.slice(length);
  if (!sameBytes(digest, sha256(all.subarray(0, length)))) throw damagedOrCut(store, 0, length, 'digest of the header');
  return {
    header: parseHeader(all.subarray(HEAD_BYTES, length)),
    sizeBefore: Number(view.getBigUint64(16, true)),
    sizeAfter: Number(view.getBigUint64(24, true)),
    count,
    digest,
    end: length + DIGEST_BYTES,
  };
}

function parseHeader(json: Uint8Array): JournalHeader {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new DiskError('JOURNAL_DAMAGED', 'header', { offset: HEAD_BYTES, cause });
  }
  if (!isHeader(value)) throw new DiskError('JOURNAL_DAMAGED', 'fields of the header', { offset: HEAD_BYTES });
  const { purpose, disk, identity, madeAt, actions } = value;
  return { purpose, disk, identity, madeAt, actions };
}

function isHeader(value: unknown): value is JournalHeader {
  if (typeof value !== 'object' || value === null) return false;
  const header = value as Readonly<Record<string, unknown>>;
  return (
    typeof header['purpose'] === 'string' &&
    typeof header['disk'] === 'string' &&
    typeof header['madeAt'] === 'string' &&
    Array.isArray(header['actions']) &&
    Array.isArray(header['identity']) &&
    header['identity'].every((part) => typeof part === 'string')
  );
}

/** Fixed part of the change at `at`. */
function readStretch(store: JournalStore, at: number): Stretch {
  const head = readWhole(store, at, CHANGE_HEAD_BYTES, 'change');
  const view = viewOf(head);
  if (!startsWith(head, TAG.change) || view.getUint32(24, true) !== crc32(head.subarray(0, 24)))
    throw damagedOrCut(store, at, at + 24, 'change');
  const stretch = {
    epoch: view.getUint32(4, true),
    offset: Number(view.getBigUint64(8, true)),
    oldLength: view.getUint32(16, true),
    newLength: view.getUint32(20, true),
  };
  if (stretch.newLength > MOST_CHANGE_BYTES || stretch.oldLength > stretch.newLength) {
    throw new DiskError('JOURNAL_DAMAGED', 'length of a change', { offset: at, need: MOST_CHANGE_BYTES, have: stretch.newLength });
  }
  return stretch;
}

/** The change whose bytes were asked for last: `old` and `new` of one are taken one after the other. */
interface Held {
  change?: StoredChange;
  bytes?: Uint8Array;
  digest?: Uint8Array;
}

/** Where a change lies in its store, and the digest before it. */
interface StoredPlace {
  readonly store: JournalStore;
  readonly sha256: Sha256;
  readonly held: Held;
  readonly at: number;
  readonly before: Uint8Array;
}

/** A change whose bytes lie in the store until they are asked for. */
class StoredChange implements BlockChange {
  readonly stretch: Stretch;
  /** Where it ends in the store. */
  readonly end: number;
  readonly #place: StoredPlace;

  constructor(place: StoredPlace, stretch: Stretch) {
    this.#place = place;
    this.stretch = stretch;
    this.end = place.at + CHANGE_HEAD_BYTES + stretch.oldLength + stretch.newLength + DIGEST_BYTES;
  }

  get offset(): number {
    return this.stretch.offset;
  }

  get epoch(): number {
    return this.stretch.epoch;
  }

  get old(): Uint8Array {
    return this.verify().bytes.subarray(CHANGE_HEAD_BYTES, CHANGE_HEAD_BYTES + this.stretch.oldLength);
  }

  get new(): Uint8Array {
    const from = CHANGE_HEAD_BYTES + this.stretch.oldLength;
    return this.verify().bytes.subarray(from, from + this.stretch.newLength);
  }

  /** Its bytes up to the digest, and the digest. @throws {DiskError} JOURNAL_DAMAGED, JOURNAL_INCOMPLETE. */
  verify(): { readonly bytes: Uint8Array; readonly digest: Uint8Array } {
    const { store, sha256, held, at, before } = this.#place;
    if (held.change === this && held.bytes !== undefined && held.digest !== undefined) return { bytes: held.bytes, digest: held.digest };
    const all = readWhole(store, at, this.end - at, 'change');
    const bytes = all.subarray(0, all.length - DIGEST_BYTES);
    const digest = all.slice(bytes.length);
    if (!sameBytes(digest, sha256(joinBytes(before, bytes)))) throw damagedOrCut(store, at, this.end - DIGEST_BYTES, 'digest of a change');
    held.change = this;
    held.bytes = bytes;
    held.digest = digest;
    return { bytes, digest };
  }
}

/** The seal. @returns its digest. */
function readSeal(store: JournalStore, at: number, before: Uint8Array, sha256: Sha256): Uint8Array {
  const seal = readWhole(store, at, SLOT_BYTES, 'seal');
  const digest = seal.slice(SLOT_BYTES - DIGEST_BYTES);
  const head = slotHead(TAG.seal);
  if (sameBytes(seal.subarray(0, head.length), head) && sameBytes(digest, sha256(joinBytes(before, head)))) return digest;
  // With something behind it, it was a whole seal once.
  if (store.sizeBytes > at + SLOT_BYTES) throw new DiskError('JOURNAL_DAMAGED', 'seal', { offset: at });
  throw damagedOrCut(store, at, at + SLOT_BYTES - DIGEST_BYTES, 'seal');
}

/** The last whole state record. */
function lastState(store: JournalStore, from: number, seal: Uint8Array, sha256: Sha256): JournalState {
  const tail = readUpTo(store, from, MOST_SLOTS * SLOT_BYTES);
  const applied = stateSlot(TAG.applied, seal, sha256);
  const undone = stateSlot(TAG.undone, seal, sha256);
  let state: JournalState = 'planned';
  for (let at = 0; at + SLOT_BYTES <= tail.length; at += SLOT_BYTES) {
    const slot = tail.subarray(at, at + SLOT_BYTES);
    if (sameBytes(slot, applied)) state = 'applied';
    else if (sameBytes(slot, undone)) state = 'undone';
  }
  return state;
}

/** A state record. */
export function stateSlot(tag: string, seal: Uint8Array, sha256: Sha256): Uint8Array {
  const head = slotHead(tag);
  return joinBytes(head, sha256(joinBytes(seal, head)));
}

/** All bytes of a part. @throws {DiskError} JOURNAL_INCOMPLETE when the journal ends inside it. */
function readWhole(store: JournalStore, offset: number, size: number, what: string): Uint8Array {
  const bytes = readUpTo(store, offset, size);
  if (bytes.length !== size) throw new DiskError('JOURNAL_INCOMPLETE', what, { offset, need: size, have: bytes.length });
  return bytes;
}

/**
 * The error for a part that is there and wrong. When power failed while the journal was written, some file systems leave it at a length with zeros from some
 * byte on: from `zerosFrom` to the end then, where a sealed journal has at least its seal. That is a journal without a seal, like a short one.
 */
function damagedOrCut(store: JournalStore, offset: number, zerosFrom: number, what: string): DiskError {
  for (let at = zerosFrom; at < store.sizeBytes; ) {
    const part = readUpTo(store, at, MOST_CHANGE_BYTES);
    if (part.length === 0) break;
    if (part.some((byte) => byte !== 0)) return new DiskError('JOURNAL_DAMAGED', what, { offset });
    at += part.length;
  }
  return new DiskError('JOURNAL_INCOMPLETE', what, { offset });
}

/** Whether two buffers hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function startsWith(bytes: Uint8Array, tag: string): boolean {
  for (let at = 0; at < tag.length; at++) if (bytes[at] !== tag.charCodeAt(at)) return false;
  return true;
}

import { fileName, joined, Part, roundUp } from './bytes.ts';
import type { WriteMemory } from './types.ts';

/** Changes to a small dump. */
export interface DumpChanges {
  readonly code?: number;
  /** Parameter number (1 to 4) to its new value. */
  readonly parameters?: ReadonlyMap<number, bigint>;
  /** File name (any case) to the new file name; the folder stays. */
  readonly rename?: ReadonlyMap<string, string>;
  /** Path of the driver the kernel notes. */
  readonly brokenDriver?: string;
  /** Slot of the saved stack to its new word. */
  readonly stack?: ReadonlyMap<number, bigint>;
  /** Overwrites memory the dump has saved. */
  readonly memory?: readonly WriteMemory[];
}

const TRIAGE = 0x2000;
const ENTRY_BYTES = 0x90;

/**
 * A changed copy of a small (triage) 64-bit dump, for variants of a real one with known answers. Renamed modules get a new string
 * pool at the end of the file.
 * @throws {RangeError} when the dump has no such module, stack slot or memory.
 */
export function patchDump(bytes: Uint8Array, changes: DumpChanges): Uint8Array {
  // A copy also of a Buffer, whose slice() would share its memory.
  let out: Uint8Array = new Uint8Array(bytes);
  const view = (): DataView => new DataView(out.buffer, out.byteOffset, out.byteLength);
  const field = (offset: number): number => view().getUint32(TRIAGE + offset, true);
  if (changes.code !== undefined) view().setUint32(0x38, changes.code, true);
  for (const [number, value] of changes.parameters ?? []) {
    if (!(number >= 1 && number <= 4)) throw new RangeError(`no parameter ${number}`);
    view().setBigUint64(0x40 + (number - 1) * 8, BigInt.asUintN(64, value), true);
  }
  for (const [slot, word] of changes.stack ?? []) {
    if (!(slot >= 0 && (slot + 1) * 8 <= field(0x2c))) throw new RangeError(`no stack slot ${slot}`);
    view().setBigUint64(field(0x28) + slot * 8, BigInt.asUintN(64, word), true);
  }
  for (const piece of changes.memory ?? []) {
    for (const place of savedAt(view(), piece)) out.set(piece.bytes, place);
  }
  if (changes.rename !== undefined || changes.brokenDriver !== undefined) {
    out = withNames(out, changes.rename ?? new Map(), changes.brokenDriver);
  }
  return out;
}

/** File offsets of memory: blocks that hold all of it, and the saved stack, which keeps a copy of its own. */
function savedAt(view: DataView, piece: WriteMemory): number[] {
  const field = (offset: number): number => view.getUint32(TRIAGE + offset, true);
  const places: number[] = [];
  const look = (start: bigint, fileOffset: number, size: number): void => {
    const into = piece.address - start;
    if (into >= 0n && into + BigInt(piece.bytes.length) <= BigInt(size)) places.push(fileOffset + Number(into));
  };
  for (let index = 0; index < field(0x7c); index++) {
    const block = field(0x78) + index * 16;
    look(view.getBigUint64(block, true), view.getUint32(block + 8, true), view.getUint32(block + 12, true));
  }
  look(view.getBigUint64(TRIAGE + 0x48, true), field(0x28), field(0x2c));
  if (places.length === 0) throw new RangeError('that memory is not saved in the dump');
  return places;
}

/** The dump with a new pool of names behind it. */
function withNames(bytes: Uint8Array, rename: ReadonlyMap<string, string>, brokenDriver: string | undefined): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const drivers = view.getUint32(TRIAGE + 0x30, true);
  const count = view.getUint32(TRIAGE + 0x34, true);
  const wanted = new Map([...rename].map(([from, to]) => [from.toLowerCase(), to]));
  const start = roundUp(bytes.length, 8);
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    const at = view.getUint32(drivers + index * ENTRY_BYTES, true);
    let path = '';
    for (let char = 0; char < view.getUint32(at, true); char++) path += String.fromCharCode(view.getUint16(at + 4 + char * 2, true));
    const name = fileName(path);
    const to = wanted.get(name.toLowerCase());
    wanted.delete(name.toLowerCase());
    texts.push(to === undefined ? path : path.slice(0, path.length - name.length) + to);
  }
  if (wanted.size > 0) throw new RangeError(`no module ${[...wanted.keys()].join(', ')}`);
  if (brokenDriver !== undefined) texts.push(brokenDriver);
  const pool = new Part(
    texts.reduce((sum, text) => sum + roundUp(6 + text.length * 2, 8), start - bytes.length),
    'zero',
  );
  const out = joined([bytes, pool.bytes]);
  const written = new DataView(out.buffer);
  let at = start;
  texts.forEach((text, index) => {
    written.setUint32(at, text.length, true);
    for (let char = 0; char < text.length; char++) written.setUint16(at + 4 + char * 2, text.charCodeAt(char), true);
    written.setUint32(index < count ? drivers + index * ENTRY_BYTES : TRIAGE + 0x40, at, true);
    at += roundUp(6 + text.length * 2, 8);
  });
  written.setUint32(TRIAGE + 0x38, start, true);
  written.setUint32(TRIAGE + 0x3c, at - start, true);
  return out;
}

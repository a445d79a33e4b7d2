import { RecordFault } from './errors.ts';
import { CHUNK_SIZE, MAX_NAMES } from './limits.ts';
import type { Window } from './window.ts';

/** Bytes in front of a name's characters: hash-chain pointer, hash, length. */
export const NAME_HEADER = 8;

/**
 * Names of elements and attributes. In a chunk a name is written once and referred to by its chunk-relative offset; here every
 * different name gets one number for the life of the reader, and a per-chunk table maps offsets to numbers.
 */
export class Names {
  readonly texts: string[] = [];
  /** First characters and hash match what the format's hash function gives; false betrays overwritten bytes in slack. */
  readonly sound: boolean[] = [];
  readonly #byKey = new Map<number, number[]>();
  readonly #ids = new Int32Array(CHUNK_SIZE);
  readonly #stamps = new Int32Array(CHUNK_SIZE);
  #stamp = 0;

  /** Starts a new chunk: everything known about offsets is forgotten. */
  nextChunk(): void {
    this.#stamp = (this.#stamp + 1) | 0;
  }

  /**
   * Number of the name at a chunk-relative offset.
   * @param base where the chunk starts in the window.
   */
  idAt(window: Window, base: number, offset: number): number {
    if (offset < CHUNK_SIZE && this.#stamps[offset] === this.#stamp) return this.#ids[offset]!;
    const id = this.#intern(window, base, offset);
    this.#ids[offset] = id;
    this.#stamps[offset] = this.#stamp;
    return id;
  }

  /** Whole size of the name structure at a chunk-relative offset, with its terminator. */
  sizeAt(window: Window, base: number, offset: number): number {
    return NAME_HEADER + window.view.getUint16(base + offset + 6, true) * 2 + 2;
  }

  #intern(window: Window, base: number, offset: number): number {
    if (offset > CHUNK_SIZE - NAME_HEADER - 2)
      throw new RecordFault('EVTX_RECORD_BINXML', 'name offset', base, `< ${CHUNK_SIZE - 10}`, offset);
    const view = window.view;
    const at = base + offset;
    const key = view.getUint32(at + 4, true);
    const chars = key >>> 16;
    if (offset + NAME_HEADER + chars * 2 > CHUNK_SIZE) {
      throw new RecordFault('EVTX_RECORD_BINXML', 'name', at, chars * 2, CHUNK_SIZE - offset - NAME_HEADER);
    }
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      for (const id of known) if (sameText(view, at + NAME_HEADER, chars, this.texts[id]!)) return id;
    }
    if (this.texts.length >= MAX_NAMES) throw new RecordFault('EVTX_RECORD_LIMIT', 'names', at, MAX_NAMES, this.texts.length);
    let hash = 0;
    for (let i = 0; i < chars; i++) hash = (Math.imul(hash, 65_599) + view.getUint16(at + NAME_HEADER + i * 2, true)) | 0;
    let text = '';
    // Raw code units, not well-formed text: two different names must never compare equal. Output faces clean names.
    for (let i = 0; i < chars; i++) text += String.fromCharCode(view.getUint16(at + NAME_HEADER + i * 2, true));
    const id = this.texts.push(text) - 1;
    this.sound.push(((hash ^ key) & 0xffff) === 0);
    if (known === undefined) this.#byKey.set(key, [id]);
    else known.push(id);
    return id;
  }
}

function sameText(view: DataView, at: number, chars: number, text: string): boolean {
  for (let i = 0; i < chars; i++) if (view.getUint16(at + i * 2, true) !== text.charCodeAt(i)) return false;
  return true;
}

import { type ByteSource, crc32, type Damage, wholeReads } from '@winmedic/bytes';

/** How a gzip file is unpacked. */
export interface GunzipOptions {
  /** Bytes given at most; what is beyond is left out and told as CAPTURE_GZIP_LIMIT. */
  readonly maxBytes: number;
  /** Unpacked bytes for each packed one at most (deflate cannot do more than 1032); looked at after the first MiB. */
  readonly maxRatio: number;
  readonly onDamage?: (damage: Damage) => void;
  readonly signal?: AbortSignal;
}

/** Packed bytes handed over at once. */
const PIECE_BYTES = 64 * 1024;
/** Ratios of small files mean nothing: a capture of zeros is no bomb below this. */
const RATIO_FROM_BYTES = 1024 * 1024;
/** Joined gzip files in one: log rotation joins a few. */
const MAX_MEMBERS = 10_000;
/** Trailing bytes after which a further member is looked for: padding of tapes and block devices. */
const MEMBER_SEARCH_BYTES = PIECE_BYTES;

/**
 * Unpacks a gzip file (RFC 1952) with the platform's DecompressionStream, piece by piece and never more than is asked for. Several members follow each other,
 * also where the platform stops after the first. A file that is cut or damaged gives all up to there and a damage CAPTURE_GZIP; a bomb ends at its limit.
 * What comes out is recognised anew by the caller, which refuses gzip inside gzip beyond a depth of 2.
 * @throws I/O errors of the source, the signal's reason.
 */
export async function* gunzipChunks(source: ByteSource, options: GunzipOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const state: State = { given: 0, source: wholeReads(source), options };
  let offset = 0;
  for (let member = 0; member < MAX_MEMBERS; member++) {
    const end = yield* unpackFrom(state, offset);
    if (end === undefined) return;
    offset = end;
  }
  options.onDamage?.({ code: 'CAPTURE_GZIP_LIMIT', offset, what: 'joined gzip files', need: MAX_MEMBERS });
}

interface State {
  given: number;
  readonly source: ByteSource;
  readonly options: GunzipOptions;
}

/** Unpacks from one member on. @returns where the next member starts, when the platform did not go on by itself. */
async function* unpackFrom(state: State, start: number): AsyncGenerator<Uint8Array, number | undefined, undefined> {
  const { source, options } = state;
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const feed = feedMember(state, start, writer);
  let failed = false;
  let crc = 0;
  let size = 0;
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      let chunk: Uint8Array | undefined;
      try {
        const { done, value } = await reader.read();
        if (done) break;
        chunk = value as Uint8Array;
      } catch {
        // The reason is the platform's own words; the place is what is known.
        failed = true;
        break;
      }
      crc = crc32(chunk, crc);
      size += chunk.length;
      const room = options.maxBytes - state.given;
      const packed = feed.offset - start + 1;
      const tooDense = size > RATIO_FROM_BYTES && size / packed > options.maxRatio;
      if (chunk.length > room || tooDense) {
        if (!tooDense && room > 0) yield chunk.subarray(0, room);
        state.given = Math.min(options.maxBytes, state.given + chunk.length);
        options.onDamage?.({
          code: 'CAPTURE_GZIP_LIMIT',
          offset: feed.offset,
          what: tooDense ? 'unpacked bytes for each packed one' : 'unpacked bytes',
          need: tooDense ? options.maxRatio : options.maxBytes,
          have: tooDense ? Math.floor(size / packed) : state.given,
        });
        return undefined;
      }
      state.given += chunk.length;
      yield chunk;
    }
  } finally {
    feed.stop = true;
    await reader.cancel().catch(() => undefined);
    await writer.abort().catch(() => undefined);
    await feed.done;
  }
  if (feed.error !== undefined) throw feed.error;
  if (!failed) return undefined;
  const next = nextMember(source, start, feed.offset, crc, size);
  if (next.end === undefined) options.onDamage?.({ code: 'CAPTURE_GZIP', offset: feed.offset, what: 'gzip data', have: size });
  return next.member;
}

interface Feed {
  offset: number;
  stop: boolean;
  error?: unknown;
  done: Promise<void>;
}

function feedMember({ source }: State, start: number, writer: WritableStreamDefaultWriter): Feed {
  const feed: Feed = { offset: start, stop: false, done: Promise.resolve() };
  const run = async () => {
    while (!feed.stop) {
      const piece = new Uint8Array(Math.max(0, Math.min(PIECE_BYTES, source.sizeBytes - feed.offset)));
      let got = 0;
      try {
        got = piece.length === 0 ? 0 : source.readAt(feed.offset, piece);
      } catch (error) {
        feed.error = error;
        await writer.abort().catch(() => undefined);
        return;
      }
      if (got === 0) break;
      feed.offset += got;
      await writer.write(piece.subarray(0, got));
      // Ready only when what came out was taken: an error at the next piece or at the end then takes nothing along that was good.
      await writer.ready;
    }
    if (!feed.stop) await writer.close();
  };
  // Errors of the stream reach the reader.
  feed.done = run().catch(() => undefined);
  return feed;
}

/**
 * After an error: did a member end properly, by its CRC and size (RFC 1952 section 2.3.1), just before other bytes, and is there another member?
 * Platforms that follow the standard to the letter stop with an error there.
 */
function nextMember(
  source: ByteSource,
  start: number,
  reached: number,
  crc: number,
  size: number,
): { readonly end: number | undefined; readonly member: number | undefined } {
  const from = Math.max(start, reached - 2 * PIECE_BYTES);
  const bytes = new Uint8Array(Math.max(0, Math.min(source.sizeBytes, reached + MEMBER_SEARCH_BYTES) - from));
  const got = source.readAt(from, bytes);
  const view = new DataView(bytes.buffer, 0, got);
  for (let at = 0; at + 8 <= got; at++) {
    if (view.getUint32(at, true) !== crc || view.getUint32(at + 4, true) !== size >>> 0) continue;
    const end = at + 8;
    for (let next = end; next + 3 <= got; next++) {
      if (bytes[next] === 0x1f && bytes[next + 1] === 0x8b && bytes[next + 2] === 8) return { end: from + end, member: from + next };
      // Zeros fill the last block of a tape; anything else is no member.
      if (bytes[next] !== 0) break;
    }
    return { end: from + end, member: undefined };
  }
  return { end: undefined, member: undefined };
}

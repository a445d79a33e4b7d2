/**
 * Builds one large event log out of the chunks of a corpus: sound chunks of files that evtxexport reads to the end, repeated until
 * the size is reached, records renumbered, checksums made anew.
 *
 *   node --conditions=@winmedic/source bench/evtx/build-log.ts <file> [megabytes=240]
 *
 * The corpus is the folder named by WINMEDIC_CORPUS (default: ../shared/corpus beside the repository).
 */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

const CHUNK = 65_536;
const HEADER = 4096;

/** Folder of the EVTX corpus. */
export function corpusFolder(): string {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  return join(process.env.WINMEDIC_CORPUS ?? join(root, '../shared/corpus'), 'evtx');
}

interface Expected {
  readonly libevtx: { records: number; exported_xml: number; corrupted_flag: boolean; aborted: boolean };
  readonly 'rust_evtx_0.12.2': { records: number; failed: number };
}

/** Different sound chunks of the corpus, in order. */
function soundChunks(folder: string): Uint8Array[] {
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expected>;
  const seen = new Set<number>();
  const chunks: Uint8Array[] = [];
  for (const [file, { libevtx, 'rust_evtx_0.12.2': rust }] of Object.entries(expected)) {
    const agreed = libevtx.records === rust.records && libevtx.exported_xml === rust.records && rust.failed === 0;
    if (!agreed || libevtx.aborted || libevtx.corrupted_flag) continue;
    const bytes = readFileSync(join(folder, file));
    for (let at = HEADER; at + CHUNK <= bytes.length; at += CHUNK) {
      const chunk = bytes.subarray(at, at + CHUNK);
      if (chunk.toString('latin1', 0, 8) !== 'ElfChnk\0') continue;
      const free = chunk.readUInt32LE(48);
      if (free < 512 || free > CHUNK || crc32(chunk.subarray(512, free)) !== chunk.readUInt32LE(52)) continue;
      const key = crc32(chunk);
      if (seen.has(key)) continue;
      seen.add(key);
      chunks.push(Uint8Array.from(chunk));
    }
  }
  return chunks;
}

/** Renumbers the records of a chunk and seals it. @returns the next record id. */
function seal(chunk: Uint8Array, firstId: number): number {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const free = view.getUint32(48, true);
  let id = firstId;
  for (let at = 512; at + 28 <= free; at += view.getUint32(at + 4, true)) view.setBigUint64(at + 8, BigInt(id++), true);
  for (const [offset, value] of [
    [8, firstId],
    [16, id - 1],
    [24, firstId],
    [32, id - 1],
  ] as const)
    view.setBigUint64(offset, BigInt(value), true);
  view.setUint32(52, crc32(chunk.subarray(512, free)), true);
  view.setUint32(124, crc32(chunk.subarray(128, 512), crc32(chunk.subarray(0, 120))), true);
  return id;
}

/** Writes the log. @returns its records, chunks and bytes. */
export function buildLog(path: string, megabytes: number): { records: number; chunks: number; different: number; bytes: number } {
  const folder = corpusFolder();
  if (!existsSync(join(folder, 'expected.json'))) throw new Error(`no corpus at ${folder}: set WINMEDIC_CORPUS`);
  const chunks = soundChunks(folder);
  const total = Math.floor((megabytes * 1e6 - HEADER) / CHUNK);
  const header = new Uint8Array(HEADER);
  const view = new DataView(header.buffer);
  const file = openSync(path, 'w');
  try {
    let id = 1;
    for (let i = 0; i < total; i++) {
      const chunk = chunks[i % chunks.length]!;
      id = seal(chunk, id);
      writeSync(file, chunk, 0, CHUNK, HEADER + i * CHUNK);
    }
    header.set(Buffer.from('ElfFile\0', 'latin1'));
    view.setBigUint64(16, BigInt(total - 1), true);
    view.setBigUint64(24, BigInt(id), true);
    view.setUint32(32, 128, true);
    view.setUint16(36, 1, true);
    view.setUint16(38, 3, true);
    view.setUint16(40, HEADER, true);
    view.setUint16(42, total & 0xffff, true);
    view.setUint32(124, crc32(header.subarray(0, 120)), true);
    writeSync(file, header, 0, HEADER, 0);
    return { records: id - 1, chunks: total, different: chunks.length, bytes: HEADER + total * CHUNK };
  } finally {
    closeSync(file);
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [path, size = '240'] = process.argv.slice(2);
  if (path === undefined) {
    console.error('usage: build-log.ts <file> [megabytes]');
    process.exit(2);
  }
  const built = buildLog(path, Number(size));
  console.log(
    `${path}: ${built.records} records in ${built.chunks} chunks (${built.different} different), ${(built.bytes / 1e6).toFixed(1)} MB`,
  );
}

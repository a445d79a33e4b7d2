import { createWriteStream, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import yauzl from 'yauzl';
import { isChannelFile } from './channel-file.ts';
import { emptyFile, type Problems } from './problems.ts';
import { type ContentKind, PROBE_BYTES, recogniseHead } from './recognise.ts';
import type { TempDir } from './temp-dir.ts';

/** Limits of archives; each refuses a bomb without refusing a real collection. */
export interface ZipLimits {
  /** A whole `winevt\Logs` holds about 400 files; collections of many hosts some thousands. */
  readonly entries: number;
  /** Bytes written to disk for one archive, nested ones included. */
  readonly totalBytes: number;
  /** An archive that grows more than this is a bomb; logs full of unused chunks shrink to a hundredth. */
  readonly ratio: number;
  /** Below this size the ratio is not looked at: a nearly empty log shrinks a thousandfold. */
  readonly ratioFromBytes: number;
  /** 1: an archive; 2: an archive in an archive. */
  readonly depth: number;
}
/** Above every real collection seen, below what fills a disk. */
export const DEFAULT_ZIP_LIMITS: ZipLimits = {
  entries: 20_000,
  totalBytes: 16 * 2 ** 30,
  ratio: 300,
  ratioFromBytes: 256 * 2 ** 20,
  depth: 2,
};

/** A member of an archive, written to a temporary file. */
export interface Member {
  /** `bundle.zip!/logs/System.evtx`. */
  readonly label: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly kind: ContentKind;
  /** Modification time in ms since 1970, where the archive keeps it in UTC (Info-ZIP or NTFS field); DOS times have no zone. */
  readonly modifiedMs?: number;
}

/** Bytes that one archive and those in it may still write. */
export interface ZipBudget {
  entries: number;
  bytes: number;
}
/** The budget an archive starts with. */
export function newBudget(limits: ZipLimits): ZipBudget {
  return { entries: limits.entries, bytes: limits.totalBytes };
}

/**
 * Members of an archive that look like evidence, one after the other; each file is removed when the next is asked for. Names are
 * labels only. Refused members are reported; what can be read is read.
 */
export async function* membersOf(
  file: string,
  label: string,
  temp: TempDir,
  problems: Problems,
  budget: ZipBudget,
  limits: ZipLimits,
  signal?: AbortSignal,
): AsyncGenerator<Member> {
  let zip: yauzl.ZipFile;
  try {
    // Names stay bytes: yauzl would refuse the archive for one odd name, and knows no Shift_JIS.
    zip = await yauzl.openPromise(file, { decodeStrings: false, autoClose: false });
  } catch (error) {
    problems.add({ code: 'EVIDENCE_ZIP_BROKEN', path: label, severity: 'unusable', what: messageOf(error) });
    return;
  }
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      const name = memberName(entry);
      if (name.endsWith('/')) continue;
      const path = `${label}!/${name}`;
      if (--budget.entries < 0) {
        problems.add({
          code: 'EVIDENCE_ZIP_BOMB',
          path: label,
          severity: 'partial',
          what: 'members',
          need: zip.entryCount,
          have: limits.entries,
        });
        return;
      }
      if (entry.isEncrypted()) {
        problems.add({ code: 'EVIDENCE_ZIP_ENCRYPTED', path, severity: 'unusable' });
        continue;
      }
      const refused = bombReason(entry, budget, limits);
      if (refused !== undefined) {
        problems.add({ code: 'EVIDENCE_ZIP_BOMB', path, severity: 'unusable', ...refused });
        continue;
      }
      const utc = entry.extraFields.some(({ id }) => id === UT_FIELD || id === NTFS_FIELD);
      if (utc && isChannelFile(name)) {
        // Its name and its time are all there is to know of it.
        yield { label: path, file: '', sizeBytes: entry.uncompressedSize, kind: 'other', modifiedMs: entry.getLastModDate().getTime() };
        continue;
      }
      const member = await extract(zip, entry, path, temp, problems, budget);
      if (member === undefined) continue;
      try {
        yield member;
      } finally {
        rmSync(member.file, { force: true });
      }
    }
  } catch (error) {
    if (signal?.aborted === true) throw error;
    problems.add({ code: 'EVIDENCE_ZIP_BROKEN', path: label, severity: 'partial', what: messageOf(error) });
  } finally {
    zip.close();
  }
}

/** Extra fields with times in UTC. @source PKWARE APPNOTE 4.5.5, Info-ZIP extrafld.txt */
const UT_FIELD = 0x5455;
const NTFS_FIELD = 0x000a;

function bombReason(entry: yauzl.Entry, budget: ZipBudget, limits: ZipLimits): { what: string; need: number; have: number } | undefined {
  const size = entry.uncompressedSize;
  if (size > budget.bytes) return { what: 'bytes', need: size, have: budget.bytes };
  const ratio = size / Math.max(1, entry.compressedSize);
  if (size >= limits.ratioFromBytes && ratio > limits.ratio) return { what: 'ratio', need: Math.round(ratio), have: limits.ratio };
  return undefined;
}

/** Writes a member to a file if its first bytes look like evidence; the sizes it declares are checked while it is unpacked. */
async function extract(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  label: string,
  temp: TempDir,
  problems: Problems,
  budget: ZipBudget,
): Promise<Member | undefined> {
  const file = temp.newPath();
  try {
    const stream = await zip.openReadStreamPromise(entry);
    const written = await writeIfEvidence(stream, file, budget);
    if (written.kind === 'empty') {
      problems.add(emptyFile(label));
      return undefined;
    }
    if (written.kind === 'other') {
      problems.add({ code: 'EVIDENCE_UNRECOGNISED', path: label, severity: 'note' });
      return undefined;
    }
    return { label, file, sizeBytes: written.bytes, kind: written.kind };
  } catch (error) {
    rmSync(file, { force: true });
    problems.add({ code: 'EVIDENCE_ZIP_BROKEN', path: label, severity: 'unusable', what: messageOf(error) });
    return undefined;
  }
}

async function writeIfEvidence(stream: Readable, file: string, budget: ZipBudget): Promise<{ kind: ContentKind; bytes: number }> {
  const chunks: Buffer[] = [];
  let probed = 0;
  let bytes = 0;
  let kind: ContentKind | undefined;
  let out: ReturnType<typeof createWriteStream> | undefined;
  const write = async (piece: Buffer): Promise<void> => {
    bytes += piece.length;
    budget.bytes -= piece.length;
    // An error reaches the callback of the write; without a listener it would end the program when an interrupt removes the folder.
    out ??= createWriteStream(file, { mode: 0o600, flags: 'wx' }).on('error', () => {});
    const target = out;
    await new Promise<void>((resolve, reject) => target.write(piece, (error) => (error ? reject(error) : resolve())));
  };
  try {
    for await (const piece of stream) {
      if (kind === undefined) {
        chunks.push(piece as Buffer);
        probed += (piece as Buffer).length;
        if (probed < PROBE_BYTES) continue;
        kind = recogniseHead(Buffer.concat(chunks).subarray(0, PROBE_BYTES));
        if (kind === 'other') return { kind, bytes: 0 };
        for (const c of chunks) await write(c);
      } else await write(piece as Buffer);
    }
    if (kind === undefined) {
      const head = Buffer.concat(chunks);
      kind = recogniseHead(head);
      if (kind !== 'other' && kind !== 'empty') await write(head);
    }
    return { kind, bytes };
  } finally {
    stream.destroy();
    if (out !== undefined) {
      const target = out;
      await new Promise<void>((resolve) => target.end(() => resolve()));
    }
  }
}

const UTF8_FLAG = 0x0800;

/** Name of a member for people: UTF-8 when flagged or valid, else Shift_JIS (Windows in Japan). Controls become `?`, `\` becomes `/`. */
export function memberName(entry: Pick<yauzl.Entry, 'fileNameRaw' | 'generalPurposeBitFlag'>): string {
  const raw = entry.fileNameRaw;
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: (entry.generalPurposeBitFlag & UTF8_FLAG) === 0 }).decode(raw);
  } catch {
    name = new TextDecoder('shift_jis').decode(raw);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a hostile name must not move the cursor of a terminal
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?').replaceAll('\\', '/');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown error';
}

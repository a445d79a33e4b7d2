import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ByteSource } from '@winmedic/bytes';
import { ntfsVolume, openContent } from '@winmedic/core/disk';
import type { Localized } from '@winmedic/knowledge/model';
import { filesToJson } from '@winmedic/report';
import { reportMeta } from '../../case.ts';
import type { Context } from '../../context.ts';
import { CliError, fileErrorText } from '../../errors.ts';
import { spelledOut } from '../../safe-text.ts';
import type { VerbRun } from '../../spec.ts';
import { withDisk } from './open.ts';
import { onVolume, toldCode } from './shown.ts';

/** Bytes read at a time. */
const PIECE = 1 << 20;
/** Longest text shown on a terminal: more scrolls by unread. */
const MAX_SHOWN = 1 << 20;

const EXISTS: Localized = { en: 'it exists already', ja: 'すでに存在します' };
const NEEDS_OUT: Localized = {
  en: 'JSON tells about the file; give --out for its bytes.',
  ja: 'JSON はファイルの情報です。内容は --out で書き出してください。',
};

/** Writes a file of the volume to standard output, or to a new file. */
export const run: VerbRun = (context, [path = '', name = ''], options) =>
  withDisk(context, path, options, async ({ disk, problems, volume, started }) => {
    const out = options['out'] as string | undefined;
    if (context.json && out === undefined) throw new CliError('CLI_INVALID_VALUE', { option: '--json', value: name, hint: NEEDS_OUT });
    const stream = (options['stream'] as string | undefined) ?? '';
    const { file, source } = context.sync(() => openContent(ntfsVolume(disk, volume).ntfs!, onVolume(name), stream));
    if (out === undefined && context.terminal) await context.out(context.sync(() => textOf(source, name)));
    else {
      const { bytes, sha256 } = out === undefined ? await copy(context, source, stdout(context)) : await copyToFile(context, source, out);
      if (bytes < source.sizeBytes)
        problems.add({ code: 'DISK_SHORT_FILE', path: file.path, severity: 'partial', need: source.sizeBytes, have: bytes });
      if (context.json) {
        const described = filesToJson([file], reportMeta(context, started)) as Record<string, unknown>;
        await context.outJson({ ...described, written: { path: out, stream, bytes, sha256 } });
      } else if (out !== undefined)
        context.talk(spelledOut(`${context.lang === 'ja' ? '書き出し' : 'wrote'}: ${out} (${bytes} B, SHA-256 ${sha256})`));
    }
    return toldCode(context, problems.list());
  });

/** The whole of a short text. @throws CliError CLI_BINARY for what would act on a terminal or fill it. */
function textOf(source: ByteSource, name: string): string {
  const fail = (): never => {
    throw new CliError('CLI_BINARY', { value: name });
  };
  if (source.sizeBytes > MAX_SHOWN) fail();
  const bytes = new Uint8Array(source.sizeBytes);
  const read = bytes.subarray(0, source.readAt(0, bytes));
  const encoding = read[0] === 0xff && read[1] === 0xfe ? 'utf-16le' : read[0] === 0xfe && read[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(read);
    return text.includes('\0') ? fail() : spelledOut(text.replaceAll('\r\n', '\n'));
  } catch (error) {
    if (error instanceof CliError) throw error;
    return fail();
  }
}

type Write = (piece: Uint8Array) => Promise<void>;

/** Bytes to stdout, waiting for a slow reader. */
function stdout({ signal }: Context): Write {
  return (piece) =>
    new Promise((resolve) => {
      // The piece is reused: stdout may still hold it when the call returns.
      if (process.stdout.write(piece.slice())) return void setImmediate(resolve);
      process.stdout.once('drain', resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
}

async function copyToFile(context: Context, source: ByteSource, path: string) {
  let fd: number;
  try {
    // Never over a file that exists: it may be the image itself.
    fd = openSync(path, 'wx');
  } catch (error) {
    const hint = (error as NodeJS.ErrnoException).code === 'EEXIST' ? EXISTS : fileErrorText(error);
    throw new CliError('CLI_WRITE', { value: path, hint });
  }
  try {
    return await copy(context, source, async (piece) => {
      try {
        for (let done = 0; done < piece.length; ) done += writeSync(fd, piece, done);
      } catch (error) {
        throw new CliError('CLI_WRITE', { value: path, hint: fileErrorText(error) });
      }
      // Gives Ctrl-C a chance between two pieces.
      await new Promise((resolve) => setImmediate(resolve));
    });
  } finally {
    closeSync(fd);
  }
}

/** Copies piece by piece; ends where reading ends. */
async function copy(context: Context, source: ByteSource, write: Write): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE);
  let bytes = 0;
  while (bytes < source.sizeBytes) {
    context.signal.throwIfAborted();
    const wanted = piece.subarray(0, Math.min(PIECE, source.sizeBytes - bytes));
    const got = context.sync(() => source.readAt(bytes, wanted));
    if (got === 0) break;
    hash.update(wanted.subarray(0, got));
    await write(wanted.subarray(0, got));
    bytes += got;
    if (got < wanted.length) break;
  }
  return { bytes, sha256: hash.digest('hex') };
}

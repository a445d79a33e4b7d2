import { createHash } from 'node:crypto';
import type { DiskIo } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatDuration, formatTime, zoneName } from '../format-time.ts';
import { messages } from '../text/index.ts';
import type { DiskDocument } from './document.ts';
import type { DiskMeta, DiskPageOptions } from './options.ts';
import { diskWords } from './words.ts';

const NS_PER_MS = 1_000_000n;

/** When a report was made. */
export function madeAt({ madeAt: given }: DiskMeta): bigint {
  return given ?? BigInt(Date.now()) * NS_PER_MS;
}

/** Id of a report: the given one, or one derived from what it is about. */
export function documentId({ subject }: DiskDocument, meta: DiskMeta): string {
  if (meta.caseId !== undefined) return meta.caseId;
  return `W-${createHash('sha256').update(subject.join('\n')).digest('hex').slice(0, 8)}`;
}

/** How a report was made: label and text. */
export function madePairs(options: DiskPageOptions): (readonly [string, string])[] {
  const m = messages(options.lang);
  const { tool, zone, durationSeconds, lang } = options;
  return [
    [m.made.command, tool.command],
    [m.made.version, `${tool.name} ${tool.version}`],
    [m.made.madeAt, `${formatTime(madeAt(options), zone, lang)} (${zoneName(zone)})`],
    // What took less than a second is told in milliseconds, as cost.
    ...(durationSeconds === undefined || durationSeconds < 1 ? [] : ([[m.made.duration, formatDuration(durationSeconds, lang)]] as const)),
  ];
}

/** What a verb cost: reads, writes and time. */
export function costPairs(io: DiskIo, lang: Language): (readonly [string, string])[] {
  const m = messages(lang);
  const words = diskWords(lang);
  const { reads, bytesRead, writes, bytesWritten, journalBytes, milliseconds } = io;
  return [
    // None: they were not counted, which is not the same.
    ...(reads > 0 ? ([[words.costReads, words.operations(reads, m.bytes(bytesRead))]] as const) : []),
    ...(writes > 0 ? ([[words.costWrites, words.operations(writes, m.bytes(bytesWritten))]] as const) : []),
    ...(journalBytes > 0 ? ([[words.costJournal, m.bytes(journalBytes)]] as const) : []),
    [words.costTime, words.milliseconds(milliseconds)],
  ];
}

/**
 * One job over one log, in a process of its own or called by bench.ts: prints a JSON line with result and peak memory.
 *
 *   job.ts scan|objects|winevtx <file>
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import type { ByteSource } from '@winmedic/bytes';
import { type EvtxQuery, openEvtx } from '@winmedic/evtx';

/** Ten conditions of a first look at a server that stopped: shutdowns, crashes, remote log-ons, services, processes. */
export const QUERIES: readonly EvtxQuery[] = [
  { providers: ['User32'], ids: [1074], where: [{ field: 'param4', op: 'equals', values: ['0x500ff'] }] },
  { providers: ['EventLog'], ids: [6008] },
  { providers: ['Microsoft-Windows-Kernel-Power'], ids: [41], where: [{ field: 'BugcheckCode', op: 'exists', values: ['true'] }] },
  { channels: ['System'], ids: [1001], where: [{ field: 'param1', op: 'startswith', values: ['0x'] }] },
  { ids: [4625], where: [{ field: 'LogonType', op: 'equals', values: ['10'] }] },
  {
    ids: [4624],
    where: [
      { field: 'LogonType', op: 'equals', values: ['10'] },
      { field: 'TargetUserName', op: 'endswith', values: ['$'], not: true },
    ],
  },
  { providers: ['Microsoft-Windows-TerminalServices-LocalSessionManager'], ids: [21, 24, 25] },
  {
    providers: ['Service Control Manager'],
    ids: [7045],
    where: [{ field: 'ImagePath', op: 'contains', values: ['\\temp\\', 'powershell'] }],
  },
  { ids: [4688], where: [{ field: 'NewProcessName', op: 'endswith', values: ['\\shutdown.exe'] }] },
  { providers: ['Microsoft-Windows-Sysmon'], ids: [1], where: [{ field: 'CommandLine', op: 'contains', values: ['shutdown /r'] }] },
];

/** A source over an open file. */
export function fileSource(path: string): ByteSource & { close(): void } {
  const file = openSync(path, 'r');
  return {
    sizeBytes: fstatSync(file).size,
    readAt: (offset, into) => readSync(file, into, 0, into.length, offset),
    close: () => closeSync(file),
  };
}

/** Matches of the ten conditions, each made an object. */
export function scan(path: string, verifyCrc = true): number {
  const source = fileSource(path);
  const { matched } = openEvtx(source, { crc32: (bytes) => crc32(bytes), verifyCrc }).scan(QUERIES, (record) => void record.toObject());
  source.close();
  return matched;
}

/** Every record made an object. */
export function objects(path: string): number {
  const source = fileSource(path);
  let count = 0;
  for (const record of openEvtx(source, { crc32: (bytes) => crc32(bytes) }).records()) {
    record.toObject();
    count++;
  }
  source.close();
  return count;
}

/** Every record made an object by the npm package winevtx. */
export async function winevtx(path: string): Promise<number> {
  const { parseEvtxFile } = await import('winevtx');
  let count = 0;
  for (const record of parseEvtxFile(readFileSync(path))) if (record.event !== undefined) count++;
  return count;
}

/** Peak memory of this process. Linux hands the peak of the parent on through `getrusage`, so its own book-keeping is read there. */
function peakMegabytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const [job, path] = process.argv.slice(2) as [string, string];
  const result = job === 'scan' ? scan(path) : job === 'objects' ? objects(path) : await winevtx(path);
  console.log(JSON.stringify({ result, peakMegabytes: peakMegabytes() }));
}

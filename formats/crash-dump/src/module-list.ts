import { decodeUtf16, viewOf } from '@winmedic/bytes';
import { MAX_NAME_CHARS } from './limits.ts';
import { isBytes, type VirtualMemory } from './memory.ts';
import { baseName, isPlausibleImage, moduleOf } from './modules.ts';
import { hexAddress, type Report } from './reader.ts';
import type { DumpModule, Unavailable } from './types.ts';

/**
 * First build whose entries are read for a TimeDateStamp: Windows 10. Public symbols looked at (10 1803 to 11 23H2) have it at 0x9C; Windows 7 has a
 * shorter entry, and where it is in 8 and 8.1 is not verified.
 */
const BUILD_WITH_STAMP = 10_240;
/** Offset of PsLoadedModuleList in the header: what damages of the list are reported at, as the list itself is in memory. */
const HEADER_FIELD = 0x20;

interface Entry {
  readonly next: bigint;
  readonly previous: bigint;
  /** `undefined` when base or size are none of an image. */
  readonly module: DumpModule | undefined;
}

/** The list as far as it could be followed; `unavailable` says why it is not whole. */
export interface ModuleList {
  readonly modules: readonly DumpModule[];
  readonly unavailable: Unavailable | undefined;
}

/** True when both links of the list head lead to entries that link back: memory is being read right. */
export function linksBack(memory: VirtualMemory, head: bigint): boolean {
  const links = memory.read(head, 16);
  if (!isBytes(links)) return false;
  const next = memory.read(viewOf(links).getBigUint64(0, true), 16);
  return isBytes(next) && viewOf(next).getBigUint64(8, true) === head;
}

/**
 * Walks the list of loaded modules: LIST_ENTRY links at +0, DllBase +0x30, SizeOfImage +0x40, FullDllName +0x48, BaseDllName +0x58,
 * CheckSum +0x78, TimeDateStamp +0x9C. Every link has to be answered by the opposite link, so that a wrong page never adds a
 * module. Where an entry cannot be read, the rest is taken from the other end, and the gap is said.
 * @source KLDR_DATA_TABLE_ENTRY of the public symbols (64-bit; seen from Windows 10 1803 to 11 23H2, the fields up to CheckSum also before).
 */
export function walkModuleList(memory: VirtualMemory, head: bigint, build: number, maxModules: number, report: Report): ModuleList {
  if (head >> 63n === 0n) {
    report('DUMP_HEADER_FIELD', HEADER_FIELD, 'PsLoadedModuleList', undefined, hexAddress(head));
    return { modules: [], unavailable: { reason: 'bad-data', what: 'PsLoadedModuleList is no kernel address', address: head } };
  }
  const links = memory.read(head, 16);
  if (!isBytes(links)) {
    const unavailable = { ...links, what: `PsLoadedModuleList: ${links.what}` };
    report(codeOf(unavailable), HEADER_FIELD, unavailable.what, hexAddress(head));
    return { modules: [], unavailable };
  }
  const view = viewOf(links);
  const seen = new Set<bigint>();
  const follow = (start: bigint, forward: boolean): { readonly modules: DumpModule[]; readonly stop: Unavailable | undefined } => {
    const modules: DumpModule[] = [];
    let from = head;
    for (let at = start; at !== head; ) {
      if (seen.has(at)) return { modules, stop: forward ? said('DUMP_LOOP', 'loop in the module list', at) : undefined };
      if (seen.size >= maxModules) return { modules, stop: said('DUMP_LIMIT', `more than ${maxModules} modules`, at) };
      const entry = readEntry(memory, at, build, report);
      if ('reason' in entry) {
        const unavailable = { ...entry, what: `module list entry: ${entry.what}` };
        if (forward) report(codeOf(entry), HEADER_FIELD, unavailable.what, hexAddress(at));
        return { modules, stop: unavailable };
      }
      if ((forward ? entry.previous : entry.next) !== from) {
        return { modules, stop: said('DUMP_MODULE_LIST', 'link of the module list is not answered', at) };
      }
      seen.add(at);
      if (entry.module !== undefined) modules.push(entry.module);
      from = at;
      at = forward ? entry.next : entry.previous;
    }
    return { modules, stop: undefined };
  };
  const said = (code: 'DUMP_LOOP' | 'DUMP_LIMIT' | 'DUMP_MODULE_LIST', what: string, address: bigint): Unavailable => {
    report(code, HEADER_FIELD, what, undefined, hexAddress(address));
    return { reason: 'bad-data', what, address };
  };
  const ahead = follow(view.getBigUint64(0, true), true);
  if (ahead.stop === undefined) return { modules: ahead.modules, unavailable: undefined };
  const behind = follow(view.getBigUint64(8, true), false);
  return { modules: [...ahead.modules, ...behind.modules.reverse()], unavailable: ahead.stop };
}

function codeOf(why: Unavailable): 'DUMP_PAGE_MISSING' | 'DUMP_TRUNCATED' | 'DUMP_PAGE_TABLE' {
  if (why.reason === 'truncated') return 'DUMP_TRUNCATED';
  return why.reason === 'page-missing' ? 'DUMP_PAGE_MISSING' : 'DUMP_PAGE_TABLE';
}

function readEntry(memory: VirtualMemory, address: bigint, build: number, report: Report): Entry | Unavailable {
  const stamped = build >= BUILD_WITH_STAMP;
  const bytes = memory.read(address, stamped ? 0xa0 : 0x7c);
  if (!isBytes(bytes)) return bytes;
  const view = viewOf(bytes);
  const base = view.getBigUint64(0x30, true);
  const sizeBytes = view.getUint32(0x40, true);
  const links = { next: view.getBigUint64(0, true), previous: view.getBigUint64(8, true) };
  if (!isPlausibleImage(base, sizeBytes)) {
    report('DUMP_MODULE', HEADER_FIELD, 'base or size of a module', undefined, hexAddress(address));
    return { ...links, module: undefined };
  }
  const path = readText(memory, view, 0x48);
  const name = readText(memory, view, 0x58) ?? baseName(path ?? '');
  if (name === '') report('DUMP_MODULE', HEADER_FIELD, 'name of a module', undefined, hexAddress(base));
  const module = moduleOf({
    name,
    path: path ?? '',
    base,
    sizeBytes,
    checksum: view.getUint32(0x78, true),
    timeDateStamp: stamped ? view.getUint32(0x9c, true) : 0,
  });
  return { ...links, module };
}

/** Text behind a UNICODE_STRING (Length u16 in bytes +0, Buffer +8); `undefined` when it is not there. */
function readText(memory: VirtualMemory, view: DataView, offset: number): string | undefined {
  const length = view.getUint16(offset, true);
  if (length === 0 || length % 2 !== 0 || length / 2 > MAX_NAME_CHARS) return undefined;
  const bytes = memory.read(view.getBigUint64(offset + 8, true), length);
  return isBytes(bytes) ? decodeUtf16(bytes) : undefined;
}

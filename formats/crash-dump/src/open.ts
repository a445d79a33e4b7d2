import type { ByteSource } from '@winmedic/bytes';
import { bitmapPages } from './bitmap.ts';
import { parameterException } from './exception.ts';
import { type DumpHeader, readHeader } from './header.ts';
import { withDefaults } from './limits.ts';
import { isBytes, noMemory, PageReader, pagedMemory, type VirtualMemory } from './memory.ts';
import { linksBack, walkModuleList } from './module-list.ts';
import { ModuleIndex } from './modules.ts';
import { isCanonical, type Paging, walker } from './paging.ts';
import { fullPages, type PhysicalPages, rangePages } from './physical.ts';
import { DumpFile, type Report, reporter } from './reader.ts';
import { bitsOf } from './recognise.ts';
import { stackFrom, stackHits } from './stack.ts';
import { readTriage, type TriageContent } from './triage.ts';
import type { CrashDump, DumpLimits, DumpOptions, Unavailable } from './types.ts';
import { readUnloadedRing } from './unloaded.ts';

/** Bytes looked at to tell what a file is. */
const HEAD_BYTES = 4096;

/**
 * Opens a kernel dump. Reads the header, the list of modules and the stack; memory is read on demand, so that a dump of any size
 * needs a few MiB.
 *
 * @param source the file; read at offsets, never as a whole.
 * @throws {DumpError} for an input that is no kernel dump (see {@link DUMP_ERROR_CODES}). Everything else that is wrong is told
 * through `options.onDamage` and the `...Unavailable` fields.
 */
export function openDump(source: ByteSource, options: DumpOptions = {}): CrashDump {
  const file = new DumpFile(source);
  const report = reporter(options.onDamage);
  const limits = withDefaults(options.limits);
  const bits = bitsOf(file.upTo(0, HEAD_BYTES));
  const header = readHeader(file, bits, report);
  const content = contentOf(header, file, limits, report);
  const index = new ModuleIndex(content.modules);
  const stack = isBytes(content.stack) ? stackHits(content.stack, index, header.machine === 'arm64' ? 'arm64' : 'x64') : [];
  const fromParameter = header.bits === 64 ? parameterException(header.bugCheck, content.memory) : undefined;
  const exception = fromParameter === undefined ? header.exception : fromParameter;
  return {
    kind: header.kind,
    dumpType: header.dumpType,
    sizeBytes: file.sizeBytes,
    machine: header.machine,
    bugCheck: header.bugCheck,
    systemTime: header.systemTime,
    upTime: header.upTime,
    build: header.build,
    processors: header.processors,
    productType: header.productType,
    suiteMask: header.suiteMask,
    bootId: header.bootId,
    comment: header.comment,
    live: header.live,
    modules: content.modules,
    modulesUnavailable: content.modulesUnavailable,
    unloaded: content.unloaded,
    unloadedUnavailable: content.unloadedUnavailable,
    brokenDriver: content.brokenDriver,
    exception: exception === undefined ? undefined : { ...exception, from: fromParameter === undefined ? 'header' : 'parameter' },
    instructionPointer: header.instructionPointer,
    stackPointer: header.stackPointer,
    stack,
    stackUnavailable: isBytes(content.stack) ? undefined : content.stack,
    readMemory(address, sizeBytes) {
      const bytes = content.memory.read(address, sizeBytes);
      return isBytes(bytes) ? bytes : undefined;
    },
    moduleAt: (address) => index.at(address),
  };
}

function contentOf(header: DumpHeader, file: DumpFile, limits: DumpLimits, report: Report): TriageContent {
  const missing = (why: Unavailable): TriageContent => {
    return {
      modules: [],
      modulesUnavailable: why,
      unloaded: [],
      unloadedUnavailable: why,
      brokenDriver: undefined,
      memory: noMemory(why),
      stack: why,
    };
  };
  if (header.bits === 32) return missing({ reason: 'not-in-this-kind', what: 'only the header of a 32-bit dump is read' });
  if (header.machine !== 'x64' && header.machine !== 'arm64') {
    return missing({ reason: 'not-in-this-kind', what: 'processor of this dump is not known' });
  }
  if (header.kind === 'triage') return readTriage(file, header.headerBytes, limits, report);
  const pages = pagesOf(header, file, limits, report);
  if ('reason' in pages) return missing(pages);
  const memory = memoryOf(header, new PageReader(file, pages));
  const { modules, unavailable } = walkModuleList(memory, header.moduleList, header.build, limits.maxModules, report);
  const ring = readUnloadedRing(memory, header.debuggerData);
  return {
    modules,
    modulesUnavailable: unavailable,
    unloaded: ring.unloaded,
    unloadedUnavailable: ring.unavailable,
    brokenDriver: undefined,
    memory,
    stack: stackFrom(memory, header.stackPointer, limits.maxStackBytes),
  };
}

function pagesOf(header: DumpHeader, file: DumpFile, limits: DumpLimits, report: Report): PhysicalPages | Unavailable {
  switch (header.kind) {
    case 'full':
      return fullPages(header.bytes, file, report);
    case 'kernel':
    case 'bitmap':
    case 'live-bitmap':
      return bitmapPages(header.dumpType, header.headerBytes, file, report);
    case 'kernel-ranges':
    case 'kernel-user-ranges':
    case 'complete-ranges':
      return rangePages(header.dumpType, header.headerBytes, file, limits.maxRuns, report);
    default:
      return { reason: 'not-in-this-kind', what: `dump type ${header.dumpType} is not known` };
  }
}

/**
 * Memory through the page tables. The header does not say whether x64 used five levels (LA57): four are taken unless only five lead
 * to a module list whose links agree.
 */
function memoryOf(header: DumpHeader, pages: PageReader): VirtualMemory {
  const through = (paging: Paging): VirtualMemory => pagedMemory(pages, walker(pages, header.directoryTableBase, paging));
  if (header.machine === 'arm64') return through('arm64-4');
  const four = through('x64-4');
  if (isCanonical(header.moduleList, 'x64-4') && linksBack(four, header.moduleList)) return four;
  const five = through('x64-5');
  return linksBack(five, header.moduleList) ? five : four;
}

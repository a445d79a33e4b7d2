import { viewOf } from '@winmedic/bytes';
import { exceptionRecordAt } from './exception.ts';
import { baseName } from './modules.ts';
import type { Blame, BlameTables, CrashDump, DumpModule, StackHit } from './types.ts';

/**
 * The kernel and the HAL: every stop passes through them, so an address in them accuses nobody.
 * Names of all their builds (single- and multi-processor, with and without PAE).
 */
const KERNEL: ReadonlySet<string> = new Set([
  'ntoskrnl.exe',
  'ntkrnlmp.exe',
  'ntkrnlpa.exe',
  'ntkrpamp.exe',
  'hal.dll',
  'halacpi.dll',
  'halmacpi.dll',
  'halaacpi.dll',
]);

/** In DRIVER_OBJECT (wdm.h, 64-bit): Type i16 +0, which is 4 (IO_TYPE_DRIVER), DriverStart +0x18. */
const IO_TYPE_DRIVER = 4;
const DRIVER_START = 0x18;

/** An address a stop points at, before it is known whose it is. */
interface Pointed {
  readonly address: bigint;
  readonly module: DumpModule;
  readonly from: 'parameter' | 'exception';
  readonly certainty: 'strong' | 'weak';
  readonly unloaded: boolean;
}

/**
 * Which module a dump points at, in this order: a third party's module at the stop's own address (parameter, else exception record);
 * the driver the kernel noted; the first third-party module of the stack, weak, as stacks hold stale addresses and victims; and
 * when there is none, the module whose data was touched (weak: it may be the victim), or a module of Windows at the stop's address
 * other than kernel and HAL (`thirdParty: false`: often firmware, hardware or another driver's doing).
 *
 * @param tables which parameter of a stop is an address, and the names of Windows' own modules: whose a module is cannot be told from a dump.
 * @returns `undefined` when nothing but the kernel, or nothing at all, is pointed at.
 */
export function blame(dump: CrashDump, tables: BlameTables): Blame | undefined {
  const isThirdParty = (module: DumpModule, unloaded = false): boolean => {
    const name = module.name.toLowerCase();
    if (name === '' || KERNEL.has(name) || tables.windowsModules.has(name)) return false;
    // Of an unloaded driver a small dump keeps 12 characters: what may be one of Windows' own is taken for it.
    return !(unloaded && name.length === 12 && [...tables.windowsModules].some((own) => own.startsWith(name)));
  };
  const suspects = dump.stack.filter((hit) => hit.offset !== 0n && isThirdParty(hit.module));
  const pointed = pointedAt(dump, tables);
  const made = (module: DumpModule, address: bigint, from: Blame['from'], certainty: Blame['certainty'], unloaded = false): Blame => ({
    module,
    address,
    offset: address - module.base,
    from,
    certainty,
    thirdParty: isThirdParty(module, unloaded),
    ...(unloaded ? { unloaded } : {}),
    others: othersOf(suspects, module),
  });

  if (pointed?.certainty === 'strong' && isThirdParty(pointed.module, pointed.unloaded)) {
    return made(pointed.module, pointed.address, pointed.from, pointed.certainty, pointed.unloaded);
  }
  const noted = notedModule(dump);
  if (noted !== undefined && isThirdParty(noted)) return made(noted, noted.base, 'noted', 'weak');
  const first = suspects[0];
  if (first !== undefined) return made(first.module, first.address, 'stack', 'weak');
  if (pointed !== undefined && !KERNEL.has(pointed.module.name.toLowerCase())) {
    return made(pointed.module, pointed.address, pointed.from, pointed.certainty, pointed.unloaded);
  }
  return noted !== undefined && !KERNEL.has(noted.name.toLowerCase()) ? made(noted, noted.base, 'noted', 'weak') : undefined;
}

/**
 * The module at the stop's own address. A parameter that leads nowhere, or only to data, gives way to the exception record the
 * parameters point at. The header's own record is left out: it was stale in the dumps looked at.
 */
function pointedAt(dump: CrashDump, tables: BlameTables): Pointed | undefined {
  const place = tables.addressParameters.get(dump.bugCheck.code);
  const found = place === undefined ? undefined : pointedByParameter(dump, dump.bugCheck.parameters[place.parameter - 1]!, place.is);
  if (found?.certainty === 'strong' || dump.exception?.from !== 'parameter') return found;
  const { address } = dump.exception;
  return lyingIn(dump, address, 'exception', 'strong') ?? found;
}

/** Whose an address is: a loaded module's, else the driver's that was there before it was unloaded, newest first. */
function lyingIn(
  dump: CrashDump,
  address: bigint | undefined,
  from: Pointed['from'],
  certainty: Pointed['certainty'],
): Pointed | undefined {
  if (address === undefined) return undefined;
  const module = dump.moduleAt(address);
  if (module !== undefined) return { address, module, from, certainty, unloaded: false };
  const gone = dump.unloaded.find((driver) => address >= driver.start && address < driver.end);
  if (gone === undefined) return undefined;
  const { name, start, end } = gone;
  return {
    address,
    module: { name, base: start, sizeBytes: Number(end - start), checksum: 0, timeDateStamp: 0 },
    from,
    certainty,
    unloaded: true,
  };
}

function pointedByParameter(
  dump: CrashDump,
  value: bigint,
  is: 'instruction' | 'exception-record' | 'data' | 'driver-object',
): Pointed | undefined {
  switch (is) {
    case 'instruction':
      return lyingIn(dump, value, 'parameter', 'strong');
    case 'exception-record':
      return lyingIn(dump, exceptionRecordAt(memoryOf(dump), value)?.address, 'exception', 'strong');
    // Memory of a module that was touched: by it or by another.
    case 'data':
      return lyingIn(dump, value, 'parameter', 'weak');
    // Windows names the driver itself; no address of it was executing.
    case 'driver-object':
      return lyingIn(dump, driverStart(dump, value), 'parameter', 'strong');
  }
}

function memoryOf(dump: CrashDump) {
  return {
    read: (address: bigint, sizeBytes: number) =>
      dump.readMemory(address, sizeBytes) ?? ({ reason: 'page-missing', what: 'exception record', address } as const),
  };
}

function driverStart(dump: CrashDump, object: bigint): bigint | undefined {
  const bytes = object >> 63n === 0n ? undefined : dump.readMemory(object, DRIVER_START + 8);
  if (bytes === undefined) return undefined;
  const view = viewOf(bytes);
  return view.getInt16(0, true) === IO_TYPE_DRIVER ? view.getBigUint64(DRIVER_START, true) : undefined;
}

/** The loaded module of the driver the kernel noted. */
function notedModule(dump: CrashDump): DumpModule | undefined {
  if (dump.brokenDriver === undefined) return undefined;
  const name = baseName(dump.brokenDriver).toLowerCase();
  return dump.modules.find((module) => module.name.toLowerCase() === name);
}

/** Names of the other third-party modules of the stack, nearest first, each once. */
function othersOf(suspects: readonly StackHit[], blamed: DumpModule): string[] {
  const names = new Set(suspects.map((hit) => hit.module.name));
  names.delete(blamed.name);
  return [...names];
}

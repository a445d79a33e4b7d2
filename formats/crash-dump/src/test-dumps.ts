import { type Damage, memorySource } from '@winmedic/bytes';
import type { WriteDump, WriteKind, WriteModule } from '@winmedic/labs/dump-writer';
import { openDump } from './open.ts';
import type { CrashDump, DumpOptions } from './types.ts';

/** Kinds of whole pages. */
export const PAGED: readonly WriteKind[] = [
  'full',
  'kernel',
  'bitmap',
  'live-bitmap',
  'kernel-ranges',
  'kernel-user-ranges',
  'complete-ranges',
];

/** Modules as of a small machine. */
export const MODULES: readonly WriteModule[] = [
  image('\\SystemRoot\\system32\\ntoskrnl.exe', 0xfffff804_7ba00000n, 0x1046000),
  image('\\SystemRoot\\system32\\hal.dll', 0xfffff804_79440000n, 0x6000),
  image('\\SystemRoot\\System32\\drivers\\storport.sys', 0xfffff804_80000000n, 0x90000),
  image('\\SystemRoot\\System32\\drivers\\vendor.sys', 0xfffff804_8b580000n, 0x3b000),
  image('\\??\\C:\\Program Files\\ウイルス対策\\guard.sys', 0xfffff804_8c000000n, 0x200000),
];

function image(path: string, base: bigint, sizeBytes: number): WriteModule {
  return { path, base, sizeBytes, checksum: sizeBytes ^ 0x55, timeDateStamp: 0xfe185fa8 };
}

/** A complete description: a stop in `vendor.sys`. */
export function described(kind: WriteKind, changes: Partial<WriteDump> = {}): WriteDump {
  return {
    kind,
    code: 0x1000007e,
    parameters: [0xffffffff_c0000005n, 0xfffff804_8b58334cn, 0xffff8504_29891ee8n, 0xffff8504_29891720n],
    systemTime: 132_583_451_029_877_657n,
    upTime: 37_470_697n,
    build: 22_631,
    processors: 16,
    productType: 3,
    suiteMask: 0x110,
    bootId: 77,
    attributes: 0,
    modules: MODULES,
    instructionPointer: 0xfffff804_8b58334cn,
    stackPointer: 0xffff8504_29892120n,
    stack: [0xfffff804_7be0f4e1n, 5n, 0xfffff804_8b58334cn, 0xfffff804_7ba00000n, 0x7ff6_0000_1000n, 0xfffff804_8c000010n],
    ...changes,
  };
}

/** Opens bytes and gathers what was told. */
export function open(bytes: Uint8Array, options: DumpOptions = {}): { readonly dump: CrashDump; readonly damages: Damage[] } {
  const damages: Damage[] = [];
  return { dump: openDump(memorySource(bytes), { ...options, onDamage: (damage) => damages.push(damage) }), damages };
}

/** Modules as the reader should give them back. */
export function expected(modules: readonly WriteModule[]) {
  return modules.map(({ path, ...rest }) => ({ ...rest, name: path.slice(path.lastIndexOf('\\') + 1), path }));
}

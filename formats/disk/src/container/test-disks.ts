import type { Damage } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';

/** A container file in memory that grows when it is written behind its end; what is skipped there is zero. */
export class MemoryFile implements BlockDevice {
  bytes: Uint8Array;
  readonly sectorBytes = 512;
  /** Ranges that were written, as `[offset, length]`. */
  readonly written: [number, number][] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
  }
  get sizeBytes(): number {
    return this.bytes.length;
  }
  readAt(offset: number, into: Uint8Array): number {
    const part = this.bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }
  readonly write = (offset: number, bytes: Uint8Array): void => {
    this.written.push([offset, bytes.length]);
    if (offset + bytes.length > this.bytes.length) {
      const grown = new Uint8Array(offset + bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(bytes, offset);
  };
}

/** A file that cannot be written. */
export function readOnly(bytes: Uint8Array): BlockDevice {
  return sharing(bytes.slice());
}

/** The bytes themselves as a file that cannot be written: what is changed in them shows. */
export function sharing(bytes: Uint8Array): BlockDevice {
  return {
    sizeBytes: bytes.length,
    sectorBytes: 512,
    readAt(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** A disk of `mib` MiB in which every sector of the given MiB is full of bytes that tell where they lie; all others are zero. */
export function diskOf(mib: number, full: readonly number[], seed = 1): Uint8Array {
  const disk = new Uint8Array(mib << 20);
  for (const part of full) {
    for (let at = part << 20; at < (part + 1) << 20; at += 512) {
      disk.fill(1 + ((at / 512 + seed * 7) % 251), at, at + 512);
      new DataView(disk.buffer).setUint32(at, at + seed, true);
    }
  }
  return disk;
}

/** Everything a disk delivers. */
export function allOf(disk: BlockDevice): Uint8Array {
  const into = new Uint8Array(disk.sizeBytes);
  const have = disk.readAt(0, into);
  return into.subarray(0, have);
}

/** Equality of large arrays in one word: comparing them element by element takes the test runner minutes. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Codes of the damages told while `run` ran, and what it gave. */
export function withDamages<T>(run: (onDamage: (damage: Damage) => void) => T): { readonly value: T; readonly codes: string[] } {
  const codes: string[] = [];
  return { value: run((damage) => codes.push(damage.code)), codes };
}

/** The code of the error that `run` throws. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'no error';
}

/** GUIDs that differ: 16 times the count of calls. */
export function guids(): () => Uint8Array {
  let calls = 0x40;
  return () => new Uint8Array(16).fill(calls++);
}

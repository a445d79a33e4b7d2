import { DumpError } from './errors.ts';
import { isZero } from './reader.ts';

/** Beginnings of containers dumps are sent in. A compressed dump has to be unpacked first: it cannot be read at an offset. */
const CONTAINERS: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['cab', [0x4d, 0x53, 0x43, 0x46, 0, 0, 0, 0]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
];

const startsWith = (head: Uint8Array, magic: readonly number[]): boolean =>
  head.length >= magic.length && magic.every((byte, index) => head[index] === byte);

const word = (text: string): readonly number[] => Array.from(text, (char) => char.charCodeAt(0));
const KERNEL_64 = word('PAGEDU64');
const KERNEL_32 = word('PAGEDUMP');
const USER = word('MDMP');

/**
 * What a file is by its first eight bytes: `kernel` (a stop of the machine: `PAGEDU64`, `PAGEDUMP`), `user` (`MDMP`, a program's
 * crash), or `undefined` for anything else. For telling files apart; {@link openDump} names what it refuses.
 * @source Windows SDK DUMP_HEADER64/32 (Signature, ValidDump); MINIDUMP_HEADER (Signature).
 */
export function recogniseDump(head: Uint8Array): 'kernel' | 'user' | undefined {
  if (startsWith(head, KERNEL_64) || startsWith(head, KERNEL_32)) return 'kernel';
  return startsWith(head, USER) ? 'user' : undefined;
}

/**
 * Word size of a kernel dump.
 * @param head the first bytes of the file (some thousand, or all there are).
 * @throws {DumpError} for everything that is no kernel dump, with the code that says what it is instead.
 */
export function bitsOf(head: Uint8Array): 32 | 64 {
  if (head.length === 0) throw new DumpError('DUMP_EMPTY', 'file without bytes');
  if (startsWith(head, KERNEL_64)) return 64;
  if (startsWith(head, KERNEL_32)) return 32;
  if (startsWith(head, USER)) throw new DumpError('DUMP_USER_MODE', 'user-mode minidump (MDMP)');
  for (const [name, magic] of CONTAINERS) if (startsWith(head, magic)) throw new DumpError('DUMP_COMPRESSED', `${name} container`);
  if (isZero(head)) throw new DumpError('DUMP_ZERO_FILLED', 'zeros instead of a header');
  // A file cut within its first eight bytes may still be seen to be a dump.
  const begun = [KERNEL_64, KERNEL_32].some((magic) => head.length >= 4 && startsWith(head, magic.slice(0, Math.min(8, head.length))));
  if (head.length < 8 && begun) throw new DumpError('DUMP_HEADER_TRUNCATED', 'signature', head.length);
  throw new DumpError('DUMP_NOT_DUMP', 'signature');
}

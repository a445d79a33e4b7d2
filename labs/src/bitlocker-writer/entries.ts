import { hash } from 'node:crypto';
import { encodeUtf16, joinBytes, parseGuid } from '@winmedic/bytes';
import { wrapKey } from './encrypt.ts';
import type { SeededBytes } from './random.ts';
import type { WriteProtector } from './types.ts';

/** Method words inside wrapped keys, as volumes of Windows 7 and 10 hold them. */
const KEY_METHOD = { clear: 0x2000, startup: 0x2002, master: 0x2003, hash: 0x2005, passwordCopy: 0x2007, recoveryCopy: 0x1000 } as const;
const STRETCH_METHOD = { recovery: 0x1000, password: 0x1001 } as const;
const ROUNDS = 0x10_0000;

/** Time and counter of the writer: every wrapped key gets a nonce of its own. */
export class Nonces {
  readonly #time: bigint;
  #count = 0;

  constructor(time: bigint) {
    this.#time = time;
  }

  /** The number the next one will have: "next nonce counter" of the metadata. */
  get next(): number {
    return this.#count + 1;
  }

  take(): Uint8Array {
    this.#count++;
    return joinBytes(u64(this.#time), u32(this.#count));
  }
}

/** 16-bit numbers, little-endian. */
export function u16(...values: readonly number[]): Uint8Array {
  return new Uint8Array(values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff]));
}
/** A 32-bit number, little-endian. */
export function u32(value: number): Uint8Array {
  return u16(value & 0xffff, value >>> 16);
}
/** A 64-bit number, little-endian. */
export function u64(value: bigint): Uint8Array {
  return joinBytes(u32(Number(value & 0xffff_ffffn)), u32(Number((value >> 32n) & 0xffff_ffffn)));
}

/** The 16 bytes of a GUID text. */
export function guid(text: string): Uint8Array {
  const bytes = parseGuid(text);
  if (bytes === undefined) throw new TypeError(`no GUID: ${text}`);
  return bytes;
}

/** Size, type, value type and version in front of the data. @source libyal BDE format, "FVE metadata entry" */
export function entry(type: number, value: number, version: number, ...data: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(...data);
  return joinBytes(u16(8 + body.length, type, value, version), body);
}

/** A text entry with its terminator. */
export function textEntry(type: number, text: string): Uint8Array {
  return entry(type, 0x0002, 1, encodeUtf16(`${text}\0`));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

/** @source libyal BDE format, "Recovery key" and "User key": a million rounds over last hash, first hash, salt and count */
function stretch(first: Uint8Array, salt: Uint8Array): Uint8Array {
  const round = joinBytes(new Uint8Array(32), first, salt, new Uint8Array(8));
  const view = new DataView(round.buffer);
  for (let count = 0; count < ROUNDS; count++) {
    view.setBigUint64(80, BigInt(count), true);
    round.set(hash('sha256', round, 'buffer'));
  }
  return round.slice(0, 32);
}

/** What one protector adds. */
export interface WrittenProtector {
  readonly id: string;
  readonly entry: Uint8Array;
  readonly startupKey?: Uint8Array;
}

/** The volume master key entry of a protector. @source libyal BDE format, "FVE Volume Master Key (VMK)" */
export function protectorEntry(
  protector: WriteProtector,
  masterKey: Uint8Array,
  time: bigint,
  random: SeededBytes,
  nonces: Nonces,
): WrittenProtector {
  const id = protector.id ?? random.guid();
  const build = (type: number, version: number, ...properties: readonly Uint8Array[]): Uint8Array =>
    entry(0x0002, 0x0008, version, guid(id), u64(time), u16(0, type), ...properties);
  const wrappedMaster = (key: Uint8Array): Uint8Array => entry(0, 0x0005, 1, wrapKey(key, nonces.take(), KEY_METHOD.master, masterKey));
  const wrappedByMaster = (method: number, key: Uint8Array): Uint8Array =>
    entry(0, 0x0005, 1, wrapKey(masterKey, nonces.take(), method, key));

  switch (protector.kind) {
    case 'recovery-password': {
      const key = u16(...protector.digits.split('-').map((group) => Number(group) / 11));
      const salt = random.take(16);
      const stretched = stretch(sha256(key), salt);
      const stretchEntry = entry(0, 0x0003, 1, u32(STRETCH_METHOD.recovery), salt, wrappedByMaster(KEY_METHOD.recoveryCopy, key));
      return { id, entry: build(0x0800, 1, stretchEntry, wrappedMaster(stretched)) };
    }
    case 'password': {
      const salt = random.take(16);
      const stretched = stretch(sha256(sha256(encodeUtf16(protector.text))), salt);
      const stretchEntry = entry(0, 0x0003, 1, u32(STRETCH_METHOD.password), salt, wrappedByMaster(KEY_METHOD.passwordCopy, stretched));
      return { id, entry: build(0x2000, 1, stretchEntry, wrappedMaster(stretched)) };
    }
    case 'startup-key': {
      const key = random.take(32);
      const name = textEntry(0, 'ExternalKey');
      const copy = entry(0, 0x0004, 1, u32(KEY_METHOD.startup), wrappedByMaster(KEY_METHOD.startup, key));
      return { id, entry: build(0x0200, 1, name, copy, wrappedMaster(key)), startupKey: startupKeyFile(id, key, time) };
    }
    case 'clear-key': {
      const key = random.take(32);
      return { id, entry: build(0x0000, 3, entry(0, 0x0001, 1, u32(KEY_METHOD.clear), key), wrappedMaster(key)) };
    }
    case 'sealed':
      return { id, entry: build(protector.type, 1, entry(0, 0x0006, 1, random.take(200))) };
  }
}

/** @source libyal BDE format, "BitLocker External Key (BEK) file" */
function startupKeyFile(id: string, key: Uint8Array, time: bigint): Uint8Array {
  const external = entry(
    0x0006,
    0x0009,
    1,
    guid(id),
    u64(time),
    textEntry(0, 'ExternalKey'),
    entry(0, 0x0001, 1, u32(KEY_METHOD.startup), key),
  );
  const size = 48 + external.length;
  return joinBytes(u32(size), u32(1), u32(48), u32(size), guid(id), u32(1), u32(0), u64(time), external);
}

/** The SHA-256 of the metadata, wrapped with the master key. Nobody described it: every volume looked at has it so. */
export function hashEntry(masterKey: Uint8Array, nonces: Uint8Array, covered: Uint8Array): Uint8Array {
  return entry(0, 0x0005, 1, wrapKey(masterKey, nonces, KEY_METHOD.hash, sha256(covered)));
}

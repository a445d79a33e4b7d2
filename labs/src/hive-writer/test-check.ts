import { compareNames, nameHash, nameHint, upperName } from './names.ts';

/** A value as {@link checkHive} finds it. */
export interface CheckedValue {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
}

/** A key as {@link checkHive} finds it. */
export interface CheckedKey {
  readonly name: string;
  readonly lastWritten: bigint;
  readonly className: string;
  readonly security: string;
  readonly values: readonly CheckedValue[];
  readonly keys: readonly CheckedKey[];
}

/**
 * Walks every cell of a hive and throws at the first thing that breaks a rule of the format: bins and cells without gaps, every allocated
 * cell used exactly once, sorted lists with right hints, counted security descriptors in one ring, right lengths and checksum.
 */
export function checkHive(hive: Uint8Array): CheckedKey {
  const view = new DataView(hive.buffer, hive.byteOffset, hive.length);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const fail = (what: string): never => {
    throw new Error(what);
  };
  const must = (ok: boolean, what: string): void => {
    if (!ok) fail(what);
  };
  const text = (at: number, length: number): string => new TextDecoder('latin1').decode(hive.subarray(at, at + length));
  const name = (at: number, length: number, narrow: boolean): string => {
    let out = '';
    for (let i = 0; i < length; i += narrow ? 1 : 2) out += String.fromCharCode(narrow ? hive[at + i]! : u16(at + i));
    return out;
  };

  must(text(0, 4) === 'regf', 'signature');
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= u32(at);
  must(sum >>> 0 === u32(508), 'checksum');
  const size = u32(40);
  const minor = u32(24);
  must(4096 + size <= hive.length && size % 4096 === 0 && size > 0, 'bins size');

  const used = new Map<number, number>();
  for (let bin = 0; bin < size; ) {
    const at = 4096 + bin;
    must(text(at, 4) === 'hbin' && u32(at + 4) === bin, `bin ${bin}`);
    const binSize = u32(at + 8);
    must(binSize >= 4096 && binSize % 4096 === 0 && bin + binSize <= size, `bin size ${bin}`);
    let cell = 32;
    let wasFree = false;
    while (cell < binSize) {
      const signed = view.getInt32(at + cell, true);
      const cellSize = Math.abs(signed);
      must(cellSize >= 8 && cellSize % 8 === 0 && cell + cellSize <= binSize, `cell ${bin + cell}`);
      must(!(wasFree && signed > 0), `free neighbours at ${bin + cell}`);
      wasFree = signed > 0;
      if (signed < 0) used.set(bin + cell, cellSize - 4);
      cell += cellSize;
    }
    must(cell === binSize, `cells of bin ${bin}`);
    bin += binSize;
  }

  /** Takes a cell for `length` bytes: it must be allocated and not taken yet. */
  const take = (relative: number, length: number, what: string): number => {
    const have = used.get(relative) ?? fail(`${what}: cell ${relative}`);
    must(have >= length, `${what}: ${length} bytes in ${have}`);
    used.delete(relative);
    return 4096 + relative + 4;
  };
  const security = new Map<number, number>();

  const data = (at: number): Uint8Array => {
    const raw = u32(at + 4);
    if (raw >= 0x8000_0000) {
      must(raw - 0x8000_0000 <= 4, 'inline size');
      return hive.slice(at + 8, at + 8 + raw - 0x8000_0000);
    }
    if (minor < 4 || raw <= 16_344) {
      const cell = take(u32(at + 8), raw, 'data');
      return hive.slice(cell, cell + raw);
    }
    const db = take(u32(at + 8), 8, 'big data');
    must(text(db, 2) === 'db' && u16(db + 2) === Math.ceil(raw / 16_344), 'big data');
    const list = take(u32(db + 4), u16(db + 2) * 4, 'segments');
    const out = new Uint8Array(raw);
    for (let i = 0; i < u16(db + 2); i++) {
      const part = Math.min(16_344, raw - i * 16_344);
      const segment = take(u32(list + i * 4), part, 'segment');
      out.set(hive.subarray(segment, segment + part), i * 16_344);
    }
    return out;
  };

  const elements = (relative: number, below: boolean): { readonly cell: number; readonly hint?: number; readonly kind: string }[] => {
    const head = 4096 + relative + 4;
    const kind = text(head, 2);
    const count = u16(head + 2);
    const at = take(relative, 4 + count * (kind === 'lf' || kind === 'lh' ? 8 : 4), 'list');
    must(kind === 'lh' ? minor > 4 : ['li', 'lf', 'ri'].includes(kind), `list ${kind}`);
    if (kind === 'ri') {
      must(!below, 'index root below an index root');
      return Array.from({ length: count }, (_, i) => elements(u32(at + 4 + i * 4), true)).flat();
    }
    return Array.from({ length: count }, (_, i) =>
      kind === 'li' ? { cell: u32(at + 4 + i * 4), kind } : { cell: u32(at + 4 + i * 8), hint: u32(at + 8 + i * 8), kind },
    );
  };

  const key = (relative: number, parent: number): CheckedKey => {
    const at = take(relative, 76, 'key');
    const flags = u16(at + 2);
    must(text(at, 2) === 'nk', 'key');
    must(((flags & 4) !== 0) === parent < 0, 'root flag');
    must(parent < 0 || u32(at + 16) === parent, 'parent');
    must(u32(at + 24) === 0 && u32(at + 32) === 0xffff_ffff, 'volatile subkeys');
    const valueCount = u32(at + 36);
    const values: CheckedValue[] = [];
    if (valueCount > 0) {
      const list = take(u32(at + 40), valueCount * 4, 'value list');
      for (let i = 0; i < valueCount; i++) {
        const value = take(u32(list + i * 4), 20, 'value');
        must(text(value, 2) === 'vk', 'value');
        values.push({ name: name(value + 20, u16(value + 2), (u16(value + 16) & 1) !== 0), type: u32(value + 12), data: data(value) });
      }
    } else must(u32(at + 40) === 0xffff_ffff, 'value list of none');
    must(u32(at + 60) === Math.max(0, ...values.map((each) => each.name.length * 2)), 'longest value name');
    must(u32(at + 64) === Math.max(0, ...values.map((each) => each.data.length)), 'largest data');
    const classLength = u16(at + 74);
    const className = classLength === 0 ? '' : name(take(u32(at + 48), classLength, 'class'), classLength, false);
    const sk = u32(at + 44);
    security.set(sk, (security.get(sk) ?? 0) + 1);
    const list = u32(at + 28) === 0xffff_ffff ? [] : elements(u32(at + 28), false);
    must(list.length === u32(at + 20), 'subkey count');
    const keys = list.map(({ cell, hint, kind }) => {
      const child = key(cell, relative);
      if (kind === 'lh') must(hint === nameHash(child.name), 'hash');
      if (kind === 'lf') must(hint === nameHint(child.name), 'hint');
      return child;
    });
    keys.forEach((child, i) => {
      must(i === 0 || compareNames(upperName(keys[i - 1]!.name), upperName(child.name)) < 0, 'order of subkeys');
    });
    must(u16(at + 52) === Math.max(0, ...keys.map((child) => child.name.length * 2)), 'longest subkey name');
    must(u32(at + 56) === Math.max(0, ...keys.map((child) => child.className.length * 2)), 'longest class');
    const skAt = 4096 + sk + 4;
    return {
      name: name(at + 76, u16(at + 72), (flags & 0x20) !== 0),
      lastWritten: view.getBigUint64(at + 4, true),
      className,
      security: text(skAt + 20, u32(skAt + 16)),
      values,
      keys,
    };
  };
  const root = key(u32(36), -1);

  const first = Math.min(...security.keys());
  const ring: number[] = [];
  for (let sk = first; ring.length === 0 || sk !== first; ) {
    const at = take(sk, 20, 'security');
    must(text(at, 2) === 'sk' && u32(at + 12) === security.get(sk), `references of ${sk}`);
    must(u32(4096 + u32(at + 4) + 4 + 8) === sk, 'ring');
    ring.push(sk);
    sk = u32(at + 4);
  }
  must(ring.length === security.size, 'descriptors in the ring');
  must(used.size === 0, `allocated cells that nothing uses: ${[...used.keys()].join()}`);
  return root;
}

import { viewOf } from '@winmedic/bytes';
import { CACHED_TRANSLATIONS } from './limits.ts';
import type { PageReader, Translate } from './memory.ts';
import type { Unavailable } from './types.ts';

/** How page tables are read: four or five levels of x64, or the four of ARM64 with 4 KiB pages. */
export type Paging = 'x64-4' | 'x64-5' | 'arm64-4';

/** One step of a walk: on to a table or page, a large page, or an end. */
type Step = { readonly page: number } | { readonly large: number } | { readonly ends: string; readonly broken?: boolean };

const levelsOf = (paging: Paging): number => (paging === 'x64-5' ? 5 : 4);

/**
 * True when the address is canonical for that kind: all bits above the highest translated one are equal.
 * @source Intel SDM vol. 1 3.3.7.1 (48 and 57 bits); Arm ARM DDI 0487 D8.1 (TTBR1 range with 48 bits).
 */
export function isCanonical(address: bigint, paging: Paging): boolean {
  const high = address >> BigInt(12 + 9 * levelsOf(paging) - 1);
  return high === 0n || high === (1n << (64n - BigInt(12 + 9 * levelsOf(paging) - 1))) - 1n;
}

/**
 * Walks page tables from DirectoryTableBase.
 *
 * x64: Intel SDM vol. 3A 4.5 (bit 0 present, bits 51:12 the next page, bit 7 a large page of 1 GiB or 2 MiB).
 * ARM64: Arm ARM DDI 0487 D8.3, 4 KB granule (bit 0 valid, bit 1 table or page, else a block of 1 GiB or 2 MiB, bits 47:12 the next
 * page). On Windows TTBR1 is TTBR0 + 0x800: one page holds both halves of the top table, so that bit 47 is part of the index as on x64
 * (C. McGarr, "Windows ARM64 Internals", 2025; KPROCESS.DirectoryTableBase holds TTBR0).
 * Five levels, and the field of the header of an ARM64 dump, are verified against made dumps only.
 *
 * Entries that are not valid are never followed, also those in transition, whose page may still be in memory: said as such.
 */
export function walker(pages: PageReader, directoryTableBase: bigint, paging: Paging): Translate {
  const step = paging === 'arm64-4' ? armStep : intelStep;
  const levels = levelsOf(paging);
  const root = Number((directoryTableBase & (paging === 'arm64-4' ? 0xffff_ffff_f000n : 0xf_ffff_ffff_f000n)) >> 12n);
  const known = new Map<bigint, number>();

  const walk = (address: bigint): { readonly page: number } | Unavailable => {
    if (!isCanonical(address, paging)) return { reason: 'bad-data', what: 'address is not canonical', address };
    let table = root;
    for (let level = levels; level >= 1; level--) {
      const bytes = pages.page(table);
      const name = `page table of level ${level} at physical page 0x${table.toString(16)}`;
      if (typeof bytes === 'string') return { reason: bytes, what: name, address };
      const shift = 12 + 9 * (level - 1);
      const index = Number((address >> BigInt(shift)) & 511n);
      const view = viewOf(bytes);
      const next = step(view.getUint32(index * 8, true), view.getUint32(index * 8 + 4, true), level);
      if ('ends' in next) {
        return { reason: next.broken === true ? 'bad-data' : 'page-missing', what: `${name}, entry ${index}: ${next.ends}`, address };
      }
      if ('large' in next) {
        const pagesIn = 2 ** (shift - 12);
        const within = Number((address >> 12n) & (BigInt(pagesIn) - 1n));
        return { page: Math.floor(next.large / pagesIn) * pagesIn + within };
      }
      table = next.page;
    }
    return { page: table };
  };

  return (address) => {
    const page = address >> 12n;
    const before = known.get(page);
    if (before !== undefined) return { page: before };
    const found = walk(address);
    if ('reason' in found) return found;
    if (known.size >= CACHED_TRANSLATIONS) known.delete(known.keys().next().value!);
    known.set(page, found.page);
    return found;
  };
}

/** Words for an entry the processor would fault on. Bits 10 and 11: MMPTE_PROTOTYPE and MMPTE_TRANSITION of the public symbols. */
function notPresent(low: number, high: number): Step {
  if (low === 0 && high === 0) return { ends: 'not mapped' };
  if ((low & 0x400) !== 0) return { ends: 'prototype entry, not present' };
  if ((low & 0x800) !== 0) return { ends: 'in transition, not present' };
  return { ends: 'not present' };
}

function intelStep(low: number, high: number, level: number): Step {
  if ((low & 1) === 0) return notPresent(low, high);
  const page = (high & 0xfffff) * 2 ** 20 + (low >>> 12);
  if (level === 1 || (low & 0x80) === 0) return { page };
  return level <= 3 ? { large: page } : { ends: 'large page on a level that has none', broken: true };
}

function armStep(low: number, high: number, level: number): Step {
  if ((low & 1) === 0) return notPresent(low, high);
  const page = (high & 0xffff) * 2 ** 20 + (low >>> 12);
  if ((low & 2) !== 0) return { page };
  // Block descriptors exist on the levels of 1 GiB and 2 MiB; on the last level this form is reserved.
  return level === 2 || level === 3 ? { large: page } : { ends: 'block on a level that has none', broken: true };
}

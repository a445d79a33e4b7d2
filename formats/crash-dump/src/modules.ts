import type { DumpModule } from './types.ts';

/** File name of a kernel path (`\SystemRoot\System32\drivers\x.sys`, `\??\C:\x.sys`). */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1);
}

/** A module from its parts; `path` is kept only when it says more than the name. */
export function moduleOf(parts: Omit<DumpModule, 'path'> & { readonly path: string }): DumpModule {
  const { path, ...rest } = parts;
  return path === '' || path === parts.name ? rest : { ...rest, path };
}

/** Smallest and largest sizes an image can have: one page, and 1 GiB (the kernel itself has 16 MiB). */
const MAX_IMAGE_BYTES = 1 << 30;

/** True when base and size can be those of an image in the kernel: page aligned, in the upper half, of a sane size. */
export function isPlausibleImage(base: bigint, sizeBytes: number): boolean {
  return base >> 63n === 1n && (base & 0xfffn) === 0n && sizeBytes > 0 && sizeBytes <= MAX_IMAGE_BYTES;
}

/** Finds the module an address lies in. */
export class ModuleIndex {
  readonly #sorted: readonly DumpModule[];
  /** Lowest base and highest end, for a quick no. */
  readonly low: bigint;
  readonly high: bigint;

  constructor(modules: readonly DumpModule[]) {
    this.#sorted = [...modules].sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0));
    this.low = this.#sorted[0]?.base ?? 0n;
    let high = 0n;
    for (const { base, sizeBytes } of modules) if (base + BigInt(sizeBytes) > high) high = base + BigInt(sizeBytes);
    this.high = high;
  }

  at(address: bigint): DumpModule | undefined {
    if (address < this.low || address >= this.high) return undefined;
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]!.base <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#sorted[low - 1];
    return found !== undefined && address < found.base + BigInt(found.sizeBytes) ? found : undefined;
  }
}

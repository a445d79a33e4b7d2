import { encodeUtf16 } from '@winmedic/bytes';

/** A file or, with `files`, a folder. */
export interface FatFile {
  /** 8.3 name as stored, `NAME    EXT` without the dot, 11 characters. */
  readonly short: string;
  /** Long name; absent: none. */
  readonly long?: string;
  readonly data?: Uint8Array;
  readonly files?: readonly FatFile[];
  /** Attributes besides the folder's. */
  readonly attributes?: number;
  /** Byte 12 of the entry: 8 base, 0x10 extension in lower case. */
  readonly lowerCase?: number;
}

/** What volume to write. */
export interface FatImageOptions {
  readonly kind: 'FAT12' | 'FAT16' | 'FAT32';
  readonly files: readonly FatFile[];
  readonly sectorBytes?: number;
  readonly sectorsPerCluster?: number;
  /** Data clusters; default: the fewest that are usual for the kind and some room. */
  readonly clusters?: number;
  /** Clusters left free between two of a file, so that no chain is in one piece; default 0. */
  readonly gap?: number;
  /** Marks of a clean volume in the second FAT entry; default true. */
  readonly clean?: boolean;
}

/** A volume and where things are in it. */
export interface FatImage {
  readonly bytes: Uint8Array;
  /** Offset and length of one FAT; two copies lie behind each other. */
  readonly table: { readonly offset: number; readonly sizeBytes: number };
  /** Offset of FSInfo (FAT32). */
  readonly info: number;
  /** Offset of cluster 2. */
  readonly data: number;
  readonly clusterBytes: number;
  /** Offset of the 8.3 entry of each file, by the path of its short names. */
  readonly entries: ReadonlyMap<string, number>;
  /** Clusters of each file and folder, likewise. */
  readonly chains: ReadonlyMap<string, readonly number[]>;
}

const DEFAULT_CLUSTERS = { FAT12: 400, FAT16: 4200, FAT32: 65_600 } as const;
const BITS = { FAT12: 12, FAT16: 16, FAT32: 32 } as const;
const ROOT_ENTRIES = 512;

/**
 * Writes a FAT volume with two FATs.
 * @source Microsoft, "FAT32 File System Specification" 1.03
 */
export function writeFat(options: FatImageOptions): FatImage {
  return new Writer(options).write();
}

class Writer {
  readonly #options: FatImageOptions;
  readonly #sector: number;
  readonly #clusterBytes: number;
  readonly #clusters: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #reserved: number;
  readonly #tableBytes: number;
  readonly #rootAt: number;
  readonly #data: number;
  readonly #links = new Map<number, number>();
  readonly #entries = new Map<string, number>();
  readonly #chains = new Map<string, readonly number[]>();
  #next = 2;

  constructor(options: FatImageOptions) {
    this.#options = options;
    this.#sector = options.sectorBytes ?? 512;
    this.#clusterBytes = this.#sector * (options.sectorsPerCluster ?? 1);
    this.#clusters = options.clusters ?? DEFAULT_CLUSTERS[options.kind];
    this.#reserved = options.kind === 'FAT32' ? 32 : 1;
    const tableSectors = Math.ceil(((this.#clusters + 2) * BITS[options.kind]) / 8 / this.#sector);
    this.#tableBytes = tableSectors * this.#sector;
    this.#rootAt = this.#reserved * this.#sector + 2 * this.#tableBytes;
    this.#data = this.#rootAt + (options.kind === 'FAT32' ? 0 : ROOT_ENTRIES * 32);
    this.#bytes = new Uint8Array(this.#data + this.#clusters * this.#clusterBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  write(): FatImage {
    const { kind, files } = this.#options;
    const root = kind === 'FAT32' ? this.#take(1) : [];
    this.#folder('', files, root, 0);
    this.#boot(root[0] ?? 0);
    this.#table();
    const info = kind === 'FAT32' ? this.#sector : 0;
    if (info > 0) this.#info(info);
    return {
      bytes: this.#bytes,
      table: { offset: this.#reserved * this.#sector, sizeBytes: this.#tableBytes },
      info,
      data: this.#data,
      clusterBytes: this.#clusterBytes,
      entries: this.#entries,
      chains: this.#chains,
    };
  }

  #take(count: number): number[] {
    const out: number[] = [];
    for (let i = 0; i < count; i++) {
      if (this.#next >= this.#clusters + 2) throw new RangeError('the volume is full');
      out.push(this.#next);
      this.#next += 1 + (this.#options.gap ?? 0);
    }
    out.forEach((cluster, i) => {
      this.#links.set(cluster, out[i + 1] ?? -1);
    });
    return out;
  }

  #place(cluster: number): number {
    return this.#data + (cluster - 2) * this.#clusterBytes;
  }

  #fill(chain: readonly number[], data: Uint8Array): void {
    chain.forEach((cluster, i) => {
      this.#bytes.set(data.subarray(i * this.#clusterBytes, (i + 1) * this.#clusterBytes), this.#place(cluster));
    });
  }

  /** @param given clusters of the root of FAT32, to which more are added; none: the fixed root. */
  #folder(path: string, files: readonly FatFile[], given: readonly number[], parent: number): readonly number[] {
    const isFixed = path === '' && given.length === 0;
    const parts: Uint8Array[] =
      path === '' ? [] : [entryBytes('.          ', 0x10, 0, 0, 0), entryBytes('..         ', 0x10, 0, parent, 0)];
    const own = given[0] ?? (isFixed ? 0 : this.#take(1)[0]!);
    if (path !== '') parts[0] = entryBytes('.          ', 0x10, 0, own, 0);
    const places: [string, number][] = [];
    for (const file of files) {
      const name = path === '' ? file.short : `${path}/${file.short}`;
      let first = 0;
      if (file.files !== undefined) first = this.#folder(name, file.files, [], path === '' ? 0 : own)[0]!;
      else if (file.data !== undefined && file.data.length > 0) {
        const chain = this.#take(Math.ceil(file.data.length / this.#clusterBytes));
        this.#chains.set(name, chain);
        this.#fill(chain, file.data);
        first = chain[0]!;
      }
      if (file.long !== undefined) parts.push(...longParts(file.long, file.short));
      places.push([name, parts.length * 32]);
      const attributes = (file.attributes ?? 0) | (file.files === undefined ? 0x20 : 0x10);
      parts.push(entryBytes(file.short, attributes, file.lowerCase ?? 0, first, file.files === undefined ? (file.data?.length ?? 0) : 0));
    }
    const bytes = new Uint8Array(parts.length * 32);
    parts.forEach((part, i) => {
      bytes.set(part, i * 32);
    });
    if (isFixed) {
      this.#bytes.set(bytes, this.#rootAt);
      for (const [name, at] of places) this.#entries.set(name, this.#rootAt + at);
      return [];
    }
    const count = Math.max(1, Math.ceil(bytes.length / this.#clusterBytes));
    const more = this.#take(count - 1);
    const chain = [own, ...more];
    this.#links.set(own, more[0] ?? -1);
    this.#fill(chain, bytes);
    this.#chains.set(path, chain);
    for (const [name, at] of places) {
      this.#entries.set(name, this.#place(chain[Math.floor(at / this.#clusterBytes)]!) + (at % this.#clusterBytes));
    }
    return chain;
  }

  #boot(rootCluster: number): void {
    const { kind } = this.#options;
    const is32 = kind === 'FAT32';
    const boot = new DataView(new ArrayBuffer(512));
    const sectors = this.#bytes.length / this.#sector;
    boot.setUint32(0, 0x90_58eb, true);
    boot.setUint16(11, this.#sector, true);
    boot.setUint8(13, this.#clusterBytes / this.#sector);
    boot.setUint16(14, this.#reserved, true);
    boot.setUint8(16, 2);
    boot.setUint16(17, is32 ? 0 : ROOT_ENTRIES, true);
    boot.setUint16(19, is32 || sectors > 0xffff ? 0 : sectors, true);
    boot.setUint8(21, 0xf8);
    boot.setUint16(22, is32 ? 0 : this.#tableBytes / this.#sector, true);
    boot.setUint32(32, is32 || sectors > 0xffff ? sectors : 0, true);
    if (is32) {
      boot.setUint32(36, this.#tableBytes / this.#sector, true);
      boot.setUint32(44, rootCluster, true);
      boot.setUint16(48, 1, true);
      boot.setUint16(50, 6, true);
    }
    const extended = is32 ? 66 : 38;
    boot.setUint8(extended, 0x29);
    boot.setUint32(extended + 1, 0x1234_abcd, true);
    ascii(boot, extended + 5, `ESP        ${kind}   `);
    boot.setUint16(510, 0xaa55, true);
    this.#bytes.set(new Uint8Array(boot.buffer));
    if (is32) this.#bytes.set(new Uint8Array(boot.buffer), 6 * this.#sector);
  }

  #table(): void {
    const { kind } = this.#options;
    const bits = BITS[kind];
    const end = bits === 32 ? 0x0fff_ffff : bits === 16 ? 0xffff : 0xfff;
    const good = bits === 32 ? 0x0c00_0000 : 0xc000;
    const put = (cluster: number, value: number): void => {
      const at = this.#reserved * this.#sector + Math.floor((cluster * bits) / 8);
      if (bits === 32) this.#view.setUint32(at, value, true);
      else if (bits === 16) this.#view.setUint16(at, value, true);
      else {
        const old = this.#view.getUint16(at, true);
        this.#view.setUint16(at, cluster % 2 === 0 ? (old & 0xf000) | value : (old & 0xf) | (value << 4), true);
      }
    };
    put(0, end - 7);
    put(1, this.#options.clean === false && bits > 12 ? end - good : end);
    for (const [cluster, next] of this.#links) put(cluster, next < 0 ? end : next);
    const table = this.#reserved * this.#sector;
    this.#bytes.copyWithin(table + this.#tableBytes, table, table + this.#tableBytes);
  }

  #info(at: number): void {
    this.#view.setUint32(at, 0x4161_5252, true);
    this.#view.setUint32(at + 484, 0x6141_7272, true);
    this.#view.setUint32(at + 488, this.#clusters - this.#links.size, true);
    this.#view.setUint32(at + 492, this.#next, true);
    this.#view.setUint32(at + 508, 0xaa55_0000, true);
  }
}

function ascii(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
}

function entryBytes(short: string, attributes: number, lowerCase: number, cluster: number, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(32));
  ascii(view, 0, short);
  view.setUint8(11, attributes);
  view.setUint8(12, lowerCase);
  view.setUint16(20, cluster >>> 16, true);
  view.setUint16(26, cluster & 0xffff, true);
  view.setUint32(28, size, true);
  return new Uint8Array(view.buffer);
}

/** Entries of a long name, the last part first. */
function longParts(name: string, short: string): Uint8Array[] {
  let sum = 0;
  for (let i = 0; i < 11; i++) sum = (((sum >> 1) | ((sum & 1) << 7)) + short.charCodeAt(i)) & 0xff;
  const count = Math.ceil(name.length / 13);
  const units = new Uint8Array(count * 26).fill(0xff);
  units.set(encodeUtf16(name));
  if (name.length < count * 13) units.set([0, 0], name.length * 2);
  return Array.from({ length: count }, (_, i) => {
    const part = units.subarray(i * 26, (i + 1) * 26);
    const entry = new Uint8Array(32);
    entry[0] = (i + 1) | (i === count - 1 ? 0x40 : 0);
    entry.set(part.subarray(0, 10), 1);
    entry[11] = 0x0f;
    entry[13] = sum;
    entry.set(part.subarray(10, 22), 14);
    entry.set(part.subarray(22, 26), 28);
    return entry;
  }).reverse();
}

import { HIVE } from './types.ts';

interface FreeCell {
  offset: number;
  size: number;
}

/**
 * Hive bins data that grows by bins, with cells taken and given back. Offsets are relative to the bins data; a cell is named by the offset
 * of its size field, as in the file.
 * @source msuhanov/regf "Hive bin", "Cell", "Unallocated cell"
 */
export class CellSpace {
  #bytes = new Uint8Array(16 * HIVE.page);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;
  readonly #bins: number[] = [];
  /** Free cells in the order of their offsets. */
  readonly #free: FreeCell[] = [];

  /** Bytes of all bins. */
  get size(): number {
    return this.#size;
  }

  /** The bins (a view, good until the next growth). */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** View over the data of a cell (behind its size field). Taken anew after every allocation. */
  data(cell: number): DataView {
    return new DataView(this.#bytes.buffer, cell + 4, this.capacity(cell));
  }

  /** Bytes of data that an allocated cell can hold. */
  capacity(cell: number): number {
    return -this.#view.getInt32(cell, true) - 4;
  }

  /** Takes a cell for `length` bytes of data, zero-filled, from free room or a new bin. */
  allocate(length: number): number {
    const size = (length + 4 + 7) & ~7;
    // From the end: the youngest bin has the most room, and old remnants stay behind as in a hive in use.
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const free = this.#free[i]!;
      if (free.size < size) continue;
      const cell = free.offset;
      if (free.size === size) this.#free.splice(i, 1);
      else {
        free.offset += size;
        free.size -= size;
        this.#view.setInt32(free.offset, free.size, true);
      }
      this.#view.setInt32(cell, -size, true);
      this.#bytes.fill(0, cell + 4, cell + size);
      return cell;
    }
    this.#addBin(size);
    return this.allocate(length);
  }

  /** Takes a cell and fills it. */
  store(data: Uint8Array): number {
    const cell = this.allocate(data.length);
    this.#bytes.set(data, cell + 4);
    return cell;
  }

  /** Gives a cell back; its bytes stay as a remnant, and free neighbours within the bin become one cell. */
  release(cell: number): void {
    const size = -this.#view.getInt32(cell, true);
    let at = this.#free.findIndex((free) => free.offset > cell);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, { offset: cell, size });
    this.#join(at);
    if (at > 0) this.#join(at - 1);
    const merged = this.#free[at]?.offset === cell ? this.#free[at]! : this.#free[at - 1]!;
    this.#view.setInt32(merged.offset, merged.size, true);
  }

  #join(index: number): void {
    const [left, right] = [this.#free[index], this.#free[index + 1]];
    if (!left || !right || left.offset + left.size !== right.offset || this.#bins.includes(right.offset - HIVE.binHeader)) return;
    left.size += right.size;
    this.#free.splice(index + 1, 1);
  }

  #addBin(cellSize: number): void {
    const size = Math.ceil((cellSize + HIVE.binHeader) / HIVE.page) * HIVE.page;
    const start = this.#size;
    this.#size += size;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#bins.push(start);
    this.#bytes.set([0x68, 0x62, 0x69, 0x6e], start); // hbin
    this.#view.setUint32(start + 4, start, true);
    this.#view.setUint32(start + 8, size, true);
    const cell = start + HIVE.binHeader;
    this.#view.setInt32(cell, size - HIVE.binHeader, true);
    this.#free.push({ offset: cell, size: size - HIVE.binHeader });
  }

  /** Sets the time in the header of the first bin, the backup of the base block's last-written time. */
  stamp(ticks: bigint): void {
    this.#view.setBigUint64(20, ticks, true);
  }
}

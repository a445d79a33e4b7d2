import { MAX_CLUSTER_RANGES } from './limits.ts';
import type { Stretch } from './touch.ts';

/** A set of clusters as merged ranges. Gives up, and then holds every cluster, when there are too many. */
export class ClusterRanges {
  #ranges: Stretch[] = [];
  #merged = true;
  #all = false;

  /** Adds the clusters from `from` up to, not including, `to`. */
  add(range: Stretch): void {
    if (this.#all || range.to <= range.from) return;
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.from <= range.from && range.to <= last.to) return;
    this.#ranges.push(range);
    this.#merged = false;
    if (this.#ranges.length < MAX_CLUSTER_RANGES) return;
    this.#merge();
    // Merging again after every few additions would cost the square of their number.
    if (this.#ranges.length > MAX_CLUSTER_RANGES / 2) this.addAll();
  }

  /** From now on every cluster is in it. */
  addAll(): void {
    this.#all = true;
    this.#ranges = [];
    this.#merged = true;
  }

  /** Whether one of `clusters` clusters from `first` on is in it. */
  has(first: number, clusters: number): boolean {
    if (this.#all) return true;
    if (!this.#merged) this.#merge();
    // The first range that ends behind `first`: ranges are in order and do not overlap.
    let low = 0;
    for (let high = this.#ranges.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.to ?? 0) <= first) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low];
    return range !== undefined && range.from < first + clusters;
  }

  #merge(): void {
    const merged: { from: number; to: number }[] = [];
    for (const { from, to } of this.#ranges.sort((a, b) => a.from - b.from)) {
      const last = merged.at(-1);
      if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
      else merged.push({ from, to });
    }
    this.#ranges = merged;
    this.#merged = true;
  }
}

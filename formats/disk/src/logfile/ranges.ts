import { MAX_CLUSTER_RANGES } from './limits.ts';
import type { Stretch } from './touch.ts';

/** A set of clusters as merged ranges. Gives up, and then holds every cluster, when there are too many. */
export class ClusterRanges {
  #ranges: Stretch[] = [];
  #all = false;

  /** True when it is no longer known which clusters are in it. */
  get all(): boolean {
    return this.#all;
  }

  add(range: Stretch): void {
    if (this.#all || range.to <= range.from) return;
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.from <= range.from && range.to <= last.to) return;
    this.#ranges.push(range);
    if (this.#ranges.length < MAX_CLUSTER_RANGES) return;
    this.#merge();
    // Merging again after every few additions would cost the square of their number.
    if (this.#ranges.length > MAX_CLUSTER_RANGES / 2) this.addAll();
  }

  /** From now on every cluster is in it. */
  addAll(): void {
    this.#all = true;
    this.#ranges = [];
  }

  /** Whether one of `clusters` clusters from `first` on is in it. */
  has(first: number, clusters: number): boolean {
    return this.#all || this.#ranges.some(({ from, to }) => from < first + clusters && first < to);
  }

  #merge(): void {
    const merged: { from: number; to: number }[] = [];
    for (const { from, to } of this.#ranges.sort((a, b) => a.from - b.from)) {
      const last = merged.at(-1);
      if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
      else merged.push({ from, to });
    }
    this.#ranges = merged;
  }
}

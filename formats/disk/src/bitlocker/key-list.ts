import type { BitLockerOptions, BitLockerVolume } from './types.ts';

/** A recovery password of a list. JSON, `console.log` and the like show its id only. */
export class RecoveryKey {
  /** Key id `{...}`; absent when the list names none. */
  readonly id?: string;
  readonly #digits: string;

  constructor(id: string | undefined, digits: string) {
    if (id !== undefined) this.id = id;
    this.#digits = digits;
  }

  /** The recovery password, eight groups with hyphens. */
  get digits(): string {
    return this.#digits;
  }
}

export function parseKeyList(list: string | Uint8Array, options: BitLockerOptions = {}): readonly RecoveryKey[] {
  throw new Error(`not there yet ${list.length} ${options}`);
}

export function recoveryKeyFor(volume: BitLockerVolume, keys: readonly RecoveryKey[]): RecoveryKey | undefined {
  throw new Error(`not there yet ${volume.id} ${keys.length}`);
}

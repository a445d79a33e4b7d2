import type { Random } from './random.ts';

/** A mutated input, with the names of its mutations for the failure report. */
export interface Mutated {
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
}

/** A kind of input: where it begins, how it is changed, and what reads it. */
export interface Kind {
  readonly name: string;
  /** Names of the seeds, for `--only`. */
  readonly seeds: readonly string[];
  /** A mutated copy of a seed; it may be overwritten by the next one. */
  readonly mutate: (seed: number, random: Random) => Mutated;
  /** Reads an input made of this seed through every face. Anything thrown is a failure. @returns counts for the summary */
  readonly read: (
    bytes: Uint8Array,
    random: Random,
    seed: number,
  ) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  /** One input may take this long, with a machine that is busy otherwise. */
  readonly maxMs: number;
  /** Inputs below which a run has shown nothing, default 1000; fewer for kinds whose inputs take their time on purpose. */
  readonly atLeast?: number;
  /** Ending of the file a failing input is written to. */
  readonly extension: string;
}

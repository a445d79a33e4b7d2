import { Random as Seeded } from '../../labs/src/scenarios/random.ts';

/** The seeded generator of the scenarios, with whole numbers below a limit. */
export class Random extends Seeded {
  /** Uniform whole number in [0, limit); 0 for a limit of 0. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}

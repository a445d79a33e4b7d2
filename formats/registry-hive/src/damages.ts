import type { Damage } from '@winmedic/bytes';
import type { HiveDamageCode } from './errors.ts';
import { MAX_DAMAGES_REPORTED } from './limits.ts';

/** Damages that leave everything readable: they say how fresh the data are, or that it was written in an unusual way. */
const HARMLESS: ReadonlySet<HiveDamageCode> = new Set<HiveDamageCode>([
  'HIVE_BASE_CHECKSUM',
  'HIVE_VERSION',
  'HIVE_DIRTY_NO_LOGS',
  'HIVE_LOG_FOREIGN',
  'HIVE_LOG_BROKEN',
]);

/** Tells each damage of one hive once, and remembers whether something was unreadable. */
export class Damages {
  readonly #tell: ((damage: Damage) => void) | undefined;
  readonly #told = new Set<string>();
  #capped = false;
  /** Something was unreadable or contradicts itself. */
  serious = false;

  constructor(tell: ((damage: Damage) => void) | undefined) {
    this.#tell = tell;
  }

  /**
   * @param offset byte offset in the file that `what` names (the hive, unless it is a log).
   * @param harmless overrides the rule of the code: a base block that a log replaced harms nothing.
   */
  add(
    code: HiveDamageCode,
    offset: number,
    what: string,
    detail: { readonly need?: number | string; readonly have?: number | string; readonly harmless?: boolean } = {},
  ): void {
    if (!(detail.harmless ?? HARMLESS.has(code))) this.serious = true;
    if (this.#capped) return;
    const key = `${code} ${offset} ${what}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= MAX_DAMAGES_REPORTED) {
      this.#capped = true;
      this.#tell?.({ code: 'HIVE_DAMAGES_CAPPED', offset, what: 'damages', need: MAX_DAMAGES_REPORTED });
      return;
    }
    this.#told.add(key);
    this.#tell?.({
      code,
      offset,
      what,
      ...(detail.need === undefined ? {} : { need: detail.need }),
      ...(detail.have === undefined ? {} : { have: detail.have }),
    });
  }
}

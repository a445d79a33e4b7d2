import { type Damage, type DamageReport, damageReporter } from '@winmedic/bytes';
import type { PeDamageCode } from './errors.ts';
import { MAX_DAMAGES_REPORTED } from './limits.ts';

/** Tells damages of this format. */
export type Report = DamageReport<PeDamageCode>;

/** A {@link Report} that falls silent after {@link MAX_DAMAGES_REPORTED}. */
export function reporter(onDamage: ((damage: Damage) => void) | undefined): Report {
  return damageReporter<PeDamageCode>(onDamage, MAX_DAMAGES_REPORTED);
}

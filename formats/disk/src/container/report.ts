import type { DamageReport } from '@winmedic/bytes';
import type { CONTAINER_DAMAGE_CODES } from './codes.ts';

/** Tells a damage of a container. */
export type Report = DamageReport<(typeof CONTAINER_DAMAGE_CODES)[number]>;

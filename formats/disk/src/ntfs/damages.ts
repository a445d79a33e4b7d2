import type { Damage } from '@winmedic/bytes';
import type { NtfsDamageCode } from './codes.ts';
import { MAX_DAMAGES_REPORTED } from './limits.ts';

/** Tells a damage; the offset is in bytes from the beginning of the volume. */
export type Tell = (code: NtfsDamageCode, offset: number, what: string, need?: number | string, have?: number | string) => void;

/** For looking at what may be broken without being a damage: records that are not in use. */
export const SILENT: Tell = () => {};

/** Tells each damage once (a block is read again after it left the cache), and nothing more after a number of them. */
export function teller(onDamage: ((damage: Damage) => void) | undefined, origin: number): Tell {
  if (onDamage === undefined) return SILENT;
  const told = new Set<string>();
  return (code, offset, what, need, have) => {
    const key = `${code} ${offset} ${what}`;
    if (told.has(key) || told.size >= MAX_DAMAGES_REPORTED) return;
    told.add(key);
    onDamage({ code, offset: origin + offset, what, ...(need === undefined ? {} : { need }), ...(have === undefined ? {} : { have }) });
  };
}

import type { Damage } from './source.ts';

/** Tells one damage: its code, where in the source, what was read, and the number that is the point of it. */
export type DamageReport<Code extends string> = (
  code: Code,
  offset: number,
  what: string,
  need?: number | string,
  have?: number | string,
) => void;

/** A {@link DamageReport} that hands damages on and falls silent after `most`. */
export function damageReporter<Code extends string>(onDamage: ((damage: Damage) => void) | undefined, most: number): DamageReport<Code> {
  let told = 0;
  return (code, offset, what, need, have) => {
    if (onDamage === undefined || told >= most) return;
    told++;
    onDamage({ code, offset, what, ...(need === undefined ? {} : { need }), ...(have === undefined ? {} : { have }) });
  };
}

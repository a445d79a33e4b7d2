import type { HostSelfPortrait } from '../model/connection.ts';
import type { Ladder } from './ladder.ts';

type ClockSource = NonNullable<HostSelfPortrait['clock']>['from'];
const PRECISION = { http: 1, ntlm: 2, kerberos: 2 } as const;

/** Sets the clock by a Date header (RFC 9110 section 6.6.1). */
export function noteDate(ladder: Ladder, date: string): void {
  const ms = Date.parse(date);
  if (date !== '' && !Number.isNaN(ms)) setClock(ladder, ms, 'http');
}

/**
 * Sets the clock of the host and its skew; a Date header (whole seconds, often of a proxy) never replaces the clock of NTLM or Kerberos.
 * @param ms milliseconds since 1970 on the host's clock, at the moment {@link Ladder.now}.
 */
export function setClock(ladder: Ladder, ms: number, from: ClockSource): void {
  const { clock } = ladder.portrait;
  if (clock !== undefined && PRECISION[clock.from] >= PRECISION[from]) return;
  // Not -0, which some would print.
  const skewSeconds = Math.round((ms - Number(ladder.now / 1_000_000n)) / 1000) || 0;
  ladder.portrait.clock = { at: BigInt(Math.round(ms)) * 1_000_000n, skewSeconds, from };
  noteSkew(ladder, skewSeconds);
}

/** Properties of a difference of clocks. */
export function noteSkew(ladder: Ladder, skewSeconds: number): void {
  ladder.set('clock.skewSeconds', skewSeconds);
  ladder.set('clock.skewAbs', Math.abs(skewSeconds));
}

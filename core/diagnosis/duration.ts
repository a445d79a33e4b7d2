const UNIT_NS: Readonly<Record<string, bigint>> = { s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n, d: 86_400_000_000_000n };

/**
 * Nanoseconds of a duration such as `90s`, `5m`, `2h`, `7d`.
 * @throws RangeError for anything else; the pack's schema has refused it before.
 */
export function durationNs(text: string): bigint {
  const m = /^(\d{1,6})([smhd])$/.exec(text);
  if (m === null) throw new RangeError(`duration ${JSON.stringify(text)}`);
  return BigInt(m[1] as string) * (UNIT_NS[m[2] as string] as bigint);
}

/** A duration for people, in both languages: `5 min`, `5 分`. */
export function durationText(ns: bigint): { readonly en: string; readonly ja: string } {
  const seconds = Number(ns / 1_000_000_000n);
  if (seconds % 86_400 === 0 && seconds > 0) return { en: `${seconds / 86_400} d`, ja: `${seconds / 86_400} 日` };
  if (seconds % 3600 === 0 && seconds > 0) return { en: `${seconds / 3600} h`, ja: `${seconds / 3600} 時間` };
  if (seconds % 60 === 0 && seconds > 0) return { en: `${seconds / 60} min`, ja: `${seconds / 60} 分` };
  return { en: `${seconds} s`, ja: `${seconds} 秒` };
}

import type { InstantNs } from '../../../model/observation.ts';
import type { LoginMark, Marks } from './marks.ts';

/** Moments two recordings give to the same exchange may differ by this much: one is written when it is sent, the other when it was carried out. */
export const SAME_EXCHANGE_NS = 2_000_000_000n;
/** A zone or a day of difference is a wrong clock; more is another exchange. */
const MAX_OFFSET_NS = 26n * 3_600_000_000_000n;

/** A challenge tells the time to the second, and is older than the answer. */
const TOLD_NS = 4_000_000_000n;
/** Computers of a domain are in step within five minutes, else Kerberos fails. */
const IN_STEP_NS = 300_000_000_000n;

/** How far the clock of a second recording is ahead of the first. */
export interface ClockOffset {
  readonly ns: InstantNs;
  /** Exchanges compared. */
  readonly shared: number;
  readonly by: 'messages' | 'logins';
}

/**
 * Compares two clocks by exchanges both recordings show: requests of the same MessageID, else the logins of each user in their order. Of logins two have to
 * agree, or there is only one in each recording; what the host told of its clock must not contradict. Undefined where more than one way to pair them is possible.
 */
export function clockOffset(first: readonly Marks[], second: readonly Marks[]): ClockOffset | undefined {
  const times = new Map(second.flatMap(({ messages }) => [...messages]));
  const same = first.flatMap(({ messages }) =>
    [...messages].flatMap(([id, at]) => (times.has(id) ? [(times.get(id) as bigint) - at] : [])),
  );
  if (same.length > 0) return { ns: median(same), shared: same.length, by: 'messages' };
  const differences = differencesOf(first, second);
  if (differences.length === 0) return undefined;
  const ns = median(differences);
  if (!differences.every((each) => abs(each - ns) <= SAME_EXCHANGE_NS)) return undefined;
  const told = first.flatMap(({ skewNs }) => (skewNs === undefined ? [] : [skewNs]));
  // What the host said of its own clock has to agree; without it one login proves little.
  const fits = told.length > 0 ? abs(ns - median(told)) <= TOLD_NS : abs(ns) <= (differences.length > 1 ? MAX_OFFSET_NS : IN_STEP_NS);
  return fits ? { ns, shared: differences.length, by: 'logins' } : undefined;
}

/** Differences of logins that can be paired: all of a user in their order, or the only one there is. */
function differencesOf(first: readonly Marks[], second: readonly Marks[]): bigint[] {
  const [mine, theirs] = [loginsOf(first), loginsOf(second)];
  const [one, other] = [mine[0], theirs[0]];
  if (mine.length === 1 && theirs.length === 1 && one !== undefined && other !== undefined)
    return one.user === other.user || (other.user === '' && one.refused && other.refused) ? [other.at - one.at] : [];
  const differences: bigint[] = [];
  for (const user of new Set(mine.map((login) => login.user))) {
    const [asked, seen] = [mine, theirs].map((list) => list.filter((login) => login.user === user)) as [LoginMark[], LoginMark[]];
    // Only logins of which none is missing can be paired in their order.
    if (user !== '' && asked.length === seen.length) differences.push(...asked.map(({ at }, n) => (seen[n] as LoginMark).at - at));
  }
  return differences.length > 1 ? differences : [];
}

function loginsOf(marks: readonly Marks[]): LoginMark[] {
  return marks.flatMap(({ logins }) => logins).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** The value in the middle; of an even number the lower one of the two. */
function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[(sorted.length - 1) >> 1] as bigint;
}

/** Without its sign. */
export function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

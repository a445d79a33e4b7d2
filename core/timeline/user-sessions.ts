import type { ChannelCoverage, EventObservation, InstantNs } from '../model/observation.ts';
import type { Sequenced } from './clock.ts';
import { covers } from './coverage.ts';
import { is, text } from './fields.ts';
import { SECOND_NS } from './time.ts';

/** User sessions alive at a moment. */
export interface AliveSessions {
  readonly count: number;
  readonly users: readonly string[];
  readonly disconnected: number;
}

/**
 * What a shutdown ends is written within the same second as its request, in either order (measured: 7002 75 ms before the 1074);
 * sessions are counted this long before it.
 */
const BEFORE_REQUEST_NS = 2n * SECOND_NS;

type State = Map<string, { user: string; disconnected: boolean }>;
type Change = (event: EventObservation, state: State) => void;

interface Witness {
  readonly channel: string;
  readonly change: Change;
  /** Does a record of this witness exist at all in the session? Needed where recording depends on an audit policy. */
  readonly needsRecord: boolean;
}

/**
 * The witnesses in order of trust: LocalSessionManager tells reconnect from disconnect; Winlogon 7001/7002 is in System itself;
 * Security 4624/4634 only where logons are audited.
 */
const WITNESSES: readonly Witness[] = [
  { channel: 'microsoft-windows-terminalservices-localsessionmanager/operational', change: localSessionManager, needsRecord: false },
  { channel: 'system', change: winlogon, needsRecord: false },
  { channel: 'security', change: security, needsRecord: true },
];

/**
 * Counts the user sessions alive at `moment` of a boot session, from the first witness whose channel covers the time since the boot.
 * A disconnected session is alive and is counted in both numbers. `undefined` when no witness covers it: unknown, not none.
 * @param sequence records of the boot session in order. @param boot time of the boot, on the clock of the records.
 */
export function sessionsAlive(
  sequence: readonly Sequenced[],
  boot: InstantNs | undefined,
  momentAt: bigint,
  moment: InstantNs,
  coverage: readonly ChannelCoverage[],
): AliveSessions | undefined {
  if (boot === undefined) return undefined;
  for (const witness of WITNESSES) {
    const channel = coverage.find((c) => c.channel.toLowerCase() === witness.channel);
    if (channel === undefined || boot > moment || !covers(channel, boot, moment)) continue;
    const state: State = new Map();
    let met = false;
    for (const { event, at } of sequence) {
      if (event.channel.toLowerCase() !== witness.channel) continue;
      if (at > momentAt - BEFORE_REQUEST_NS) break;
      const before = state.size;
      witness.change(event, state);
      met ||= state.size !== before;
    }
    if (witness.needsRecord && !met) continue;
    const alive = [...state.values()];
    return {
      count: alive.length,
      users: [...new Set(alive.map((s) => s.user).filter((u) => u !== ''))].sort(),
      disconnected: alive.filter((s) => s.disconnected).length,
    };
  }
  return undefined;
}

/** LSM 21 logon, 25 reconnect, 24 disconnect, 23 logoff (a 24 follows it: the connection closes); UserData carries User, SessionID, Address. */
function localSessionManager(e: EventObservation, state: State): void {
  const id = text(e, 'SessionID');
  if (id === '') return;
  if (is(e, 'lsm', 21) || is(e, 'lsm', 25)) state.set(id, { user: text(e, 'User'), disconnected: false });
  else if (is(e, 'lsm', 24) && state.has(id)) state.set(id, { user: text(e, 'User'), disconnected: true });
  else if (is(e, 'lsm', 23)) state.delete(id);
}

/** Winlogon 7001 logon, 7002 logoff; TSId is the session, UserSid the account. */
function winlogon(e: EventObservation, state: State): void {
  const id = text(e, 'TSId');
  if (is(e, 'winlogon', 7001)) state.set(id, { user: text(e, 'UserSid'), disconnected: false });
  else if (is(e, 'winlogon', 7002)) state.delete(id);
}

/** 4624 of an interactive type opens, 4634/4647 with the same logon id closes. Accounts of the desktop itself (S-1-5-90, S-1-5-96) are no users. */
function security(e: EventObservation, state: State): void {
  const id = text(e, 'TargetLogonId').toLowerCase();
  if (is(e, 'security', 4624)) {
    const sid = text(e, 'TargetUserSid');
    if (!['2', '10', '11', '12'].includes(text(e, 'LogonType')) || /^S-1-5-(?:90|96)-/.test(sid)) return;
    // An administrator's logon makes two records, one per token; the second names the first.
    if (state.has(text(e, 'TargetLinkedLogonId').toLowerCase())) return;
    state.set(id, { user: text(e, 'TargetUserName'), disconnected: false });
  } else if (is(e, 'security', 4634) || is(e, 'security', 4647)) state.delete(id);
}

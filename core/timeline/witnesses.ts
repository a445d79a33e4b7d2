import { decode6008 } from '../explain/event-6008.ts';
import type { EventObservation, InstantNs } from '../model/observation.ts';
import type { Stop } from '../model/timeline.ts';
import type { Boot } from './boots.ts';
import type { Sequenced } from './clock.ts';
import { flag, integer, is, parseInteger, text } from './fields.ts';
import { MINUTE_NS, SECOND_NS } from './time.ts';

/** Error reporting writes 1001 after the dump is copied: minutes on a large machine. */
const REPORT_NS = 30n * MINUTE_NS;
const FILETIME_OF_1970 = 116_444_736_000_000_000n;

/** What the boot after a stop says about the stop (stops.md 2.3). */
export interface BootWitnesses {
  readonly powerManager?: EventObservation;
  readonly heartbeat?: Stop['heartbeat'];
  /** 6008 or its structured twin, Eventlog 108. */
  readonly unexpected?: EventObservation;
  readonly lastShutdownGood?: boolean;
  readonly lastShutdownRecord?: EventObservation;
  readonly bugcheck?: Stop['bugcheck'];
  /** A dump was written (volmgr 162): a bug check, whatever its code. */
  readonly dumpWritten?: EventObservation;
  readonly powerButton?: boolean;
  readonly powerButtonAt?: InstantNs;
  readonly sleepInProgress?: boolean;
  /** All records above and volmgr 46/161, Kernel-Power 142. */
  readonly records: readonly EventObservation[];
}

/**
 * Collects what is said about the stop before a boot.
 * @param after records of the session the boot began, in order.
 */
export function witnessesOf(boot: Boot, after: readonly Sequenced[]): BootWitnesses {
  const powerManager = boot.marks.get('41');
  const unexpected = boot.marks.get('6008') ?? boot.marks.get('108');
  const good = boot.marks.get('20');
  const goodFlag = good === undefined ? undefined : flag(good, 'LastShutdownGood');
  const near = after.filter((s) => s.at - boot.at <= REPORT_NS).map((s) => s.event);
  const report = near.find((e) => is(e, 'wer', 1001));
  const dumpWritten = near.find((e) => is(e, 'volmgr', 162));
  const others = near.filter((e) => is(e, 'volmgr', 46) || is(e, 'volmgr', 161) || is(e, 'kernel-power', 142));
  const bugcheck = (powerManager && bugcheckOf41(powerManager)) ?? (report && bugcheckOf1001(report));
  const heartbeat = unexpected === undefined ? undefined : heartbeatOf(unexpected);
  const powerButton = powerManager === undefined ? undefined : powerButtonOf(powerManager);
  const powerButtonAt = powerManager === undefined ? undefined : pressedAt(powerManager);
  const sleepInProgress = powerManager === undefined ? undefined : sleepOf(powerManager);
  const said = [powerManager, unexpected, good, report, dumpWritten].filter((e) => e !== undefined);
  return {
    ...(powerManager && { powerManager }),
    ...(unexpected && { unexpected }),
    ...(heartbeat && { heartbeat }),
    ...(goodFlag === undefined ? {} : { lastShutdownGood: goodFlag }),
    ...(good && { lastShutdownRecord: good }),
    ...(bugcheck && { bugcheck }),
    ...(dumpWritten && { dumpWritten }),
    ...(powerButton === undefined ? {} : { powerButton }),
    ...(powerButtonAt === undefined ? {} : { powerButtonAt }),
    ...(sleepInProgress === undefined ? {} : { sleepInProgress }),
    records: [...said, ...others],
  };
}

/** The stop code a record states: Kernel-Power 41 or the 1001 of error reporting. */
export function statedBugcheck(e: EventObservation): Stop['bugcheck'] {
  if (is(e, 'kernel-power', 41)) return bugcheckOf41(e);
  return is(e, 'wer', 1001) ? bugcheckOf1001(e) : undefined;
}

/** Bit Windows sets when the dump of a code was written on another path (0x1000007e is 0x7e): same meaning, same parameters. */
const MINIDUMP_BIT = 0x1000_0000n;

/** A stop code as lower-case hex without the bit 0x10000000. */
export function bugcheckCode(code: bigint): string {
  const plain = code >= MINIDUMP_BIT && code < 2n * MINIDUMP_BIT ? code - MINIDUMP_BIT : code;
  return `0x${plain.toString(16)}`;
}

/** Kernel-Power 41: BugcheckCode is decimal in every version; 0 means that no code was recorded, not that nothing crashed. */
function bugcheckOf41(e: EventObservation): Stop['bugcheck'] {
  const code = integer(e, 'BugcheckCode');
  if (code === undefined || code === 0n) return undefined;
  const parameters = [1, 2, 3, 4].map((n) => text(e, `BugcheckParameter${n}`)).filter((p) => p !== '');
  return { code: bugcheckCode(code), parameters, from: e };
}

/** WER 1001: param1 is `0x00010001 (0x…, 0x…, 0x…, 0x…)`. */
function bugcheckOf1001(e: EventObservation): Stop['bugcheck'] {
  const m = /^\s*(0x[0-9a-f]{1,16})\s*(?:\(([^)]{0,200})\))?/i.exec(text(e, 'param1', 'Data[0]'));
  const code = m === null ? undefined : parseInteger(m[1] as string);
  if (m === null || code === undefined) return undefined;
  return {
    code: bugcheckCode(code),
    parameters: (m[2] ?? '')
      .split(',')
      .map((p) => p.trim())
      .filter((p) => p !== ''),
    from: e,
  };
}

/** PowerButtonTimestamp (a number of ticks; any but 0) and, since Windows 11 21H2, LongPowerButtonPressDetected. */
function powerButtonOf(e: EventObservation): boolean | undefined {
  const stamp = integer(e, 'PowerButtonTimestamp');
  const held = flag(e, 'LongPowerButtonPressDetected');
  if (stamp === undefined && held === undefined) return undefined;
  return (stamp !== undefined && stamp !== 0n) || held === true;
}

/** PowerButtonTimestamp is a FILETIME: 100 ns ticks since 1601-01-01 UTC. */
function pressedAt(e: EventObservation): InstantNs | undefined {
  const ticks = integer(e, 'PowerButtonTimestamp');
  return ticks === undefined || ticks <= 0n ? undefined : (ticks - FILETIME_OF_1970) * 100n;
}

/** SleepInProgress is a boolean in old versions and a number in new ones. */
function sleepOf(e: EventObservation): boolean | undefined {
  const number = integer(e, 'SleepInProgress');
  return number === undefined ? flag(e, 'SleepInProgress') : number !== 0n;
}

function heartbeatOf(e: EventObservation): Stop['heartbeat'] {
  const block = decode6008(text(e, 'Binary'));
  if (block === undefined) return undefined;
  const uptime = integer(e, 'Data[4]', 'param5');
  return {
    utc: block.utc,
    maxIntervalSeconds: block.maxIntervalSeconds,
    ...(uptime === undefined || uptime < 0n || uptime > 0xffffffffn ? {} : { uptimeSeconds: Number(uptime) }),
    from: e,
  };
}

/** Upper bound of the heartbeat: the true stop lies at or before it. */
export function heartbeatEnd(h: NonNullable<Stop['heartbeat']>): InstantNs {
  return h.utc + BigInt(h.maxIntervalSeconds) * SECOND_NS;
}

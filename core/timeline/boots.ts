import type { EventObservation, InstantNs } from '../model/observation.ts';
import type { ClockReading, Sequenced } from './clock.ts';
import { flag, integer, is, type KnownProvider } from './fields.ts';
import { MINUTE_NS, SECOND_NS } from './time.ts';

/** Kernel-General 12 to 6005 was measured up to 244 s; slower disks need room, the next boot does not come this soon with its own 12. */
const BOOT_SPAN_NS = 20n * MINUTE_NS;
/** Log service stopped and started by hand: a stop of the machine leaves its records this close before. */
const STOP_BEFORE_NS = 15n * MINUTE_NS;

type Mark = '12' | '20' | '27' | '6005' | '6008' | '6009' | '108' | '4608' | '41';

/** The records one boot left, with its place in the sequence. */
export interface Boot {
  /** Place in the sequence of its first record. */
  readonly at: bigint;
  /** Time on the clock of the session that followed. */
  readonly time: InstantNs;
  readonly record: EventObservation;
  readonly marks: ReadonlyMap<Mark, EventObservation>;
}
/** Records in the order found. */
interface OpenBoot {
  at: bigint;
  last: bigint;
  marks: Map<Mark, EventObservation>;
}

/** What the records say about starts of the machine. */
export interface Boots {
  readonly boots: readonly Boot[];
  /** Returns from hibernation or Fast Startup (Kernel-Boot 27 type 1 or 2): the machine's session went on. */
  readonly resumes: readonly Sequenced[];
  /** 6005 without a start of the machine: the event log service alone was started again. */
  readonly logRestarts: readonly Sequenced[];
}

/**
 * Finds the starts of a machine: every Kernel-General 12, and where it is missing Kernel-Boot 20/27, Kernel-Power 41, 6008, or 6005, 6009
 * and Security 4608. A 6005 alone is a start only if the log never carries a 12 or the records of a stop lie just before.
 */
export function findBoots(clock: ClockReading): Boots {
  const open: OpenBoot[] = [];
  const sequence = clock.sequence;
  let current: OpenBoot | undefined;
  let lastEnd = -1n;
  let hasEnd = false;
  for (const { event, at } of sequence) {
    if (isEnd(event)) {
      lastEnd = at;
      hasEnd = true;
      continue;
    }
    const mark = markOf(event);
    if (mark === undefined) continue;
    const known = current?.marks.get(mark);
    const joins =
      current !== undefined &&
      at - current.at <= BOOT_SPAN_NS &&
      !(hasEnd && lastEnd >= current.last) &&
      (known === undefined ? mark !== '12' || joinsAsStart(current, at) : at - current.last <= SECOND_NS);
    if (!joins || current === undefined) {
      current = { at, last: at, marks: new Map() };
      open.push(current);
    }
    if (!current.marks.has(mark)) current.marks.set(mark, event);
    current.last = at;
  }

  const kernelSpeaks = open.some((b) => b.marks.has('12') || b.marks.has('20'));
  const boots: Boot[] = [];
  const resumes: Sequenced[] = [];
  const logRestarts: Sequenced[] = [];
  for (const b of open) {
    const record = startRecord(b.marks);
    const bootType = b.marks.has('27') ? integer(b.marks.get('27') as EventObservation, 'BootType') : undefined;
    if ((bootType === 1n || bootType === 2n) && !b.marks.has('6005')) {
      resumes.push({ event: b.marks.get('27') as EventObservation, at: b.at });
    } else if (isStart(b, kernelSpeaks, sequence)) {
      boots.push({ at: b.at, time: clock.bootTime(record), record, marks: b.marks });
    } else logRestarts.push({ event: record, at: b.at });
  }
  return { boots, resumes, logRestarts };
}

/** Kernel-Boot 20 may be sorted just before the 12 of the same boot. */
function joinsAsStart(current: OpenBoot, at: bigint): boolean {
  return at - current.at <= 30n * SECOND_NS && !current.marks.has('6005');
}

function isStart(b: OpenBoot, kernelSpeaks: boolean, sequence: readonly Sequenced[]): boolean {
  for (const strong of ['12', '20', '27', '41', '6008', '108'] as const) if (b.marks.has(strong)) return true;
  if (!kernelSpeaks || sequence[0]?.at === b.at) return true;
  return sequence.some(
    ({ event, at }) =>
      at <= b.at &&
      b.at - at <= STOP_BEFORE_NS &&
      (is(event, 'kernel-general', 13) || is(event, 'kernel-power', 109) || is(event, 'user32', 1074)),
  );
}

function isEnd(e: EventObservation): boolean {
  return is(e, 'eventlog', 6006) || is(e, 'kernel-general', 13) || is(e, 'kernel-power', 109);
}

function startRecord(marks: ReadonlyMap<Mark, EventObservation>): EventObservation {
  for (const mark of ['12', '20', '27', '6005', '6009', '4608', '41', '6008', '108'] as const) {
    const record = marks.get(mark);
    if (record !== undefined) return record;
  }
  throw new Error('a boot without a record');
}

/** Records that belong to a start, by event id. */
const MARKS: ReadonlyMap<number, readonly [KnownProvider, Mark]> = new Map([
  [12, ['kernel-general', '12']],
  [20, ['kernel-boot', '20']],
  [27, ['kernel-boot', '27']],
  [41, ['kernel-power', '41']],
  [6005, ['eventlog', '6005']],
  [6008, ['eventlog', '6008']],
  [6009, ['eventlog', '6009']],
  [108, ['windows-eventlog', '108']],
  [4608, ['security', '4608']],
]);

function markOf(e: EventObservation): Mark | undefined {
  const known = MARKS.get(e.eventId);
  return known !== undefined && is(e, known[0], e.eventId) ? known[1] : undefined;
}

/** Kernel-Boot 20 of a boot: did the kernel see a good shutdown before it? */
export function lastShutdownGood(boot: Boot): boolean | undefined {
  const record = boot.marks.get('20');
  return record === undefined ? undefined : flag(record, 'LastShutdownGood');
}

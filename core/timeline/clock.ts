import type { EventObservation, InstantNs } from '../model/observation.ts';
import type { ClockStep } from '../model/timeline.ts';
import { integer, is, recordNumber, text } from './fields.ts';
import { absNs, HOUR_NS, isoToNs, MINUTE_NS, minNs, SECOND_NS } from './time.ts';

/** Smaller corrections are the daily work of the time service, not a step. */
export const MIN_STEP_NS = 60n * SECOND_NS;
/** Backward steps that are unrolled per host; a virtual machine host that corrects its guests writes hundreds. */
const MAX_UNROLLED_STEPS = 200;
/** A step this soon after the boot belongs to the boot: the hardware clock was wrong. */
const BOOT_STEP_NS = 30n * MINUTE_NS;
/** The records of one boot lie within this many record ids of each other. */
const BATCH_IDS = 60;
/** The kernel's records reach the log this much later than those of the log service, at most. */
const LATE_NS = 15n * MINUTE_NS;
/** Records written before a boot are looked for this many record ids back. */
const NEIGHBOUR_IDS = 500;

/**
 * Steps of a host's clock, from Kernel-General 1 (and 4616 where System has none): at least 60 s, and not the resume from sleep
 * (Reason 2, or an old time that stands at the moment of going to sleep). A Kernel-General 12 whose StartTime lies whole hours off
 * its own time is a step as well (hardware clock or zone fault).
 * @param events of one host, by time.
 */
export function clockSteps(events: readonly EventObservation[]): ClockStep[] {
  const steps: ClockStep[] = [];
  const sleeps = events.filter((e) => is(e, 'kernel-power', 42)).map((e) => e.time);
  for (const e of events) {
    if (is(e, 'kernel-general', 1)) {
      if (integer(e, 'Reason') === 2n) continue;
      const from = isoToNs(text(e, 'OldTime'));
      const to = isoToNs(text(e, 'NewTime'));
      if (from === undefined || to === undefined || absNs(to - from) < MIN_STEP_NS) continue;
      if (to > from && sleeps.some((s) => absNs(s - from) <= MIN_STEP_NS)) continue;
      steps.push({ host: e.host, at: e.time, from, to, event: e });
    } else if (is(e, 'kernel-general', 12)) {
      const start = isoToNs(text(e, 'StartTime'));
      if (start === undefined) continue;
      const off = absNs(e.time - start);
      const hours = (off + HOUR_NS / 2n) / HOUR_NS;
      if (hours > 0n && hours <= 26n && absNs(off - hours * HOUR_NS) <= 30n * SECOND_NS)
        steps.push({ host: e.host, at: e.time, from: start, to: e.time, event: e });
    }
  }
  for (const e of events) {
    if (!is(e, 'security', 4616)) continue;
    const from = isoToNs(text(e, 'PreviousTime'));
    const to = isoToNs(text(e, 'NewTime'));
    if (from === undefined || to === undefined || absNs(to - from) < MIN_STEP_NS) continue;
    if (to > from && sleeps.some((s) => absNs(s - from) <= MIN_STEP_NS)) continue;
    if (!steps.some((s) => absNs(s.to - to) <= 5n * SECOND_NS)) steps.push({ host: e.host, at: e.time, from, to, event: e });
  }
  return steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** A record with its place on a clock that never went back. */
export interface Sequenced {
  readonly event: EventObservation;
  /** Recorded time plus every backward step that lay before it: only for order and for distances between neighbours. */
  readonly at: InstantNs;
}

/** A host's records in the order in which they happened. */
export interface ClockReading {
  readonly steps: readonly ClockStep[];
  readonly sequence: readonly Sequenced[];
  /** A boot record's time on the clock of the session that followed it. */
  bootTime(record: EventObservation): InstantNs;
}

/**
 * Puts a host's records into the order in which they happened: by time, with steps unrolled. Without this, a boot whose hardware
 * clock ran two hours ahead would come after the records that followed it, and one that ran nine hours behind before the stop that
 * led to it. Which side of a step a record is on is told from its record id in the channel of the step, and from the place where
 * the times fall back in other channels.
 * @param events of one host, by time.
 */
export function readClock(events: readonly EventObservation[]): ClockReading {
  const steps = clockSteps(events);
  const unrolled = steps
    .filter((s) => is(s.event, 'kernel-general', 1) && s.event.trust !== 'text')
    .sort((a, b) => recordNumber(a.event) - recordNumber(b.event))
    .slice(0, MAX_UNROLLED_STEPS);
  const log = new HostLog(events);
  const offsets = new Map<EventObservation, bigint>();
  const bootTimes = new Map<EventObservation, InstantNs>();
  const shift = (e: EventObservation, by: bigint): void => {
    offsets.set(e, (offsets.get(e) ?? 0n) + by);
  };
  for (const step of unrolled) {
    const boot = log.bootBefore(step);
    const size = step.to - step.from;
    if (size < 0n) {
      for (const e of afterStep(log, step, boot)) shift(e, -size);
    } else if (boot !== undefined && ranBehind(log, boot, offsets)) {
      for (const e of beforeStep(log, step, boot)) shift(e, size);
    } else continue;
    if (boot !== undefined) bootTimes.set(boot, (bootTimes.get(boot) ?? boot.time) + size);
  }
  const sequence = events.map((event) => ({ event, at: event.time + (offsets.get(event) ?? 0n) }));
  if (offsets.size > 0) sequence.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : recordNumber(a.event) - recordNumber(b.event)));
  return { steps, sequence, bootTime: (record) => bootTimes.get(record) ?? record.time };
}

/** Did the clock go back when this boot began: is a record written before it later than it, earlier steps taken into account? */
function ranBehind(log: HostLog, boot: EventObservation, offsets: ReadonlyMap<EventObservation, bigint>): boolean {
  const start = log.startOfBatch(boot);
  const at = (e: EventObservation): bigint => e.time + (offsets.get(e) ?? 0n);
  return log.byId(boot.channel).some((e) => {
    const back = start - recordNumber(e);
    return back > 0 && back <= NEIGHBOUR_IDS && at(e) - at(boot) >= MIN_STEP_NS;
  });
}

/** Records of the boot that were written before a forward step made at boot. */
function beforeStep(log: HostLog, step: ClockStep, boot: EventObservation): EventObservation[] {
  const start = log.startOfBatch(boot);
  const end = recordNumber(step.event) + BATCH_IDS;
  return log.byId(boot.channel).filter((e) => {
    const id = recordNumber(e);
    const inBatch = id >= start && id <= end && e !== step.event;
    return inBatch && e.time >= boot.time && e.time <= step.from + SECOND_NS;
  });
}

/** Records written after a backward step. */
function afterStep(log: HostLog, step: ClockStep, boot: EventObservation | undefined): EventObservation[] {
  const batchStart = boot === undefined ? 0 : log.startOfBatch(boot);
  const stepId = recordNumber(step.event);
  // Late records of the session before lie just before the boot, those after the step just after it: half the step tells them apart.
  const lateSpan = minNs((step.from - step.to) / 2n, LATE_NS);
  const falls = new Map<string, number | undefined>();
  return log.events.filter((e) => {
    if (e === step.event) return true;
    if (e.channel === step.event.channel && e.trust !== 'text') {
      const id = recordNumber(e);
      const beforeStepByTime = boot !== undefined && e.time >= boot.time && e.time <= step.from + SECOND_NS;
      if (id > stepId) return !(beforeStepByTime && id - stepId <= BATCH_IDS);
      // The log service writes 6005 … before the kernel's own records of the boot and of the step reach the log.
      const justAfter = e.time >= step.to - 2n * SECOND_NS && e.time <= step.to + lateSpan;
      return boot !== undefined && id >= batchStart && justAfter && e.time < boot.time && !isEndRecord(e);
    }
    if (!falls.has(e.channel)) falls.set(e.channel, log.fallingPlace(e.channel, step));
    const fall = falls.get(e.channel);
    if (fall !== undefined) return recordNumber(e) > fall;
    if (e.time < step.to) return false;
    if (e.time > step.from) return true;
    return boot === undefined || e.time < boot.time;
  });
}

/** Records of the stop before that reach the log only with the next boot. */
function isEndRecord(e: EventObservation): boolean {
  return is(e, 'kernel-general', 13) || is(e, 'kernel-power', 109);
}

/** A host's records with what is looked up again for every step. */
class HostLog {
  readonly events: readonly EventObservation[];
  readonly #boots: readonly EventObservation[];
  readonly #byId = new Map<string, readonly EventObservation[]>();
  readonly #falls = new Map<string, readonly Fall[]>();

  constructor(events: readonly EventObservation[]) {
    this.events = events;
    this.#boots = events.filter((e) => is(e, 'kernel-general', 12));
  }

  /** Records of a channel by record id; pasted text has no place in it. */
  byId(channel: string): readonly EventObservation[] {
    let list = this.#byId.get(channel);
    if (list === undefined) {
      list = this.events.filter((e) => e.channel === channel && e.trust !== 'text').sort((a, b) => recordNumber(a) - recordNumber(b));
      this.#byId.set(channel, list);
    }
    return list;
  }

  /** The boot shortly before a step, on the clock before the step. */
  bootBefore(step: ClockStep): EventObservation | undefined {
    const stepId = recordNumber(step.event);
    let best: EventObservation | undefined;
    for (const e of this.#boots) {
      if (e.time > step.from || step.from - e.time > BOOT_STEP_NS) continue;
      if (recordNumber(e) < stepId && (best === undefined || recordNumber(e) > recordNumber(best))) best = e;
    }
    return best;
  }

  /** Smallest record id of a boot's records: those of the log service may come before 12, but after the end of the session before. */
  startOfBatch(boot: EventObservation): number {
    const id = recordNumber(boot);
    let start = id;
    const list = this.byId(boot.channel);
    for (let i = list.indexOf(boot) - 1; i >= 0; i--) {
      const e = list[i] as EventObservation;
      if (id - recordNumber(e) > BATCH_IDS) break;
      if (is(e, 'eventlog', 6006) || is(e, 'user32', 1074) || is(e, 'kernel-general', 12)) break;
      if (e.provider.toLowerCase() === 'eventlog' && [6005, 6008, 6009, 6011].includes(e.eventId)) start = recordNumber(e);
    }
    return start;
  }

  /** Last record id before the times of a channel fall back by the step, if they do so in the range of the step. */
  fallingPlace(channel: string, step: ClockStep): number | undefined {
    let falls = this.#falls.get(channel);
    if (falls === undefined) {
      const list = this.byId(channel);
      falls = list.flatMap((after, i): Fall[] => {
        const before = list[i - 1];
        return before !== undefined && before.time - after.time >= MIN_STEP_NS / 2n ? [{ before, after }] : [];
      });
      this.#falls.set(channel, falls);
    }
    const size = step.from - step.to;
    const found = falls.find(
      ({ before, after }) =>
        before.time - after.time >= size / 2n && before.time <= step.from + SECOND_NS && after.time >= step.to - SECOND_NS,
    );
    return found === undefined ? undefined : recordNumber(found.before);
  }
}

/** Two neighbours by record id of which the second is earlier. */
interface Fall {
  readonly before: EventObservation;
  readonly after: EventObservation;
}

import type { WriteData, WriteRecord } from '../evtx-writer/index.ts';
import { writeEvtx } from '../evtx-writer/index.ts';
import type { WindowsBuild } from './builds.ts';
import type { Ticks } from './clock.ts';
import { localTicks, plus, secondsBetween } from './clock.ts';
import type { Channel, EventShape } from './event.ts';
import { LSM_CHANNEL, RCM_CHANNEL, RDP_CHANNEL, SYSTEM_SID } from './event.ts';
import type { Account } from './events-logon.ts';
import { uptime } from './events-power.ts';
import { Random } from './random.ts';
import type { SystemTexts } from './texts.ts';

/** A file of a scenario. */
export interface ScenarioFile {
  /** File name as Windows gives it (`%4` stands for `/`), without folder unless several hosts are in one scenario. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Description of a host. */
export interface HostDescription {
  readonly computer: string;
  readonly build: WindowsBuild;
  readonly texts: SystemTexts;
  /** UTC minus local time in minutes: Tokyo -540. */
  readonly biasMinutes: number;
  readonly seed: number;
  /** First record id of each channel (default 1): a log that has been in use for long. */
  readonly firstRecordIds?: Partial<Record<Channel, bigint>>;
  /** Local time at which the host was started before the scenario begins. */
  readonly bootedAt: string;
  /** Local time from which on the logs hold records (default {@link bootedAt}): older ones have been overwritten. */
  readonly logsBegin?: string;
}

/** SYSTEM as an account, for 1074 and 4624. */
export const SYSTEM_ACCOUNT: Account = { name: 'SYSTEM', domain: 'NT AUTHORITY', sid: SYSTEM_SID, administrator: true };

const CHANNELS: readonly Channel[] = ['System', 'Security', LSM_CHANNEL, RCM_CHANNEL, RDP_CHANNEL];

interface Pending {
  readonly record: WriteRecord;
  readonly writtenAt: Ticks;
  readonly sequence: number;
}

/**
 * A host whose logs are being made. Events are emitted in any order; each log is written in the order of `writtenAt`, which is the time of
 * the event except where Windows flushes later (Kernel-Power 109 and Kernel-General 13 reach the disk at the next boot).
 */
export class Host {
  readonly description: HostDescription;
  readonly random: Random;
  /** Time of the running boot session's Kernel-General 12. */
  bootTime: Ticks;
  /** Number of the boot, for Kernel-Boot 20 of newer builds. */
  bootId = 41;
  /** Seconds by which the host's clock is ahead of the true time; event times and FILETIME fields show the clock, the order of the log the truth. */
  clockAheadSeconds = 0;
  /** Number of the next session and the next RDP connection. */
  nextSession = 2;
  nextConnection = 0;
  readonly #logsBegin: Ticks;
  #logonId = 0x3a11f0n;
  #stoppedAt: Ticks | undefined;
  readonly #downtimes: { readonly from: Ticks; readonly to: Ticks }[] = [];
  #pending = new Map<Channel, Pending[]>(CHANNELS.map((channel) => [channel, []]));
  #clears: { channel: Channel; at: Ticks }[] = [];
  #sequence = 0;

  constructor(description: HostDescription) {
    this.description = description;
    this.random = new Random(description.seed);
    this.bootTime = localTicks(description.bootedAt, description.biasMinutes);
    this.#logsBegin = localTicks(description.logsBegin ?? description.bootedAt, description.biasMinutes);
  }

  /** Returns the ticks of a local time of this host. */
  at(local: string): Ticks {
    return localTicks(local, this.description.biasMinutes);
  }

  /** Returns the time plus seconds and a jitter below one millisecond, so that no two records share a round time. */
  after(time: Ticks, seconds: number): Ticks {
    return plus(time, seconds) + BigInt(this.random.integer(1, 9999));
  }

  /** Returns a fresh logon id. */
  logonId(): bigint {
    this.#logonId += BigInt(this.random.integer(0x40, 0x4000));
    return this.#logonId;
  }

  /** Adds an event. `written`: when it reaches the log (default: at its time). */
  emit(time: Ticks, event: EventShape, written: Ticks = time): void {
    const record: WriteRecord = {
      timeTicks: plus(time, this.clockAheadSeconds),
      system: { ...event.system, channel: event.channel, computer: this.description.computer },
      data: this.clockAheadSeconds === 0 ? event.data : shifted(event.data, this.clockAheadSeconds),
      shape: event.shape ?? 'modern',
    };
    this.#pending.get(event.channel)!.push({ record, writtenAt: written, sequence: this.#sequence++ });
  }

  /** Forgets everything a channel has before the time: what clearing a log does. Clear in the order of time. */
  clear(channel: Channel, at: Ticks): void {
    this.#clears.push({ channel, at });
  }

  /** Drops records of a channel, as a disabled channel or a provider without auditing never writes them. */
  without(channel: Channel, drop: (record: WriteRecord) => boolean): void {
    this.#pending.set(
      channel,
      this.#pending.get(channel)!.filter((pending) => !drop(pending.record)),
    );
  }

  /** Notes that the host stops (or sleeps) from a time on. */
  goesDown(from: Ticks): void {
    this.#stoppedAt = from;
  }

  /** Notes that the host runs again. */
  comesUp(at: Ticks): void {
    if (this.#stoppedAt !== undefined) this.#downtimes.push({ from: this.#stoppedAt, to: at });
    this.#stoppedAt = undefined;
  }

  /** Tells whether the host was down at a time, as far as noted. */
  isDown(time: Ticks): boolean {
    return this.#downtimes.some(({ from, to }) => time > from && time < to) || (this.#stoppedAt !== undefined && time > this.#stoppedAt);
  }

  /** Adds EventLog 6013 for each local noon in the running boot session up to the time. */
  noonUptimes(until: Ticks): void {
    const { build, texts, biasMinutes } = this.description;
    const day = 86_400n * 10_000_000n;
    const localOffset = BigInt(biasMinutes) * 60n * 10_000_000n;
    let noon = ((this.bootTime - localOffset) / day) * day + day / 2n + localOffset;
    for (; noon < until; noon += day) {
      if (noon > plus(this.bootTime, 60) && noon >= this.#logsBegin)
        this.emit(this.after(noon, 0), uptime(build, secondsBetween(this.bootTime, noon), texts.zone));
    }
  }

  /** Returns the files of the channels that hold records, in a fixed order. */
  files(): readonly ScenarioFile[] {
    const { build } = this.description;
    const files: ScenarioFile[] = [];
    for (const channel of CHANNELS) {
      const records = this.records(channel);
      if (records.length === 0) continue;
      files.push({ name: `${channel.replaceAll('/', '%4')}.evtx`, bytes: writeEvtx(records, { minorVersion: build.evtxMinor }) });
    }
    return files;
  }

  /** Returns the records of a channel in the order of the log. Record ids go on counting over a clearing, as measured on real cleared logs. */
  records(channel: Channel): readonly WriteRecord[] {
    const first = this.description.firstRecordIds?.[channel] ?? 1n;
    const cleared = this.#clears.findLast((clear) => clear.channel === channel)?.at ?? 0n;
    return this.#pending
      .get(channel)!
      .toSorted((a, b) => (a.writtenAt < b.writtenAt ? -1 : a.writtenAt > b.writtenAt ? 1 : a.sequence - b.sequence))
      .map((pending, index) => ({ ...pending, record: { ...pending.record, recordId: first + BigInt(index) } }))
      .filter((pending) => pending.writtenAt >= cleared)
      .map((pending) => pending.record);
  }
}

function shifted(data: WriteData, seconds: number): WriteData {
  if (data.kind !== 'eventData') return data;
  const items = data.items.map((item) =>
    item.value.type === 'filetime' ? { ...item, value: { ...item.value, ticks: plus(item.value.ticks, seconds) } } : item,
  );
  return { ...data, items };
}

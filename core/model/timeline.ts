import type { Localized, StopClass } from '@winmedic/knowledge/model';
import type { ChannelCoverage, EventObservation, Evidence, InstantNs } from './observation.ts';

/** A decoded shutdown reason code (reference: reason.h; stops.md 5.1). */
export interface ShutdownReason {
  /** Lower-case hex without leading zeros: `0x500ff`. */
  readonly code: string;
  readonly planned: boolean;
  readonly userDefined: boolean;
  /** CLEAN_UI, DIRTY_UI, COMMENT_REQUIRED, DIRTY_PROBLEM_ID_REQUIRED … */
  readonly flags: readonly string[];
  /** Symbol (`SYSTEM`) or number as text for unknown and user-defined majors. */
  readonly major: string;
  readonly minor: string;
}

/** The request of a shutdown: a 1074, with the second winlogon/0x500ff record of a named user folded in. */
export interface StopRequest {
  readonly event: EventObservation;
  readonly folded: readonly EventObservation[];
  /** Base name, lower case. */
  readonly process: string;
  readonly processPath: string;
  /** Caller in parentheses of param1 when it is another machine. */
  readonly remote?: string;
  readonly user: string;
  readonly userSid?: string;
  readonly userKind: 'system' | 'service' | 'named' | 'unknown';
  readonly reason?: ShutdownReason;
  readonly comment: string;
}

/** One way a boot session ended. */
export interface Stop {
  /** `RDS01#4`: host and number in time order. */
  readonly id: string;
  readonly host: string;
  readonly class: StopClass;
  readonly action: 'power-off' | 'restart' | 'sleep' | 'unknown';
  /** Best time of the stop: the request, else the last clean record, else the heartbeat (lower bound). */
  readonly time: InstantNs;
  /** For dirty stops: the true moment lies in [earliest, latest]. */
  readonly earliest: InstantNs;
  readonly latest: InstantNs;
  readonly request?: StopRequest;
  /** Last moment the session is known to have been alive. */
  readonly end?: InstantNs;
  /** Next boot, when recorded. */
  readonly boot?: InstantNs;
  /** The record this stop's classification rests on (1074, 6006, 13, 109, 41, 6008, 1001, 20 …), in time order. */
  readonly records: readonly EventObservation[];
  readonly bugcheck?: { readonly code: string; readonly parameters: readonly string[]; readonly from: EventObservation };
  readonly powerButton?: boolean;
  /** When the power button was pressed (Kernel-Power 41, PowerButtonTimestamp), on the clock of that time; absent when only that it was held is known. */
  readonly powerButtonAt?: InstantNs;
  readonly sleepInProgress?: boolean;
  readonly lastShutdownGood?: boolean;
  /** Decoded 6008. */
  readonly heartbeat?: {
    readonly utc: InstantNs;
    readonly maxIntervalSeconds: number;
    readonly uptimeSeconds?: number;
    readonly from: EventObservation;
  };
  /** User sessions alive at the request: number, or undefined when session records do not cover it. */
  readonly sessions?: number;
  readonly sessionUsers?: readonly string[];
  /** How many of {@link sessions} were disconnected (nobody at the other end). */
  readonly disconnectedSessions?: number;
}

/** From one boot to the end of it. */
export interface BootSession {
  readonly host: string;
  readonly boot?: InstantNs;
  readonly bootRecord?: EventObservation;
  readonly build?: string;
  readonly stop?: Stop;
}

/** The clock of a host was set: records before and after it are not on one scale. */
export interface ClockStep {
  readonly host: string;
  readonly at: InstantNs;
  readonly from: InstantNs;
  readonly to: InstantNs;
  readonly event: EventObservation;
}

/** Observations in time order with what was derived from their order. */
export interface Timeline {
  readonly evidence: Evidence;
  readonly hosts: readonly HostInfo[];
  /** All events by time, ties by record id; ids `E1` … assigned. */
  readonly events: readonly EventObservation[];
  readonly coverage: readonly ChannelCoverage[];
  readonly sessions: readonly BootSession[];
  readonly stops: readonly Stop[];
  readonly clockSteps: readonly ClockStep[];
}

/** A machine of the case, under all names it had. */
export interface HostInfo {
  readonly name: string;
  /** From 6009 / Kernel-General 12: `10.0.14393`. */
  readonly build?: string;
  /** Host's UTC offset in minutes (east positive) from 6013, when recorded. */
  readonly utcOffsetMinutes?: number;
  readonly zoneName?: string;
  readonly names: readonly string[];
}

/** A line of the timeline that is not a record: gap, clearing, clock step, boot session border. */
export interface TimelineMark {
  readonly kind: 'gap' | 'clearing' | 'clock-step' | 'boot' | 'stop';
  readonly time: InstantNs;
  readonly host: string;
  /** Channel of a gap or a clearing. */
  readonly channel?: string;
  readonly text: Localized;
}

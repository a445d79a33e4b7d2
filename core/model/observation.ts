import type { Damage } from '@winmedic/bytes';
import type { CapturedConversation, CaptureObservation, TraceObservation } from './conversation.ts';
import type { DumpObservation, ImageObservation, StateExtent, StateObservation } from './state.ts';

/** Nanoseconds since 1970-01-01 UTC. FILETIME resolution is 100 ns, so the last two digits are 0 for log records. */
export type InstantNs = bigint;

/**
 * How far an observation can be relied on: a live log record; a record carved from slack; text a person pasted or exported;
 * a statement of the user.
 */
export type Trust = 'record' | 'recovered' | 'text' | 'stated';

/** Where bytes came from. */
export interface Source {
  /** Index in the case, stable within one run: `S1`, `S2` … */
  readonly id: string;
  /** Path as the user would recognise it; members of archives as `bundle.zip!/logs/System.evtx`, of disks as `disk.vhdx!/3/Windows/…` with the partition number. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hex; empty when hashing was switched off, and for a disk: only what is read from it is hashed. */
  readonly sha256: string;
  /** What it was recognised as by content. */
  readonly kind: SourceKind;
}
/** What a source was recognised as. */
export type SourceKind =
  | 'evtx'
  | 'event-text'
  | 'facts'
  | 'zip'
  | 'hive'
  | 'hive-log'
  | 'dump'
  | 'image'
  | 'state-text'
  | 'tool-log'
  /** A disk or an image of one; the files read from it are sources of their own. */
  | 'disk'
  /** Packets: pcap, pcapng, NetMon. */
  | 'capture'
  /** An event trace (ETL); packets in it are a capture as well. */
  | 'trace'
  | 'unknown';

/** The place of one observation in its source. */
export interface Origin {
  readonly sourceId: string;
  readonly path: string;
  /** EventRecordID, decimal. */
  readonly recordId?: string;
  /** Byte offset of the record, or of the text. */
  readonly offset?: number;
  readonly chunk?: number;
  /** 1-based line for text. */
  readonly line?: number;
  /** 1-based number of the packet in a capture, as Wireshark's `frame.number`. */
  readonly frame?: number;
  /** Registry key and value, as the owner would write it: `HKLM\\SYSTEM\\…\\RDP-Tcp!UserAuthentication`. */
  readonly key?: string;
  /** When that key was last written. */
  readonly keyWritten?: InstantNs;
}

/** A log record, reduced to what the diagnosis may look at. Field names as in formats/evtx `field()`. */
export interface EventObservation {
  readonly type: 'event';
  /** Unique in the case: `E1` … in time order once the timeline is built; before that, empty. */
  id: string;
  readonly time: InstantNs;
  readonly host: string;
  readonly channel: string;
  readonly provider: string;
  readonly eventId: number;
  readonly version: number;
  readonly level: number;
  readonly recordId: string;
  readonly userSid?: string;
  /** ActivityID of System/Correlation: records of one RDP connection share it. */
  readonly activityId?: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly origin: Origin;
  readonly trust: Trust;
  /** RenderingInfo message or pasted text, when the source carried one. Never decides anything. */
  readonly message?: string;
}

/** A state or outside event somebody supplied, with the time for which it is known. */
export interface FactObservation {
  readonly type: 'fact';
  readonly id: string;
  /** Fact name of knowledge/facts (`rdp.nla`). */
  readonly name: string;
  readonly value: string;
  /** Host it speaks of; absent = every host of the case. */
  readonly host?: string;
  /** When it held (span), happened or was read (instant), or `now` when no time was given. */
  readonly time:
    | { readonly kind: 'span'; readonly from: InstantNs; readonly to: InstantNs }
    | { readonly kind: 'instant'; readonly at: InstantNs }
    | { readonly kind: 'now' };
  readonly origin: Origin;
  readonly trust: Trust;
}

/** An event or a fact: whatever a verdict may cite. */
export type Observation = EventObservation | FactObservation;

/** What one channel of one host really recorded. "Absent" means something only inside coverage. */
export interface ChannelCoverage {
  readonly host: string;
  readonly channel: string;
  readonly sourceIds: readonly string[];
  readonly records: number;
  readonly first: InstantNs;
  readonly last: InstantNs;
  /** Holes: record ids missing between two neighbours, with the times of the neighbours. */
  readonly gaps: readonly { readonly from: InstantNs; readonly to: InstantNs; readonly missingRecords: bigint }[];
  /** Times of clearing (104 naming this channel, 1102 for Security). */
  readonly clearings: readonly InstantNs[];
  /** Set when more observations of a kind were met than are kept: from then on absence cannot be judged. */
  readonly truncatedFrom?: InstantNs;
  /** For text sources: only what was pasted is known, so absence never means anything. */
  readonly partial?: boolean;
  /** Consecutive record ids met, in id order; {@link gaps} are what lies between them. Absent for text sources. */
  readonly runs?: readonly CoverageRun[];
  /**
   * Stretches in which no two neighbouring records lie 10 minutes or more apart, in time order; what lies between two stretches
   * is silence. Only for the System and Security channels of record sources; absent when there were more than are kept.
   */
  readonly activity?: readonly { readonly from: InstantNs; readonly to: InstantNs }[];
  /** The records were collected from another machine's log (WEC): their ids say nothing about this file's holes. */
  readonly forwarded?: boolean;
}

/** A run of consecutive record ids of one channel. */
export interface CoverageRun {
  readonly firstId: bigint;
  readonly lastId: bigint;
  readonly firstTime: InstantNs;
  readonly lastTime: InstantNs;
}

/** A problem with an input, with the source it belongs to. */
export interface InputProblem extends Partial<Damage> {
  /** Stable code, `EVIDENCE_…` or the reader's own (`EVTX_…`). */
  readonly code: string;
  readonly path: string;
  /** unusable: nothing of this input was read; partial: some was lost; note: nothing lost. */
  readonly severity: 'unusable' | 'partial' | 'note';
  /** Number of identical problems folded into this one. */
  readonly count?: number;
}

/** What the evidence step hands to the timeline. */
export interface Evidence {
  readonly sources: readonly Source[];
  readonly events: readonly EventObservation[];
  readonly facts: readonly FactObservation[];
  readonly coverage: readonly ChannelCoverage[];
  readonly problems: readonly InputProblem[];
  /** Settings and other state of hosts, from hives and exported text. */
  readonly state: readonly StateObservation[];
  /** What the state sources show whole; absence means something only inside. */
  readonly extents: readonly StateExtent[];
  readonly dumps: readonly DumpObservation[];
  /** Drivers and other images, to name the version of those a dump points at. */
  readonly images: readonly ImageObservation[];
  readonly captures: readonly CaptureObservation[];
  /** Conversations of all captures, those of interest only, in time order. */
  readonly conversations: readonly CapturedConversation[];
  readonly traces: readonly TraceObservation[];
  /** Totals that reconcile: recordsRead = kept + passed over. */
  readonly totals: {
    readonly bytes: number;
    readonly recordsRead: number;
    readonly kept: number;
    readonly recovered: number;
    readonly damagedRecords: number;
  };
}

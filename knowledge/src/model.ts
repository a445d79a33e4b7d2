/**
 * The shapes of the knowledge base. Everything a person may read is {@link Localized}: both languages are written by hand,
 * a missing one is a schema error (data) or a compile error (code).
 */

export { CONNECTION_PROPERTIES, type ConnectionPropertyName, RUNGS, type RungName } from './connection-model.ts';
export type * from './recipe-model.ts';
export type * from './settings-model.ts';
export type * from './trace-model.ts';
export {
  EVIDENCE_KINDS,
  EVIDENCE_NAMES,
  type EvidenceKind,
  kindsThatShow,
  type Sight,
  sightOf,
  VIEWS,
  type View,
  type ViewProperties,
} from './visibility.ts';

/** A text in both languages. */
export interface Localized {
  readonly en: string;
  readonly ja: string;
}
/** Language of a text; the screens switch between the two. */
export type Language = keyof Localized;

/** How well a statement is founded: measured, documentation, field report, general knowledge not verified (shown as such). */
export type Basis = 'measured' | 'documented' | 'field' | 'unverified';

/** How a boot session ended (reference: stops.md 2.1). */
export type StopClass =
  | 'requested-clean' // 1074 + 6006/1100 + Kernel-General 13
  | 'clean-not-requested' // 6006/13 without 1074
  | 'requested-not-finished' // 1074 within minutes, then 41 / 6008
  | 'bugcheck' // 41 with code, WER 1001, volmgr 162
  | 'dirty' // 41 code 0, 6008, Kernel-Boot 20 LastShutdownGood=false
  | 'sleep' // 187/42 after the 1074, or Fast Startup; no 6006/13
  | 'log-gap'; // a boot whose previous end is not in the log (cleared, wrapped, disabled)

/** A value as it may stand in a condition. */
export type Scalar = string | number | boolean;

/** A duration such as `90s`, `5m`, `2h`, `7d`. */
export type Duration = string;

/** An event selection in Sigma's field and modifier syntax: keys `Field` or `Field|modifier`; a list of values is OR; several keys are AND. */
export interface EventPattern {
  /** Case-insensitive. */
  readonly provider: string | readonly string[];
  readonly id: number | readonly number[];
  readonly channel?: string;
  readonly where?: Readonly<Record<string, Scalar | readonly Scalar[] | null>>;
}

/**
 * A time window around an anchor of the stop that is judged, or of the attempt to connect. Default anchor: `stop`, for an attempt `attempt`.
 * `stop`: the request (1074) if there is one, else the last moment known alive; `end`: last clean record (13/6006) or heartbeat;
 * `boot`: the boot after the stop; `session`: the whole boot session that ended (before/after ignored); `evidence`: all that was given;
 * `attempt`: from the beginning to the end of the attempt, on the host's own clock where its offset from ours is known.
 */
export interface Window {
  readonly anchor?: 'stop' | 'end' | 'boot' | 'session' | 'evidence' | 'attempt';
  readonly before?: Duration;
  readonly after?: Duration;
}

/** How many, inclusive on both ends. */
export interface CountRange {
  readonly gte?: number;
  readonly lte?: number;
}

/**
 * What must hold, evaluated to true, false or unknown, with the observations it rests on.
 * Unknown arises from: a fact nobody supplied or that does not cover the time; absence without coverage; a property with no record.
 */
export type Expr =
  | { readonly all: readonly Expr[] }
  | { readonly any: readonly Expr[] }
  | { readonly not: Expr }
  /** Properties of the stop, see {@link STOP_PROPERTIES}; keys may carry Sigma modifiers (`request.code|startswith`). */
  | { readonly stop: Readonly<Record<string, Scalar | readonly Scalar[] | null>> }
  /** Properties of the attempt to connect, see {@link CONNECTION_PROPERTIES}; keys may carry Sigma modifiers (`schemes.offered|contains`). */
  | { readonly connection: Readonly<Record<string, Scalar | readonly Scalar[] | null>> }
  /** At least one (or `count`) matching event in the window. False only inside coverage, else unknown. */
  | { readonly event: EventPattern; readonly within?: Window; readonly count?: CountRange }
  /** No matching event in the window. True only inside coverage, else unknown. */
  | { readonly absent: EventPattern; readonly within?: Window }
  /** A named derived observation, see {@link DERIVED}. */
  | { readonly derived: DerivedName; readonly within?: Window; readonly count?: CountRange }
  /** A fact that held at the time of the stop (scope `host`: at any time of the evidence). */
  | { readonly fact: string; readonly is: Scalar | readonly Scalar[] }
  /** An outside event fact (`bmc.power-event@time`) whose time lies in the window. */
  | { readonly factEvent: string; readonly is?: Scalar | readonly Scalar[]; readonly within: Window }
  /** True if this action has a known date (fact `action.…`, or one of the given log records) and this stop came after it. Unknown if its date is not known. */
  | { readonly actionBefore: string; readonly records?: readonly EventPattern[] }
  /** Coincidence: k of n stops of this signature are preceded by the derived observation within `within`; true if p = P(Bin(n, q) >= k) < below. */
  | { readonly coincidence: DerivedName; readonly window: Duration; readonly below: number };

/** Properties of a stop usable in `stop:` expressions, with their meaning. Values are compared as text, case-insensitively. */
export const STOP_PROPERTIES = {
  class: 'StopClass',
  action: 'power-off | restart | sleep; unknown without 109, boot distance or code',
  notBefore: 'earliest possible moment of the stop, whole seconds since 1970-01-01 UTC, rounded down',
  notAfter: 'latest possible moment of the stop, whole seconds since 1970-01-01 UTC, rounded down',
  'request.process': 'base name of the process in 1074 param1, lower case (winlogon.exe)',
  'request.remote': 'caller host or address in parentheses when it is not this computer',
  'request.user': 'param7 as written',
  'request.userSid': 'SID of System/Security of the 1074',
  'request.userKind': 'system | service | named (from SID, never from the localised name)',
  'request.code': 'reason code, normalised lower-case hex without leading zeros (0x500ff)',
  'request.planned': 'true | false',
  'request.major': 'OTHER, HARDWARE, OPERATINGSYSTEM, SOFTWARE, APPLICATION, SYSTEM, POWER, LEGACY_API or number',
  'request.minor': 'MAINTENANCE, INSTALLATION ... NONE or number',
  'request.comment': 'param6',
  'request.folded': 'true when a second winlogon/0x500ff record of the same named user was folded into it',
  'bugcheck.code': 'hex (0x50); absent when no code is recorded',
  powerButton: 'true when 41 PowerButtonTimestamp != 0 or LongPowerButtonPressDetected',
  powerButtonAtStop:
    'true when 41 PowerButtonTimestamp lies between the bounds of the stop, two minutes more allowed on both sides; unknown without a time',
  sleepInProgress: 'true when 41 SleepInProgress != 0',
  sessions: 'number of user sessions alive at the request; unknown without session records in coverage',
  lastShutdownGood: 'Kernel-Boot 20 of the next boot',
  heartbeatGapSeconds: '6008: seconds between the last heartbeat bound and the last other record',
  uptimeSeconds: 'length of the session that ended',
  repeats: 'number of stops in the evidence with the same signature (process, user kind, code, class)',
} as const;

/** Derived observations computed by core/diagnosis from several records (definition there, tested there). */
export const DERIVED = {
  'screen-typed-failure':
    '4625 type 10, LogonProcessName User32, winlogon.exe, SubStatus 6A, or 64 for a name that also logged on successfully elsewhere: an existing account mistyped on the RDP logon screen (NLA not enforced); counts until that account is logged on from there (LSM 21/25, 4624 type 10/7)',
  'screen-typed-failure-any': 'as above without the existing-account test, whoever logged on since',
  'console-typed-failure': '4625 type 2, User32/winlogon, 127.0.0.1',
  'nla-failure': 'RdpCoreTS 140, or 4625 type 3 NtLmSsp',
  'rdp-connection': 'RdpCoreTS 131 or RCM 261',
  'unfinished-rdp-connection':
    'RdpCoreTS 131 / RCM 261 that no session logon or reconnect (LSM 21/25, 4624 type 10/7) followed before the stop, that was not closed before it (102/103 of the same activity), and that no NLA failure (140) explains',
  'user-logoff': 'Winlogon 7002 or LSM 23 or 4647',
  'session-present': 'at least one user session alive at the request',
  'no-session': 'session records cover the time and none was alive',
  'same-client-before-several-stops': 'one client address in the window before two or more stops of this signature',
  'office-hours-cluster': 'at least 4 stops of this signature, all on weekdays 08:00-19:00 host time',
  'regular-times': 'at least 3 stops of this signature within +-2 minutes of one time of day, or equally spaced within 5 %',
  'other-host-stop': 'another host of the evidence stopped within 5 minutes of this stop',
  'other-host-up': 'another host of the evidence has records through the stop and did not stop',
  'bugcheck-series-after-install': '7045/4697/20001 within 7 days before the first bug check of the evidence, none before it',
  'quiet-before-stop': 'no record of the System and Security channels for at least 10 minutes before the end while the session lasted on',
  'definition-update': 'WindowsUpdateClient 19/43/44 whose updateTitle contains KB2267602',
  'clock-step': 'Kernel-General 1 step of at least 60 s, or boot StartTime a whole number of hours off the record time',
  'log-loss': '104/1102 clearing, a record-id gap, or a channel that starts after the stop',
  'hypervisor-clean-request':
    "host record 18504 (shut down through the integration service) for this guest within 60 s; 18508 is the guest's own shutdown and does not count",
  'hypervisor-hard-stop': 'host record 18502 / 18512 for this guest within 120 s',
  'hypervisor-guest-crash': 'host record 18590 or 18539-18560 for this guest within 120 s',
} as const;
/** Name of a derived observation, see {@link DERIVED}. */
export type DerivedName = keyof typeof DERIVED;

/** One thing that is looked at for a cause. */
export interface Requirement {
  /** Unique in the cause; kebab-case. */
  readonly id: string;
  readonly text: Localized;
  readonly when: Expr;
}
/** A requirement that the grade depends on. */
export interface RequiredItem extends Requirement {
  /** `likely`: needed for likely and confirmed; `confirmed`: needed in addition for confirmed. Default `likely`. */
  readonly for?: 'likely' | 'confirmed';
  /** When known false, the cause is ruled out by it (for example: the 1074 names another process). Default false. */
  readonly necessary?: boolean;
}

/** Something a person can look up or ask, to confirm a cause or to separate it from others. */
export interface Check {
  readonly text: Localized;
  readonly command?: string;
  /** Fact that this check would supply; lets the engine choose the check that separates what is left. */
  readonly fact?: string;
  /** Lower is easier (1 = one command on the host, 5 = outside party). */
  readonly effort?: number;
}

/** What to do about a cause: exact commands with their risk and how to take them back. */
export interface Remedy {
  readonly id: string;
  readonly text: Localized;
  /** Exact command(s) to run on the server, if any. */
  readonly command?: string;
  /** Group policy path. */
  readonly gpo?: Localized;
  readonly risk: Localized;
  readonly undo: Localized;
}

/** What part an entry of the catalogue plays in an answer. */
export type CauseKind =
  | 'cause'
  | 'factor' // contributes, never the whole answer
  | 'hypothesis' // must be looked at, rarely provable from logs
  | 'dead_end' // commonly believed, kept to say why it is ruled out
  | 'false_alarm' // not a fault at all
  | 'finding' // a state worth changing
  | 'limit' // what the evidence cannot show
  | 'separate_problem'; // real, but does not explain the stop

/** What kind of trouble a cause belongs to. */
export type CauseClass =
  | 'stop'
  | 'connect'
  | 'logon'
  | 'exposure'
  | 'false_alarm'
  | 'reasoning'
  | 'performance'
  | 'hang'
  | 'outage'
  | 'noboot' // it does not start, or not as it should
  | 'recovery'; // what helps or stands in the way of getting it back

/** An entry of the cause catalogue. */
export interface Cause {
  readonly id: string;
  readonly class: CauseClass;
  readonly kind: CauseKind;
  /** Judged for every stop, for every attempt to connect, or once per host over all evidence. */
  readonly scope: 'stop' | 'connection' | 'host';
  /** Stop classes it can explain; on others it is ruled out by the class itself when `necessary` says so, and otherwise not considered. Absent: all. */
  readonly stops?: readonly StopClass[];
  /** Rows of the connection diagnosis table this cause answers (docs/reference/connection-rows). */
  readonly rows?: readonly number[];
  /** A broader cause this one specialises: when both hold, this one is named. */
  readonly refines?: string;
  /** Position among the causes that are always listed (dead ends people try first); lower is earlier. */
  readonly prominence?: number;
  readonly title: Localized;
  /** One sentence a manager can forward. */
  readonly sentence: Localized;
  /** cause -> mechanism -> symptom, each one line. */
  readonly mechanism?: readonly Localized[];
  readonly required: readonly RequiredItem[];
  readonly supporting?: readonly Requirement[];
  /** Excludes the cause; shown as the reason. */
  readonly refutes?: readonly Requirement[];
  /** Blocks confirmed, never rules out. */
  readonly weakens?: readonly Requirement[];
  readonly confirm: readonly Check[];
  readonly remedies: readonly Remedy[];
  readonly basis: readonly Basis[];
  readonly sources: readonly string[];
}

/** A named fact that event logs cannot give; supplied by the user today, by hives, live hosts and clouds later. */
export interface FactDefinition {
  readonly id: string;
  /** `state` holds over a span; `event` happened at a time; `action` was done by people at a time. */
  readonly kind: 'state' | 'event' | 'action';
  readonly title: Localized;
  /** Allowed canonical values with their meaning; absent for free text or numbers. */
  readonly values?: Readonly<Record<string, Localized>>;
  /** Other names people use: `ShutdownWithoutLogon`, with their values mapped to canonical ones. */
  readonly aliases?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly obtain: Localized;
  readonly command?: string;
}

/** What an event id means, and how to say it. */
export interface EventKnowledge {
  readonly provider: string;
  readonly id: number;
  readonly channel: string;
  readonly title: Localized;
  /** Rendering with `{field}` placeholders; `{field|format}` with format names of core/explain (reason, sid, ntstatus, logonType, filetime, hex ...). */
  readonly message: Localized;
  readonly proves: Localized;
  readonly doesNotProve: Localized;
  /** Field names in order per version are in schema tables; here only the fields that matter, with meaning. */
  readonly fields?: Readonly<Record<string, Localized>>;
  readonly basis: Basis;
}

/** Codes of one kind. */
export interface CodeTable {
  readonly title: Localized;
  readonly codes: readonly CodeEntry[];
}

/** One code: hex codes are lower case without leading zeros (`0xc000006a`), decimal ones plain (`10`), SIDs and `%%2313` as they are. */
export interface CodeEntry {
  readonly code: string;
  /** Symbol (`STATUS_WRONG_PASSWORD`). */
  readonly name?: string;
  readonly meaning?: Localized;
  /** Usual cause. */
  readonly cause?: Localized;
  /** What to do next. */
  readonly action?: Localized;
  /** The reading is general knowledge that was not checked; shown as such. */
  readonly unverified?: true;
}

/** The text Windows shows for an event, with `{field}` placeholders: to turn pasted messages back into fields. */
export interface MessageTemplate {
  readonly provider: string;
  readonly id: number;
  readonly channel: string;
  readonly lang: Language;
  readonly text: string;
  /** Where the wording was read. */
  readonly source: string;
  readonly unverified?: true;
}

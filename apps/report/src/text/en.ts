import type { ChainLink, DeadEnd, Grade, InputProblem, JudgedRequirement, TimelineMark, Trust } from '@winmedic/core/model';
import type { StopClass } from '@winmedic/knowledge/model';
import { auditEn } from '../audit/words-en.ts';
import { connectionEn, recordedEn } from '../connection/words-en.ts';
import { trafficEn } from '../traffic/words-en.ts';
import { dumpEn } from './dump-en.ts';

const plural = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** Every word of the reports that does not come from the knowledge base. The shape is the contract for the other languages. */
export const en = {
  list: (items: readonly string[]) => items.join(', '),
  number: (n: number) => n.toLocaleString('en'),
  bytes: (n: number) => `${n.toLocaleString('en')} bytes`,
  grade: { confirmed: 'confirmed', likely: 'likely', inconclusive: 'inconclusive', ruled_out: 'ruled out' } as Record<Grade, string>,
  deadEndStatus: { ruled_out: 'ruled out', not_checkable: 'not checkable', open: 'open', holds: 'holds' } as Record<
    DeadEnd['status'],
    string
  >,
  stopClass: {
    'requested-clean': 'requested, ended cleanly',
    'clean-not-requested': 'ended cleanly, no request recorded',
    'requested-not-finished': 'requested, did not finish',
    bugcheck: 'bug check (blue screen)',
    dirty: 'unexpected, no shutdown recorded',
    sleep: 'sleep or Fast Startup',
    'log-gap': 'the log has no end for this session',
  } as Record<StopClass, string>,
  action: { 'power-off': 'power off', restart: 'restart', sleep: 'sleep', unknown: 'action unknown' } as Record<string, string>,
  role: { cause: 'cause', mechanism: 'mechanism', symptom: 'symptom' } as Record<ChainLink['role'], string>,
  support: { observed: 'observed', derived: 'derived', stated: 'stated', assumed: 'assumed' } as Record<ChainLink['support'], string>,
  supportMeaning: {
    observed: 'a record of the evidence says it',
    derived: 'follows from several records',
    stated: 'supplied by a person',
    assumed: 'not shown by the evidence',
  } as Record<ChainLink['support'], string>,
  requirementRole: { required: 'required', supporting: 'supports', refutes: 'refutes', weakens: 'weakens' } as Record<
    JudgedRequirement['role'],
    string
  >,
  truth: { true: 'holds', false: 'does not hold', unknown: 'unknown' } as Record<'true' | 'false' | 'unknown', string>,
  trust: { record: 'log record', recovered: 'recovered from slack', text: 'text export or pasted text', stated: 'stated' } as Record<
    Trust,
    string
  >,
  severity: { unusable: 'unusable', partial: 'partly read', note: 'note' } as Record<InputProblem['severity'], string>,
  mark: { gap: 'gap', clearing: 'log cleared', 'clock-step': 'clock step', boot: 'boot', stop: 'stop' } as Record<
    TimelineMark['kind'],
    string
  >,
  missingKind: { fact: 'fact', channel: 'log', record: 'record' } as Record<'fact' | 'channel' | 'record', string>,

  // Locators
  record: (id: string) => `#${id}`,
  line: (n: number) => `line ${n}`,
  offset: (n: number) => `offset 0x${n.toString(16)}`,
  chunk: (n: number) => `chunk ${n}`,
  keyWritten: (time: string) => `key last written ${time}`,
  factNow: "today's value",
  factAt: (time: string) => `at ${time}`,
  anyHost: 'every host',

  // Headline
  reportTitle: (host: string) => `Why ${host} stopped`,
  verdict: 'Verdict',
  stops: (n: number) => plural(n, 'stop'),
  nOfStops: (n: number, of: number) => (of === 1 ? 'the only stop' : n === of ? `all ${of} stops` : `${n} of ${plural(of, 'stop')}`),
  counts: (parts: readonly string[]) => parts.join(', '),
  gradeCount: (grade: string, n: number) => `${n} ${grade}`,
  noStops: 'No stop was found in the evidence.',
  noStopsSpan: (span: string) => `The records cover ${span}.`,
  noRecords: 'The inputs held no record this diagnosis can use.',
  needsForConfirmed: 'Needed for confirmed',
  /** A likely verdict forwarded by itself must not read as a confirmed one. */
  forward: (grade: Grade, sentence: string) => (grade === 'likely' ? `Likely, not confirmed: ${sentence}` : sentence),
  needs: 'Needed',
  covered: 'Records cover',

  // Sections
  sectionStops: 'Stops',
  sectionGroup: (n: number) => `Stop group ${n}`,
  sectionOther: 'The other stops',
  sectionTimeline: 'Timeline',
  sectionMechanism: (confirmed: boolean) => (confirmed ? 'How it happened' : 'How it would have happened'),
  sectionChain: 'Chain of evidence',
  chainOf: (stop: string) => `Shown for ${stop}.`,
  sectionDeadEnds: 'Often suspected: what the evidence says',
  sectionLooked: 'What was looked at for this verdict',
  sectionRuledOut: 'Ruled out',
  sectionOpen: 'Still open, and what would decide',
  sectionAlso: 'Other causes that hold',
  sectionUnchecked: 'Could not be checked',
  sectionMissing: 'Not in the evidence, would help',
  sectionNext: 'Next check',
  sectionRemedy: 'Remedy',
  sectionRepairs: 'Changed after the last stop: suspected repairs',
  sectionFindings: 'Findings besides the stops',
  sectionCoincidence: 'Chance or not',
  sectionFacts: 'Facts supplied',
  sectionCoverage: 'What the logs cover',
  sectionInputs: 'Inputs',
  sectionProblems: 'Problems with inputs',
  sectionMade: 'How this report was made',
  sectionAppendix: 'Appendix: raw records',
  contents: 'Contents',
  skip: 'Skip to the verdict',

  // Table heads
  colTime: 'Time',
  colHost: 'Host',
  colStop: 'Stop',
  colAction: 'Action',
  colClass: 'How it ended',
  colRequest: 'Requested by',
  colEvidence: 'Evidence',
  colCause: 'Cause',
  colStatus: 'Status',
  colBecause: 'Because',
  colDecides: 'What would decide',
  colChannel: 'Log',
  colFrom: 'From',
  colTo: 'To',
  colRecords: 'Records',
  colHoles: 'Holes, clearings',
  colName: 'Name',
  colValue: 'Value',
  colHeld: 'Held or read',
  colOrigin: 'Origin',
  colFile: 'File',
  colSize: 'Size',
  colField: 'Field',
  colMeaning: 'Meaning',
  colEvent: 'Event',
  colMessage: 'Message',
  colRole: 'Role',
  colLooked: 'Looked for',
  colVerdict: 'Verdict',

  // Stop details
  by: (process: string, user: string) => (user === '' ? process : `${process} for ${user}`),
  from: (host: string) => `from ${host}`,
  reason: (code: string) => `reason ${code}`,
  bugcheck: (code: string) => `bug check ${code}`,
  sessions: (n: number) => (n === 0 ? 'no session' : plural(n, 'session')),
  between: (from: string, to: string) => `between ${from} and ${to}`,
  heartbeat: (time: string, seconds: number) => `last heartbeat ${time}; the stop came within ${seconds} s after it`,
  forStops: (n: number, of: number) => `for ${n} of ${of} stops`,

  // Other
  separates: (causes: string) => `Separates: ${causes}`,
  command: 'Command',
  risk: 'Risk',
  undo: 'Undo',
  gpo: 'Group policy',
  moreRuledOut: (n: number) => `${plural(n, 'more cause')} ruled out`,
  moreUnchecked: (n: number) => `${plural(n, 'more cause')} neither shown nor ruled out; nothing in the evidence points to them`,
  moreOnHosts: (n: number) => `${n.toLocaleString('en')} more on other hosts`,
  moreSteps: (n: number) => `${plural(n, 'more clock step')}`,
  moreTests: (n: number) => `${plural(n, 'more test')} without such an observation before any stop`,
  moreGroups: (n: number, stops: number) => `${plural(n, 'more group')} with ${plural(stops, 'stop')}`,
  moreFindings: (n: number) => `${plural(n, 'finding')} not checked or ruled out`,
  more: (n: number) => `${n} more`,
  verboseHint: 'listed with --verbose and in the HTML report',
  verboseOnly: 'listed with --verbose',
  jsonHint: 'listed in the JSON report',
  coincidence: (k: number, n: number, window: string, q: string, p: string, bound: string) =>
    `${k} of ${n} stops came within ${window} after such an observation; those windows cover ${q} of the time. By chance alone: p = ${p} (bound ${bound}).`,
  coincidencePassed: 'Too rare for chance',
  coincidenceFailed: 'Chance is not excluded',
  noGaps: 'none',
  holes: (n: number, missing: string) => `${plural(n, 'hole')} (${missing} records missing)`,
  cleared: (times: string) => `cleared ${times}`,
  partialCoverage: 'pasted or exported text, or a trace: absence means nothing',
  truncated: (time: string) => `too many records kept from ${time}; later absence cannot be judged`,
  clockStep: (from: string, to: string) => `clock set from ${from} to ${to}`,
  folded: (n: number) => `${n} times`,
  made: {
    command: 'Command',
    version: 'Version',
    zone: 'Time zone of this report',
    madeAt: 'Made',
    notHashed: 'not hashed: the files read from it are',
    duration: 'Duration',
    span: 'Records span',
    totals: 'Records',
    case: 'Case',
  },
  totals: (read: string, kept: string, other: string, recovered: string, damaged: string) =>
    `${read} read = ${kept} kept + ${other} of no interest; ${recovered} recovered from slack, ${damaged} damaged`,
  next: 'next:',

  // Grade legend
  gradeMeaning: {
    confirmed: 'every required observation is there, nothing refutes or weakens it',
    likely: 'what the logs can show is there; something needed for confirmed is not known',
    inconclusive: 'the evidence does not separate the causes that are left',
    ruled_out: 'an observation excludes it',
  } as Record<Grade, string>,

  // Timeline picture
  lanePower: 'Power',
  laneLogon: 'Logon',
  laneRdp: 'RDP',
  pictureTitle: (host: string, span: string) => `Timeline of ${host}, ${span}`,
  pictureDesc: (stops: number) => `${plural(stops, 'stop')}, numbered as in the table of stops; hatched: the log has no records there.`,
  pictureZoom: (time: string) => `Before the stop at ${time}`,
  legendOn: 'running',
  legendStop: 'stop',
  legendBoot: 'boot',
  legendFailure: 'failed logon',
  legendLogon: 'logon, logoff',
  legendConnection: 'connection',
  legendRange: 'the stop lies in this span',
  legendGap: 'no records',
  pictureHosts: (shown: number, all: number) => `The picture shows ${shown} of ${all} hosts.`,

  // Appendix
  notPrinted: '(on screen, left out on paper)',
  otherTests: 'Tests without such an observation before any stop',
  otherFindings: 'Findings not checked or ruled out',
  onPaper: (shown: number, all: number) =>
    `On paper: the ${shown} of these ${all} that the first chain cites and the other groups begin with.`,
  appendixNote: (shown: number, all: number) =>
    shown === all
      ? `${plural(all, 'record')} cited above.`
      : `${shown} of ${all} cited records: those of the chains and tables above come first. All of them are in the JSON report.`,
  messageAsStored: 'Message as stored',
  noFields: 'no data fields',
  cut: (n: number) => `… (${n.toLocaleString('en')} characters left out)`,

  // Experiment
  experiment: {
    fewer: (alpha: string) => `Fewer events after the change: shown at error level ${alpha}.`,
    more: (alpha: string) => `More events after the change: shown at error level ${alpha}.`,
    notShown: (alpha: string) => `No change is shown at error level ${alpha}.`,
    before: 'Before the change',
    after: 'After the change',
    period: (events: number, days: string, rate: string) => `${plural(events, 'event')} in ${days} d (${rate} per day)`,
    ratio: 'Rate after : before',
    noRatio: 'not defined: no event before the change',
    interval: (level: string, from: string, to: string) => `${level} interval ${from} to ${to}`,
    upper: (level: string, to: string) => `one-sided ${level} bound ${to}`,
    unbounded: 'unbounded',
    pOne: 'p, fewer after (one-sided)',
    pTwo: 'p, any difference (doubled)',
    waiting: 'Days without a further event after the change',
    any: 'any reduction',
    factor: (k: number) => `reduction by the factor ${k}`,
    days: (total: string, still: string) => `${total} d in all, ${still} d still`,
    reached: (total: string) => `${total} d in all, reached`,
    never: 'cannot be shown',
    bound: (level: string, rate: string) => `With no event after the change, at most ${rate} per day fits (${level}).`,
    traps: 'Read with care',
    applies: 'applies here',
    check: 'check',
  },

  // Crash dumps and changed settings
  dump: dumpEn,

  // Exposure audit
  audit: auditEn,

  // Connection doctor
  connection: connectionEn,

  // The same of what somebody else tried and a recording shows
  recorded: recordedEn,

  // Captures and traces
  traffic: trafficEn,
} as const satisfies Record<string, unknown>;

type Widen<T> = T extends string
  ? string
  : T extends (...args: infer A) => infer R
    ? (...args: A) => Widen<R>
    : T extends object
      ? { readonly [K in keyof T]: Widen<T[K]> }
      : T;

/** What every language must say: a missing or surplus key is a compile error. */
export type Messages = Widen<typeof en>;

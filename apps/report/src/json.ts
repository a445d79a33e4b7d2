import type {
  Diagnosis,
  Evaluation,
  EventObservation,
  Evidence,
  FactObservation,
  Incident,
  JudgedCause,
  Missing,
  Observation,
  Stop,
} from '@winmedic/core/model';
import { caseId, citedObservations, coveredSpan, signature } from './case-view.ts';
import { connectionPart } from './connection/json.ts';
import { dumpToJson, imageToJson } from './dump-json.ts';
import { dumpOfStop, stopCodeEntry } from './dump-view.ts';
import { zoneName } from './format-time.ts';
import { inputsToJson, type JsonObject, known, localized, problemsToJson, remediesToJson, time } from './json-parts.ts';
import type { ReportMeta } from './options.ts';
import { capturesToJson, tracesToJson } from './traffic/coverage.ts';
import type { RecordedConnections } from './traffic/recorded.ts';

/** Version of the JSON report. The part before the dot changes when something is removed or changes its meaning; the part after it when fields are added. */
export const SCHEMA_VERSION = '1.1';

function origin(observation: Observation, zone: string): JsonObject {
  const { sourceId, path, recordId, offset, chunk, line, frame, key, keyWritten } = observation.origin;
  return {
    ...known({ sourceId, path, recordId, offset: offset?.toString(), chunk, line, frame, key }),
    ...time('keyWritten', keyWritten, zone),
  };
}

/** A citation: enough to find the observation in its file. The record itself is in `records`, the fact in `facts`. */
function citation(observation: Observation, zone: string): JsonObject {
  if (observation.type === 'fact')
    return {
      id: observation.id,
      type: 'fact',
      name: observation.name,
      value: observation.value,
      trust: observation.trust,
      ...origin(observation, zone),
      ...factTime(observation, zone),
    };
  const { id, host, channel, provider, eventId, trust } = observation;
  return {
    id,
    type: 'event',
    ...origin(observation, zone),
    ...time('time', observation.time, zone),
    host,
    channel,
    provider,
    eventId,
    trust,
  };
}

function factTime(fact: FactObservation, zone: string): JsonObject {
  if (fact.time.kind === 'now') return { timeKind: 'now' };
  if (fact.time.kind === 'instant') return { timeKind: 'instant', ...time('time', fact.time.at, zone) };
  return { timeKind: 'span', ...time('from', fact.time.from, zone), ...time('to', fact.time.to, zone) };
}

function record(event: EventObservation, zone: string): JsonObject {
  return {
    ...citation(event, zone),
    ...known({ level: event.level, version: event.version, userSid: event.userSid, message: event.message }),
    fields: [...event.fields].map(([name, value]) => ({ name, value })),
  };
}

function missing(item: Missing): JsonObject {
  return known({ kind: item.kind, name: item.name, text: localized(item.text), command: item.command });
}

function evaluation(value: Evaluation): JsonObject {
  return {
    value: value.value,
    because: localized(value.because),
    evidenceIds: value.evidence.map((observation) => observation.id),
    missingNames: value.missing.map((one) => one.name),
  };
}

function judgedCause(judged: JudgedCause): JsonObject {
  return {
    cause: judged.cause.id,
    kind: judged.cause.kind,
    class: judged.cause.class,
    grade: judged.grade,
    title: localized(judged.cause.title),
    because: localized(judged.because),
    pointed: judged.pointed,
    items: judged.items.map((item) => ({
      role: item.role,
      id: item.requirement.id,
      text: localized(item.requirement.text),
      ...evaluation(item.evaluation),
    })),
    missing: judged.missing.map(missing),
  };
}

function request(stop: Stop): JsonObject {
  if (!stop.request) return {};
  const { process, processPath, remote, user, userSid, userKind, reason, comment, folded, event } = stop.request;
  return {
    request: known({
      process,
      processPath,
      remote,
      user,
      userSid,
      userKind,
      comment,
      evidenceId: event.id,
      foldedIds: folded.map((one) => one.id),
      reason: reason && {
        code: reason.code,
        planned: reason.planned,
        userDefined: reason.userDefined,
        flags: reason.flags,
        major: reason.major,
        minor: reason.minor,
      },
    }),
  };
}

function incident(one: Incident, evidence: Evidence, zone: string): JsonObject {
  const { stop, verdict } = one;
  return {
    id: one.id,
    kind: one.kind,
    stopId: stop.id,
    host: stop.host,
    class: stop.class,
    action: stop.action,
    ...time('time', stop.time, zone),
    ...time('earliest', stop.earliest, zone),
    ...time('latest', stop.latest, zone),
    ...time('boot', stop.boot, zone),
    signature: signature(stop),
    ...request(stop),
    ...known({
      bugcheck:
        stop.bugcheck &&
        known({
          code: stop.bugcheck.code,
          name: stopCodeEntry(stop.bugcheck.code)?.name,
          parameters: stop.bugcheck.parameters,
          evidenceId: stop.bugcheck.from.id,
          dumpId: dumpOfStop(stop, evidence)?.id,
        }),
      powerButton: stop.powerButton,
      sleepInProgress: stop.sleepInProgress,
      lastShutdownGood: stop.lastShutdownGood,
      sessions: stop.sessions,
      sessionUsers: stop.sessionUsers,
      heartbeat: stop.heartbeat && {
        ...time('time', stop.heartbeat.utc, zone),
        ...known({
          maxIntervalSeconds: stop.heartbeat.maxIntervalSeconds,
          uptimeSeconds: stop.heartbeat.uptimeSeconds,
          evidenceId: stop.heartbeat.from.id,
        }),
      },
    }),
    evidenceIds: stop.records.map((event) => event.id),
    verdict: known({
      grade: verdict.grade,
      cause: verdict.cause?.cause.id,
      title: verdict.cause && localized(verdict.cause.cause.title),
      sentence: localized(verdict.sentence),
      because: verdict.cause && localized(verdict.cause.because),
      mechanism: verdict.cause?.cause.mechanism?.map(localized),
    }),
    chain: one.chain.map((link, i) => ({
      n: i + 1,
      role: link.role,
      support: link.support,
      text: localized(link.text),
      evidence: link.evidence.map((observation) => citation(observation, zone)),
    })),
    considered: one.considered.map(judgedCause),
    missing: one.missing.map(missing),
    ...known({
      nextCheck: one.nextCheck && {
        text: localized(one.nextCheck.text),
        check: localized(one.nextCheck.check.text),
        separates: one.nextCheck.separates,
        ...known({ command: one.nextCheck.check.command, fact: one.nextCheck.check.fact, effort: one.nextCheck.check.effort }),
      },
    }),
    remedies: remediesToJson(verdict.cause?.cause.remedies ?? []),
  };
}

/** Every event whose id appears somewhere in the report. */
function citedEvents(diagnosis: Diagnosis): EventObservation[] {
  const out = new Map<string, EventObservation>();
  const add = (list: readonly Observation[]): void => {
    for (const observation of list) if (observation.type === 'event') out.set(observation.id, observation);
  };
  add(citedObservations(diagnosis));
  for (const one of diagnosis.incidents) {
    for (const judged of one.considered) for (const item of judged.items) add(item.evaluation.evidence);
    const { stop } = one;
    add(stop.request ? [stop.request.event, ...stop.request.folded] : []);
    add([...(stop.bugcheck ? [stop.bugcheck.from] : []), ...(stop.heartbeat ? [stop.heartbeat.from] : [])]);
  }
  for (const { judged } of diagnosis.findings) for (const item of judged.items) add(item.evaluation.evidence);
  for (const step of diagnosis.timeline.clockSteps) add([step.event]);
  return [...out.values()].sort((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1));
}

/**
 * The whole diagnosis as data. Promises (docs/reference/json-schema.md): `schemaVersion`; fields may be added; enumerations are open;
 * everything may be absent; 64-bit numbers are decimal strings; times are RFC 3339 with offset beside a `…Ns` string; `x_` is unstable.
 * @param recorded attempts to connect that recordings among the evidence show. @throws RangeError for an unknown zone.
 */
export function diagnosisToJson(diagnosis: Diagnosis, meta: ReportMeta, recorded?: RecordedConnections): JsonObject {
  const { zone } = meta;
  const { evidence, hosts, coverage, clockSteps } = diagnosis.timeline;
  const span = coveredSpan(diagnosis);
  const { totals } = evidence;
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: meta.tool.name, version: meta.tool.version, command: meta.tool.command },
    caseId: caseId(diagnosis, meta),
    zone: zoneName(zone),
    ...time('madeAt', diagnosis.madeAt, zone),
    ...known({ durationSeconds: meta.durationSeconds }),
    ...(span ? { span: { ...time('from', span.from, zone), ...time('to', span.to, zone) } } : {}),
    inputs: inputsToJson(evidence.sources),
    totals: {
      bytes: totals.bytes.toString(),
      recordsRead: totals.recordsRead,
      kept: totals.kept,
      recovered: totals.recovered,
      damagedRecords: totals.damagedRecords,
    },
    hosts: hosts.map((host) =>
      known({ name: host.name, names: host.names, build: host.build, utcOffsetMinutes: host.utcOffsetMinutes, zoneName: host.zoneName }),
    ),
    coverage: coverage.map((channel) => ({
      host: channel.host,
      channel: channel.channel,
      sourceIds: channel.sourceIds,
      records: channel.records,
      ...(channel.records === 0 ? {} : { ...time('first', channel.first, zone), ...time('last', channel.last, zone) }),
      gaps: channel.gaps.map((gap) => ({
        ...time('from', gap.from, zone),
        ...time('to', gap.to, zone),
        missingRecords: gap.missingRecords.toString(),
      })),
      clearings: channel.clearings.map((at) => time('time', at, zone)),
      ...time('truncatedFrom', channel.truncatedFrom, zone),
      ...known({ partial: channel.partial }),
    })),
    clockSteps: clockSteps.map((step) => ({
      host: step.host,
      ...time('time', step.at, zone),
      ...time('from', step.from, zone),
      ...time('to', step.to, zone),
      evidenceId: step.event.id,
    })),
    incidents: diagnosis.incidents.map((one) => incident(one, evidence, zone)),
    findings: diagnosis.findings.map(({ host, judged }) => ({ host, ...judgedCause(judged) })),
    deadEnds: diagnosis.deadEnds.map((deadEnd) => ({
      cause: deadEnd.cause.id,
      host: deadEnd.host,
      status: deadEnd.status,
      title: localized(deadEnd.cause.title),
      because: localized(deadEnd.because),
      evidence: deadEnd.evidence.map((observation) => citation(observation, zone)),
    })),
    repairs: diagnosis.repairs.map(({ host, fact, causes, text }) => ({
      host,
      factId: fact.id,
      name: fact.name,
      value: fact.value,
      ...origin(fact, zone),
      causes: causes.map(({ id }) => id),
      text: localized(text),
    })),
    coincidence: diagnosis.coincidence.map((one) => ({ ...one })),
    connections: recorded?.diagnoses.map((one) => connectionPart(one, zone, { explain: recorded.explain === true })) ?? [],
    connectionNotes: recorded?.notes.map(({ kind, attempt, count, text }) => known({ kind, attempt, count, text: localized(text) })) ?? [],
    captures: capturesToJson(evidence, zone),
    traces: tracesToJson(evidence, zone),
    dumps: evidence.dumps.map((dump) => dumpToJson(dump, zone)),
    images: evidence.images.map(imageToJson),
    problems: problemsToJson(diagnosis.problems),
    facts: evidence.facts.map((fact) => ({ ...citation(fact, zone), ...known({ host: fact.host }) })),
    records: citedEvents(diagnosis).map((event) => record(event, zone)),
  };
}

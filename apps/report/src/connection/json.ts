import type {
  AccountUse,
  CertificateView,
  ConnectionDiagnosis,
  ConnectionReport,
  JudgedCause,
  Missing,
  Rung,
  WireMessage,
} from '@winmedic/core/model';
import { zoneName } from '../format-time.ts';
import { inputsToJson, type Json, type JsonObject, known, localized, problemsToJson, remediesToJson, time } from '../json-parts.ts';
import type { ReportMeta } from '../options.ts';
import { type ConnectionFilter, connectionCaseId } from './view.ts';

/** Version of the connection report's JSON; counted as that of the diagnosis is, but on its own. */
export const CONNECTION_SCHEMA_VERSION = '1.0';

function rung({ name, verdict, tried, observed, expected, ms, messages }: Rung): JsonObject {
  return {
    name,
    verdict,
    tried: localized(tried),
    observed: localized(observed),
    ...known({ expected: expected && localized(expected), ms }),
    messages: [...messages],
  };
}

function certificate(view: CertificateView, zone: string): JsonObject {
  const { subject, issuer, names, notBefore, notAfter, sha256, selfSigned, problems } = view;
  return {
    subject,
    issuer,
    names: [...names],
    ...time('notBefore', notBefore, zone),
    ...time('notAfter', notAfter, zone),
    sha256,
    selfSigned,
    problems: [...problems],
  };
}

function account({ typed, form, sent, scheme, mechanism, checks, held }: AccountUse): JsonObject {
  return {
    typed,
    form,
    ...known({
      sent: sent && known({ user: sent.user, domain: sent.domain, workstation: sent.workstation }),
      scheme,
      mechanism,
      held: held && localized(held),
    }),
    checks,
  };
}

/** A cause in short; what decided it only where it holds. */
function cause({ cause: { id, title, rows }, grade, because, missing, items }: JudgedCause): JsonObject {
  const holds = grade === 'confirmed' || grade === 'likely';
  return {
    id,
    title: localized(title),
    ...known({ rows: rows && [...rows] }),
    grade,
    because: localized(because),
    ...(missing.length > 0 ? { missing: missing.map(lacking) } : {}),
    ...(holds
      ? {
          items: items
            .filter(({ evaluation }) => evaluation.value !== 'unknown')
            .map(({ role, requirement, evaluation }) => ({
              role,
              id: requirement.id,
              text: localized(requirement.text),
              value: evaluation.value,
              because: localized(evaluation.because),
            })),
        }
      : {}),
  };
}

function lacking({ kind, name, text, command }: Missing): JsonObject {
  return { kind, name, text: localized(text), ...known({ command }) };
}

function message({ at, direction, rung: name, layer, text, fields, bytes }: WireMessage, zone: string, withBytes: boolean): JsonObject {
  return {
    ...time('at', at, zone),
    direction,
    rung: name,
    layer,
    text: localized(text),
    fields: fields.map(([field, value]) => ({ name: field, value })),
    ...known({ bytes: withBytes && bytes ? Buffer.from(bytes).toString('hex') : undefined }),
  };
}

/** One attempt with its verdict: an entry of `connections`, here and in the report of a case. */
export function connectionPart(one: ConnectionDiagnosis, zone: string, filter: ConnectionFilter): JsonObject {
  const { attempt, outcome, verdict, considered, beside, missing, nextCheck } = one;
  const { portrait } = attempt;
  return {
    target: attempt.target,
    host: attempt.host,
    port: attempt.port,
    via: attempt.via,
    transport: attempt.transport,
    from: attempt.from,
    ...time('startedAt', attempt.startedAt, zone),
    ...time('endedAt', attempt.endedAt, zone),
    outcome,
    verdict: {
      grade: verdict.grade,
      sentence: localized(verdict.sentence),
      ...known({
        cause: verdict.cause && cause(verdict.cause),
        mechanism: verdict.cause?.cause.mechanism?.map(localized),
        confirm: verdict.cause?.cause.confirm.map(({ text, command }) => ({ text: localized(text), ...known({ command }) })),
        remedies: verdict.cause && remediesToJson(verdict.cause.cause.remedies),
      }),
    },
    ladder: attempt.rungs.map(rung),
    portrait: known({
      computerName: portrait.computerName,
      dnsComputerName: portrait.dnsComputerName,
      domain: portrait.domain,
      dnsDomain: portrait.dnsDomain,
      forest: portrait.forest,
      build: portrait.build,
      clock: portrait.clock && {
        ...time('at', portrait.clock.at, zone),
        skewSeconds: portrait.clock.skewSeconds,
        from: portrait.clock.from,
      },
      schemes: portrait.schemes && [...portrait.schemes],
      server: portrait.server,
      certificate: portrait.certificate && certificate(portrait.certificate, zone),
      vendor: portrait.vendor,
      product: portrait.product,
      rdp: portrait.rdp && {
        port: portrait.rdp.port,
        nla: portrait.rdp.nla,
        ...known({ certificate: portrait.rdp.certificate && certificate(portrait.rdp.certificate, zone) }),
      },
    }),
    ...known({ account: attempt.account && account(attempt.account) }),
    properties: Object.fromEntries([...attempt.properties].map(([name, fact]) => [name, fact.value])),
    beside: beside.map(cause),
    considered: considered.filter((judged) => judged !== verdict.cause && !beside.includes(judged)).map(cause),
    missing: missing.map(lacking),
    ...known({
      nextCheck: nextCheck && {
        text: localized(nextCheck.text),
        ...known({ command: nextCheck.check.command }),
        separates: [...nextCheck.separates],
      },
    }),
    notChecked: attempt.notChecked.map(localized),
    ...(filter.explain ? { conversation: attempt.conversation.map((one) => message(one, zone, filter.bytes === true)) } : {}),
  };
}

/**
 * The connection report as data. The promises are those of the diagnosis (docs/reference/json-schema.md); the fields are told in
 * docs/reference/connect.md. Passwords, responses and keys are in no field. @throws RangeError for an unknown zone.
 */
export function connectionToJson(report: ConnectionReport, meta: ReportMeta, filter: ConnectionFilter = {}): Json {
  const { diagnoses, rdpPorts, checks, sources, problems, madeAt } = report;
  const { zone } = meta;
  return {
    schemaVersion: CONNECTION_SCHEMA_VERSION,
    tool: { name: meta.tool.name, version: meta.tool.version, command: meta.tool.command },
    caseId: connectionCaseId(report, meta),
    zone: zoneName(zone),
    ...time('madeAt', madeAt, zone),
    ...known({ durationSeconds: meta.durationSeconds }),
    inputs: inputsToJson(sources),
    connections: diagnoses.map((one) => connectionPart(one, zone, filter)),
    rdpPorts: rdpPorts.map(({ host, port, nla, logonScreen }) => ({ host, port, nla, logonScreen })),
    credentialChecks: Object.fromEntries(checks),
    problems: problemsToJson(problems),
  };
}

import { type ConnectionPropertyName, loadKnowledge, RUNGS, type RungName } from '@winmedic/knowledge';
import type { ConnectionAttempt, ConnectionDiagnosis, HostSelfPortrait, Rung } from '../model/connection.ts';
import type { EventObservation, FactObservation } from '../model/observation.ts';
import type { JudgedCause } from '../model/verdict.ts';
import { at } from '../timeline/test-events.ts';
import { diagnoseConnection } from './diagnose-connection.ts';
import { everything, fact, timelineOf } from './test-case.ts';

/** Properties of an attempt as a test writes them. */
export type Properties = Partial<Record<ConnectionPropertyName, string | number | boolean>>;

/** What an attempt of a test is about. */
export interface MadeAttempt {
  readonly properties: Properties;
  /** First rung that failed, `''` for none; default: the property `failedRung`, else `tcp`. */
  readonly failed?: RungName | '';
  /** Facts known for the time of the attempt. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly events?: readonly EventObservation[];
  /** Account as typed; default `alice`. */
  readonly typed?: string;
  readonly portrait?: HostSelfPortrait;
  readonly from?: ConnectionAttempt['from'];
}

/** The moment of every attempt: ten seconds from here. */
const TRIED_AT = '2018-07-06T06:00:00';

/** An attempt to connect to RDS01 with the given properties. */
export function attemptOf(made: MadeAttempt): ConnectionAttempt {
  const failed = made.failed ?? made.properties.failedRung ?? 'tcp';
  const place = failed === '' ? -1 : RUNGS.indexOf(failed as RungName);
  const startedAt = at(TRIED_AT);
  return {
    target: 'rds01',
    host: 'rds01',
    port: 5985,
    via: (made.properties.via as ConnectionAttempt['via'] | undefined) ?? 'winrm',
    transport: 'http',
    from: made.from ?? 'live',
    startedAt,
    endedAt: startedAt + 10_000_000_000n,
    rungs: RUNGS.map(
      (name, i): Rung => ({
        name,
        verdict: place < 0 || i < place ? 'passed' : i === place ? 'failed' : 'unreached',
        tried: { en: name, ja: name },
        observed: { en: '', ja: '' },
        messages: [],
      }),
    ),
    portrait: made.portrait ?? {},
    account: { typed: made.typed ?? 'alice', form: 'bare', checks: 1 },
    properties: new Map(
      Object.entries(made.properties).map(([name, value]): [string, FactObservation] => [
        name,
        {
          type: 'fact',
          id: `connection.${name}`,
          name: `connection.${name}`,
          value: String(value),
          time: { kind: 'instant', at: startedAt },
          origin: { sourceId: 'L1', path: 'live:winrm://rds01:5985' },
          trust: 'record',
        },
      ]),
    ),
    conversation: [],
    notChecked: [],
  };
}

/** Judges an attempt by the bundled knowledge, with the facts and records of the test beside it. */
export function diagnosisOfAttempt(made: MadeAttempt): ConnectionDiagnosis {
  const facts = Object.entries(made.facts ?? {}).map(([name, value]) => fact(name, value));
  const withEvidence = facts.length > 0 || made.events !== undefined;
  const timeline = withEvidence ? timelineOf({ events: made.events ?? [], facts, coverage: everything() }) : undefined;
  return diagnoseConnection(attemptOf(made), loadKnowledge(), timeline === undefined ? {} : { timeline });
}

/** How a cause was judged. */
export function judgedOf(diagnosis: ConnectionDiagnosis, id: string): JudgedCause {
  const found = diagnosis.considered.find((judged) => judged.cause.id === id);
  if (found === undefined) throw new Error(`no cause ${id}`);
  return found;
}

/** A healthy attempt over HTTPS in which every rung passed. */
export const HEALTHY: Properties = {
  via: 'winrm',
  failedRung: '',
  'target.kind': 'fqdn',
  'target.transport': 'https',
  'target.port': 5986,
  'client.scheme': 'Negotiate',
  'client.seals': true,
  'client.windows': false,
  'name.result': 'resolved',
  'name.addresses': '192.0.2.10',
  'name.isTarget': true,
  'route.result': 'ok',
  'tcp.result': 'open',
  'tcp.ms': 2,
  'tcp.open': '5985,135,445',
  'tcp.refused': '80,443',
  'tcp.silent': '3389',
  'tls.result': 'ok',
  'tls.version': 'TLSv1.3',
  'tls.trust': 'ok',
  'tls.names': 'rds01.example.com',
  'tls.expiresInDays': 200,
  'tls.clientCertificate': 'none',
  'tls.afterRequest': 'ok',
  'http.result': 'response',
  'http.status': 401,
  'http.server': 'Microsoft-HTTPAPI/2.0',
  'http.windows': true,
  'http.via': '',
  'http.contentType': '',
  'http.body': 'empty',
  'http.proxy': false,
  'http.location': '',
  'wsman.result': 'challenged',
  'wsman.vendor': 'microsoft',
  'schemes.offered': 'Negotiate,Kerberos',
  'schemes.usable': true,
  'login.result': 'accepted',
  'login.held': '',
  'login.mechanism': 'kerberos',
  'login.step': 'last',
  'login.status': 200,
  'login.token': true,
  'user.form': 'upn',
  'user.domainIs': 'dns-domain',
  'user.isLocal': false,
  'user.hostInDomain': true,
  'user.swapped': false,
  'user.acceptedForm': '',
  'ntlm.response': 'none',
  'ntlm.cbt': 'absent',
  'kerberos.kdc': 'ok',
  'kerberos.tokenBytes': 2300,
  'clock.skewSeconds': -3,
  'clock.skewAbs': 3,
  'request.result': 'ok',
  'request.status': 200,
  'request.body': 'soap',
  'request.clear': false,
  'fault.codes': '',
  'fault.wmi': '',
  'namespace.name': 'root/virtualization/v2',
  'namespace.result': 'ok',
  'namespace.cimv2': 'ok',
  'role.result': 'present',
  'parallel.hosts': 1,
  'parallel.failedTogether': false,
  'rdp.logonScreen': false,
};

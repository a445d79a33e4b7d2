import type { RungName } from '@winmedic/knowledge';
import { event } from '../timeline/test-events.ts';
import type { MadeAttempt, Properties } from './test-attempt.ts';
import { AUDITING, RCM } from './test-case.ts';

/** Attempts for one cause; each holds nothing that the cause does not need. */
export interface CauseCase {
  readonly failed?: RungName | '';
  /** Makes the cause likely, and the verdict (or, for findings, stands beside it). */
  readonly likely?: Properties;
  /** What evidence of the host has to add to make it confirmed; alone, when there is no `likely`. */
  readonly confirmed?: {
    readonly properties?: Properties;
    readonly facts?: Readonly<Record<string, string>>;
    readonly events?: MadeAttempt['events'];
  };
  /** Properties that the proof stands for as well. */
  readonly provenBy?: readonly string[];
  /** Changes one thing so that it does not hold. */
  readonly not: Properties;
  /** The made attempt needs these facts already to be likely. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly events?: MadeAttempt['events'];
}

/** A failed network logon of the account that was used, in the minute of the attempt. */
const failed = (fields: Readonly<Record<string, string>>) =>
  event('06:00:05', `${AUDITING}/4625`, { fields: { TargetUserName: 'alice', LogonType: '3', ...fields } });
const refused: Properties = { via: 'winrm', 'tcp.result': 'refused' };
const silent: Properties = { via: 'winrm', 'tcp.result': 'timeout' };
const badCertificate = (trust: string): Properties => ({ failedRung: 'tls', 'tls.result': 'ok', 'tls.trust': trust });
const lastStep: Properties = { 'login.result': 'rejected', 'login.mechanism': 'ntlm', 'login.step': 'last', 'login.token': false };
const basic: Properties = { 'client.scheme': 'Basic', 'login.result': 'rejected', 'schemes.offered': 'Negotiate,Kerberos,Basic' };

/** By id of the cause. */
export const CAUSE_CASES: Readonly<Record<string, CauseCase>> = {
  'name-not-found': { failed: 'name', confirmed: { properties: { 'name.result': 'not-found' } }, not: { 'name.result': 'timeout' } },
  'dns-server-failed': { failed: 'name', confirmed: { properties: { 'name.result': 'timeout' } }, not: { 'name.result': 'not-found' } },
  'route-missing': { failed: 'route', confirmed: { properties: { 'route.result': 'no-route' } }, not: { 'route.result': 'ok' } },
  'host-silent': {
    likely: { 'tcp.result': 'timeout', 'tcp.open': '', 'tcp.refused': '', 'tcp.silent': '135,445' },
    confirmed: { facts: { 'host.power': 'off' } },
    not: { 'tcp.refused': '135' },
  },
  'winrm-firewall': {
    likely: { ...silent, 'tcp.open': '135' },
    confirmed: { facts: { 'firewall.winrm-rule': 'off' } },
    not: { 'tcp.result': 'refused' },
  },
  'winrm-firewall-public-profile': {
    likely: silent,
    facts: { 'network.profile': 'public' },
    confirmed: { facts: { 'network.profile': 'public', 'firewall.winrm-rule': 'scoped' } },
    not: { 'tcp.result': 'open' },
  },
  'network-filter-on-path': { confirmed: { properties: silent, facts: { 'host.syn-arrives': 'no' } }, not: { 'tcp.result': 'open' } },
  'winrm-no-listener': {
    likely: refused,
    confirmed: { facts: { 'winrm.listener-on-port': 'no' } },
    not: { 'tcp.result': 'timeout' },
  },
  'winrm-service-down': {
    confirmed: { properties: refused, facts: { 'winrm.service-state': 'stopped' } },
    not: { 'tcp.result': 'timeout' },
  },
  'winrm-wrong-port': {
    likely: { ...refused, 'target.port': 80, 'tcp.open': '5985' },
    confirmed: { facts: { 'winrm.listener-on-port': 'no' } },
    not: { 'tcp.open': '135' },
  },
  'winrm-https-listener-missing': {
    likely: { ...refused, 'target.transport': 'https', 'tcp.open': '5985' },
    confirmed: { facts: { 'winrm.listener-on-port': 'no' } },
    not: { 'tcp.open': '' },
  },
  'winrm-listener-without-address': {
    confirmed: { properties: refused, facts: { 'winrm.listener-on-port': 'no-address' } },
    not: { 'tcp.result': 'open' },
  },
  'http-proxy-in-between': {
    failed: 'http',
    confirmed: { properties: { 'http.result': 'response', 'http.windows': false, 'http.proxy': true } },
    not: { 'http.windows': true },
  },
  'http-redirected': {
    failed: 'http',
    likely: { 'http.status': 302 },
    confirmed: { properties: { 'http.windows': false } },
    not: { 'http.status': 401 },
  },
  'winrm-port80-conflict': {
    failed: 'http',
    likely: { 'http.result': 'response', 'http.windows': false, 'wsman.result': 'none' },
    confirmed: { properties: { 'http.server': 'Microsoft-IIS/10.0', 'http.proxy': false, 'http.via': '' } },
    not: { 'http.via': '1.1 proxy' },
  },
  'connection-broken': {
    failed: 'http',
    likely: { 'http.result': 'closed' },
    confirmed: { facts: { 'winrm.connection-limit': 'reached' } },
    not: { 'http.result': 'response' },
  },
  'http-silent': {
    failed: 'http',
    likely: { via: 'winrm', 'http.result': 'timeout' },
    confirmed: { facts: { 'winrm.answers-locally': 'no' } },
    not: { 'http.result': 'response' },
  },
  'port-not-http': { failed: 'http', confirmed: { properties: { 'http.result': 'not-http' } }, not: { 'http.result': 'response' } },
  'transport-mismatch': {
    failed: 'tls',
    likely: { 'target.transport': 'https', 'tls.result': 'not-tls' },
    confirmed: { properties: { 'http.result': 'response' } },
    not: { 'tls.result': 'ok' },
  },
  'winrm-url-prefix': {
    failed: 'wsman',
    likely: { 'http.status': 404, 'http.windows': true },
    confirmed: { facts: { 'winrm.url-registered': 'no' } },
    not: { 'http.status': 401 },
  },
  'winrm-queue-unavailable': {
    failed: 'wsman',
    likely: { 'http.status': 503, 'http.windows': true },
    confirmed: { facts: { 'http.listen-list': 'limited' } },
    not: { 'http.status': 401 },
  },
  'kerberos-token-too-large': {
    failed: 'login',
    confirmed: { properties: { 'login.status': 400, 'login.mechanism': 'kerberos', 'kerberos.tokenBytes': 21_000 } },
    not: { 'kerberos.tokenBytes': 3000 },
  },
  'tls-no-certificate': {
    failed: 'tls',
    likely: { 'tls.result': 'reset', 'tls.worksWith': '' },
    confirmed: { facts: { 'tls.bound-certificate': 'missing' } },
    not: { 'tls.worksWith': 'TLSv1' },
  },
  'tls-version-mismatch': {
    failed: 'tls',
    confirmed: { properties: { 'tls.result': 'alert', 'tls.worksWith': 'TLSv1' } },
    not: { 'tls.worksWith': '', 'tls.alert': 40 },
  },
  'tls-no-common-cipher': {
    failed: 'tls',
    likely: { 'tls.result': 'alert', 'tls.alert': 40 },
    confirmed: { facts: { 'tls.common-suite': 'no' } },
    not: { 'tls.alert': 70 },
  },
  'tls-certificate-refused': {
    failed: 'tls',
    confirmed: { properties: badCertificate('self-signed,name-mismatch,expired') },
    not: { 'tls.trust': 'ok' },
  },
  'tls-untrusted-issuer': {
    failed: 'tls',
    confirmed: { properties: badCertificate('self-signed') },
    not: { 'tls.trust': 'expired' },
  },
  'tls-name-mismatch': { failed: 'tls', confirmed: { properties: badCertificate('name-mismatch') }, not: { 'tls.trust': 'expired' } },
  'tls-certificate-dates': { failed: 'tls', confirmed: { properties: badCertificate('expired') }, not: { 'tls.trust': 'revoked' } },
  'tls-certificate-unfit': { failed: 'tls', confirmed: { properties: badCertificate('weak-key') }, not: { 'tls.trust': 'expired' } },
  'tls13-client-certificate': {
    failed: 'http',
    likely: { 'tls.version': 'TLSv1.3', 'tls.afterRequest': 'reset', 'tls.clientCertificate': 'used' },
    confirmed: { properties: { 'tls.worksWith': 'TLSv1.2' } },
    not: { 'tls.version': 'TLSv1.2' },
  },
  'winrm-basic-disabled': {
    failed: 'schemes',
    confirmed: { properties: { 'client.scheme': 'Basic', 'schemes.offered': 'Negotiate,Kerberos' } },
    not: { 'schemes.offered': 'Negotiate,Basic' },
  },
  'scheme-not-offered': {
    failed: 'schemes',
    confirmed: { properties: { 'client.scheme': 'Kerberos', 'schemes.usable': false, 'schemes.offered': 'Basic' } },
    not: { 'schemes.usable': true },
  },
  'credssp-disabled': {
    failed: 'schemes',
    confirmed: { properties: { 'client.scheme': 'CredSSP', 'schemes.usable': false } },
    not: { 'schemes.usable': true },
  },
  'credssp-tls': {
    failed: 'login',
    likely: { 'client.scheme': 'CredSSP', 'schemes.usable': true, 'login.step': 'tls' },
    confirmed: { facts: { 'tls.bound-certificate': 'missing' } },
    not: { 'login.step': 'last' },
  },
  'credssp-version': {
    failed: 'login',
    likely: { 'client.scheme': 'CredSSP', 'login.step': 'public-key' },
    confirmed: { properties: { 'credssp.version': 2 } },
    not: { 'login.step': 'last' },
  },
  'basic-rejected': {
    failed: 'login',
    likely: basic,
    confirmed: { properties: { 'login.ntstatus': '0xc000006d' } },
    not: { 'login.result': 'accepted' },
  },
  'basic-domain-account': {
    failed: 'login',
    likely: { ...basic, 'user.form': 'down-level', 'user.isLocal': false },
    confirmed: { events: [failed({ Status: '0xc000006d', SubStatus: '0xc0000064' })] },
    not: { 'user.form': 'bare' },
  },
  'basic-clear-refused': {
    failed: 'login',
    confirmed: {
      properties: { 'client.scheme': 'Basic', 'login.result': 'rejected', 'target.transport': 'http' },
      facts: { 'winrm.allow-unencrypted': 'false' },
    },
    not: { 'target.transport': 'https' },
  },
  'cleartext-held': { failed: 'login', confirmed: { properties: { 'login.held': 'cleartext' } }, not: { 'login.held': '' } },
  'login-held': { failed: 'login', confirmed: { properties: { 'login.held': 'rejected-elsewhere' } }, not: { 'login.held': '' } },
  'winrm-allowunencrypted-false': {
    failed: 'rights',
    likely: {
      'login.result': 'accepted',
      'request.clear': true,
      'target.transport': 'http',
      'request.status': 500,
      'request.body': 'empty',
    },
    confirmed: { facts: { 'winrm.allow-unencrypted': 'false' } },
    not: { 'request.clear': false },
  },
  'login-rejected': {
    failed: 'login',
    likely: lastStep,
    not: { 'login.result': 'accepted' },
  },
  'username-form': {
    failed: 'login',
    likely: { 'login.result': 'rejected', 'user.domainIs': 'other' },
    confirmed: { properties: { 'user.acceptedForm': 'down-level' } },
    // A form that was accepted in the place of another says that the other was rejected.
    provenBy: ['user.domainIs', 'login.result'],
    not: { 'login.result': 'accepted' },
  },
  'cbt-required': {
    failed: 'login',
    likely: {
      'login.result': 'rejected',
      'login.mechanism': 'ntlm',
      'target.transport': 'https',
      'ntlm.cbt': 'absent',
      'account.acceptedElsewhere': true,
    },
    confirmed: { events: [failed({ Status: '0xc000035b', SubStatus: '0x0' })] },
    provenBy: ['account.acceptedElsewhere'],
    not: { 'target.transport': 'http' },
  },
  'tls-inspection': {
    failed: 'login',
    likely: { 'login.result': 'rejected', 'target.transport': 'https', 'ntlm.cbt': 'present', 'login.ntstatus': '0xc000035b' },
    confirmed: { facts: { 'tls.seen-certificate': 'other' } },
    not: { 'ntlm.cbt': 'absent' },
  },
  'lm-compat-mismatch': {
    failed: 'login',
    likely: { 'login.result': 'rejected', 'login.mechanism': 'ntlm', 'ntlm.response': 'v1' },
    confirmed: { properties: { 'user.isLocal': true }, facts: { 'ntlm.lm-compatibility-level': '5' } },
    not: { 'ntlm.response': 'v2' },
  },
  'ntlm-minsec-mismatch': {
    failed: 'login',
    likely: { 'login.mechanism': 'ntlm', 'login.result': 'failed', 'ntlm.128': false },
    confirmed: {
      events: [event('06:00:03', 'Microsoft-Windows-NTLM/4011', { channel: 'Microsoft-Windows-NTLM/Operational' })],
    },
    not: { 'login.result': 'accepted' },
  },
  'ntlm-restricted': {
    failed: 'login',
    likely: { 'login.mechanism': 'ntlm', 'login.result': 'refused-scheme', 'login.step': 'first', 'login.token': false },
    confirmed: { properties: { 'login.ntstatus': '0xc0000418' } },
    provenBy: ['login.step', 'login.token'],
    not: { 'login.result': 'accepted' },
  },
  'kerberos-spn-or-unsupported': {
    failed: 'login',
    confirmed: { properties: { 'kerberos.error': 7 } },
    not: { 'kerberos.error': 37 },
  },
  'kerberos-address': {
    failed: 'login',
    confirmed: { properties: { 'kerberos.error': 7, 'target.kind': 'address' } },
    not: { 'target.kind': 'fqdn' },
  },
  'kerberos-alias': {
    failed: 'login',
    confirmed: { properties: { 'kerberos.error': 7, 'name.isTarget': false } },
    not: { 'name.isTarget': true },
  },
  'clock-skew': { failed: 'login', confirmed: { properties: { 'kerberos.error': 37 } }, not: { 'kerberos.error': 24 } },
  'kerberos-no-etype': { failed: 'login', confirmed: { properties: { 'kerberos.error': 14 } }, not: { 'kerberos.error': 24 } },
  'kerberos-wrong-realm': { failed: 'login', confirmed: { properties: { 'kerberos.error': 68 } }, not: { 'kerberos.error': 24 } },
  'kerberos-ticket-refused': { failed: 'login', confirmed: { properties: { 'kerberos.error': 41 } }, not: { 'kerberos.error': 7 } },
  'kerberos-no-kdc': {
    failed: 'login',
    confirmed: { properties: { 'kerberos.kdc': 'not-found', 'client.scheme': 'Kerberos' } },
    not: { 'kerberos.kdc': 'ok' },
  },
  'not-admin': {
    failed: 'rights',
    likely: { 'login.result': 'accepted', 'request.result': 'denied' },
    confirmed: { facts: { 'winrm.account-group': 'none' } },
    not: { 'request.result': 'ok' },
  },
  'uac-remote-filter': {
    failed: 'rights',
    likely: { 'login.result': 'accepted', 'user.isLocal': true, 'request.fault': '0x5' },
    confirmed: { facts: { 'uac.local-account-token-filter-policy': '0', 'winrm.account-group': 'administrators' } },
    not: { 'user.isLocal': false },
  },
  'winrm-remote-access-disabled': {
    failed: 'rights',
    confirmed: { properties: { 'fault.codes': '0x803381dd' } },
    not: { 'fault.codes': '0x80338029' },
  },
  'wmi-namespace-denied': {
    failed: 'namespace',
    confirmed: { properties: { 'request.result': 'ok', 'namespace.wmi': '0x80041003' } },
    not: { 'namespace.wmi': '0x8004100e' },
  },
  'hyperv-admins-missing': {
    failed: 'namespace',
    likely: {
      'request.result': 'ok',
      'namespace.name': 'root/virtualization/v2',
      'namespace.result': 'denied',
      'namespace.cimv2': 'ok',
    },
    confirmed: { facts: { 'hyperv.administrator': 'no' } },
    not: { 'namespace.cimv2': 'denied' },
  },
  'namespace-missing': {
    failed: 'role',
    likely: { 'namespace.result': 'missing' },
    confirmed: { properties: { 'namespace.wmi': '0x8004100e' } },
    not: { 'namespace.result': 'ok' },
  },
  'hyperv-namespace-missing': {
    failed: 'role',
    likely: { 'namespace.result': 'missing', 'namespace.name': 'root/virtualization/v2', 'role.result': 'absent' },
    confirmed: { properties: { 'namespace.wmi': '0x8004100e' } },
    not: { 'role.result': 'present' },
  },
  'wmi-broken': {
    failed: 'namespace',
    likely: { 'fault.wmi': '0x80041013' },
    confirmed: { facts: { 'wmi.repository': 'inconsistent' } },
    not: { 'fault.wmi': '0x80041003' },
  },
  'second-hop': {
    failed: 'rights',
    likely: { 'secondHop.result': 'denied' },
    confirmed: { properties: { 'fault.wmi': '0x8009030e' } },
    not: { 'secondHop.result': 'ok' },
  },
  'winrm-quota': {
    failed: 'rights',
    confirmed: { properties: { 'fault.codes': '0x803381a6' } },
    not: { 'fault.codes': '0x80338029' },
  },
  'vmm-parallel-limit': {
    failed: 'http',
    likely: { 'parallel.failedTogether': true, 'parallel.alone': 'ok' },
    confirmed: { properties: { 'fault.codes': '0x803381a6' } },
    not: { 'parallel.alone': 'failed' },
  },
  'envelope-too-large': {
    failed: 'rights',
    confirmed: { properties: { 'limit.status': 413 } },
    not: { 'limit.status': 200 },
  },
  'operation-timeout': {
    failed: 'rights',
    confirmed: { properties: { 'fault.codes': '0x80338029' } },
    not: { 'fault.codes': '0x80338029,0x803381a6' },
  },
  'shell-gone': {
    failed: 'rights',
    likely: { 'fault.codes': '0x8033805b' },
    confirmed: { events: [event('05:30:00', 'Microsoft-Windows-WinRM/10149')] },
    not: { 'fault.codes': '0x80338029' },
  },
  trustedhosts: {
    failed: 'login',
    confirmed: { properties: { 'client.windows': true, 'client.fault': '0x803380e4' } },
    not: { 'client.windows': false },
  },
  'dcom-rpc-blocked': {
    likely: { via: 'dcom', 'dcom.portResult': 'timeout' },
    confirmed: { facts: { 'firewall.wmi-rule': 'off' } },
    not: { 'dcom.epm': 'ok', 'dcom.portResult': 'open', 'dcom.hresult': '0x0' },
  },
  'dcom-hardening': {
    failed: 'rights',
    likely: { via: 'dcom', 'dcom.hresult': '0x80070005', 'dcom.level': 2 },
    confirmed: { events: [event('06:00:03', 'Microsoft-Windows-DistributedCOM/10036')] },
    not: { 'dcom.level': 6 },
  },
  'dcom-access-denied': {
    failed: 'rights',
    likely: { via: 'dcom', 'dcom.hresult': '0x80070005', 'dcom.level': 6 },
    confirmed: { facts: { 'dcom.remote-activation': 'no' } },
    not: { 'dcom.level': 2 },
  },
  'dcom-not-offered': {
    failed: 'rights',
    likely: { via: 'dcom', 'dcom.bind': 'provider-rejection', 'dcom.bindReason': 1 },
    confirmed: { facts: { 'dcom.enabled': 'no' } },
    not: { 'dcom.bindReason': 2 },
  },
  'rdp-not-listening': {
    likely: { via: 'rdp', 'tcp.result': 'refused' },
    confirmed: { facts: { 'rdp.enabled': 'off' } },
    not: { 'tcp.result': 'open', 'rdp.result': 'answered' },
  },
  'rdp-filtered': {
    likely: { via: 'rdp', 'tcp.result': 'timeout', 'tcp.open': '445' },
    confirmed: { facts: { 'host.syn-arrives': 'no' } },
    not: { 'tcp.result': 'open', 'rdp.result': 'answered' },
  },
  'port-not-rdp': { failed: 'tls', confirmed: { properties: { 'rdp.result': 'not-rdp' } }, not: { 'rdp.result': 'answered' } },
  'rdp-client-without-nla': {
    failed: 'schemes',
    confirmed: { properties: { failedRung: 'schemes', 'rdp.failure': 5 } },
    not: { 'rdp.failure': 2 },
  },

  'certificate-expires-soon': {
    failed: '',
    confirmed: { properties: { 'tls.expiresInDays': 12 } },
    not: { 'tls.expiresInDays': 31 },
  },
  'basic-offered-clear': {
    failed: '',
    confirmed: { properties: { 'target.transport': 'http', 'schemes.offered': 'Negotiate,Basic' } },
    not: { 'target.transport': 'https' },
  },
  'ntlm-instead-of-kerberos': {
    failed: '',
    confirmed: {
      properties: { 'login.result': 'accepted', 'login.mechanism': 'ntlm', 'user.hostInDomain': true, 'user.domainIs': 'domain' },
    },
    not: { 'user.domainIs': 'computer' },
  },
  'ntlm-only-offered': { failed: '', confirmed: { properties: { 'schemes.offered': 'NTLM' } }, not: { 'schemes.offered': 'Negotiate' } },
  'clock-drifts': { failed: '', confirmed: { properties: { 'clock.skewAbs': 121 } }, not: { 'clock.skewAbs': 120 } },
  'rdp-logon-screen-open': { failed: '', confirmed: { properties: { 'rdp.logonScreen': true } }, not: { 'rdp.logonScreen': false } },
  'host-calls-itself-otherwise': {
    failed: '',
    confirmed: { properties: { 'name.isTarget': false } },
    not: { 'name.isTarget': true },
  },
  'hyperv-old-namespace': {
    failed: '',
    confirmed: { properties: { 'role.result': 'old-namespace' } },
    not: { 'role.result': 'present' },
  },
  'old-tls': { failed: '', confirmed: { properties: { 'tls.version': 'TLSv1.1' } }, not: { 'tls.version': 'TLSv1.2' } },

  'bad-credentials': {
    failed: 'login',
    likely: { 'login.ntstatus': '0xc000006d' },
    confirmed: { properties: { 'login.ntstatus': '0xc000006a' } },
    not: { 'login.ntstatus': '0xc0000234' },
  },
  'account-locked': {
    failed: 'login',
    confirmed: { properties: { 'login.ntstatus': '0xc0000234' } },
    not: { 'login.ntstatus': '0xc000006a' },
  },
  'account-disabled-expired': {
    failed: 'login',
    likely: { 'kerberos.error': 18 },
    confirmed: { properties: { 'kerberos.status': '0xc0000072' } },
    not: { 'kerberos.error': 24 },
  },
  'nla-password-expired': {
    failed: 'login',
    confirmed: { properties: { 'kerberos.error': 23 } },
    not: { 'kerberos.error': 24 },
  },
  'user-right-missing': {
    failed: 'login',
    confirmed: { properties: { 'login.ntstatus': '0xc000015b' } },
    not: { 'login.ntstatus': '0xc000006a' },
  },
  'trust-broken': {
    failed: 'login',
    confirmed: { properties: { 'login.ntstatus': '0xc000018d' } },
    not: { 'login.ntstatus': '0xc000006a' },
  },
  'snapshot-restore-trust-break': {
    failed: 'login',
    confirmed: { properties: { 'login.ntstatus': '0xc000018d' }, facts: { 'host.restored-from-snapshot': 'yes' } },
    not: { 'login.ntstatus': '0xc000006a' },
  },
  'dc-unreachable-or-skew': {
    failed: 'login',
    confirmed: { properties: { 'login.ntstatus': '0xc000005e' } },
    not: { 'login.ntstatus': '0xc000006a' },
  },
  'nla-credssp-mismatch': {
    failed: 'login',
    likely: { 'client.fault': '0x80090302' },
    confirmed: { facts: { 'credssp.updates': 'one-sided' } },
    not: { 'client.fault': '0x8009030c' },
  },
  'rdp-tls-cert': {
    failed: 'tls',
    likely: { via: 'rdp', 'tls.result': 'timeout' },
    events: [event('06:00:03', 'Schannel/36870', { channel: 'System' })],
    confirmed: {
      properties: { 'tls.result': 'reset' },
      events: [event('06:00:03', 'Schannel/36870', { channel: 'System' })],
    },
    not: { 'tls.result': 'ok' },
  },
};

/** Causes of a host's logs that no attempt to connect can show. */
export const OF_LOGS_ALONE: Readonly<Record<string, MadeAttempt['events']>> = {
  'rds-licensing': [event('06:00:00', `${RCM}/1069`, { channel: 'System' })],
  'brute-force-noise': Array.from({ length: 500 }, (_, n) =>
    event(`06:00:0${n % 10}`, `${AUDITING}/4625`, {
      fields: { TargetUserName: `user${n}`, LogonType: '3', Status: '0xc000006d', SubStatus: '0xc0000064' },
    }),
  ),
};

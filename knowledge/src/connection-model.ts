/**
 * What is known of one attempt to reach a host's management service, as properties a cause may ask for with `connection:` (core/connection
 * supplies them, live today, from captures, traces and logs as well later). A property that was not looked at is absent: unknown, never false.
 * A property with the value `''` was looked at and is not there (`null` in a condition asks for that).
 */

/** Rungs of the connection ladder, lowest first; `--via dcom` and `--rdp` walk their own subset in this order. */
export const RUNGS = [
  'name', // the name becomes an address
  'route', // packets reach the address
  'tcp', // the port accepts
  'tls', // HTTPS: handshake, chain, name, dates
  'http', // an HTTP server answers, and it is Windows' own
  'wsman', // `/wsman` answers Identify or a challenge
  'schemes', // the scheme to be used is offered
  'login', // the credential is accepted
  'rights', // an operation is allowed
  'namespace', // the WMI namespace may be read
  'role', // what is to be managed is installed (Hyper-V)
] as const;
/** Name of a rung. */
export type RungName = (typeof RUNGS)[number];

/**
 * Properties of an attempt with their values. Lists (`schemes.offered`) are joined with `,`: ask with `|contains`. Numbers are decimal,
 * status codes of Windows lower-case hex (`0xc000006d`), WSManFault codes hex as well (`0x80338012`; 5 is `0x5`).
 */
export const CONNECTION_PROPERTIES = {
  via: 'winrm | dcom | rdp: the way that was tried',
  failedRung: 'name of the first rung that failed; empty when none did',
  'target.kind': 'address | name (one label) | fqdn',
  'target.transport': 'http | https',
  'target.port': 'number',
  'client.scheme':
    'scheme the user or the default asked for: Basic | Negotiate | Kerberos | NTLM | CredSSP | Certificate; empty when no login was asked for',
  'client.seals': 'true when this client would encrypt messages (false for Basic and for clients seen in captures that send clear bodies)',
  'client.windows': 'true when the client is Windows itself (captures, logs), false for winmedic',
  'client.fault': 'hex code a Windows client reported without anything on the wire (0x803381a4 TrustedHosts …), from its log',
  'name.result': 'literal | resolved | not-found | no-address | server-failed | timeout',
  'name.addresses': 'list',
  'name.isTarget':
    'false when the host that answered calls itself otherwise (NTLM target info, certificate) than the name used; absent when not known',
  'route.result': 'ok | no-route | host-unreachable | prohibited',
  'tcp.result': 'open | refused | timeout | reset | not-tried',
  'tcp.ms': 'time to accept',
  'tcp.open': 'list of other ports of the host that accepted (of 5985, 5986, 80, 443, 135, 445, 3389)',
  'tcp.refused': 'list of other ports that refused',
  'tcp.silent': 'list of other ports that did not answer',
  'tls.result':
    'ok | reset | closed | alert | timeout | not-tls | unsupported (this client refused what the server chose); trust is separate',
  'tls.alert': 'number of the alert the server sent',
  'tls.version': 'TLSv1.2 …',
  'tls.trust':
    'list of ok | self-signed | unknown-issuer | expired | not-yet-valid | name-mismatch | weak-key | wrong-usage | revoked | unreadable',
  'tls.names': 'names in the certificate, list',
  'tls.expiresInDays': 'whole days until the certificate of the host expires; negative when it has expired',
  'tls.clientCertificate': 'used | requested | none',
  'tls.worksWith': 'highest TLS version with which a handshake worked when the first did not; empty when none did',
  'tls.afterRequest': 'reset when the connection broke after the handshake at the first request; ok',
  'http.result': 'response | reset | closed | timeout | not-http',
  'http.status': 'status of the first answer without login',
  'http.server': 'Server header; empty without one',
  'http.windows': 'true when Server is Microsoft-HTTPAPI/2.0',
  'http.via': 'Via or proxy header; empty without one',
  'http.contentType': 'media type without parameters; empty without one',
  'http.body': 'empty | html | soap | other',
  'http.proxy': 'true when the attempt itself went through an HTTP proxy',
  'http.location': 'where a redirection points to; empty without one',
  'wsman.result': 'identified | challenged | fault | none',
  'wsman.vendor': 'microsoft | openwsman | omi | other, from IdentifyResponse or challenge',
  'schemes.offered': 'list as in WWW-Authenticate; empty when there is no such header',
  'schemes.usable': 'true when the scheme asked for is offered',
  'login.result': 'accepted | rejected | refused-scheme | dropped | failed | not-tried',
  'login.held':
    'why a login that was asked for was not tried: cleartext | budget | rejected-elsewhere; empty when it was tried; absent when none was asked for',
  'login.mechanism': 'ntlm | kerberos | basic | certificate',
  'login.step':
    'where it ended: kdc (no ticket), first (answer to the first token), last (answer to the last token), tls, public-key or credentials (CredSSP), after (accepted, then the request was refused)',
  'login.status': 'HTTP status of the answer that ended it',
  'login.token': 'true when that answer carried a token of the scheme',
  'login.ntstatus': 'hex status the server or domain gave (CredSSP error code, 4625)',
  'user.form': 'upn | down-level | dot | bare | reversed (domain@user or user\\domain) | empty',
  'user.domainIs':
    'what the domain part as sent is, by the names in the challenge: computer | domain | dns-domain | forest | empty | other; absent without a challenge',
  'user.isLocal': 'true when the account as sent is one of the host itself',
  'user.hostInDomain': 'true when the challenge shows that the host belongs to a domain, false for a workgroup',
  'user.swapped': 'true when the domain field holds what must be a user (the user field equals a domain name of the challenge)',
  'user.acceptedForm': 'form that was accepted after another had been rejected (--try-forms); empty when none was',
  'account.acceptedElsewhere': 'true when the same account and password were accepted by another host or way in this run',
  'ntlm.response': 'v1 | v2 | lm | none: what the client sent',
  'ntlm.128': 'true when the challenge offers 128-bit keys',
  'ntlm.ess': 'true when the challenge offers extended session security',
  'ntlm.mic': 'true when the type 3 message has a MIC',
  'ntlm.cbt': 'present | zero | absent: channel binding in the type 3 message',
  'kerberos.stage': 'as | tgs | ap | config: the exchange that failed',
  'kerberos.error': 'number of the KRB-ERROR (RFC 4120 section 7.5.9)',
  'kerberos.status': 'hex NTSTATUS inside the error data (MS-KILE 2.2.1)',
  'kerberos.spn': 'service principal name asked for',
  'kerberos.otherService': 'true when that name was given (--spn) and is of another host than the name used',
  'kerberos.tokenBytes': 'length of the first token in the Authorization header, as sent',
  'kerberos.kdc': 'ok | not-found (no KDC known for the realm) | unreachable',
  'credssp.version': 'version the server answered',
  'clock.skewSeconds': 'clock of the host (challenge, KDC or Date header) minus ours, whole seconds, may be negative',
  'clock.skewAbs': 'its absolute value',
  'request.result': 'ok | denied | fault | status | dropped | timeout | not-tried: the first operation after the login',
  'request.status': 'HTTP status of its answer',
  'request.body': 'empty | soap | html | other: body of its answer',
  'request.clear': 'true when the request body went unencrypted',
  'request.fault': 'WSManFault code of it, hex',
  'request.wmi': 'HRESULT inside a WMI or provider fault, hex',
  'fault.codes': 'list of all WSManFault codes of the attempt, hex',
  'fault.wmi': 'list of all HRESULTs of the attempt, hex',
  'namespace.name': 'namespace asked for, root/virtualization/v2',
  'namespace.result': 'ok | denied | missing | fault | not-tried',
  'namespace.fault': 'WSManFault code, hex',
  'namespace.wmi': 'HRESULT, hex',
  'namespace.cimv2': 'ok | denied | fault: the same question to root/cimv2',
  'role.result': 'present | absent | old-namespace | not-tried',
  'limit.status': 'HTTP status with which a message was refused for its size (413)',
  'parallel.hosts': 'hosts tried at the same time',
  'parallel.failedTogether': 'true when this host failed at tcp, http or with a quota while others were tried',
  'parallel.alone': 'ok | failed: the same attempt, alone, afterwards; absent when not repeated',
  'secondHop.result': 'ok | denied: access to another host from this session (logs, captures)',
  'dcom.epm': 'ok | refused | timeout | nak | fault: endpoint mapper on 135',
  'dcom.port': 'port the endpoint mapper or the activation named',
  'dcom.portResult': 'open | refused | timeout: that port',
  'dcom.bind': 'ack | nak | provider-rejection | not-tried',
  'dcom.bindReason': 'number of the reason',
  'dcom.level': 'authentication level used: 1 none, 2 connect, 4 packet, 5 integrity, 6 privacy',
  'dcom.hresult': 'HRESULT of RemoteCreateInstance, hex (0x0 is S_OK)',
  'dcom.fault': 'status of an RPC fault, hex',
  'rdp.result': 'answered | refused | timeout | closed | not-rdp',
  'rdp.nla': 'required | optional | off',
  'rdp.logonScreen': 'true when the port shows a logon screen before authentication',
  'rdp.security': 'list of accepted: rdp | tls | credssp | rdstls | aad',
  'rdp.failure': 'failure code of the negotiation, number',
} as const;
/** Name of a property, see {@link CONNECTION_PROPERTIES}. */
export type ConnectionPropertyName = keyof typeof CONNECTION_PROPERTIES;

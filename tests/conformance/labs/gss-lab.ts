import { join } from 'node:path';
import { Lab, NTLM_MECHANISM, obstacles, root } from './lab.ts';

/** Accounts of the lab; they exist nowhere else. */
export const GSS_USER = {
  user: 'wmuser',
  password: 'Passw0rd!',
  realm: 'WINMEDIC.TEST',
  domain: 'WINHOST',
  host: 'winmedic.test',
} as const;
/** Principal that has an RC4 key alone; password as {@link GSS_USER}. */
export const RC4_USER = 'rc4user';
/** Principal whose keys are in the file {@link USER_KEYTAB} of the lab. */
export const KEYTAB_USER = 'tabuser';
/** Keytab of {@link KEYTAB_USER}. */
export const USER_KEYTAB = 'user.keytab';
/** Port of the lab's KDC. */
export const KDC_PORT = 10_088;
/** Ports of the servers, each another set-up. */
export const GSS_PORTS = { defaults: 5985, weak: 80, cbtStrict: 5986, ntlmV2Only: 5987, cbtRelaxed: 5988, ntlmAnyLevel: 5989 } as const;

const SERVER = join(root, 'tests/conformance/labs/gss_winrm_server.py');

/** Why the lab cannot run here; empty when it can. Debian: python3-gssapi gss-ntlmssp krb5-kdc krb5-admin-server krb5-user openssl iproute2. */
export const gssObstacles = (): string[] =>
  obstacles(['krb5kdc', 'kadmin.local', 'kdb5_util', 'kinit', 'openssl', 'ss', NTLM_MECHANISM], ['gssapi']);

/**
 * MIT KDC and WinRM-like servers over the system's GSS-API: Windows' default set-up, a weak one, HTTPS with strict and relaxed channel
 * binding, NTLMv2 only and any NTLM level (these two without keys for Kerberos).
 * @param answers bodies by wsa:Action, see gss_winrm_server.py.
 */
export async function startGssLab(answers: Readonly<Record<string, string>> = {}): Promise<Lab> {
  const lab = new Lab('gss', ['127.0.0.1 localhost winmedic.test']);
  try {
    const { user, password, realm, domain, host } = GSS_USER;
    const conf = lab.write(
      'krb5.conf',
      `[libdefaults]\n default_realm = ${realm}\n dns_lookup_kdc = false\n rdns = false\n dns_canonicalize_hostname = false\n udp_preference_limit = 0\n` +
        // Session keys of this old type are off since MIT krb5 1.21 and in distributions that took the change over; domains still have them.
        ' allow_rc4 = true\n' +
        `[realms]\n ${realm} = {\n  kdc = 127.0.0.1:${KDC_PORT}\n }\n[domain_realm]\n ${host} = ${realm}\n`,
    );
    const profile = lab.write(
      'kdc.conf',
      `[kdcdefaults]\n kdc_listen = 127.0.0.1:${KDC_PORT}\n kdc_tcp_listen = 127.0.0.1:${KDC_PORT}\n[realms]\n ${realm} = {\n` +
        `  database_name = ${lab.path('principal')}\n  key_stash_file = ${lab.path('stash')}\n` +
        '  supported_enctypes = aes256-cts:normal aes128-cts:normal aes256-sha2:normal aes128-sha2:normal arcfour-hmac:normal\n }\n',
    );
    lab.set('KRB5_CONFIG', conf);
    lab.set('KRB5_KDC_PROFILE', profile);
    lab.must('kdb5_util', ['create', '-s', '-r', realm, '-P', 'masterpw']);
    lab.must('kadmin.local', [], {
      input:
        `addprinc -pw ${password} +requires_preauth ${user}\naddprinc -randkey HTTP/${host}\nktadd -k ${lab.path('http.keytab')} HTTP/${host}\n` +
        `addprinc -pw ${password} -e arcfour-hmac:normal ${RC4_USER}\naddprinc -pw ${password} +requires_preauth ${KEYTAB_USER}\n` +
        `ktadd -norandkey -k ${lab.path(USER_KEYTAB)} ${KEYTAB_USER}\n`,
    });
    lab.must('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', lab.path('key.pem'), '-out', lab.path('cert.pem'), '-days', '30'],
      ...['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},IP:127.0.0.1`],
    ]);
    const users = lab.write('ntlm', `VM:${user}:${password}\n${domain}:${user}:${password}\n`, true);
    const basic = lab.write('basic', `${user}:${password}\n`, true);
    const bodies = lab.write('answers.json', JSON.stringify(answers));
    const server = (name: string, port: number, schemes: string, more: readonly string[], level?: number): void =>
      lab.start(
        name,
        '/usr/bin/python3',
        [
          SERVER,
          '--port',
          `${port}`,
          '--schemes',
          schemes,
          '--user-file',
          users,
          '--keytab',
          // Those with a level are for NTLM alone: without keys SPNEGO does not take Kerberos.
          lab.path(level === undefined ? 'http.keytab' : 'no.keytab'),
          '--answers',
          bodies,
          ...more,
        ],
        // Names of the challenge: a host of a workgroup. Not for those with a level: gss-ntlmssp does not heed it there.
        level === undefined ? { NETBIOS_COMPUTER_NAME: domain, NETBIOS_DOMAIN_NAME: domain } : { LM_COMPAT_LEVEL: `${level}` },
      );
    const tls = ['--cert', lab.path('cert.pem'), '--key', lab.path('key.pem')];
    lab.start('kdc', 'krb5kdc', ['-n']);
    server('defaults', GSS_PORTS.defaults, 'Negotiate,Kerberos', []);
    server('weak', GSS_PORTS.weak, 'Negotiate,Kerberos,Basic', ['--allow-unencrypted', '--basic', basic]);
    server('cbtStrict', GSS_PORTS.cbtStrict, 'Negotiate,Kerberos', [...tls, '--cbt', 'strict']);
    server('cbtRelaxed', GSS_PORTS.cbtRelaxed, 'Negotiate,Kerberos', [...tls, '--cbt', 'relaxed']);
    server('ntlmV2Only', GSS_PORTS.ntlmV2Only, 'Negotiate', [], 5);
    server('ntlmAnyLevel', GSS_PORTS.ntlmAnyLevel, 'Negotiate', [], 0);
    for (const port of [KDC_PORT, ...Object.values(GSS_PORTS)]) await lab.listening(port);
    return lab;
  } catch (error) {
    lab.close();
    throw error;
  }
}

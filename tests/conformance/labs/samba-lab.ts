import { join } from 'node:path';
import { Lab, NTLM_MECHANISM, obstacles, root } from './lab.ts';

/** The domain of the lab and its accounts; they exist nowhere else. */
export const AD = {
  realm: 'AD.WINMEDIC.TEST',
  domain: 'AD',
  dc: 'dc1.ad.winmedic.test',
  dcAddress: '10.99.0.1',
  computer: 'HV01',
  member: 'hv01.ad.winmedic.test',
  /** Further names of the member, each with a service principal name. */
  members: ['hv01', 'hv02', 'hv03', 'hv04', 'hv05'].map((name) => `${name}.ad.winmedic.test`),
  /** Port of the member, and of the same one whose clock is 15 minutes ahead of the domain's. */
  ports: { winrm: 5985, ahead: 5995 },
  administrator: { user: 'administrator', password: 'Adm1n-Passw0rd!' },
  alice: { user: 'alice', password: 'Al1ce-Passw0rd!' },
  /** Must change the password: KRB-ERROR 23. */
  expired: { user: 'expired', password: 'Exp-Passw0rd1!' },
  /** Disabled: KRB-ERROR 18. */
  off: { user: 'off', password: 'Off-Passw0rd1!' },
  /** For counting bad passwords. */
  counted: ['bert', 'carl', 'dora', 'emil', 'fred', 'gina'].map((user) => ({ user, password: 'C0unted-Passw0rd!' })),
} as const;
/** Bad passwords after which the domain locks an account: with 0 it would count none. */
export const LOCKOUT_THRESHOLD = 5;
const LABS = join(root, 'tests/conformance/labs');

/** Why the lab cannot run here; empty when it can. Debian: samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind krb5-user python3-gssapi gss-ntlmssp faketime. */
export const sambaObstacles = (): string[] =>
  obstacles(['samba', 'samba-tool', 'winbindd', 'kinit', 'faketime', 'ss', NTLM_MECHANISM], ['gssapi', 'samba']);

/**
 * An Active Directory domain on loopback: KDC with PAC, DNS, endpoint mapper on 135, sealed DCE RPC, winbind; and a WinRM-like server of the
 * member HV01 that lets winbind judge NTLM of domain users, once more with a wrong clock.
 */
export async function startSambaLab(): Promise<Lab> {
  const lab = new Lab('ad', ['127.0.0.1 localhost', `${AD.dcAddress} ${AD.dc} dc1`, `127.0.0.1 ${AD.members.join(' ')}`], AD.dcAddress);
  try {
    // Its pid file and winbind's pipe.
    lab.cover('/run/samba');
    lab.run('ip', ['addr', 'add', `${AD.dcAddress}/24`, 'dev', 'lo']);
    const conf = lab.write(
      'krb5.conf',
      `[libdefaults]\n default_realm = ${AD.realm}\n dns_lookup_kdc = false\n rdns = false\n dns_canonicalize_hostname = false\n udp_preference_limit = 1\n kdc_timesync = 0\n` +
        `[realms]\n ${AD.realm} = {\n  kdc = ${AD.dcAddress}\n }\n OTHER.TEST = {\n  kdc = ${AD.dcAddress}\n }\n[domain_realm]\n .ad.winmedic.test = ${AD.realm}\n`,
    );
    lab.set('KRB5_CONFIG', conf);
    const directory = lab.path('ad');
    lab.must(
      'samba-tool',
      [
        ...['domain', 'provision', `--realm=${AD.realm}`, `--domain=${AD.domain}`, '--server-role=dc', '--dns-backend=SAMBA_INTERNAL'],
        ...[`--adminpass=${AD.administrator.password}`, '--host-name=dc1', `--host-ip=${AD.dcAddress}`, `--targetdir=${directory}`],
        ...[`--option=interfaces=lo ${AD.dcAddress}`, '--option=bind interfaces only=yes', '--option=vfs objects=dfs_samba4 acl_xattr'],
      ],
      { timeoutMs: 120_000 },
    );
    const keytab = lab.path('hv01.keytab');
    const expired = { ...AD.expired, expired: true };
    lab.must('/usr/bin/python3', [join(LABS, 'samba_accounts.py')], {
      input: JSON.stringify({
        conf: join(directory, 'etc/smb.conf'),
        users: [AD.alice, expired, { ...AD.off, disabled: true }, ...AD.counted],
        computer: AD.computer,
        password: 'Hv01-Passw0rd!',
        services: AD.members.map((name) => `HTTP/${name}`),
        keytab,
        lockoutThreshold: LOCKOUT_THRESHOLD,
      }),
    });
    lab.start('samba', 'samba', ['-s', join(directory, 'etc/smb.conf'), '-i', '-M', 'single']);
    const server = (name: string, port: number, before: readonly string[] = []): void => {
      const [command = '', ...args] = [...before, '/usr/bin/python3', join(LABS, 'gss_winrm_server.py')];
      const names = { NETBIOS_COMPUTER_NAME: AD.computer, NETBIOS_DOMAIN_NAME: AD.domain };
      lab.start(name, command, [...args, '--port', `${port}`, '--keytab', keytab], names);
    };
    server('member', AD.ports.winrm);
    server('ahead', AD.ports.ahead, ['faketime', '-f', '+15m']);
    for (const port of Object.values(AD.ports)) await lab.listening(port);
    for (const port of [88, 135, 389, 445]) await lab.listening(port, AD.dcAddress, 60_000);
    return lab;
  } catch (error) {
    lab.close();
    throw error;
  }
}

/** Bad passwords by account since its last logon, as the domain controller counts them. */
export function badPasswords(lab: Lab): Readonly<Record<string, number>> {
  return JSON.parse(lab.must('/usr/bin/python3', [join(LABS, 'samba_bad_passwords.py'), lab.path('ad/etc/smb.conf')]));
}

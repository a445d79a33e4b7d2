import { join } from 'node:path';
import { Lab, obstacles, root } from './lab.ts';

/** The domain of the lab and its accounts; they exist nowhere else. */
export const AD = {
  realm: 'AD.WINMEDIC.TEST',
  domain: 'AD',
  dc: 'dc1.ad.winmedic.test',
  dcAddress: '10.99.0.1',
  member: 'hv01.ad.winmedic.test',
  administrator: { user: 'administrator', password: 'Adm1n-Passw0rd!' },
  alice: { user: 'alice', password: 'Al1ce-Passw0rd!' },
  /** Must change the password: KRB-ERROR 23. */
  expired: { user: 'expired', password: 'Exp-Passw0rd1!' },
  /** Disabled: KRB-ERROR 18. */
  off: { user: 'off', password: 'Off-Passw0rd1!' },
} as const;

/** Why the lab cannot run here; empty when it can. Debian: samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind krb5-user python3-gssapi gss-ntlmssp faketime. */
export const sambaObstacles = (): string[] => obstacles(['samba', 'samba-tool', 'winbindd', 'ss'], ['gssapi', 'samba']);

/**
 * An Active Directory domain on loopback: KDC with PAC, DNS, endpoint mapper on 135, sealed DCE RPC, winbind; and a WinRM-like server of the
 * member HV01 on 5985 that lets winbind judge NTLM of domain users.
 */
export async function startSambaLab(): Promise<Lab> {
  const lab = new Lab('ad', ['127.0.0.1 localhost', `${AD.dcAddress} ${AD.dc} dc1`, `127.0.0.1 ${AD.member} hv01`], AD.dcAddress);
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
    const where = ['-s', join(directory, 'etc/smb.conf')];
    lab.start('samba', 'samba', [...where, '-i', '-M', 'single']);
    for (const port of [88, 135, 389, 445]) await lab.listening(port, AD.dcAddress, 60_000);
    const tool = (...args: string[]): string => lab.must('samba-tool', [...args, ...where]);
    tool('user', 'create', AD.alice.user, AD.alice.password);
    tool('user', 'create', AD.expired.user, AD.expired.password, '--must-change-at-next-login');
    tool('user', 'create', AD.off.user, AD.off.password);
    tool('user', 'disable', AD.off.user);
    tool('computer', 'create', 'HV01');
    tool('spn', 'add', `HTTP/${AD.member}`, 'HV01$');
    tool('user', 'setpassword', 'HV01$', '--newpassword=Hv01-Passw0rd!');
    const keytab = lab.path('hv01.keytab');
    tool('domain', 'exportkeytab', keytab, `--principal=HTTP/${AD.member}`);
    lab.start('member', '/usr/bin/python3', [
      join(root, 'tests/conformance/labs/gss_winrm_server.py'),
      '--port',
      '5985',
      '--keytab',
      keytab,
    ]);
    await lab.listening(5985);
    return lab;
  } catch (error) {
    lab.close();
    throw error;
  }
}

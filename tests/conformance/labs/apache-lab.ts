import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import { Lab, NTLM_MECHANISM, obstacles } from './lab.ts';

/** Account and port of the lab. */
export const APACHE = { user: 'wmuser', password: 'Passw0rd!', domain: 'VM', port: 8985, path: '/ntlm/' } as const;
/** Log with status and user of each request. */
export const ACCESS = 'access';
const MODULES = '/usr/lib/apache2/modules';

/** Why the lab cannot run here; empty when it can. Debian: apache2 libapache2-mod-auth-gssapi gss-ntlmssp. */
export const apacheObstacles = (): string[] => obstacles(['apache2', `${MODULES}/mod_auth_gssapi.so`, 'ss', NTLM_MECHANISM]);

/** Apache with mod_auth_gssapi: SPNEGO(NTLM) and raw NTLM, bound to the connection. It neither seals nor checks channel bindings. */
export async function startApacheLab(): Promise<Lab> {
  const lab = new Lab('web', ['127.0.0.1 localhost winmedic.test']);
  try {
    mkdirSync(lab.path('www/ntlm'), { recursive: true });
    lab.write('www/ntlm/index.html', 'ok');
    const users = lab.write('users', `${APACHE.domain}:${APACHE.user}:${APACHE.password}\n`, true);
    const [, , uid = '33', gid = '33'] =
      readFileSync('/etc/passwd', 'utf8')
        .split('\n')
        .find((line) => line.startsWith('www-data:'))
        ?.split(':') ?? [];
    chownSync(users, Number(uid), Number(gid));
    chmodSync(lab.folder, 0o755);
    const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'auth_gssapi'];
    const conf = lab.write(
      'httpd.conf',
      [
        ...modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
        `ServerRoot ${lab.folder}`,
        'ServerName winmedic.test',
        `PidFile ${lab.path('httpd.pid')}`,
        `ErrorLog ${lab.path('error.log')}`,
        'LogFormat "%>s %u" who',
        `CustomLog ${lab.path(`${ACCESS}.log`)} who`,
        `Listen 127.0.0.1:${APACHE.port}`,
        'TypesConfig /etc/mime.types',
        'User www-data',
        'Group www-data',
        `DocumentRoot ${lab.path('www')}`,
        `<Directory ${lab.path('www/ntlm')}>`,
        ' AuthType GSSAPI',
        ' AuthName NTLM',
        ' GssapiAllowedMech ntlmssp',
        ' GssapiConnectionBound On',
        ' GssapiSignalPersistentAuth On',
        ' Require valid-user',
        '</Directory>',
        '',
      ].join('\n'),
    );
    // The user file must come through the environment: with GssapiCredStore this module crashes for SPNEGO.
    lab.start('apache', 'apache2', ['-f', conf, '-D', 'FOREGROUND'], { NTLM_USER_FILE: users });
    await lab.listening(APACHE.port);
    return lab;
  } catch (error) {
    lab.close();
    throw error;
  }
}

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { recordedAttempts } from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import { collectEvidence, patternsOf } from '@winmedic/core/evidence';
import type { ConnectionAttempt, ConnectionDiagnosis } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';

/** Every capture of the corpora against the verdict it has to get: way, first failed rung, cause and its grade for each attempt; none for most. */
const shared = resolve(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), '..');
const FOLDERS = {
  lab: join(shared, 'corpus/pcap-lab'),
  public: join(shared, 'corpus/pcap'),
  counterparts: join(shared, 'counterparts/pcap'),
} as const;
const ready = Object.values(FOLDERS).every((folder) => existsSync(folder));
if (!ready) console.log(`skipped: no captures at ${shared} (set WINMEDIC_CORPUS)`);

const knowledge = loadKnowledge();

async function judged(path: string): Promise<readonly ConnectionDiagnosis[]> {
  const evidence = await collectEvidence([path], { zone: 'UTC', hash: false, patterns: patternsOf(knowledge.causes) });
  return recordedAttempts(evidence).attempts.map((attempt) => diagnoseConnection(attempt, knowledge));
}

/** `winrm login login-rejected likely`; `-` for what there is none of. */
function told({ attempt, verdict }: ConnectionDiagnosis): string {
  const failed = attempt.rungs.find((rung) => rung.verdict === 'failed')?.name ?? '-';
  return verdict.cause === undefined ? `${attempt.via} ${failed} -` : `${attempt.via} ${failed} ${verdict.cause.cause.id} ${verdict.grade}`;
}

function captures(folder: string): string[] {
  return readdirSync(folder).filter((name) => /\.(pcap|pcapng|cap|gz)$/.test(name));
}

/** Everything an attempt shows. */
function shown(attempt: ConnectionAttempt): string {
  return JSON.stringify(attempt, (_, value) =>
    typeof value === 'bigint'
      ? String(value)
      : value instanceof Map
        ? [...value]
        : value instanceof Uint8Array
          ? Buffer.from(value).toString('latin1')
          : value,
  );
}

const LAB: Readonly<Record<string, string>> = {
  'dcom-135-remotecreateinstance-hr5.pcapng': 'dcom rights dcom-hardening likely',
  'rdp-nla-off-server-selects-ssl.pcapng': 'rdp - -',
  'winrm-5985-bad.pcapng': 'winrm login login-rejected likely',
  'winrm-5985-basicoff.pcapng': 'winrm schemes winrm-basic-disabled confirmed',
  // The fault is sealed: that something was refused is seen, and what it was is not.
  'winrm-5985-denied.pcapng': 'winrm rights -',
  'winrm-5985-ok.pcapng': 'winrm - -',
  'winrm-5985-refused.pcap': 'winrm tcp winrm-no-listener likely',
  'winrm-5986-tls12-unknown-ca.pcapng': 'winrm tls tls-untrusted-issuer confirmed',
};

const COUNTERPARTS: Readonly<Record<string, readonly string[]>> = {
  'gss-winrm-kerberos-ntlm-sealed.pcapng': [
    'winrm - -',
    'winrm login login-rejected likely',
    'winrm rights winrm-allowunencrypted-false likely',
    'winrm login lm-compat-mismatch likely',
  ],
  'omi-wsman-basic-ntlm-spnego-encrypted.pcapng': [
    'winrm - -',
    'winrm login basic-rejected likely',
    'winrm - -',
    'winrm login login-rejected likely',
    'winrm - -',
    'winrm - -',
  ],
  'samba-dc-kerberos-errors-epm-ntlm-dcerpc.pcapng': ['dcom - -'],
};

/** Public captures in which something failed: port 135 or a dynamic port that nobody answers. */
const FAILED: Readonly<Record<string, string>> = {
  'OTRF__covenant_dcom_executeexcel4macro_blocked_2020-09-17173147.cap': 'dcom tcp dcom-rpc-blocked likely',
  'OTRF__covenant_sc_query_dcerpc_smb_svcctl_2020-08-05034820.cap': 'dcom namespace dcom-rpc-blocked likely',
  'OTRF__empire_find_localadmin_smb_svcctl_OpenSCManager_2020-09-22021559.cap': 'dcom namespace dcom-rpc-blocked likely',
};

describe.skipIf(!ready)('verdicts of captures', () => {
  it.each(Object.entries(LAB))('%s', async (name, expected) => {
    const diagnoses = await judged(join(FOLDERS.lab, name));
    expect(diagnoses.map(told)).toEqual([expected]);
    for (const { verdict } of diagnoses) expect(verdict.sentence.en !== '' && verdict.sentence.ja !== '').toBe(true);
  });

  it('knows every lab capture', () => {
    expect(captures(FOLDERS.lab)).toEqual(Object.keys(LAB));
  });

  it('names what stands beside: a logon screen without NLA', async () => {
    const [diagnosis] = await judged(join(FOLDERS.lab, 'rdp-nla-off-server-selects-ssl.pcapng'));
    expect(diagnosis?.attempt.properties.get('rdp.nla')?.value).toBe('off');
    expect(diagnosis?.beside.map(({ cause }) => cause.id)).toContain('rdp-logon-screen-open');
  });

  it.each(Object.entries(COUNTERPARTS))('%s', async (name, expected) => {
    const diagnoses = await judged(join(FOLDERS.counterparts, name));
    expect(diagnoses.map(told)).toEqual(expected);
    // Passwords of the counterparts, as text and in the header of Basic.
    for (const secret of ['Passw0rd!', 'Al1ce-Passw0rd!', 'Adm1n-Passw0rd!', Buffer.from('wmuser:Passw0rd!').toString('base64')])
      for (const { attempt } of diagnoses) expect(shown(attempt)).not.toContain(secret);
  });

  it.each(ready ? captures(FOLDERS.public) : [])('%s: no cause that is not there', async (name) => {
    const expected = FAILED[name];
    const failed = (await judged(join(FOLDERS.public, name))).filter(
      ({ verdict, outcome }) => verdict.cause !== undefined || outcome === 'failed',
    );
    expect(failed.map(told)).toEqual(expected === undefined ? [] : [expected]);
  });
});

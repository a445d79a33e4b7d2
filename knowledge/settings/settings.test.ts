import { describe, expect, it } from 'vitest';
import { buildKnowledge } from '../build.ts';
import type { CombinedFinding, Localized, SettingDefinition } from '../src/model.ts';

const { knowledge } = buildKnowledge();
const settings = knowledge['settings'] as readonly SettingDefinition[];
const findings = knowledge['findings'] as readonly CombinedFinding[];

/** Rows of the table of registry checks: each has to be covered by exactly one setting. */
const registryRows = `
  RDS-SHUTDOWN-NOLOGON RDS-NLA RDS-NLA-GPO RDS-SECLAYER RDS-MINENC RDS-DENY RDS-DENY-GPO RDS-PORT RDS-SHADOW
  RDS-RESTRICTEDADMIN RDS-DISCARD-CAD LOGON-REASON PRIV-SHUTDOWN PAGEFILE-CLEAR UAC-REMOTE UAC-RID500 UAC-LUA
  NTLM-LMLEVEL NTLM-MINCLIENT NTLM-MINSERVER NTLM-RESTRICT-OUT NTLM-RESTRICT-IN NTLM-AUDIT-IN NTLM-DOMAIN
  LSA-BLANKPW LSA-FORCEGUEST LSA-LOOPBACK KRB-ENC CREDSSP-ORACLE CREDSSP-DELEG WSMAN-BASIC WSMAN-BASIC-LOCAL
  WSMAN-UNENC WSMAN-UNENC-GPO WSMAN-NEGOTIATE WSMAN-KERBEROS WSMAN-CREDSSP WSMAN-AUTOCONFIG WSMAN-LISTENER
  WSMAN-QUOTA WSMAN-MAXCONN WSMAN-ENVELOPE WSMAN-TRUSTEDHOSTS WSMAN-CBT DCOM-ENABLE DCOM-HARDEN DCOM-RAISE
  DCOM-LEGACYAUTH DCOM-MACHINELIMITS RPC-PORTS RPC-RESTRICT FW-PROFILE FW-RULES SVC-START SVC-CSAGENT
  SVC-BOOTDRIVERS SELECT CRASH-ENABLED CRASH-AUTOREBOOT CRASH-DIR CRASH-KEEP CRASH-NMI CRASH-DEDICATED
  CRASH-LAST PAGEFILE VERIFIER PENDING-RENAME BOOTEXECUTE SAFEBOOT BOOTSTATUS SHUTDOWN-TIME RELIABILITY-DIRTY
  WU-AUOPTIONS WU-NOAUTOREBOOT WU-ALWAYSREBOOT WU-ACTIVEHOURS WU-REBOOTREQ CBS-REBOOTPENDING SMB-SIGN SMB1
  TLS-SCHANNEL EVT-SIZE AUDIT-LOGON HYPERV-VMMS BITLOCKER-OSVOL BITLOCKER-AD OS-BUILD TIMEZONE COMPUTERNAME
  MOUNTDEV
`;

/** Rows of the table of settings to check. */
const settingRows = `
  shutdown-without-logon nla nla-policy rdp-security-layer rdp-port rdp-enabled logon-timeout shutdown-right
  hide-power tracker crash-auto-reboot pagefile machine-lockout wu-policy pending-reboot last-shutdown
  reliability fast-startup ltfp lm-level ntlm-min ntlm-restrict winrm-service winrm-client dcom-hardening
  credssp
`;

const rows = `${registryRows} ${settingRows}`.trim().split(/\s+/);

/** Every text in two languages inside a structure, with its path. */
function texts(node: unknown, path: string): { readonly path: string; readonly text: Localized }[] {
  if (typeof node !== 'object' || node === null) return [];
  if ('en' in node && 'ja' in node) return [{ path, text: node as Localized }];
  return Object.entries(node).flatMap(([key, value]) => texts(value, `${path}/${key}`));
}

/** All texts of settings and findings. */
const all = [...settings, ...findings].flatMap((item) => texts(item, item.id));

describe('settings', () => {
  it('cover every row of the source tables exactly once', () => {
    const covered = settings.flatMap(({ covers }) => covers);
    expect(rows.length).toBe(116);
    expect(rows.filter((row) => !covered.includes(row))).toEqual([]);
    expect(covered.filter((row, at) => covered.indexOf(row) !== at)).toEqual([]);
    expect(covered.filter((row) => !rows.includes(row))).toEqual([]);
  });

  it('have Japanese texts in Japanese, and English texts without it', () => {
    const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
    expect(all.length).toBeGreaterThan(500);
    // Names of products are the same in both languages.
    const product = ({ en, ja }: Localized) => en === ja && /^Windows [\w ./]+$/.test(en);
    expect(all.filter(({ text }) => !japanese.test(text.ja) && !product(text)).map(({ path }) => path)).toEqual([]);
    expect(all.filter(({ text }) => japanese.test(text.en)).map(({ path }) => path)).toEqual([]);
  });

  it('name group policies in the words of both languages of Windows', () => {
    const policies = all.filter(({ path }) => path.endsWith('/gpo'));
    expect(policies.length).toBeGreaterThan(20);
    const wrong = policies.filter(
      ({ text }) => !/^(Computer|User) Configuration/.test(text.en) || !/^(コンピューター|ユーザー)の構成/.test(text.ja),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('place registry values in hives that exist, with the control set resolved', () => {
    const registry = settings.flatMap(({ places }) => places.map(({ address }) => address)).filter((address) => address.startsWith('reg:'));
    expect(registry.length).toBeGreaterThan(60);
    expect(registry.filter((address) => !/^reg:(HKLM\\(SYSTEM|SOFTWARE|SECURITY|SAM)\\|BCD\\)/.test(address))).toEqual([]);
    expect(registry.filter((address) => /ControlSet00/i.test(address))).toEqual([]);
    expect(registry.filter((address) => /\\(!|$)/.test(address))).toEqual([]);
  });

  it('say in words what every risky value means', () => {
    const silent = settings.flatMap(({ id, values, risky }) =>
      [risky?.is ?? []]
        .flat()
        .map(String)
        .filter((value) => values !== undefined && !Object.hasOwn(values, value) && !Object.hasOwn(values, '*'))
        .map((value) => `${id}: ${value}`),
    );
    expect(silent).toEqual([]);
  });

  it('explain a default that is no value', () => {
    const unexplained = settings.filter(({ defaults }) => defaults.some(({ value, text }) => value === null && text === undefined));
    expect(unexplained.map(({ id }) => id)).toEqual([]);
  });
});

describe('combined findings', () => {
  it('change the setting with the least side effect first', () => {
    const byId = new Map(findings.map((finding) => [finding.id, finding]));
    expect(byId.get('anyone-can-power-off-over-rdp')?.change.setting).toBe('shutdown-without-logon');
    expect(byId.get('anyone-can-power-off-over-rdp')?.others?.map(({ setting }) => setting)).toContain('rds-nla');
    expect(byId.get('troubleshooting-set-up-left')?.change.setting).toBe('winrm-service-unencrypted');
  });

  it('name each other way once, and never the first one again', () => {
    for (const { id, change, others = [] } of findings) {
      const ways = [change.setting, ...others.map(({ setting }) => setting)];
      expect(new Set(ways).size, id).toBe(ways.length);
    }
  });
});

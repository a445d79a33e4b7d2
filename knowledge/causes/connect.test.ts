import { describe, expect, it, test } from 'vitest';
import { buildKnowledge } from '../build.ts';
import type { Cause, FactDefinition, SettingDefinition } from '../src/model.ts';
import { parsePack } from '../src/pack.ts';

const { knowledge } = buildKnowledge();
const all = knowledge['causes'] as readonly Cause[];
const facts = knowledge['facts'] as readonly FactDefinition[];
const settings = knowledge['settings'] as readonly SettingDefinition[];
const causes = all.filter((cause) => cause.class === 'connect' || cause.class === 'logon');
const byId = new Map(all.map((cause) => [cause.id, cause]));

function cause(id: string): Cause {
  const found = byId.get(id);
  if (!found) throw new Error(`no cause ${id}`);
  return found;
}

/** Every value of `key` anywhere in a structure. */
function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(value, key)]);
}

describe('causes of refused connections and logons', () => {
  it('are judged for an attempt, those of logons for a host as well', () => {
    for (const { id, class: kind, scope } of causes) expect(scope, id).toBe(kind === 'logon' ? 'host' : 'connection');
  });

  test.each(Array.from({ length: 32 }, (_, n) => n + 1))('row %i of the diagnosis table has one', (row) => {
    expect(causes.some(({ rows }) => rows?.includes(row))).toBe(true);
  });

  it('say how to confirm and what to change, where it is done, in both languages', () => {
    for (const { id, confirm, remedies } of causes) {
      expect(confirm.length, id).toBeGreaterThan(0);
      expect(remedies.length, id).toBeGreaterThan(0);
      for (const { text } of remedies) {
        expect(text.en, id).toMatch(/^(On |At |In |Only |When |With |Nothing )/);
        expect(text.ja, id).toMatch(/[。]$/);
      }
    }
  });

  it('are only causes the wire itself proves, where no fact or record of the host is asked for', () => {
    const proven = causes.filter(
      ({ kind, required }) => kind !== 'finding' && ['fact', 'event'].every((key) => valuesOf(required, key).length === 0),
    );
    // Rejected logins, rights and policies are decided at the host: none of their causes is proven by what the client saw.
    const decidedAtHost = [
      'login-rejected',
      'uac-remote-filter',
      'not-admin',
      'lm-compat-mismatch',
      'cbt-required',
      'winrm-allowunencrypted-false',
    ];
    expect(proven.map(({ id }) => id).filter((id) => decidedAtHost.includes(id))).toEqual([]);
  });

  it('are listed once in a chain from the special to the general, without a circle', () => {
    for (const { id, refines } of causes) {
      const seen = new Set([id]);
      for (let next = refines; next !== undefined; next = cause(next).refines) {
        expect(seen.has(next), `${id} refines itself`).toBe(false);
        seen.add(next);
      }
    }
  });
});

describe('remedies', () => {
  const commands = causes.flatMap(({ id, remedies }) => remedies.map(({ command }) => `${id}: ${command ?? ''}`));

  it('never weaken what protects the host', () => {
    const weakening =
      /AllowUnencrypted\S*\s*[=\s]["']?(\$?true|1)|Basic\S*=["']?(\$?true|1)|UserAuthenticationRequired=0|CbtHardeningLevel\S*=["']?(None|Relaxed)|LmCompatibilityLevel|RestrictReceiving|TrustedHosts -Value ['"]?\*|AllowEncryptionOracle|-SkipCACheck|allprofiles state off/i;
    expect(commands.filter((command) => weakening.test(command))).toEqual([]);
    expect(weakening.test('winrm set winrm/config/service @{AllowUnencrypted="true"}')).toBe(true);
  });

  it('open a firewall for the management address only', () => {
    const opening = commands.filter((command) => /advfirewall|Set-NetFirewallRule/.test(command));
    expect(opening.length).toBeGreaterThan(3);
    for (const command of opening) expect(command).toMatch(/remoteip=<management address>|-RemoteAddress <management address>/);
  });

  it('run as printed in Windows PowerShell, in every display language', () => {
    const printed = causes.flatMap(({ id, confirm, remedies }) =>
      [...confirm, ...remedies].flatMap(({ command }) => (command === undefined ? [] : [`${id}: ${command}`])),
    );
    // "&" joins commands in cmd only, %NAME% is no variable, sc is Set-Content, winrm loses an unquoted @{}, and names of groups of rules are translated.
    const elsewhere = / & | \/ Get-|%\w+%|\bsc (query|config|start)|winrm (set|create) \S+ @\{|advfirewall .*group=|-DisplayGroup/;
    expect(printed.length).toBeGreaterThan(100);
    expect(printed.filter((command) => elsewhere.test(command))).toEqual([]);
    for (const bad of ['hostname & ipconfig', 'sc query WinRM', 'winrm set winrm/config @{MaxEnvelopeSizekb="500"}'])
      expect(bad).toMatch(elsewhere);
  });

  it('never set WinRM up with what also switches the UAC filter off', () => {
    expect(commands.filter((command) => /quickconfig|Enable-PSRemoting/i.test(command))).toEqual([]);
  });

  it('switch the UAC filter off last, and say what it opens', () => {
    const ids = cause('uac-remote-filter').remedies.map(({ id }) => id);
    expect(ids).toEqual(['domain-account', 'remote-management-users', 'switch-filter-off']);
    expect(cause('uac-remote-filter').remedies.at(-1)?.risk.en).toContain('pass-the-hash');
  });

  it('of a refused clear message is a client that encrypts', () => {
    expect(cause('winrm-allowunencrypted-false').remedies[0]?.id).toBe('client-that-seals');
    expect(cause('winrm-basic-disabled').remedies.map(({ id }) => id)).toEqual(['use-negotiate']);
  });
});

describe('facts of connections', () => {
  it('are supplied by settings where a hive or an export shows them', () => {
    const supplied = new Set(settings.flatMap(({ fact }) => (fact === undefined ? [] : [fact.name])));
    for (const name of [
      'uac.local-account-token-filter-policy',
      'winrm.allow-unencrypted',
      'winrm.basic',
      'winrm.cbt-level',
      'winrm.service-state',
      'ntlm.lm-compatibility-level',
      'ntlm.restrict-incoming',
    ])
      expect(supplied.has(name), name).toBe(true);
  });

  it('ask only for values their definition knows', () => {
    const known = new Map(facts.map((fact) => [fact.id, fact]));
    const asked = causes.flatMap(({ id, required, supporting, refutes, weakens }) =>
      [required, supporting, refutes, weakens].flatMap((items) => factLeaves(items).map((leaf) => ({ id, ...leaf }))),
    );
    expect(asked.length).toBeGreaterThan(30);
    for (const { id, fact, is } of asked) {
      const values = known.get(fact)?.values;
      if (values === undefined) continue;
      for (const value of [is].flat()) expect(Object.keys(values), `${id}: ${fact}`).toContain(String(value));
    }
  });
});

/** Every `{ fact, is }` of a structure. */
function factLeaves(node: unknown): { readonly fact: string; readonly is: unknown }[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = 'fact' in node && 'is' in node && typeof node.fact === 'string' ? [{ fact: node.fact, is: node.is }] : [];
  return [...own, ...Object.values(node).flatMap(factLeaves)];
}

describe('a pack of a user', () => {
  const pack = (property: string) =>
    parsePack(
      JSON.stringify({
        version: 1,
        causes: [
          {
            ...cause('port-not-http'),
            id: 'own-cause',
            required: [{ id: 'x', text: { en: 'x', ja: 'x' }, when: { connection: { [property]: 'y' } } }],
          },
        ],
      }),
      { facts, causes: all },
    );

  it('may judge attempts by the properties that exist, and by no others', () => {
    expect(pack('http.status|gte').issues).toEqual([]);
    expect(pack('http.statuz').issues).toMatchObject([{ code: 'PACK_REFERENCE', message: 'unknown connection property http.statuz' }]);
    expect(pack('constructor').causes).toEqual([]);
  });
});

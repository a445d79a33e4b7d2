import { readFileSync } from 'node:fs';
import { parseXml, type XmlDocument, type XmlElement } from '@rgrove/parse-xml';
import type { Audit } from '@winmedic/core/model';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../test-fixture.ts';
import { auditToJson } from './json.ts';
import { auditToJunit } from './junit.ts';
import { auditRows } from './table.ts';
import { AUDIT_META, auditFixture, nothing, oneHost } from './test-fixture.ts';
import { AUDIT_AREAS, type AuditFilter, hasFindings } from './view.ts';

// biome-ignore lint/suspicious/noExplicitAny: the tests look at JSON as its readers do, without types
type Any = Record<string, any>;
const schema = JSON.parse(readFileSync(new URL('../../schema/audit.schema.json', import.meta.url), 'utf8')) as Any;
const json = (audit: Audit, filter?: AuditFilter): Any => JSON.parse(JSON.stringify(auditToJson(audit, AUDIT_META, filter))) as Any;

/** The schema with every object closed, so that a field it does not describe is an error. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy: Any = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  return copy.type === 'object' ? { ...copy, additionalProperties: false } : copy;
}
const validate = new Ajv2020({
  allErrors: true,
  strict: true,
  strictTypes: false,
  formats: {
    'date-time': (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  },
}).compile(closed(schema) as Any);

describe('the schema of the audit', () => {
  it('describes every field of a full, a filtered and an empty audit', () => {
    for (const data of [json(auditFixture), json(auditFixture, { only: ['rdp'], riskyOnly: true }), json(nothing)]) {
      validate(data);
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  it('has its own urn, promises only schemaVersion and keeps enumerations open', () => {
    expect(schema.$id).toBe('urn:winmedic:schema:audit:1');
    expect(schema.required).toEqual(['schemaVersion']);
    expect(JSON.stringify(schema)).not.toContain('"enum"');
  });

  it.each(['audit.md', 'audit.ja.md'])('is told in %s, every field', (file) => {
    const names = new Set<string>();
    (function collect(node: unknown): void {
      if (typeof node !== 'object' || node === null) return;
      for (const name of Object.keys((node as Any).properties ?? {})) if (!name.endsWith('Ns')) names.add(name);
      for (const child of Object.values(node)) collect(child);
    })(schema);
    const page = readFileSync(new URL(`../../../../docs/reference/${file}`, import.meta.url), 'utf8');
    expect([...names].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    for (const area of AUDIT_AREAS) expect(page).toContain(`\`${area}\``);
  });
});

describe('auditToJson', () => {
  const data = json(auditFixture);
  const settings = (data.hosts[0].settings as Any[]) ?? [];
  const of = (id: string): Any => settings.find((one) => one.id === id)!;

  it('gives a setting its result, every place seen with key and last write, and its remedy', () => {
    expect(of('rds-nla')).toMatchObject({
      status: 'risky',
      value: '0',
      isDefault: false,
      unverified: false,
      since: '2018-06-20T09:00:00+09:00',
      sinceNs: '1529452800000000000',
      seen: [
        { absent: true },
        {
          value: '0',
          key: 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication',
          keyWritten: '2018-06-20T09:00:00+09:00',
          sourceId: 'S1',
          offset: '8192',
          trust: 'record',
        },
      ],
      remedies: [{ id: 'require-nla' }, { id: 'require-nla-policy' }],
    });
  });

  it('says of what was not checked what is needed, and gives it no value', () => {
    expect(of('uac-remote')).toMatchObject({
      status: 'not-checked',
      unchecked: [{ reason: 'hive-missing', need: { en: expect.stringContaining('SOFTWARE') } }],
    });
    expect(of('uac-remote')).not.toHaveProperty('value');
    expect(of('ntlm-level')).toMatchObject({ isDefault: true, unverified: true });
  });

  it('leaves out what is not known instead of writing null, and keeps hostile values unchanged', () => {
    expect(JSON.stringify(data)).not.toContain('null');
    expect(of('computer-name').value).toBe(HOSTILE);
    expect(data.hosts[2]).not.toHaveProperty('name');
    expect(data.inputs[3]).not.toHaveProperty('sha256');
  });

  it('leaves out what a filter asks for and says how much; counts are of all', () => {
    const filtered = json(auditFixture, { only: ['winrm'] });
    expect(filtered.filter).toEqual({ areas: ['winrm'] });
    expect(filtered.hosts[0].settings.map((one: Any) => one.id)).toEqual(['winrm-service-basic']);
    expect(filtered.hosts[0].leftOut).toBe(11);
    expect(filtered.hosts[0].counts).toEqual(data.hosts[0].counts);
    expect(filtered.comparisons[0]).toMatchObject({ changes: [], leftOut: 2 });
    const all = Object.values(data.hosts[0].counts as Record<string, number>).reduce((sum, n) => sum + n, 0);
    expect(settings).toHaveLength(all);
  });
});

describe('auditToJunit', () => {
  const read = (audit: Audit, lang: 'en' | 'ja' = 'en'): XmlDocument => parseXml(auditToJunit(audit, { ...AUDIT_META, lang }));
  const elements = (node: XmlDocument | XmlElement, name: string): XmlElement[] =>
    node.children.flatMap((child) =>
      'name' in child
        ? [...((child as XmlElement).name === name ? [child as XmlElement] : []), ...elements(child as XmlElement, name)]
        : [],
    );
  const childName = (test: XmlElement): string =>
    elements(test, 'failure').length > 0 ? 'failure' : elements(test, 'skipped').length > 0 ? 'skipped' : 'passed';

  it('has a suite per host and one for its combined findings, with counts that are true', () => {
    const suites = elements(read(auditFixture), 'testsuite');
    expect(suites.map((suite) => suite.attributes['name'])).toEqual([
      'RDS01',
      'RDS01: Settings that together make a finding',
      'DC01',
      'a host no source names',
    ]);
    for (const suite of suites) {
      const cases = elements(suite, 'testcase').map(childName);
      expect(suite.attributes).toMatchObject({
        tests: String(cases.length),
        failures: String(cases.filter((one) => one === 'failure').length),
        skipped: String(cases.filter((one) => one === 'skipped').length),
      });
    }
  });

  it('fails what is risky, skips what was not decided with the reason, passes only what is known', () => {
    const byId = new Map(elements(read(oneHost), 'testcase').map((test) => [test.attributes['name']!.split(':')[0]!, test]));
    const outcome = (id: string): string => childName(byId.get(id)!);
    for (const id of ['rds-nla', 'shutdown-without-logon', 'ntlm-level', 'anyone-can-power-off-over-rdp'])
      expect(outcome(id), id).toBe('failure');
    for (const id of ['uac-remote', 'winrm-service-basic', 'smb1', 'crash-dump-enabled', 'troubleshooting-set-up-left'])
      expect(outcome(id), id).toBe('skipped');
    for (const id of ['rds-port', 'rds-enabled']) expect(outcome(id), id).toBe('passed');
    expect(elements(byId.get('uac-remote')!, 'skipped')[0]!.attributes['message']).toContain('the SOFTWARE hive');
    const failure = elements(byId.get('rds-nla')!, 'failure')[0]!;
    expect(failure.attributes).toMatchObject({ type: 'high', message: '0: not required' });
    expect(failure.text).toContain('key last written 2018-06-20 09:00:00 +09:00');
    expect(failure.text).toContain('Undo: The same command with the old value.');
  });

  it('stays XML whatever the evidence says', () => {
    const hostile: Audit = { ...oneHost, hosts: [{ ...oneHost.hosts[0]!, host: `${HOSTILE}\u0000\ufffe]]>` }] };
    for (const lang of ['en', 'ja'] as const) expect(elements(read(hostile, lang), 'testcase')).toHaveLength(14);
    expect(elements(read(nothing), 'testsuite')).toEqual([]);
  });
});

describe('auditRows', () => {
  it('has one row per combined finding and setting under heads of the same number', () => {
    for (const lang of ['en', 'ja'] as const) {
      const [heads, ...rows] = auditRows(oneHost, { ...AUDIT_META, lang });
      expect(rows).toHaveLength(14);
      for (const row of rows) expect(row).toHaveLength(heads!.length);
    }
    const rows = auditRows(oneHost, { ...AUDIT_META, lang: 'en' });
    const nla = rows.find((row) => row[3] === 'rds-nla')!;
    expect(nla).toEqual([
      'RDS01',
      'setting',
      'Remote Desktop',
      'rds-nla',
      'Network Level Authentication',
      'risky',
      'high',
      '0',
      '0: not required',
      'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp!UserAuthentication',
      '2018-06-20 09:00:00 +09:00',
      '2018-07-12 09:00:00 +09:00',
      'SYSTEM',
      '',
      'reg add "HKLM\\SYSTEM\\…\\RDP-Tcp" /v UserAuthentication /t REG_DWORD /d 1 /f',
    ]);
    expect(rows.find((row) => row[3] === 'ntlm-level')![5]).toBe('risky (not verified)');
    expect(rows.find((row) => row[3] === 'uac-remote')![13]).toContain('SOFTWARE hive');
    const winrm = rows.find((row) => row[3] === 'winrm-service-basic')!;
    expect(winrm.slice(9, 11)).toEqual(['winrm:config/service/auth!Basic (line 14)', '']);
  });
});

describe('hasFindings', () => {
  it('asks for risky settings and combined findings of the areas asked for, never for possible ones', () => {
    expect(hasFindings(auditFixture)).toBe(true);
    expect(hasFindings(auditFixture, { only: ['winrm'] })).toBe(false);
    expect(hasFindings(auditFixture, { only: ['ntlm'] })).toBe(true);
    expect(hasFindings({ ...auditFixture, hosts: auditFixture.hosts.slice(1) })).toBe(false);
  });
});

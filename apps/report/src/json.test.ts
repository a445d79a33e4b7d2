import { readFileSync } from 'node:fs';
import type { Diagnosis } from '@winmedic/core/model';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { diagnosisToJson } from './json.ts';
import { emptyFixture, fixture, HOSTILE, META } from './test-fixture.ts';

// biome-ignore lint/suspicious/noExplicitAny: the tests look at JSON as its readers do, without types
type Any = Record<string, any>;
const schema = JSON.parse(readFileSync(new URL('../schema/diagnosis.schema.json', import.meta.url), 'utf8')) as Any;
const json = (diagnosis: Diagnosis, zone = 'Asia/Tokyo'): Any =>
  JSON.parse(JSON.stringify(diagnosisToJson(diagnosis, { ...META, zone }))) as Any;

/** The schema with every object closed, so that a field it does not describe is an error. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy: Any = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  // What is described as open (properties by name) stays open.
  return copy.type === 'object' && copy.additionalProperties === undefined ? { ...copy, additionalProperties: false } : copy;
}
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictTypes: false,
  formats: {
    'date-time': (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  },
});
const validate = ajv.compile(closed(schema) as Any);

describe('the schema', () => {
  it('describes every field of a full and of an empty diagnosis', () => {
    const [fact] = fixture.timeline.evidence.facts;
    const repairs = [{ host: 'RDS01', fact: fact!, causes: [], text: { en: 'changed', ja: '変更' } }];
    for (const diagnosis of [fixture, emptyFixture, { ...fixture, repairs }]) {
      validate(json(diagnosis));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  it('promises only schemaVersion and keeps enumerations open', () => {
    const open = new Ajv2020({ strict: true, strictTypes: false, formats: { 'date-time': true } }).compile({ ...schema, $id: 'open' });
    expect(open({ schemaVersion: '1.7', x_new: 1, incidents: [{ kind: 'something-new', verdict: { grade: 'new' } }] })).toBe(true);
    expect(open({ incidents: [] })).toBe(false);
    expect(JSON.stringify(schema)).not.toContain('"enum"');
  });
});

describe('the reference pages', () => {
  /** Names of all properties the schema describes, without the companions of times. */
  const names = new Set<string>();
  (function collect(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    const { properties } = node as Any;
    // A field that is itself called `properties` is described by a schema, not by a list of fields.
    const fields = typeof properties?.type === 'string' ? {} : (properties ?? {});
    for (const name of Object.keys(fields)) if (!name.endsWith('Ns')) names.add(name);
    for (const child of Object.values(node)) collect(child);
  })(schema);

  it.each(['json-schema.md', 'json-schema.ja.md'])('%s names every field', (file) => {
    const page = readFileSync(new URL(`../../../docs/reference/${file}`, import.meta.url), 'utf8');
    expect([...names].filter((name) => !new RegExp(`[\`\\[{., ]${name}[\`\\[\\]}.,: ]`).test(page))).toEqual([]);
  });
});

describe('diagnosisToJson', () => {
  const data = json(fixture);

  it('gives a stop its class, times as text and nanoseconds, verdict in both languages', () => {
    expect(data.incidents[0]).toMatchObject({
      id: 'I1',
      kind: 'stop',
      class: 'requested-clean',
      action: 'power-off',
      host: 'RDS01',
      time: '2018-06-28T17:40:11+09:00',
      timeNs: '1530175211000000000',
      request: { process: 'winlogon.exe', userKind: 'system', reason: { code: '0x500ff', planned: false } },
      verdict: {
        grade: 'likely',
        cause: 'logon-screen-power-rdp-no-nla',
        sentence: { en: expect.stringContaining('logon screen'), ja: expect.stringContaining('ログオン画面') },
      },
    });
  });

  it('writes times in the zone asked for', () => {
    expect(json(fixture, 'UTC').incidents[0].time).toBe('2018-06-28T08:40:11+00:00');
  });

  it('numbers the chain and says where each observation is', () => {
    const { chain } = data.incidents[0];
    expect(chain.map((link: Any) => link.n)).toEqual([1, 2, 3, 4, 5]);
    expect(chain[2].evidence[0]).toMatchObject({
      id: 'E2',
      path: '/cases/rds/RDS01/Security.evtx',
      recordId: '4002',
      offset: '66560',
      eventId: 4625,
    });
    expect(chain[0].evidence[0]).toMatchObject({ id: 'F1', type: 'fact', timeKind: 'span', value: 'off' });
  });

  it('keeps every considered cause with grade, reason and items', () => {
    const { considered } = data.incidents[0];
    expect(considered).toHaveLength(fixture.incidents[0]!.considered.length);
    expect(considered.find((one: Any) => one.cause === 'msi-restart')).toMatchObject({
      grade: 'ruled_out',
      items: [{ role: 'required', value: 'false', evidenceIds: ['E3'] }],
    });
  });

  it('has a record or fact for every id it mentions', () => {
    const have = new Set([...data.records, ...data.facts].map((one: Any) => one.id));
    const mentioned = [...JSON.stringify(data).matchAll(/"(?:evidenceId|id)":"([EF]\d+)"|"evidenceIds":\[([^\]]*)\]/g)].flatMap((match) =>
      match[1] ? [match[1]] : (match[2]?.match(/[EF]\d+/g) ?? []),
    );
    expect(mentioned.length).toBeGreaterThan(20);
    expect(mentioned.filter((id) => !have.has(id))).toEqual([]);
  });

  it('keeps 64-bit numbers as decimal text and hostile field values unchanged', () => {
    expect(data.inputs[1].bytes).toBe('20975616');
    expect(data.coverage[0].gaps[0].missingRecords).toBe('120');
    const record = data.records.find((one: Any) => one.id === 'E6');
    expect(record.fields.find((field: Any) => field.name === 'param6').value).toBe(HOSTILE);
  });

  it('leaves out what is not known instead of writing null', () => {
    expect(JSON.stringify(data)).not.toContain('null');
    expect(data.inputs[3]).not.toHaveProperty('sha256');
    expect(data.incidents.find((one: Any) => one.stopId === 'DC01#1')).not.toHaveProperty('request');
  });

  it('does not mistake the day a fact was read for the time it held', () => {
    expect(data.facts.find((one: Any) => one.id === 'F2')).toMatchObject({ timeKind: 'now' });
    expect(data.facts.find((one: Any) => one.id === 'F2')).not.toHaveProperty('time');
  });
});

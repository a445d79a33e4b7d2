import { memorySource } from '@winmedic/bytes';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import type { ConnectionAttempt } from '@winmedic/core/model';
import { type EtlEvent, openEtl } from '@winmedic/etl';
import { CONNECTION_PROPERTIES, loadKnowledge, RUNGS, traceProvider } from '@winmedic/knowledge';
import { parseEnvelope, parseRequest, readFault } from '@winmedic/wsman';
import { describe, expect, it } from 'vitest';
import { ROW_PASSWORD } from '../connection-rows/common.ts';
import { activityId, eventsOf, TRACE_ROWS, type TraceRow, winrmTrace } from './index.ts';
import { server } from './sides.ts';
import { query } from './soap.ts';
import { WINRM_EVENTS, WINRM_EVENTS_7600, WMI_EVENTS } from './templates.ts';

const WINRM = 'a7975c8f-ac13-49f1-87da-5a984a4ab417';
const WMI_ACTIVITY = '1418ef04-b0b4-4623-bf7e-d74ab47bbdaa';
const KEYWORDS = ['SoapTrace', 'Client', 'Server', 'Security', 'QuotaViolation', 'Transfer', 'Error'];

interface Seen {
  readonly id: number;
  readonly name: string;
  readonly activity: string;
  readonly ticks: bigint;
  readonly fields: ReadonlyMap<string, string>;
}

function read(bytes: Uint8Array): { seen: Seen[]; damages: string[]; framingErrors: number } {
  const damages: string[] = [];
  const seen: Seen[] = [];
  let build = 0;
  const file = openEtl(memorySource(bytes), { onDamage: ({ code }) => damages.push(code), provider: (guid) => traceProvider(guid, build) });
  build = file.header.build;
  const visit = (one: EtlEvent): void => {
    if (one.kind !== 'event') return;
    const payload = one.decode();
    expect(payload, `event ${one.id}`).toMatchObject({ known: true, restBytes: 0 });
    expect(payload.cutAt).toBeUndefined();
    seen.push({ id: one.id, name: one.name, activity: one.activityId, ticks: one.ticks, fields: new Map(payload.fields) });
  };
  const { framingErrors } = file.read(visit);
  return { seen, damages, framingErrors };
}

const SOAP = new Set([771, 772, 779, 1026, 1027, 1044]);

/** Envelopes of a trace: chunks of one event id and activity, in order. */
function envelopes(seen: readonly Seen[]): { id: number; text: string }[] {
  const whole: { id: number; activity: string; text: string }[] = [];
  for (const { id, activity, fields } of seen) {
    if (!SOAP.has(id)) continue;
    const text = fields.get('SoapDocument') ?? '';
    if (fields.get('index') === '1') whole.push({ id, activity, text });
    else {
      const last = whole.findLast((one) => one.id === id && one.activity === activity);
      if (last) last.text += text;
    }
  }
  return whole;
}

describe('events of the stories', () => {
  it.each([
    ['WinRM', WINRM, WINRM_EVENTS, [17134, 18990, 28000]],
    ['WinRM of Windows 7', WINRM, WINRM_EVENTS_7600, [7600]],
    ['WMI-Activity', WMI_ACTIVITY, WMI_EVENTS, [17134, 18990, 28000]],
  ] as const)('%s are those of the manifests', (_, guid, events, builds) => {
    const keywordsOf = (keyword: bigint) => KEYWORDS.filter((_, bit) => (keyword & (1n << BigInt(bit))) !== 0n).sort();
    for (const build of builds) {
      const templates = traceProvider(guid, build)?.templates.filter((one) => one.builds.includes(build)) ?? [];
      for (const [id, { fields, keyword }] of events) {
        const template = templates.find((one) => one.id === id && one.version === 0);
        expect(template?.fields, `${id} of ${build}`).toEqual(fields);
        if (guid === WINRM) expect([...(template?.keywords ?? [])].sort(), `${id} of ${build}`).toEqual(keywordsOf(keyword));
      }
    }
  });
});

describe('traces of the rows', () => {
  it('have names of their own, and name causes and properties there are', () => {
    const ids = TRACE_ROWS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const causes = new Set(loadKnowledge().causes.map(({ id }) => id));
    for (const { id, shows, expected, why } of TRACE_ROWS) {
      for (const name of Object.keys(shows)) expect(CONNECTION_PROPERTIES, `${id}: ${name}`).toHaveProperty([name]);
      if (typeof expected === 'object') expect(causes, id).toContain(expected.cause);
      expect(why !== undefined, id).toBe(expected === 'not-visible');
    }
  });

  it.each(TRACE_ROWS.map((row) => [row.id, row] as const))('%s is read back event by event', (_, { story, trace }) => {
    const { seen, damages, framingErrors } = read(trace());
    expect(damages).toEqual([]);
    expect(framingErrors).toBe(0);
    expect(seen.map(({ id, activity }) => [id, activity])).toEqual(
      story.steps.map(({ id, activity }) => [id, activity === undefined ? '' : activityId(activity)]),
    );
    for (const [index, { ticks }] of seen.entries()) if (index > 0) expect(ticks > seen[index - 1]!.ticks).toBe(true);
    for (const { id, text } of envelopes(seen)) {
      if (id === 771 || id === 772) expect(parseRequest(text).operation.kind).toMatch(/enumerate|receive/);
      else parseEnvelope(text);
    }
  });

  it.each(TRACE_ROWS.filter(({ shows }) => shows['fault.codes'] !== undefined).map((row) => [row.id, row] as const))(
    '%s carries the fault it shows',
    (_, { shows, trace }) => {
      const faults = envelopes(read(trace()).seen)
        .filter(({ id }) => id === 1026 || id === 1027)
        .map(({ text }) => readFault(parseEnvelope(text)))
        .filter((fault) => fault !== undefined);
      expect(faults.map(({ wsmanCode = 0 }) => `0x${wsmanCode.toString(16)}`)).toEqual([shows['fault.codes']]);
    },
  );

  it('put long envelopes together', () => {
    const long = query(1, 'root/cimv2', `SELECT ${'Name,'.repeat(9000)}Caption FROM Win32_Service`);
    const steps = server.request(long, 1, 5000);
    const { seen } = read(winrmTrace({ side: 'server', steps }));
    expect(seen.filter(({ id }) => id === 772).length).toBeGreaterThan(8);
    expect(envelopes(seen).find(({ id }) => id === 772)?.text).toBe(long.request);
  });

  it.each(TRACE_ROWS.filter(({ shows }) => shows['fault.wmi'] !== undefined).map((row) => [row.id, row] as const))(
    '%s carries the HRESULT it shows',
    (_, { shows, side, trace }) => {
      const { seen } = read(trace());
      const faults = envelopes(seen).flatMap(({ id, text }) => (id === 1026 || id === 1027 ? (readFault(parseEnvelope(text)) ?? []) : []));
      const codes =
        side === 'wmi'
          ? seen.filter(({ id }) => id === 5858).map(({ fields }) => fields.get('ResultCode'))
          : faults.map(({ hresult = 0 }) => `0x${hresult.toString(16)}`);
      expect(codes).toEqual([shows['fault.wmi']]);
    },
  );

  it('are those of the build that recorded', () => {
    const row = TRACE_ROWS.find(({ id }) => id === 'server-no-group-2008r2')!;
    const { seen } = read(row.trace());
    expect(seen.map(({ id }) => id)).toEqual([169, 770, 772, 192, 1025, 1027]);
    expect(seen.find(({ id }) => id === 192)?.fields.size).toBe(0);
    expect(() => winrmTrace({ side: 'server', build: 7601, steps: [{ id: 1294 }] })).toThrow(RangeError);
    expect(eventsOf(row.story).has(1295)).toBe(false);
  });

  it('hold no password', () => {
    const wide = Buffer.from(ROW_PASSWORD, 'utf16le');
    for (const { trace, id } of TRACE_ROWS) {
      const bytes = Buffer.from(trace());
      expect(bytes.includes(wide) || bytes.includes(ROW_PASSWORD), id).toBe(false);
    }
  });
});

/** An attempt with the properties a trace shows, and nothing else. */
function attemptOf({ shows }: TraceRow): ConnectionAttempt {
  const at = 1_775_000_000_000_000_000n;
  const failed = (RUNGS as readonly string[]).indexOf(shows['failedRung'] ?? '');
  const none = { en: '-', ja: '-' };
  return {
    target: 'hv01.corp.example',
    host: 'hv01.corp.example',
    port: 5985,
    via: 'winrm',
    transport: 'http',
    from: 'trace',
    startedAt: at,
    endedAt: at,
    rungs: RUNGS.map((name, index) => ({
      name,
      verdict: failed < 0 || index < failed ? 'passed' : index === failed ? 'failed' : 'unreached',
      tried: none,
      observed: none,
      messages: [],
    })),
    portrait: {},
    properties: new Map(
      Object.entries({ via: 'winrm', ...shows }).map(([name, value]) => [
        name,
        {
          type: 'fact',
          id: '',
          name: `connection.${name}`,
          value,
          host: 'hv01.corp.example',
          time: { kind: 'instant', at },
          origin: { sourceId: '', path: 'trace' },
          trust: 'record',
        },
      ]),
    ),
    conversation: [],
    notChecked: [],
  };
}

describe('what the traces show', () => {
  it.each(TRACE_ROWS.map((row) => [row.id, row] as const))('%s leads to the verdict it names', (_, row) => {
    const { verdict, outcome } = diagnoseConnection(attemptOf(row), loadKnowledge());
    const { expected, shows } = row;
    if (typeof expected === 'object') expect([verdict.cause?.cause.id, verdict.grade]).toEqual([expected.cause, expected.grade]);
    else expect(verdict.cause).toBeUndefined();
    // Without a rung that failed there was no attempt at all, or nothing went wrong.
    if (expected === 'not-visible' && shows['failedRung'] !== undefined) expect(outcome).toBe('failed');
  });
});

import { query } from '@winmedic/labs/trace-rows';
import { describe, expect, it } from 'vitest';
import type { EventObservation } from '../../model/observation.ts';
import { recordedAttempts } from './index.ts';
import { properties } from './test-conversations.ts';
import { judgedCase, letIn, logon, traced } from './test-records.ts';
import { Envelopes } from './trace/envelopes.ts';
import { winrmRecord } from './trace/records.ts';
import { targetOf } from './trace/start.ts';

const os = query(1, 'root/cimv2', 'SELECT * FROM Win32_OperatingSystem');
const ALICE = 'CORP\\alice';

/** Pieces of a document as events; `lost` are left out. */
function pieces(id: number, document: string, count: number, at: number, lost: readonly number[] = []): EventObservation[] {
  const size = Math.ceil(document.length / count);
  return Array.from({ length: count }, (_, n) => n).flatMap((n) =>
    lost.includes(n)
      ? []
      : [
          traced(
            id,
            { at: at + n, activity: 1 },
            { index: String(n + 1), totalChunks: String(count), bytes: '1', SoapDocument: document.slice(n * size, (n + 1) * size) },
          ),
        ],
  );
}

function read(events: readonly EventObservation[]) {
  const envelopes = new Envelopes();
  const whole = events.flatMap((event) => envelopes.take(winrmRecord(event, undefined)) ?? []);
  return { whole, rest: envelopes.rest() };
}

describe('envelopes in pieces', () => {
  it('are put together in any order', () => {
    const events = pieces(772, os.request, 5, 0);
    const { whole, rest } = read([events[3], events[0], events[4], events[2], events[1]] as EventObservation[]);
    expect(whole.map(({ view }) => view?.body)).toEqual(['Enumerate']);
    expect(whole[0]?.view?.resourceUri).toContain('root/cimv2');
    expect(rest).toEqual([]);
  });

  it('are not made up of two: a lost piece ends an envelope when the next begins', () => {
    const { whole } = read([...pieces(772, os.request, 3, 0, [1]), ...pieces(772, os.request, 3, 100)]);
    expect(whole.map(({ view }) => view?.body)).toEqual([undefined, 'Enumerate']);
  });

  it('that never end are told as such', () => {
    const { whole, rest } = read(pieces(1027, os.answer, 4, 0, [3]));
    expect(whole).toEqual([]);
    expect(rest.map(({ kind, view }) => [kind, view])).toEqual([['answer', undefined]]);
  });

  it('of absurd size or number are not kept', () => {
    const huge = traced(772, { at: 0, activity: 1 }, { index: '1', totalChunks: '4294967295', bytes: '1', SoapDocument: 'x' });
    expect(read([huge]).whole).toEqual([]);
    const long = 'x'.repeat(400_000);
    expect(read(pieces(772, long.repeat(4), 4, 0)).whole.map(({ view }) => view)).toEqual([undefined]);
  });

  it('of which the answer is not whole leave the operation open', () => {
    const { diagnoses } = judgedCase(
      [],
      [letIn(ALICE, { at: 0, activity: 1 }), ...pieces(772, os.request, 1, 5), ...pieces(1027, os.answer, 3, 20, [1])],
    );
    expect(diagnoses[0]?.attempt.properties.has('request.result')).toBe(false);
    expect(diagnoses[0]?.attempt.notChecked.map(({ ja }) => ja).join()).toContain('操作への応答が記録されていない');
  });
});

describe('event 1294', () => {
  it('is that of a certificate on the client of Windows 7, and that of a 401 since', () => {
    const event = traced(1294, { at: 0 });
    expect(winrmRecord(event, 20_348).id).toBe(1294);
    expect(winrmRecord(event, 7601).id).toBe(172);
    expect(winrmRecord(traced(1294, { at: 0 }, { machineName: 'hv01', port: '5986' }), undefined).id).toBe(172);
  });
});

describe('users of one service', () => {
  it('are attempts of their own, also when their operations lie between each other', () => {
    const chunk = { index: '1', totalChunks: '1', bytes: '1' };
    const { diagnoses } = judgedCase(
      [],
      [
        letIn(ALICE, { at: 0, activity: 1 }),
        letIn('CORP\\bob', { at: 1, activity: 2 }),
        traced(772, { at: 2, activity: 1 }, { ...chunk, SoapDocument: os.request }),
        traced(772, { at: 3, activity: 2 }, { ...chunk, SoapDocument: os.request.replace('uuid:1', 'uuid:9') }),
        traced(192, { at: 4, activity: 2 }, { errorCode: '5' }),
        traced(1027, { at: 5, activity: 1 }, { ...chunk, SoapDocument: os.answer }),
      ],
    );
    expect(diagnoses.map(({ attempt, verdict }) => [attempt.account?.typed, verdict.cause?.cause.id])).toEqual([
      [ALICE, undefined],
      ['CORP\\bob', 'not-admin'],
    ]);
    // Event 192 of the one is no proof for the other.
    expect(diagnoses[0]?.attempt.records?.some(({ eventId }) => eventId === 192)).toBe(false);
  });

  it('that try again and again are one attempt with a number', () => {
    const events = Array.from({ length: 50 }, (_, n) => traced(1294, { at: n * 30_000, activity: n }));
    const { diagnoses, notes } = judgedCase([], events);
    expect(diagnoses).toHaveLength(1);
    expect(notes).toMatchObject([{ kind: 'folded', count: 49 }]);
  });

  it('are named local only by the name of the host itself', () => {
    const isLocal = (user: string) =>
      judgedCase(
        [],
        [letIn(user, { at: 0, activity: 1 }), logon(1, { user: user.split('\\')[1] ?? '', domain: user.split('\\')[0] ?? '' })],
      ).diagnoses[0]?.attempt.properties.get('user.isLocal')?.value;
    expect(isLocal('HV01\\operator')).toBe('true');
    expect(isLocal(ALICE)).toBe('false');
    expect(isLocal('ALIAS\\operator')).toBeUndefined();
  });
});

describe('a 401 before the login of somebody else', () => {
  const events = (failed: boolean) => [
    traced(1294, { at: 0, activity: 1 }),
    ...(failed ? [logon(-5, { user: 'bob', domain: 'CORP' }, '0xc000006a')] : []),
    letIn(ALICE, { at: 4000, activity: 2 }),
  ];
  it('is a failure of its own where the Security log has one', () => {
    const { diagnoses } = judgedCase([], events(true));
    expect(diagnoses.map(({ attempt, verdict }) => [attempt.account?.typed, verdict.cause?.cause.id])).toEqual([
      ['CORP\\bob', 'bad-credentials'],
      [ALICE, undefined],
    ]);
  });
  it('is part of the handshake of an operation that was served, also when the login itself was lost', () => {
    const served = [...pieces(772, os.request, 1, 5), ...pieces(1027, os.answer, 1, 9)];
    const [only, ...more] = judgedCase([], [traced(1294, { at: 0, activity: 1 }), ...served]).diagnoses;
    expect(more).toEqual([]);
    expect(only?.outcome).toBe('ok');
    expect(only?.attempt.properties.has('login.result')).toBe(false);
  });
  it('is part of the handshake where it has none', () => {
    // Nothing of an operation is in it: whether the attempt succeeded is not shown, and nothing failed.
    expect(judgedCase([], events(false)).diagnoses.map(({ outcome }) => outcome)).toEqual(['unseen']);
  });
});

describe('records of traces without a computer', () => {
  it('count for their own attempt alone, and never for a stop', () => {
    const denied = [letIn('CORP\\guest', { at: 0, activity: 1 }), traced(192, { at: 1, activity: 1 }, { errorCode: '5' })];
    const [one] = judgedCase([], denied).diagnoses;
    expect(one?.verdict.cause?.cause.id).toBe('not-admin');
    const supporting = one?.verdict.cause?.items.find(({ role, requirement }) => role === 'supporting' && requirement.id === 'event-192');
    expect(supporting?.evaluation.value).toBe('true');
    expect(supporting?.evaluation.evidence.map(({ id }) => id)).toEqual(['E2']);
  });
});

describe('addresses in records', () => {
  it.each([
    ['http://hv01:5985/wsman', { host: 'hv01', port: 5985, transport: 'http' }],
    ['https://[fe80::1]:5986/wsman', { host: 'fe80::1', port: 5986, transport: 'https' }],
    ['hv01.corp.example/wsman?PSVersion=5.1', { host: 'hv01.corp.example' }],
    ['10.0.0.5', { host: '10.0.0.5' }],
    ['hv01:8443', { host: 'hv01', port: 8443 }],
  ])('%s', (text, target) => expect(targetOf(text)).toEqual(target));
  it.each(['', 'http://', 'a b', '../../etc', 'x'.repeat(300), '<script>'])('%j is none', (text) => expect(targetOf(text)).toBeUndefined());
});

describe('the log of a tool', () => {
  const line = (eventId: number, fields: Record<string, string>): EventObservation => ({
    ...traced(eventId, { at: 0 }, fields),
    provider: 'ibm-vmmanager',
    origin: { sourceId: 'S5', path: 'vmm.log', line: 12 },
    trust: 'text',
  });
  const only = (event: EventObservation) => {
    const { diagnoses } = judgedCase([], [event]);
    expect(diagnoses).toHaveLength(1);
    return diagnoses[0] as (typeof diagnoses)[number];
  };
  const url = 'http://hv01.corp.example:5985/wsman';

  it('names a host that has no address', () => {
    const { attempt, verdict } = only(line(1, { url, cause: 'java.net.UnknownHostException: hv01.corp.example' }));
    expect(attempt).toMatchObject({ from: 'log', target: 'hv01.corp.example' });
    expect(attempt.properties.get('name.result')?.origin).toEqual({ sourceId: 'S5', path: 'vmm.log', line: 12 });
    expect([verdict.cause?.cause.id, verdict.grade]).toEqual(['name-not-found', 'confirmed']);
  });

  it.each([
    ['java.net.ConnectException: Verbindungsaufbau abgelehnt', 'tcp'],
    ['java.net.NoRouteToHostException', 'route'],
    ['java.net.SocketTimeoutException: Read timed out', 'http'],
  ])('%s says where, not why', (cause, rung) => {
    const { attempt, verdict } = only(line(1, { url, cause }));
    expect(properties(attempt).failedRung).toBe(rung);
    expect(verdict.cause).toBeUndefined();
  });

  it.each([
    ['401', 'login'],
    ['500', 'rights'],
    ['404', 'http'],
  ])('answer %s ends at %s without a cause of its own', (responseCode, rung) => {
    const { attempt, verdict } = only(line(2, { url, responseCode }));
    expect(properties(attempt).failedRung).toBe(rung);
    expect(verdict.cause).toBeUndefined();
  });

  it('finds nothing wrong with 200', () => expect(only(line(2, { url, responseCode: '200' })).outcome).toBe('ok'));
});

describe('hostile records', () => {
  it('are read in bounded time, and no more than can be told', () => {
    const began = performance.now();
    const events = Array.from({ length: 20_000 }, (_, n) => letIn(`CORP\\user${n}`, { at: n, activity: n }));
    const { attempts, notes } = recordedAttempts({ conversations: [], captures: [], events, traces: [] });
    expect(attempts).toHaveLength(200);
    expect(notes.map(({ kind }) => kind)).toContain('left-out');
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('with numbers that are none decide nothing', () => {
    const { diagnoses } = judgedCase(
      [],
      [letIn(ALICE, { at: 0, activity: 1 }), traced(1048, { at: 1, activity: 1 }, { httpStatus: '__proto__', errorCode: '-1e999' })],
    );
    expect(diagnoses[0]?.attempt.properties.has('request.status')).toBe(false);
  });

  it('keep no text of operations: a password in a command line is nowhere', () => {
    const secret = 'Hunter2-Secret!';
    const document = os.request.replace('SELECT * FROM Win32_OperatingSystem', `net use /user:x ${secret}`);
    expect(document).toContain(secret);
    const { diagnoses } = judgedCase([], [letIn(ALICE, { at: 0, activity: 1 }), ...pieces(772, document, 1, 2)]);
    const { attempt } = diagnoses[0] as (typeof diagnoses)[number];
    const shown = JSON.stringify([attempt.conversation, [...attempt.properties], attempt.rungs], (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(shown).not.toContain(secret);
  });
});

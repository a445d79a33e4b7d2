import { query } from '@winmedic/labs/trace-rows';
import { describe, expect, it } from 'vitest';
import { BODY, ntlmLogin, properties, request, response, soap, talk, type2, type3 } from './test-conversations.ts';
import { judgedCase, letIn, logon, traced } from './test-records.ts';

/** The clock of the host is ahead of that of the capture. */
const AHEAD = 90;
const HOST = AHEAD * 1000;
const ALICE = type3('alice', 'CORP');
const challenge = type2({ skewSeconds: AHEAD });
/** The answer to the last message of a login stands 45 ms behind the beginning of its connection. */
const ANSWERED = 45;

const clearBody = (at = 0) => talk({ at }, ...ntlmLogin(ALICE, response(401), challenge, soap()));
const rejected = (account = ALICE, at = 0) => talk({ at }, ...ntlmLogin(account, response(401), type2({ skewSeconds: AHEAD + at / 1000 })));
const sealed = (status: number, at = 0) =>
  talk({ at }, ...ntlmLogin(ALICE, response(200), challenge), request(undefined, BODY.sealed), response(status, [], BODY.sealed));

describe('the first case of the guide: the login is accepted, the message in clear is not', () => {
  const host = [
    letIn('CORP\\alice', { at: HOST + ANSWERED - 2, activity: 1 }),
    traced(1294, { at: HOST + ANSWERED - 1, activity: 1 }),
    logon(HOST + ANSWERED - 3, { user: 'alice', domain: 'CORP' }),
  ];

  it('looks like a wrong password in the capture alone', () => {
    const [only] = judgedCase([clearBody()], []).diagnoses;
    expect(only?.attempt.properties.get('login.result')?.value).toBe('rejected');
    expect(only?.verdict.cause?.cause.id).toBe('login-rejected');
  });

  it('is told by the trace of the host: one attempt, each fact with its own origin', () => {
    const { diagnoses, notes } = judgedCase([clearBody()], host);
    expect(diagnoses).toHaveLength(1);
    const [{ attempt, verdict }] = diagnoses as [(typeof diagnoses)[number]];
    expect(properties(attempt)).toMatchObject({
      'login.result': 'accepted',
      'login.step': 'after',
      'request.clear': 'true',
      'request.result': 'status',
      'request.status': '401',
      'request.body': 'empty',
      failedRung: 'rights',
    });
    expect(verdict.cause?.cause.id).toBe('winrm-allowunencrypted-false');
    expect(attempt.from).toBe('capture');
    expect(attempt.properties.get('request.status')?.origin.path).toBe('case.pcap');
    expect(attempt.records?.map(({ eventId }) => eventId)).toEqual([1295, 1294]);
    expect(notes.map(({ kind, text }) => [kind, text.en])).toEqual([
      ['clocks', 'the clock of S2.etl is 89.998 s ahead of that of case.pcap, by 1 logins both show'],
    ]);
    expect(notes[0]?.text.ja).toContain('89.998 秒進んでいます');
  });

  it('stays a rejected login where the trace is of another time', () => {
    const later = host.map((event) => ({ ...event, time: event.time + 60_000_000_000n }));
    const { diagnoses, notes } = judgedCase([clearBody()], later);
    expect(diagnoses.map(({ attempt }) => attempt.from).sort()).toEqual(['capture', 'trace']);
    expect(diagnoses.find(({ attempt }) => attempt.from === 'capture')?.verdict.cause?.cause.id).toBe('login-rejected');
    expect(notes).toEqual([]);
  });

  it('stays a rejected login where the last message carried nothing', () => {
    const { diagnoses } = judgedCase([rejected()], host);
    expect(diagnoses).toHaveLength(2);
    expect(diagnoses.map(({ verdict }) => verdict.cause?.cause.id)).not.toContain('winrm-allowunencrypted-false');
  });
});

describe('the second case of the guide: 401 at the end of the handshake', () => {
  const unauthorized = traced(1294, { at: HOST + ANSWERED - 1, activity: 1 });

  it('is explained by the failed logon of the host', () => {
    const { diagnoses } = judgedCase(
      [rejected()],
      [unauthorized, logon(HOST + ANSWERED - 2, { user: 'alice', domain: 'CORP' }, '0xc000006a')],
    );
    expect(diagnoses).toHaveLength(1);
    const [{ attempt, verdict }] = diagnoses as [(typeof diagnoses)[number]];
    expect(verdict.cause?.cause.id).toBe('bad-credentials');
    expect(verdict.grade).toBe('confirmed');
    expect(attempt.account?.sent).toEqual({ user: 'alice', domain: 'CORP', workstation: 'SCANNER' });
    expect(verdict.sentence.ja).toMatch(/。$/);
  });

  it('recognises user and domain in the wrong fields', () => {
    const { diagnoses } = judgedCase(
      [rejected(type3('CORP', 'alice'))],
      [unauthorized, logon(HOST + ANSWERED - 2, { user: 'CORP', domain: 'alice' }, '0xc0000064')],
    );
    expect(diagnoses).toHaveLength(1);
    const [{ attempt, verdict }] = diagnoses as [(typeof diagnoses)[number]];
    expect(attempt.properties.get('user.swapped')?.value).toBe('true');
    expect(attempt.account?.sent).toMatchObject({ user: 'CORP', domain: 'alice' });
    expect([verdict.cause?.cause.id, verdict.grade]).toEqual(['username-form', 'confirmed']);
  });

  it('is told by trace and Security log alone, with user and domain as they were sent', () => {
    const { diagnoses } = judgedCase([], [unauthorized, logon(HOST + ANSWERED - 2, { user: 'alice', domain: 'CORP' }, '0xc000006a')]);
    expect(diagnoses).toHaveLength(1);
    const [{ attempt, verdict }] = diagnoses as [(typeof diagnoses)[number]];
    expect(attempt.from).toBe('trace');
    expect(attempt.account).toMatchObject({ typed: 'CORP\\alice', sent: { user: 'alice', domain: 'CORP', workstation: 'SCANNER' } });
    expect([verdict.cause?.cause.id, verdict.grade]).toEqual(['bad-credentials', 'confirmed']);
  });

  it('stays open when failures of two accounts fall into that moment', () => {
    const { diagnoses } = judgedCase(
      [],
      [
        unauthorized,
        logon(HOST + ANSWERED - 20, { user: 'bob', domain: 'CORP' }, '0xc000006a'),
        logon(HOST + ANSWERED - 2, { user: 'alice', domain: 'CORP' }, '0xc0000064'),
      ],
    );
    expect(diagnoses.map(({ verdict }) => [verdict.cause?.cause.id, verdict.grade])).toEqual([[undefined, 'inconclusive']]);
  });

  it('compares the clocks by all logins both show, to the millisecond', () => {
    const { diagnoses } = judgedCase(
      [rejected(ALICE, 0), rejected(ALICE, 300_000)],
      [
        traced(1294, { at: HOST + ANSWERED, activity: 1 }),
        traced(1294, { at: HOST + 300_000 + ANSWERED, activity: 2 }),
        logon(HOST + ANSWERED - 2, { user: 'alice', domain: 'CORP' }, '0xc000006a'),
        logon(HOST + 300_000 + ANSWERED - 2, { user: 'alice', domain: 'CORP' }, '0xc000006a'),
      ],
    );
    for (const { attempt } of diagnoses) expect(attempt.hostClockNs).toBe(BigInt(HOST) * 1_000_000n);
    expect(diagnoses.map(({ verdict }) => verdict.cause?.cause.id)).toEqual(['bad-credentials']);
  });
});

describe('what is sealed in the capture and in clear in the trace', () => {
  const os = query(1, 'root/cimv2', 'SELECT * FROM Win32_OperatingSystem');

  it('names the fault behind a sealed 500', () => {
    const fault = os.answer.replace(/<s:Body>.*<\/s:Body>/s, '');
    expect(fault).not.toBe(os.answer);
    const { diagnoses } = judgedCase(
      [sealed(500)],
      [
        letIn('CORP\\alice', { at: HOST + 44, activity: 1 }),
        traced(772, { at: HOST + 46, activity: 1 }, { index: '1', totalChunks: '1', bytes: '10', SoapDocument: os.request }),
        traced(192, { at: HOST + 47, activity: 1 }, { errorCode: '5' }),
      ],
    );
    expect(diagnoses).toHaveLength(1);
    const [{ attempt, verdict }] = diagnoses as [(typeof diagnoses)[number]];
    expect(properties(attempt)).toMatchObject({
      'login.result': 'accepted',
      'request.result': 'denied',
      'request.fault': '0x5',
      failedRung: 'rights',
    });
    expect(attempt.properties.get('request.fault')?.origin.path).toBe('S2.etl');
    expect(verdict.cause?.cause.id).toBe('not-admin');
    // Messages of both, in one order of time.
    const times = attempt.conversation.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  });

  it('leaves attempts apart when more than one pairing is possible', () => {
    const { diagnoses } = judgedCase([sealed(200, 0), sealed(500, 200_000)], [letIn('CORP\\alice', { at: HOST + 44, activity: 1 })]);
    expect(diagnoses.filter(({ attempt }) => attempt.hostClockNs !== undefined)).toEqual([]);
  });

  it('joins the traces of both ends by the MessageID, whatever their clocks', () => {
    const chunk = { index: '1', totalChunks: '1', bytes: '10' };
    const { diagnoses, notes } = judgedCase(
      [],
      [
        traced(771, { at: 0, activity: 7, source: 'S4' }, { ...chunk, SoapDocument: os.request }),
        traced(1026, { at: 40, activity: 7, source: 'S4' }, { ...chunk, SoapDocument: os.answer }),
        letIn('CORP\\alice', { at: 9_000_000, activity: 1 }),
        traced(772, { at: 9_000_002, activity: 1 }, { ...chunk, SoapDocument: os.request }),
        traced(1027, { at: 9_000_020, activity: 1 }, { ...chunk, SoapDocument: os.answer }),
      ],
    );
    expect(diagnoses).toHaveLength(1);
    expect(diagnoses[0]?.outcome).toBe('ok');
    expect(diagnoses[0]?.attempt.account?.typed).toBe('CORP\\alice');
    expect(notes[0]?.text.en).toBe('the clock of S2.etl is 9000.002 s ahead of that of S4.etl, by 1 requests both show');
  });
});

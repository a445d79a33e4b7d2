import { describe, expect, it } from 'vitest';
import {
  answerNegotiation,
  type ConnectionRequest,
  describeRdpAnswer,
  judgeRdpAnswers,
  offersTls,
  parseRdpNegotiation,
  RDP_RESPONSE_FLAG,
  type RdpAnswer,
  type RdpAnswers,
  type RdpJudgement,
  type RdpPolicy,
  type RdpQuestionName,
  rdpProbe,
  writeConnectionConfirm,
  writeConnectionRequest,
} from './index.ts';

/** Asks a server of this policy everything the probe wants to know. */
function ask(policy: RdpPolicy): { readonly judgement: RdpJudgement; readonly asked: RdpQuestionName[] } {
  const probe = rdpProbe();
  const asked: RdpQuestionName[] = [];
  for (let question = probe.next(); question !== undefined; question = probe.next()) {
    asked.push(question.name);
    const answer = answerNegotiation(parseRdpNegotiation(question.request) as ConnectionRequest, policy);
    probe.tell(question.name, answer === undefined ? 'closed' : writeConnectionConfirm(answer));
  }
  return { judgement: probe.judge(), asked };
}

describe('a probe', () => {
  it.each<[string, RdpPolicy, Partial<RdpJudgement>, RdpQuestionName[]]>([
    ['NLA required', { nla: 'required' }, { nla: 'required', logonScreen: false, security: ['credssp'], failure: 5 }, ['credssp', 'tls']],
    [
      'NLA optional, TLS for the others',
      { nla: 'optional' },
      { nla: 'optional', logonScreen: true, security: ['tls', 'credssp'], failure: 1 },
      ['credssp', 'tls', 'rdp'],
    ],
    [
      'NLA optional, everything allowed',
      { nla: 'optional', standard: true },
      { nla: 'optional', logonScreen: true, security: ['rdp', 'tls', 'credssp'] },
      ['credssp', 'tls', 'rdp'],
    ],
    ['no NLA, TLS', { nla: 'off' }, { nla: 'off', logonScreen: true, security: ['tls'], failure: 1 }, ['credssp', 'tls', 'rdp']],
    [
      'Standard RDP security alone',
      { nla: 'off', tls: false, standard: true },
      { nla: 'off', logonScreen: true, security: ['rdp'], failure: 2 },
      ['credssp', 'tls', 'rdp'],
    ],
    [
      'no certificate, yet Standard RDP security',
      { nla: 'optional', standard: true, certificate: false },
      { nla: 'off', logonScreen: true, security: ['rdp'], failure: 3 },
      ['credssp', 'tls', 'rdp'],
    ],
    [
      'NLA alone, without saying required',
      { nla: 'optional', tls: false },
      { nla: 'required', logonScreen: false, failure: 5 },
      ['credssp', 'tls'],
    ],
  ])('%s', (_, policy, expected, asked) => {
    const result = ask(policy);
    expect(result.judgement).toMatchObject({ result: 'answered', ...expected });
    expect(result.asked).toEqual(asked);
  });

  it('leaves NLA open when no certificate lets anybody in', () => {
    const { judgement } = ask({ nla: 'off', certificate: false });
    expect(judgement).toEqual({
      result: 'answered',
      logonScreen: false,
      security: [],
      failure: 3,
      failures: { credssp: 3, tls: 3, rdp: 1 },
    });
  });

  it('tells restricted admin mode', () => {
    expect(ask({ nla: 'required', restrictedAdmin: true }).judgement).toMatchObject({
      restrictedAdmin: true,
      remoteCredentialGuard: false,
    });
    expect(ask({ nla: 'required' }).judgement).toMatchObject({ restrictedAdmin: false });
    expect(ask({ nla: 'off' }).judgement).not.toHaveProperty('restrictedAdmin');
  });

  it('asks nobody twice who is not there or speaks something else', () => {
    for (const [answer, result] of [
      ['refused', 'refused'],
      ['timeout', 'timeout'],
      [Buffer.from('HTTP/1.1 400 Bad Request'), 'not-rdp'],
      [writeConnectionRequest({}), 'not-rdp'],
    ] as const) {
      const probe = rdpProbe();
      probe.tell(probe.next()!.name, answer);
      expect(probe.next()).toBeUndefined();
      expect(probe.judge()).toEqual({ result, security: [], failures: {} });
    }
  });

  it('takes half an answer for a connection that was closed, and goes on', () => {
    const probe = rdpProbe();
    expect(probe.tell('credssp', Buffer.of(3, 0, 0))).toBe('closed');
    expect(probe.next()?.name).toBe('tls');
  });
});

describe('judging answers', () => {
  const tls: RdpAnswer = { kind: 'confirm', selected: { flags: 0, protocol: 1 } };
  const hybrid: RdpAnswer = { kind: 'confirm', selected: { flags: RDP_RESPONSE_FLAG.redirectedAuthentication, protocol: 2 } };

  it.each<[string, RdpAnswers, Partial<RdpJudgement>]>([
    ['old server without negotiation', { credssp: { kind: 'confirm' } }, { nla: 'off', logonScreen: true, security: ['rdp'] }],
    [
      'CredSSP accepted and nothing else known',
      { credssp: hybrid, tls: 'timeout' },
      { security: ['credssp'], remoteCredentialGuard: true },
    ],
    ['TLS accepted and CredSSP not known', { credssp: 'timeout', tls }, { logonScreen: true, security: ['tls'] }],
    [
      'a contradiction: what is open is open',
      { credssp: hybrid, tls: { kind: 'confirm', failure: 5 }, rdp: { kind: 'confirm' } },
      { nla: 'optional', logonScreen: true },
    ],
    ['CredSSP chosen though not asked for', { tls: hybrid }, { security: [] }],
    [
      'both others refused for reasons of their own',
      { credssp: hybrid, tls: { kind: 'confirm', failure: 6 }, rdp: { kind: 'confirm', failure: 1 } },
      { nla: 'required', logonScreen: false },
    ],
    ['nobody answered', {}, { result: 'timeout', security: [] }],
  ])('%s', (_, answers, expected) => {
    const judgement = judgeRdpAnswers(answers);
    expect(judgement).toMatchObject(expected);
    // What is not in the expectation must not have been guessed.
    for (const name of ['nla', 'logonScreen'] as const) if (!(name in expected)) expect(judgement).not.toHaveProperty(name);
  });

  it('says where a certificate can be seen, and what was answered in words', () => {
    expect([tls, hybrid, { kind: 'confirm' } as const, 'closed' as const].map(offersTls)).toEqual([true, true, false, false]);
    expect(describeRdpAnswer(tls)).toBe('tls');
    expect(describeRdpAnswer({ kind: 'confirm', failure: 2 })).toBe('SSL_NOT_ALLOWED_BY_SERVER (2)');
    expect(describeRdpAnswer({ kind: 'confirm', failure: 9 })).toBe('failure (9)');
    expect(describeRdpAnswer({ kind: 'confirm' })).toBe('rdp, without negotiation');
    expect(describeRdpAnswer('refused')).toBe('refused');
  });
});

describe('a server', () => {
  it('prefers CredSSP with the early authorization result, and closes on who cannot be told why', () => {
    const request = (protocols: number): ConnectionRequest => ({ kind: 'request', negotiation: { flags: 0, protocols } });
    expect(answerNegotiation(request(0x0b), { nla: 'required' })).toMatchObject({ selected: { protocol: 8 } });
    expect(answerNegotiation(request(0x03), { nla: 'required' })).toMatchObject({ selected: { protocol: 2 } });
    expect(answerNegotiation(request(0x02), { nla: 'off' })).toEqual({ kind: 'confirm', failure: 1 });
    expect(answerNegotiation({ kind: 'request' }, { nla: 'required', standard: true })).toBeUndefined();
    expect(answerNegotiation({ kind: 'request' }, { nla: 'off', standard: true })).toEqual({ kind: 'confirm' });
  });
});

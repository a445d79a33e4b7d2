import type { Message, RdpMessage } from '@winmedic/capture';
import { judgeRdpAnswers, RDP_PROTOCOL, type RdpAnswer, type RdpJudgement, type RdpQuestionName } from '@winmedic/rdp';
import { rdpSecurityWords } from '../rdp-rungs.ts';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';
import { lowerRungs, type Surroundings } from './lower-rungs.ts';
import { hasHoles, msBetween, placeOf, type Talk } from './place.ts';
import { startDraft } from './start.ts';
import type { Stretch } from './stretches.ts';
import { besideTalks, tell } from './tell.ts';
import type { RecordedOptions } from './types.ts';

const HYBRID = RDP_PROTOCOL.hybrid | RDP_PROTOCOL.hybridEx;
/** A request without answer for so long was not answered. */
const SILENT_MS = 10_000;

type Rdp = Exclude<RdpMessage, { kind: 'not-this' }>;
interface Negotiation {
  readonly talk: Talk;
  readonly request: Extract<Rdp, { kind: 'request' }>;
  readonly confirm?: Extract<Rdp, { kind: 'confirm' }>;
}

/** An attempt by RDP, as far as the negotiation in clear shows it. */
export function rdpAttempt(stretch: Stretch, around: Surroundings, options: RecordedOptions): AttemptDraft {
  const draft = startDraft(stretch, around, 'http', options);
  tell(draft, [...stretch.talks, ...besideTalks(stretch, draft, around)], (message) => rungOf(message));
  if (!lowerRungs(draft, stretch, around)) {
    const seen = draft.get('tcp.result');
    if (seen === 'refused' || seen === 'timeout') draft.set('rdp.result', seen);
    return draft;
  }
  const asked = stretch.talks.flatMap(negotiationOf);
  const answered = asked.filter(({ confirm }) => confirm !== undefined);
  if (answered.length === 0) {
    silence(draft, stretch, asked, around);
    return draft;
  }
  const last = answered.at(-1) as Negotiation;
  if (last.confirm !== undefined) draft.see(placeOf(last.talk, last.confirm));
  const judgement = judgeAll(answered);
  draft.set('rdp.result', 'answered');
  if (judgement.nla !== undefined) draft.set('rdp.nla', judgement.nla);
  if (judgement.logonScreen !== undefined) draft.set('rdp.logonScreen', judgement.logonScreen);
  draft.set('rdp.security', judgement.security);
  if (judgement.failure !== undefined) draft.set('rdp.failure', judgement.failure);
  if (judgement.nla !== undefined) draft.ladder.portrait.rdp = { port: stretch.port, nla: judgement.nla };
  draft.rung('tls', {
    verdict: 'passed',
    tried: say('RDP negotiation', 'RDP のネゴシエーション'),
    observed: say('answered; what follows is encrypted', '応答あり。以降は暗号化されている'),
  });
  schemesRung(draft, judgement, answered);
  return draft;
}

function rungOf(message: Message | undefined) {
  return message === undefined ? 'tcp' : message.layer === 'dns' ? 'name' : 'tls';
}

function negotiationOf(talk: Talk): Negotiation[] {
  const messages = talk.conversation.messages.filter((message): message is Rdp => message.layer === 'rdp' && message.kind !== 'not-this');
  const request = messages.find((message) => message.kind === 'request');
  if (request?.kind !== 'request') return [];
  const confirm = messages.find((message) => message.kind === 'confirm');
  return [{ talk, request, ...(confirm?.kind === 'confirm' && { confirm }) }];
}

/** Each connection answers one of the questions that a live attempt asks: with CredSSP among the protocols, TLS without it, neither. */
function judgeAll(answered: readonly Negotiation[]): RdpJudgement {
  const answers: { [name in RdpQuestionName]?: RdpAnswer } = {};
  for (const { request, confirm } of answered) {
    if (confirm === undefined) continue;
    const protocols = request.protocols ?? 0;
    const question: RdpQuestionName = (protocols & HYBRID) !== 0 ? 'credssp' : (protocols & RDP_PROTOCOL.ssl) !== 0 ? 'tls' : 'rdp';
    answers[question] =
      confirm.failure !== undefined
        ? { kind: 'confirm', failure: confirm.failure }
        : confirm.selected === undefined
          ? { kind: 'confirm' }
          : { kind: 'confirm', selected: { flags: confirm.flags ?? 0, protocol: confirm.selected } };
  }
  return judgeRdpAnswers(answers);
}

/** Failed when every connection was refused: a client that asked again with what the server wants got in. */
function schemesRung(draft: AttemptDraft, judgement: RdpJudgement, answered: readonly Negotiation[]): void {
  const failed = answered.every(({ confirm }) => confirm?.failure !== undefined);
  const screen = judgement.logonScreen === true;
  const words = rdpSecurityWords(judgement);
  draft.rung('schemes', {
    verdict: failed ? 'failed' : screen ? 'warned' : 'passed',
    tried: say('which security the port accepts', 'ポートが受け付けるセキュリティ'),
    observed: words,
    ...(failed ? { expected: say('a protocol that the client offered', 'クライアントが提示したプロトコル') } : {}),
  });
}

/** The port accepted and no Connection Confirm came. */
function silence(draft: AttemptDraft, stretch: Stretch, asked: readonly Negotiation[], { captures }: Surroundings): void {
  const wrong = stretch.talks.find(({ conversation }) => conversation.messages.some(isWrongAnswer));
  const [first] = asked;
  const result =
    wrong !== undefined ? 'not-rdp' : first === undefined ? undefined : silenceOf(first, captures.get(first.talk.sourceId)?.capture.last);
  if (result === undefined) {
    const why = say('no answer to the negotiation is in the capture', 'ネゴシエーションへの応答がキャプチャに含まれていない');
    draft.hide('tls', why);
    draft.hide('schemes', why);
    return;
  }
  if (first !== undefined) draft.see(placeOf(first.talk, first.request));
  draft.set('rdp.result', result);
  draft.rung('tls', {
    verdict: 'failed',
    tried: say('RDP negotiation', 'RDP のネゴシエーション'),
    observed: say(`no RDP answer: ${result}`, `RDP の応答なし: ${result}`),
    expected: say('a Connection Confirm', 'Connection Confirm'),
  });
}

function isWrongAnswer(message: Message): boolean {
  return message.layer === 'rdp' && message.kind === 'not-this' && message.from === 'server';
}

function silenceOf({ talk, request }: Negotiation, end: bigint | undefined): 'closed' | 'timeout' | undefined {
  const { tcp, unknown } = talk.conversation;
  if (tcp === undefined || hasHoles(talk) || tcp.bytes.server > 0) return undefined;
  if (msBetween(request.at, tcp.fin.client + tcp.rst.client > 0 ? tcp.last : (end ?? tcp.last)) >= SILENT_MS) return 'timeout';
  return !unknown.includes('cut') && tcp.rst.server + tcp.fin.server > 0 ? 'closed' : undefined;
}

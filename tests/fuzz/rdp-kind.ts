import {
  answerNegotiation,
  describeRdpAnswer,
  parseRdpNegotiation,
  RDP_PROTOCOL,
  RdpError,
  rdpProbe,
  tpktLength,
  writeConnectionConfirm,
  writeConnectionRequest,
} from '@winmedic/rdp';
import type { Kind } from './kind.ts';
import { mutateBinary } from './ntlm-kind.ts';
import type { Random } from './random.ts';
import { checkSane, survives, type WireSeed, wireKind } from './wire.ts';

const ALL = RDP_PROTOCOL.ssl | RDP_PROTOCOL.hybrid | RDP_PROTOCOL.hybridEx;
/** Questions of one probe; a fourth would knock at the host for nothing. */
const MAX_QUESTIONS = 3;

const MESSAGES: readonly (readonly [string, Uint8Array])[] = [
  ['request', writeConnectionRequest({ negotiation: { flags: 0, protocols: ALL } })],
  ['request with cookie', writeConnectionRequest({ cookie: 'alice', negotiation: { flags: 1, protocols: ALL } })],
  ['request with token', writeConnectionRequest({ routingToken: 'msts=3640205228.15629.0000', negotiation: { flags: 0, protocols: 3 } })],
  [
    'request with identifier',
    writeConnectionRequest({ negotiation: { flags: 0, protocols: 3 }, correlationId: new Uint8Array(16).fill(9) }),
  ],
  ['old confirm', writeConnectionConfirm({ kind: 'confirm' })],
  ['confirm', writeConnectionConfirm({ kind: 'confirm', selected: { flags: 0x1f, protocol: 2 } })],
  ['failure', writeConnectionConfirm({ kind: 'confirm', failure: 5 })],
];

/** The RDP negotiation: messages, and a probe fed with them. */
export function rdpKind(): Kind {
  const seeds = MESSAGES.map(([name, bytes]): WireSeed => ({ name, bytes, change: mutateBinary, read: readMessage }));
  return wireKind('rdp', seeds);
}

function readMessage(bytes: Uint8Array, random: Random) {
  probe(bytes, random);
  return survives(
    () => {
      const length = tpktLength(bytes);
      const message = parseRdpNegotiation(bytes);
      if (length === undefined || length > bytes.length) throw new Error('a packet that is not there whole was read');
      if (message.kind === 'confirm') {
        describeRdpAnswer(message);
        return message;
      }
      const policy = { nla: random.pick(['required', 'optional', 'off'] as const) };
      return [message, answerNegotiation(message, policy as never)];
    },
    bytes.length,
    RdpError,
  );
}

/** The probe never throws for what a server sends, asks at most three times and always judges. */
function probe(bytes: Uint8Array, random: Random): void {
  const asked = rdpProbe();
  let questions = 0;
  for (let question = asked.next(); question !== undefined; question = asked.next()) {
    if (++questions > MAX_QUESTIONS) throw new Error('a probe that goes on asking');
    const silence = random.pick(['refused', 'timeout', 'closed', 'not-rdp'] as const);
    const other = mutateBinary(random.pick(MESSAGES)[1], random).bytes;
    const answer = asked.tell(question.name, random.pick([bytes, other, silence]));
    describeRdpAnswer(answer);
  }
  checkSane(asked.judge(), bytes.length);
}

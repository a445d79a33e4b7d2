import { RdpError } from './errors.ts';
import {
  type ConnectionConfirm,
  parseRdpNegotiation,
  RDP_FAILURE,
  RDP_PROTOCOL,
  RDP_RESPONSE_FLAG,
  rdpProtocolNames,
  writeConnectionRequest,
} from './negotiation.ts';

/** What one connection asks: everything with CredSSP, TLS alone, Standard RDP security alone. */
export type RdpQuestionName = 'credssp' | 'tls' | 'rdp';

/** One connection of a probe. */
export interface RdpQuestion {
  readonly name: RdpQuestionName;
  /** Protocols asked for (RDP_PROTOCOL). */
  readonly protocols: number;
  /** The packet to send on a fresh connection; the answer is one packet ({@link tpktLength}), then the connection is closed. */
  readonly request: Uint8Array;
}

/** How a connection ended that brought no Connection Confirm. `closed` also stands for a reset. */
export type RdpSilence = 'refused' | 'timeout' | 'closed' | 'not-rdp';
/** What came back on one question. */
export type RdpAnswer = ConnectionConfirm | RdpSilence;
/** Answers by question; a question that was not asked is absent. */
export type RdpAnswers = { readonly [name in RdpQuestionName]?: RdpAnswer };

/** What the answers say. What they leave open is absent, never guessed. */
export interface RdpJudgement {
  /** `answered` when any question was. */
  readonly result: 'answered' | RdpSilence;
  /** Network Level Authentication: `optional` when a client may also do without, `off` when the server does not know it. */
  readonly nla?: 'required' | 'optional' | 'off';
  /** Does everybody who reaches the port get a logon screen, without authentication? */
  readonly logonScreen?: boolean;
  /** Accepted protocols as in the property `rdp.security`: `rdp`, `tls`, `credssp`. */
  readonly security: readonly string[];
  /** First failure code of the answers, in the order credssp, tls, rdp: 5 with NLA required, 1 when only Standard RDP security is refused. */
  readonly failure?: number;
  /** Failure codes by question. */
  readonly failures: { readonly [name in RdpQuestionName]?: number };
  /** The server takes a logon without credentials over CredSSP, for accounts it trusts (restricted admin mode); absent when CredSSP was not accepted. */
  readonly restrictedAdmin?: boolean;
  /** The same for Remote Credential Guard. */
  readonly remoteCredentialGuard?: boolean;
}

const PROTOCOLS: { readonly [name in RdpQuestionName]: number } = {
  credssp: RDP_PROTOCOL.ssl | RDP_PROTOCOL.hybrid | RDP_PROTOCOL.hybridEx,
  tls: RDP_PROTOCOL.ssl,
  rdp: 0,
};
const ORDER: readonly RdpQuestionName[] = ['credssp', 'tls', 'rdp'];
const HYBRID = RDP_PROTOCOL.hybrid | RDP_PROTOCOL.hybridEx;
const HYBRID_REQUIRED = 5;

/** A probe in progress: ask {@link RdpProbe.next}, connect, send, tell the answer, until there is no question left. */
export interface RdpProbe {
  /** The next question on a connection of its own; `undefined` when the rest would tell nothing new. */
  next(): RdpQuestion | undefined;
  /** Takes the answer's bytes, or how the connection ended, and gives it as read. Never throws for what a server sends. */
  tell(question: RdpQuestionName, answer: Uint8Array | RdpSilence): RdpAnswer;
  readonly answers: RdpAnswers;
  judge(): RdpJudgement;
}

/**
 * Asks an RDP port which security it accepts (MS-RDPBCGR 2.2.1.1): at most three connections, each ends after the server's first packet. No
 * logon is attempted. Where {@link offersTls} holds a TLS handshake may follow on the same connection, to see the certificate.
 */
export function rdpProbe(): RdpProbe {
  const answers: { [name in RdpQuestionName]?: RdpAnswer } = {};
  return {
    answers,
    next() {
      const told = ORDER.flatMap((name) => answers[name] ?? []);
      // A port that does not talk RDP, or is not there, is not asked again; after "CredSSP only" the last question is answered.
      if (told.some((answer) => answer === 'refused' || answer === 'not-rdp' || failureOf(answer) === HYBRID_REQUIRED)) return undefined;
      if (told[0] === 'timeout') return undefined;
      const name = ORDER.find((question) => answers[question] === undefined);
      if (name === undefined) return undefined;
      const protocols = PROTOCOLS[name];
      return { name, protocols, request: writeConnectionRequest({ negotiation: { flags: 0, protocols } }) };
    },
    tell(question, answer) {
      const read = typeof answer === 'string' ? answer : readAnswer(answer);
      answers[question] = read;
      return read;
    },
    judge: () => judgeRdpAnswers(answers),
  };
}

function readAnswer(bytes: Uint8Array): RdpAnswer {
  try {
    const message = parseRdpNegotiation(bytes);
    return message.kind === 'confirm' ? message : 'not-rdp';
  } catch (error) {
    if (!(error instanceof RdpError)) throw error;
    return error.code === 'RDP_TRUNCATED' ? 'closed' : 'not-rdp';
  }
}

/** Does the server go on with TLS after this answer? Then its certificate can be seen. */
export function offersTls(answer: RdpAnswer): boolean {
  const selected = selectedOf(answer);
  return selected !== undefined && (selected.protocol & (RDP_PROTOCOL.ssl | HYBRID)) !== 0;
}

/**
 * Judges the answers to the questions of {@link rdpProbe}. A server that takes TLS or Standard RDP security without CredSSP shows its logon
 * screen to everybody (MS-RDPBCGR 5.4.2); HYBRID_REQUIRED_BY_SERVER says that it does not.
 */
export function judgeRdpAnswers(answers: RdpAnswers): RdpJudgement {
  const accepted = new Set<RdpQuestionName>();
  const failures: { [name in RdpQuestionName]?: number } = {};
  let flags: number | undefined;
  for (const name of ORDER) {
    const answer = answers[name];
    if (answer === undefined || typeof answer === 'string') continue;
    const failure = failureOf(answer);
    if (failure !== undefined) {
      failures[name] = failure;
      continue;
    }
    const selected = selectedOf(answer);
    // Without negotiation data the server is older than the negotiation: Standard RDP security.
    const protocol = selected?.protocol ?? 0;
    // A protocol that was not asked for is no acceptance: no client goes on with it.
    if ((protocol & ~PROTOCOLS[name]) !== 0) continue;
    if (protocol & HYBRID) flags = selected?.flags;
    accepted.add(protocol === 0 ? 'rdp' : protocol & HYBRID ? 'credssp' : 'tls');
  }
  const failure = ORDER.map((name) => failures[name]).find((code) => code !== undefined);
  const open = accepted.has('tls') || accepted.has('rdp');
  const onlyCredssp = Object.values(failures).includes(HYBRID_REQUIRED);
  const shut = onlyCredssp || (failures.tls !== undefined && failures.rdp !== undefined);
  const logonScreen = open ? true : shut ? false : undefined;
  const nla = judgeNla(accepted.has('credssp'), open, onlyCredssp, shut, answered(answers.credssp));
  return {
    result: resultOf(answers),
    ...(nla && { nla }),
    ...(logonScreen !== undefined && { logonScreen }),
    security: ORDER.toReversed().filter((name) => accepted.has(name)),
    ...(failure !== undefined && { failure }),
    failures,
    ...(flags !== undefined && {
      restrictedAdmin: (flags & RDP_RESPONSE_FLAG.restrictedAdmin) !== 0,
      remoteCredentialGuard: (flags & RDP_RESPONSE_FLAG.redirectedAuthentication) !== 0,
    }),
  };
}

function judgeNla(credssp: boolean, open: boolean, onlyCredssp: boolean, shut: boolean, asked: boolean): RdpJudgement['nla'] {
  if (open) return credssp ? 'optional' : asked ? 'off' : undefined;
  if (onlyCredssp || (credssp && shut)) return 'required';
  return undefined;
}

function answered(answer: RdpAnswer | undefined): boolean {
  return answer !== undefined && typeof answer !== 'string';
}

function resultOf(answers: RdpAnswers): RdpJudgement['result'] {
  const told = ORDER.flatMap((name) => answers[name] ?? []);
  return told.some(answered) ? 'answered' : (told.find((answer) => typeof answer === 'string') ?? 'timeout');
}

function failureOf(answer: RdpAnswer): number | undefined {
  return typeof answer !== 'string' && 'failure' in answer ? answer.failure : undefined;
}

function selectedOf(answer: RdpAnswer): { readonly flags: number; readonly protocol: number } | undefined {
  return typeof answer !== 'string' && 'selected' in answer ? answer.selected : undefined;
}

/** In words of the specification: name of a failure code with its number, or the names of what was selected; for logs and `--explain`. */
export function describeRdpAnswer(answer: RdpAnswer): string {
  if (typeof answer === 'string') return answer;
  const failure = failureOf(answer);
  if (failure !== undefined) return `${(RDP_FAILURE as Readonly<Record<number, string>>)[failure] ?? 'failure'} (${failure})`;
  const selected = selectedOf(answer);
  return selected === undefined ? 'rdp, without negotiation' : rdpProtocolNames(selected.protocol).join(' ');
}

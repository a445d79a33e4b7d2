import type { Socket } from 'node:net';
import { offersTls, type RdpAnswer, type RdpJudgement, type RdpQuestionName, rdpProbe, tpktLength } from '@winmedic/rdp';
import type { CertificateView } from '../model/connection.ts';
import { judgeCertificate } from './certificate.ts';
import { dial } from './dial.ts';
import { codeOf } from './name-rung.ts';
import { handshake } from './tls-handshake.ts';

/** A Connection Confirm has 19 bytes; more than this is something else. */
const MAX_ANSWER = 4096;

/** What an RDP port answered. */
export interface RdpPicture {
  readonly judgement: RdpJudgement;
  /** Seen when TLS was offered. */
  readonly certificate?: CertificateView;
  /** Questions with their answers, in order. */
  readonly asked: readonly {
    readonly name: RdpQuestionName;
    readonly request: Uint8Array;
    readonly bytes?: Uint8Array;
    readonly answer: RdpAnswer;
  }[];
}

/** How to ask. */
export interface RdpQuestionsOptions {
  readonly address: string;
  readonly port: number;
  /** Name for SNI and for judging the certificate. */
  readonly host: string;
  readonly connectMs: number;
  readonly answerMs: number;
  /** Certificates to judge the server's by, PEM; absent: it is not looked at. */
  readonly ca?: readonly string[];
  /** A connection made before, for the first question. */
  readonly socket?: Socket;
  readonly signal?: AbortSignal;
}

/** Asks an RDP port what it accepts, with at most three connections and without any logon. Never rejects. */
export async function askRdp(options: RdpQuestionsOptions): Promise<RdpPicture> {
  const probe = rdpProbe();
  const asked: RdpPicture['asked'][number][] = [];
  let certificate: CertificateView | undefined;
  let ready = options.socket;
  for (let question = probe.next(); question !== undefined; question = probe.next()) {
    const dialled = ready === undefined ? await dial(options.address, options.port, options.connectMs, options.signal) : undefined;
    const socket = ready ?? (dialled?.result === 'open' ? dialled.socket : undefined);
    ready = undefined;
    if (socket === undefined) {
      const answer = probe.tell(
        question.name,
        dialled?.result === 'refused' ? 'refused' : dialled?.result === 'timeout' ? 'timeout' : 'closed',
      );
      asked.push({ name: question.name, request: question.request, answer });
      continue;
    }
    const bytes = await onePacket(socket, question.request, options.answerMs, options.signal);
    const answer = probe.tell(question.name, bytes);
    asked.push({ name: question.name, request: question.request, answer, ...(typeof bytes === 'string' ? {} : { bytes }) });
    if (options.ca !== undefined && certificate === undefined && offersTls(answer))
      certificate = await seeCertificate(socket, options, options.ca);
    socket.destroy();
  }
  return { judgement: probe.judge(), asked, ...(certificate === undefined ? {} : { certificate }) };
}

/** Sends a packet and reads one back, by the length in its TPKT header. */
function onePacket(
  socket: Socket,
  request: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | 'timeout' | 'closed' | 'not-rdp'> {
  return new Promise((resolve) => {
    let buffer = Buffer.alloc(0);
    const give = (result: Uint8Array | 'timeout' | 'closed' | 'not-rdp') => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      socket.removeListener('data', take);
      socket.removeListener('end', ended);
      socket.removeListener('error', broken);
      socket.pause();
      socket.on('error', () => {});
      resolve(result);
    };
    const take = (piece: Buffer) => {
      buffer = Buffer.concat([buffer, piece]);
      const length = packetLength(buffer);
      if (length === 'wrong' || buffer.length > MAX_ANSWER) give('not-rdp');
      else if (length !== undefined && buffer.length >= length) give(new Uint8Array(buffer.subarray(0, length)));
    };
    const ended = () => give('closed');
    const broken = (error: Error) => give(codeOf(error) === 'ETIMEDOUT' ? 'timeout' : 'closed');
    const stop = () => give('timeout');
    const timer = setTimeout(() => give(buffer.length > 0 ? 'not-rdp' : 'timeout'), timeoutMs);
    if (signal?.aborted || socket.destroyed) {
      give(socket.destroyed ? 'closed' : 'timeout');
      return;
    }
    signal?.addEventListener('abort', stop, { once: true });
    socket.on('data', take);
    socket.once('end', ended);
    socket.once('error', broken);
    socket.write(request);
  });
}

function packetLength(buffer: Uint8Array): number | 'wrong' | undefined {
  try {
    const length = tpktLength(buffer);
    return length !== undefined && length > MAX_ANSWER ? 'wrong' : length;
  } catch {
    return 'wrong';
  }
}

async function seeCertificate(socket: Socket, options: RdpQuestionsOptions, ca: readonly string[]): Promise<CertificateView | undefined> {
  const hand = await handshake(socket, { host: options.host, timeoutMs: options.answerMs, ca });
  if (hand.result !== 'ok') return undefined;
  hand.socket.destroy();
  try {
    return judgeCertificate(hand.chain, options.host, ca, Date.now());
  } catch {
    return undefined;
  }
}

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import * as system from 'node:dns/promises';
import { isIP } from 'node:net';
import type { SrvAnswer } from './kerberos-settings.ts';
import { codeOf } from './name-rung.ts';

/** What is needed of a resolver of Node: the module itself, or one with servers of its own. */
export interface SrvResolver {
  resolveSrv(name: string): Promise<readonly SrvAnswer[]>;
  getServers(): readonly string[];
}

/** Silence of a server after which the next is asked. */
const ANSWER_MS = 2000;
/** Servers asked one after the other, as resolvers do (MAXNS of resolv.conf(5)). */
const MAX_SERVERS = 3;
/** Records that are read: an answer over UDP without EDNS has 512 bytes (RFC 1035 section 4.2.1). */
const MAX_RECORDS = 32;
/** A name has at most 255 bytes (RFC 1035 section 2.3.4), so at most 127 labels; pointers count with them. */
const MAX_LABELS = 128;
const TYPE_SRV = 33;
const CLASS_IN = 1;

/**
 * SRV records of a name. Node's resolver refuses an answer whose target is compressed (EBADRESP), which RFC 2782 forbids and the DNS server of
 * Samba's domain controllers does; then the same servers are asked again here. Rejects as Node's resolver does.
 */
export async function srvRecords(name: string, resolver: SrvResolver = system): Promise<readonly SrvAnswer[]> {
  try {
    return await resolver.resolveSrv(name);
  } catch (error) {
    if (codeOf(error) !== 'EBADRESP') throw error;
    for (const text of resolver.getServers().slice(0, MAX_SERVERS)) {
      const server = serverOf(text);
      const answer = server && (await ask(server, name));
      if (answer !== undefined) return answer;
    }
    throw error;
  }
}

/** An address as Node writes it: `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`. */
function serverOf(text: string): { readonly address: string; readonly port: number } | undefined {
  const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  return isIP(address.split('%')[0] ?? '') > 0 ? { address, port: Number(port) } : undefined;
}

function ask({ address, port }: { readonly address: string; readonly port: number }, name: string): Promise<SrvAnswer[] | undefined> {
  const id = randomInt(0x10000);
  const question = questionOf(id, name);
  if (question === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const give = (answer: SrvAnswer[] | undefined) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => give(undefined), ANSWER_MS);
    socket.once('error', () => give(undefined));
    socket.on('message', (message) => {
      // Whatever does not repeat the question may come from somebody else: the answer is still awaited.
      if (message.length >= question.length && repeats(message, question)) give(readAnswer(message, question.length));
    });
    socket.connect(port, address, () => socket.send(question));
  });
}

/** A question with recursion desired (RFC 1035 section 4.1). */
function questionOf(id: number, name: string): Buffer | undefined {
  const labels = name.replace(/\.$/, '').split('.');
  if (labels.some((label) => !/^[A-Za-z0-9_-]{1,63}$/.test(label)) || name.length > 253) return undefined;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x0100, 2);
  header.writeUInt16BE(1, 4);
  const parts = labels.flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')]);
  return Buffer.concat([header, ...parts, Buffer.of(0, 0, TYPE_SRV, 0, CLASS_IN)]);
}

function repeats(message: Buffer, question: Buffer): boolean {
  const isAnswer = (message.readUInt8(2) & 0x80) !== 0;
  const same = (from: number, to: number) =>
    message.toString('latin1', from, to).toLowerCase() === question.toString('latin1', from, to).toLowerCase();
  return isAnswer && same(0, 2) && same(4, 6) && same(12, question.length);
}

/** @returns undefined when the server failed or the message is damaged; an empty list when there is no such name. */
function readAnswer(message: Buffer, from: number): SrvAnswer[] | undefined {
  const code = message.readUInt8(3) & 0x0f;
  if (code === 3) return [];
  if (code !== 0) return undefined;
  const answers: SrvAnswer[] = [];
  const count = Math.min(message.readUInt16BE(6), MAX_RECORDS);
  let at = from;
  for (let i = 0; i < count; i++) {
    const owner = readName(message, at);
    if (owner === undefined || owner.end + 10 > message.length) return undefined;
    const data = owner.end + 10;
    const end = data + message.readUInt16BE(owner.end + 8);
    if (end > message.length) return undefined;
    if (message.readUInt16BE(owner.end) === TYPE_SRV && message.readUInt16BE(owner.end + 2) === CLASS_IN) {
      const target = end - data > 6 ? readName(message, data + 6) : undefined;
      if (target === undefined || target.end !== end) return undefined;
      // The root as target: the service is decidedly not there (RFC 2782).
      if (target.name !== '')
        answers.push({ name: target.name, port: message.readUInt16BE(data + 4), priority: message.readUInt16BE(data) });
    }
    at = end;
  }
  return answers;
}

/** A name, compressed or not (RFC 1035 section 4.1.4), and where the field ends. Pointers lead backwards only. */
function readName(message: Buffer, from: number): { readonly name: string; readonly end: number } | undefined {
  const labels: string[] = [];
  let at = from;
  let end: number | undefined;
  let before = from;
  for (let i = 0; i < MAX_LABELS && at < message.length; i++) {
    const length = message.readUInt8(at);
    if (length === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (length >= 0xc0) {
      if (at + 2 > message.length) return undefined;
      end ??= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
      if (at >= before) return undefined;
      before = at;
      continue;
    }
    const label = message.toString('latin1', at + 1, at + 1 + length);
    if (length > 63 || label.length !== length || !/^[A-Za-z0-9_-]+$/.test(label)) return undefined;
    labels.push(label);
    at += 1 + length;
  }
  return undefined;
}

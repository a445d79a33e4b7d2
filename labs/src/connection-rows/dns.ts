import { createSocket } from 'node:dgram';

/** Answer to a question for addresses: IPv4 addresses, a failure of the server, or nothing at all. */
export type DnsAnswer = readonly string[] | 'server-failed' | 'silent';

/** Codes of RFC 1035 section 4.1.1. */
const RCODE = { ok: 0, serverFailure: 2, noSuchName: 3 } as const;
const TYPE_A = 1;
const CLASS_IN = 1;
const HEADER = 12;
/** Answers are for this attempt alone. */
const TTL_SECONDS = 1;

/** A running name server. */
export interface NameServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A DNS server over UDP that knows a few names (RFC 1035): A records, NXDOMAIN for the rest; other types get an empty answer.
 * @param port 0 takes a free one.
 * @param names lower case, without the final dot.
 */
export async function startNameServer(address: string, port: number, names: ReadonlyMap<string, DnsAnswer>): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const reply = answerTo(question, names);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  return { port: socket.address().port, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

/** @returns the answer; undefined for silence and for what is no question. */
function answerTo(question: Buffer, names: ReadonlyMap<string, DnsAnswer>): Buffer | undefined {
  const asked = readQuestion(question);
  if (asked === undefined) return undefined;
  const known = names.get(asked.name);
  if (known === 'silent') return undefined;
  const addresses = known === undefined || known === 'server-failed' || asked.type !== TYPE_A ? [] : known;
  const code = known === undefined ? RCODE.noSuchName : known === 'server-failed' ? RCODE.serverFailure : RCODE.ok;
  const header = Buffer.alloc(HEADER);
  question.copy(header, 0, 0, 2);
  // QR, AA, and RD as it was asked; RA.
  header.writeUInt16BE(0x8480 | (question.readUInt16BE(2) & 0x0100) | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16);
    // The name: a pointer to the question.
    record.writeUInt16BE(0xc000 | HEADER, 0);
    record.writeUInt16BE(TYPE_A, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(TTL_SECONDS, 6);
    record.writeUInt16BE(4, 10);
    Buffer.from(address.split('.').map(Number)).copy(record, 12);
    return record;
  });
  return Buffer.concat([header, question.subarray(HEADER, asked.end), ...records]);
}

function readQuestion(message: Buffer): { readonly name: string; readonly type: number; readonly end: number } | undefined {
  if (message.length < HEADER + 5 || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63 || at + 1 + length > message.length) return undefined;
    at += 1 + length;
    if (length === 0) break;
    labels.push(message.toString('latin1', at - length, at).toLowerCase());
  }
  if (at + 4 > message.length) return undefined;
  return { name: labels.join('.'), type: message.readUInt16BE(at), end: at + 4 };
}

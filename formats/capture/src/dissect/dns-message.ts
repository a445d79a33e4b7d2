import { ipv4Text, ipv6Text } from './icmp-address.ts';
import type { DnsMessage } from './types.ts';

/** What a message says by itself: RFC 1035 section 4; frame, time and side are the datagram's. */
export type DnsContent = Pick<DnsMessage, 'kind' | 'id' | 'name' | 'type' | 'rcode' | 'answers'>;

const HEADER = 12;
/** Characters of a name: RFC 1035 section 2.3.4; escapes are longer, so this bounds the bytes read. */
const MAX_NAME_BYTES = 255;
/** Pointers followed for one name: each must go backwards, and a name has at most 127 labels. */
const MAX_POINTERS = 64;
/** Answers kept, see {@link DnsMessage.answers}. */
const MAX_ANSWERS = 64;
/** Questions of one message: one is usual, multicast DNS asks a handful (RFC 6762 section 5.3). */
const MAX_QUESTIONS = 64;
/** Records read of one message, so that a count of 65,535 costs no time. */
const MAX_RECORDS = 512;

const TYPE = { a: 1, cname: 5, ptr: 12, netbios: 32, aaaa: 28, srv: 33 } as const;
/** OPCODE of a query (RFC 1035 section 4.1.1); NetBIOS registrations and updates are no questions. */
const QUERY = 0;

interface Name {
  readonly text: string;
  /** Behind it in the message. */
  readonly next: number;
}

/**
 * Reads a message of DNS, mDNS, LLMNR (RFC 4795) or the NetBIOS name service (RFC 1002 section 4.2). Never throws.
 * @param netbios names are encoded as RFC 1001 section 14.1 has it, and type 33 is a node status, not SRV.
 * @returns `undefined` when it is no query or answer, or its question cannot be read.
 */
export function readDnsMessage(bytes: Uint8Array, netbios: boolean): DnsContent | undefined {
  if (bytes.length < HEADER) return undefined;
  const u16 = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  const flags = u16(2);
  const answer = (flags & 0x8000) !== 0;
  if (((flags >> 11) & 15) !== QUERY) return undefined;
  // mDNS and NetBIOS answers repeat no question: then the first record tells the name.
  const questions = u16(4);
  const records = Math.min(u16(6), MAX_RECORDS);
  if (questions > MAX_QUESTIONS) return undefined;
  let at = HEADER;
  let name: string | undefined;
  let type = 0;
  for (let i = 0; i < questions; i++) {
    const question = readName(bytes, at);
    if (question === undefined || question.next + 4 > bytes.length) return undefined;
    if (name === undefined) {
      name = question.text;
      type = u16(question.next);
    }
    at = question.next + 4;
  }
  const answers: { name: string; type: number; value: string }[] = [];
  for (let i = 0; answer && i < records; i++) {
    const owner = readName(bytes, at);
    if (owner === undefined || owner.next + 10 > bytes.length) break;
    const recordType = u16(owner.next);
    const start = owner.next + 10;
    const end = start + u16(owner.next + 8);
    if (end > bytes.length) break;
    if (name === undefined) {
      name = owner.text;
      type = recordType;
    }
    if (answers.length < MAX_ANSWERS) {
      const value = readValue(bytes, recordType, start, end, netbios);
      if (value !== undefined) answers.push({ name: shown(owner.text, netbios), type: recordType, value });
    }
    at = end;
  }
  if (name === undefined) return undefined;
  return {
    kind: answer ? 'answer' : 'question',
    id: u16(0),
    name: shown(name, netbios),
    type,
    ...(answer ? { rcode: flags & 15, answers } : {}),
  };
}

/** Name at an offset, labels joined by dots, without the last one. Bytes that are no printable ASCII stand as `\ddd` (RFC 4343 section 2.1). */
function readName(bytes: Uint8Array, start: number): Name | undefined {
  let at = start;
  let next = -1;
  let used = 0;
  let pointers = 0;
  const labels: string[] = [];
  for (;;) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return { text: labels.join('.'), next: next < 0 ? at + 1 : next };
    if ((length & 0xc0) === 0xc0) {
      const low = bytes[at + 1];
      if (low === undefined || ++pointers > MAX_POINTERS) return undefined;
      if (next < 0) next = at + 2;
      const to = ((length & 0x3f) << 8) | low;
      // A pointer goes to a prior name (RFC 1035 section 4.1.4): anything else could go round for ever.
      if (to >= at) return undefined;
      at = to;
      continue;
    }
    if (length > 63) return undefined;
    used += length + 1;
    if (used > MAX_NAME_BYTES || at + 1 + length > bytes.length) return undefined;
    let label = '';
    for (let i = at + 1; i <= at + length; i++) {
      const byte = bytes[i]!;
      if (byte === 0x2e || byte === 0x5c) label += `\\${String.fromCharCode(byte)}`;
      else if (byte > 0x20 && byte < 0x7f) label += String.fromCharCode(byte);
      else label += `\\${String(byte).padStart(3, '0')}`;
    }
    labels.push(label);
    at += 1 + length;
  }
}

/** A NetBIOS name as people know it: `HOST<20>`; others as they are (RFC 1001 section 14.1). */
function shown(name: string, netbios: boolean): string {
  if (!netbios) return name;
  const dot = name.indexOf('.');
  const label = dot < 0 ? name : name.slice(0, dot);
  if (!/^[A-P]{32}$/.test(label)) return name;
  const bytes: number[] = [];
  for (let i = 0; i < 32; i += 2) bytes.push(((label.charCodeAt(i) - 65) << 4) | (label.charCodeAt(i + 1) - 65));
  let text = '';
  for (const byte of bytes.slice(0, 15)) text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte === 0x20 ? ' ' : '';
  const suffix = bytes[15]!.toString(16).padStart(2, '0');
  return `${text.trimEnd()}<${suffix}>${dot < 0 ? '' : name.slice(dot)}`;
}

/** Data of a record as {@link DnsMessage.answers} shows it; `undefined` for types that are not shown and for data that cannot be read. */
function readValue(bytes: Uint8Array, type: number, start: number, end: number, netbios: boolean): string | undefined {
  const size = end - start;
  if (type === TYPE.a) return size === 4 ? ipv4Text(bytes, start) : undefined;
  if (type === TYPE.aaaa) return size === 16 ? ipv6Text(bytes, start) : undefined;
  if (type === TYPE.cname || type === TYPE.ptr) {
    const name = readName(bytes.subarray(0, end), start);
    return name?.text;
  }
  // NB: flags and an address, the first of a group's many (RFC 1002 section 4.2.1.3).
  if (netbios) return type === TYPE.netbios && size >= 6 ? ipv4Text(bytes, start + 2) : undefined;
  if (type === TYPE.srv && size >= 7) {
    const target = readName(bytes.subarray(0, end), start + 6);
    const u16 = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
    return target && `${u16(start)} ${u16(start + 2)} ${u16(start + 4)} ${target.text}`;
  }
  return undefined;
}

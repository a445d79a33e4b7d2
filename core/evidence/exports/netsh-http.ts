import { parsePrompt } from './commands.ts';
import { indentOf, type Lines } from './lines.ts';
import type { Sink } from './sink.ts';

/** netsh indents every entry; below its heading stands a line of dashes. */
const DASHES = /^-{5,}$/;
const RESERVED = /^ {2,8}[^\s:][^:]{0,63}:\s+(https?:\/\/\S{1,2000})$/i;
const BINDING = /^ {2,8}[^\s:][^:]{0,63}(?::[^:\s]{1,32})?\s*:\s+(\S{1,255}:\d{1,5})$/;
const HASH = /^\s+[^\s:][^:]{0,79}:\s+([0-9a-f]{40}|[0-9a-f]{64})$/i;
const LABELLED = /^\s+[^\s:][^:]{0,79}:\s*(.*)$/;
const SDDL = /^\s+SDDL:\s(\S+)$/;
const IP = /^\s+((?:\d{1,3}\.){3}\d{1,3}|(?=\S*:)[0-9a-f:.%]{2,60})$/i;
/** A session or URL group has an identifier of 16 hexadecimal digits. */
const ID = /^\s*[^\s:][^:]{0,63}:\s*([0-9A-F]{16})$/;
const URL_LINE = /^\s+(https?:\/\/\S{1,2000})$/i;
/** Identifiers of sessions and groups are opaque, but begin the same. */
const HTTP_ID = /^\s*[^\s:][^:]{0,63}:\s*F[CDEF]0{6}[0-9A-F]{8}$/;
/** Most entries of one output. */
const MAX_ENTRIES = 20_000;

const asks = (sink: Sink, what: string): boolean =>
  sink.command?.name === 'netsh' && sink.command.args.length === 3 && sink.command.args[2]?.toLowerCase() === what;

/** What of `netsh http show` begins here, told by the shape of its entries: labels are translated. */
export function httpKindAt(lines: Lines, sink: Sink): 'http-urlacl' | 'http-sslcert' | 'http-iplisten' | 'http-servicestate' | undefined {
  const text = lines.trimmed() ?? '';
  if (DASHES.test(text)) {
    // Only the list of addresses has nothing but addresses; an empty one is told by the command alone.
    const ahead = lines.trimmed(1)?.trim() === '' ? 2 : 1;
    if (IP.test(lines.trimmed(ahead) ?? '') || asks(sink, 'iplisten')) return 'http-iplisten';
    return undefined;
  }
  if (indentOf(text) >= 2 && RESERVED.test(text) && indentOf(lines.trimmed(1) ?? '') > indentOf(text)) return 'http-urlacl';
  if (BINDING.test(text) && HASH.test(lines.trimmed(1) ?? '')) return 'http-sslcert';
  return beginsServiceState(lines) ? 'http-servicestate' : undefined;
}

/** Most lines between the head of a session or queue and the identifier of its first URL group. */
const MAX_HEAD = 15;

/** A session has its identifier in the first line; in the view by queue that of the first URL group follows further down. */
function beginsServiceState(lines: Lines): boolean {
  const text = lines.trimmed() ?? '';
  if (HTTP_ID.test(text)) return true;
  if (indentOf(text) > 0 || !/^[^\s:][^:]{0,63}: \S/.test(text)) return false;
  for (let ahead = 1; ahead <= MAX_HEAD; ahead++) {
    const next = lines.trimmed(ahead) ?? '';
    if (HTTP_ID.test(next)) return true;
    if (indentOf(next) === 0) return false;
  }
  return false;
}

/** Reads reservations: the value is the access list in SDDL, or the names shown where none is. */
export function readUrlAcl(lines: Lines, sink: Sink): void {
  const start = lines.number;
  sink.section('http-urlacl');
  let closed = true;
  for (let count = 0; count < MAX_ENTRIES && httpKindAt(lines, sink) === 'http-urlacl'; count++) {
    const line = lines.number;
    const first = lines.take();
    const url = RESERVED.exec(first)?.[1] as string;
    const indent = indentOf(first);
    const sddl: string[] = [];
    const users: string[] = [];
    for (let text = lines.trimmed(); text !== undefined && indentOf(text) > indent; text = lines.trimmed()) {
      const list = SDDL.exec(text);
      if (list !== null) sddl.push(list[1] as string);
      else if (indentOf(text) <= indent + 4) {
        const user = LABELLED.exec(text)?.[1];
        if (user !== undefined && user !== '') users.push(user);
      }
      lines.next();
    }
    closed = lines.atBlockEnd;
    if (sddl[0] !== undefined || users.length > 0) sink.state(`http:urlacl!${url}`, sddl[0] ?? users, { line });
    lines.skipEmpty();
  }
  if (!closed) sink.problem('EXPORT_CUT', 'partial', lines.number);
  else if (asks(sink, 'urlacl')) sink.extent('http:urlacl', 'values', start);
  else sink.extentIfAlone('http:urlacl', 'values', start);
}

/** Reads bindings of certificates: the value is the thumbprint. */
export function readSslCert(lines: Lines, sink: Sink): void {
  const start = lines.number;
  sink.section('http-sslcert');
  let closed = true;
  for (let count = 0; count < MAX_ENTRIES && httpKindAt(lines, sink) === 'http-sslcert'; count++) {
    const line = lines.number;
    const endpoint = BINDING.exec(lines.take())?.[1] as string;
    const hash = HASH.exec(lines.take())?.[1] as string;
    sink.state(`http:sslcert!${endpoint}`, hash.toUpperCase(), { line });
    // Application, store and flags; properties in groups of their own follow after an empty line in Windows 11.
    while (lines.trimmed() !== '' && indentOf(lines.trimmed() ?? '') > 0 && httpKindAt(lines, sink) === undefined) lines.next();
    closed = lines.atBlockEnd;
    lines.skipEmpty();
  }
  if (!closed) sink.problem('EXPORT_CUT', 'partial', lines.number);
  else if (asks(sink, 'sslcert')) sink.extent('http:sslcert', 'values', start);
  else sink.extentIfAlone('http:sslcert', 'values', start);
}

/** Reads the addresses http.sys listens on; an empty list means all. */
export function readIpListen(lines: Lines, sink: Sink): void {
  sink.section('http-iplisten');
  const start = lines.number;
  lines.next();
  lines.skipEmpty();
  let found = 0;
  for (let m = IP.exec(lines.trimmed() ?? ''); m !== null && found < MAX_ENTRIES; m = IP.exec(lines.trimmed() ?? ''), found++) {
    const line = lines.number;
    sink.state(`http:iplisten!${m[1]}`, m[1] as string, { line });
    lines.next();
  }
  if (found > 0 && !lines.atBlockEnd) sink.problem('EXPORT_CUT', 'partial', lines.number);
  else if (asks(sink, 'iplisten')) sink.extent('http:iplisten', 'values', start);
  else if (found > 0) sink.extentIfAlone('http:iplisten', 'values', start);
}

/**
 * Reads URLs that are registered at http.sys. The value says whose they are: image or process where the output has it (view by request queue),
 * else the name of the queue; empty for a queue without a name.
 */
export function readServiceState(lines: Lines, sink: Sink): void {
  sink.section('http-servicestate');
  let queue = '';
  let owner = '';
  let sinceGroup = 0;
  let found = 0;
  for (let text = lines.trimmed(); text !== undefined; text = lines.trimmed()) {
    const line = lines.number;
    if (text !== '' && indentOf(text) === 0) {
      const id = ID.test(text);
      // At the margin stand sessions and queues; anything without a colon is no part of it.
      if (!id && !/^[^:]{1,64}:/.test(text) && !DASHES.test(text)) break;
      if (parsePrompt(text, line) !== undefined) break;
      owner = '';
      queue = '';
    }
    const process = /^\s+[^\s:][^:]{0,31}:\s(\d{1,10}),\s[^:]{1,32}:\s(\S.{0,400})$/.exec(text);
    const id = /^\s{4,}(\d{1,10})$/.exec(text)?.[1];
    const url = URL_LINE.exec(text)?.[1];
    if (process !== null) owner = process[2] as string;
    else if (id !== undefined) owner = `pid ${id}`;
    else if (ID.test(text)) sinceGroup = 0;
    else if (++sinceGroup === 2) queue = queueName(LABELLED.exec(text)?.[1] ?? '');
    if (url !== undefined && found++ < MAX_ENTRIES) sink.state(`http:url!${url}`, owner === '' ? queue : owner, { line });
    lines.next();
  }
  if (found === 0) sink.problem('EXPORT_PART_UNKNOWN', 'note', lines.number);
}

/** A queue without a name is shown by a sentence, which ends with a stop in every language. */
function queueName(text: string): string {
  return /[.。]$/.test(text) ? '' : text;
}

import type { Damage } from '@winmedic/bytes';
import { fromBase64 } from './http-lines.ts';
import { latin1 } from './latin1.ts';
import { RECORD, RECORD_HEADER, readRecordHead, tlsVersionName } from './tls-records.ts';
import { readToken } from './token.ts';
import type { HttpAuth } from './types.ts';

/** Challenges of one message that are kept: servers have up to eight schemes. */
const MAX_CHALLENGES = 32;
/** Records of TLS in one token of CredSSP that are looked at for an alert. */
const MAX_RECORDS = 16;

/** Base64 and its kin, as one word with its padding (RFC 9110 section 11.2, token68). */
const TOKEN68 = /^[A-Za-z0-9+/._~-]+=*$/;
/** A scheme at the start of a piece of a list: a word, alone or with something behind blanks. */
const SCHEME = /^([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]*)(?:[ \t]+(.*))?$/;
/** `name = value`, as opposed to a scheme with its token. */
const PARAMETER = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]{0,8}=[ \t]{0,8}(.*)$/;

/** What an authentication header says, and what was wrong with it. */
export interface AuthReading {
  readonly auth: HttpAuth;
  readonly damages: readonly Damage[];
}

/** Reads a value of `Authorization` or `Proxy-Authorization` (RFC 9110 section 11.6.2). Passwords and responses of Digest are not kept. */
export function readAuthorization(value: string, proxy: boolean): AuthReading {
  const blank = value.search(/[ \t]/);
  const scheme = blank < 0 ? value : value.slice(0, blank);
  const rest = blank < 0 ? '' : value.slice(blank).trim();
  const lower = scheme.toLowerCase();
  if (lower === 'basic') {
    const user = basicUser(rest);
    return {
      auth: { scheme, proxy, tokenChars: rest.length, ...(user === undefined ? {} : { basicUser: user }) },
      damages: damageOf(rest, user),
    };
  }
  if (lower === 'digest') {
    const user = splitList(rest)
      .map(parameterOf)
      .find((each) => each?.name === 'username')?.value;
    return { auth: { scheme, proxy, tokenChars: 0, ...(user === undefined ? {} : { basicUser: user }) }, damages: [] };
  }
  return readScheme(scheme, proxy, rest, undefined);
}

/**
 * Reads the challenges of one header of `WWW-Authenticate` or `Proxy-Authenticate` (RFC 9110 section 11.6.1): several may stand in one header, and the
 * parameters of one are separated by commas as well.
 */
export function readChallenges(value: string, proxy: boolean): AuthReading[] {
  const found: { scheme: string; rest: string; realm: string | undefined }[] = [];
  for (const piece of splitList(value)) {
    const parameter = parameterOf(piece);
    const last = found.at(-1);
    if (parameter !== undefined) {
      if (last && parameter.name === 'realm') last.realm ??= parameter.value;
      continue;
    }
    const match = SCHEME.exec(piece);
    if (match === null || found.length >= MAX_CHALLENGES) continue;
    const rest = (match[2] ?? '').trim();
    const first = parameterOf(rest);
    found.push({ scheme: match[1]!, rest: first === undefined ? rest : '', realm: first?.name === 'realm' ? first.value : undefined });
  }
  return found.map(({ scheme, rest, realm }) => readScheme(scheme, proxy, rest, realm));
}

function readScheme(scheme: string, proxy: boolean, rest: string, realm: string | undefined): AuthReading {
  const base = { scheme, proxy, tokenChars: TOKEN68.test(rest) ? rest.length : 0, ...(realm === undefined ? {} : { realm }) };
  const lower = scheme.toLowerCase();
  const known = lower === 'negotiate' || lower === 'ntlm' || lower === 'kerberos';
  if (rest === '' || !(known || lower === 'credssp')) return { auth: base, damages: [] };
  const bytes = fromBase64(rest);
  const damages = damageOf(rest, bytes);
  if (bytes === undefined) return { auth: base, damages };
  if (known) return { auth: { ...base, token: readToken(bytes) }, damages };
  const tls = credsspRecord(bytes);
  return { auth: { ...base, ...(tls === undefined ? {} : { tls }) }, damages };
}

/** The token itself is never part of it. */
function damageOf(token: string, read: unknown): Damage[] {
  return read === undefined && token !== ''
    ? [{ code: 'CAPTURE_HTTP_TOKEN', offset: 0, what: 'base64 of a token', have: token.length }]
    : [];
}

/** User name of Basic credentials: UTF-8, else ISO 8859-1 (RFC 7617 section 2.1). What stands behind the first colon is dropped at once. */
function basicUser(rest: string): string | undefined {
  const bytes = fromBase64(rest);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const colon = bytes.indexOf(0x3a);
  // Without a colon it cannot be told what is a name and what a password.
  if (colon < 0) return undefined;
  const name = bytes.subarray(0, colon);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(name);
  } catch {
    return latin1(name);
  }
}

/** First record of TLS inside a token of CredSSP (MS-CSSP 3.1.5), and an alert in clear in any of its records. */
function credsspRecord(bytes: Uint8Array): HttpAuth['tls'] {
  const first = readRecordHead(bytes);
  if (first === undefined) return undefined;
  let alert: NonNullable<HttpAuth['tls']>['alert'];
  let at = 0;
  for (let records = 0; records < MAX_RECORDS && alert === undefined; records++) {
    const head = readRecordHead(bytes, at);
    if (head === undefined) break;
    const [level, description] = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + head.length);
    if (head.type === RECORD.alert && head.length === 2 && level !== undefined && description !== undefined) alert = { level, description };
    at += RECORD_HEADER + head.length;
  }
  return { contentType: first.type, version: tlsVersionName(first.version), ...(alert === undefined ? {} : { alert }) };
}

function parameterOf(piece: string): { readonly name: string; readonly value: string } | undefined {
  const match = PARAMETER.exec(piece);
  // 'Negotiate' with a token that is only padding has no place here: a value of nothing but '=' is none.
  if (match === null || /^=*$/.test(match[2]!)) return undefined;
  const value = match[2]!.trim();
  return { name: match[1]!.toLowerCase(), value: value.startsWith('"') ? value.slice(1).replace(/"$/, '').replace(/\\(.)/g, '$1') : value };
}

/** Pieces of a comma-separated list; commas inside quotes do not separate (RFC 9110 section 5.6.1). */
function splitList(value: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value.charCodeAt(at);
    if (character === 0x5c && quoted) at++;
    else if (character === 0x22) quoted = !quoted;
    else if (character === 0x2c && !quoted) {
      pieces.push(value.slice(from, at).trim());
      from = at + 1;
    }
  }
  pieces.push(value.slice(from).trim());
  return pieces.filter((piece) => piece !== '');
}

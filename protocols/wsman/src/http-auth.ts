import { LIMITS } from './limits.ts';
import { fromBase64 } from './octets.ts';
import type { HttpResponse } from './transport.ts';

/** One challenge of WWW-Authenticate (RFC 7235): a scheme with its base64 token, when it has one. */
export interface Challenge {
  readonly scheme: string;
  readonly token?: string;
}

/** First header of a name, any case; empty without one. */
export function headerOf(response: Pick<HttpResponse, 'headers'>, name: string): string {
  return response.headers.find(([each]) => each.toLowerCase() === name)?.[1].trim() ?? '';
}

/** Challenges in order, from one header line with a list or from many; parameters such as `realm` are left out. */
export function challengesOf(response: Pick<HttpResponse, 'headers'>): Challenge[] {
  const challenges: Challenge[] = [];
  for (const [name, value] of response.headers) {
    if (name.toLowerCase() !== 'www-authenticate') continue;
    for (const piece of splitList(value)) {
      const match = /^([A-Za-z][A-Za-z0-9!#$&^_.+-]*)(?:\s+(\S.*))?$/.exec(piece);
      if (match === null || challenges.length >= LIMITS.schemes) continue;
      const [, scheme = '', rest = ''] = match;
      challenges.push(/^[A-Za-z0-9+/]+=*$/.test(rest) ? { scheme, token: rest } : { scheme });
    }
  }
  return challenges;
}

/** Schemes, each once, as they were first written. */
export function schemesOf(response: Pick<HttpResponse, 'headers'>): string[] {
  const seen = new Map<string, string>();
  for (const { scheme } of challengesOf(response)) {
    if (!seen.has(scheme.toLowerCase())) seen.set(scheme.toLowerCase(), scheme);
  }
  return [...seen.values()];
}

/** Token of a scheme; `undefined` when the scheme has none, or something that is no base64. */
export function tokenOf(response: Pick<HttpResponse, 'headers'>, scheme: string): Uint8Array | undefined {
  const challenge = challengesOf(response).find((each) => each.scheme.toLowerCase() === scheme.toLowerCase() && each.token !== undefined);
  return challenge?.token === undefined ? undefined : fromBase64(challenge.token);
}

/** Pieces of a comma-separated list; commas inside quotes do not separate. */
function splitList(value: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at <= value.length; at++) {
    const character = value[at];
    if (character === '"' && value[at - 1] !== '\\') quoted = !quoted;
    if (at < value.length && (character !== ',' || quoted)) continue;
    pieces.push(value.slice(from, at).trim());
    from = at + 1;
  }
  return pieces;
}

import { CredsspError, parseTsRequest } from '@winmedic/credssp/messages';
import { berHead, berLength } from './ldap-framing.ts';
import { readToken } from './token.ts';
import type { CredsspMessage, StreamProtocol } from './types.ts';
import { type Framing, type Unit, UnitReader } from './unit-reader.ts';
import { damageOf } from './wire-damage.ts';

/** Bytes of one request: a Kerberos token, a public key and sealed credentials stay far below. */
const MAX_REQUEST = 256 * 1024;
/** Versions of the protocol (MS-CSSP 2.2.1). */
const MAX_VERSION = 6;

/** TSRequests as they stand in the TLS (MS-CSSP 2.2.1). */
const framing: Framing = {
  headBytes: 6,
  keep: MAX_REQUEST,
  length(bytes) {
    if (bytes.length === 0) return undefined;
    return bytes[0] === 0x30 ? berLength(bytes, 0) : 0;
  },
  plausible(bytes, at) {
    if (bytes[at] !== 0x30) return at < bytes.length ? false : undefined;
    const length = berLength(bytes, at);
    if (length === undefined) return undefined;
    if (length === 0) return false;
    const field = at + berHead(bytes, at);
    for (const [i, byte] of [0xa0, 3, 2, 1].entries()) if (field + i < bytes.length && bytes[field + i] !== byte) return false;
    const version = bytes[field + 4];
    return version === undefined ? undefined : version >= 1 && version <= MAX_VERSION;
  },
};

/** CredSSP outside TLS: where something else opened the TLS, and in captures of a proxy. */
export const CREDSSP: StreamProtocol = {
  name: 'credssp',
  recognise(_side, first) {
    const is = framing.plausible(first, 0);
    return is === undefined ? 'more' : is ? 'yes' : 'no';
  },
  open(context) {
    return new UnitReader(framing, context, (unit) => context.emit(read(unit)));
  },
};

function read(unit: Unit): CredsspMessage {
  const { place } = unit;
  const base = { layer: 'credssp', kind: 'ts-request', frame: place.frame, at: place.at, from: unit.side, bytes: unit.length } as const;
  if (unit.partial) return { ...base, version: versionOf(unit.bytes), tokens: [], partial: true };
  try {
    const { version, errorCode, negoTokens } = parseTsRequest(unit.bytes);
    return { ...base, version, ...(errorCode === undefined ? {} : { errorCode }), tokens: negoTokens.map(readToken) };
  } catch (error) {
    if (!(error instanceof CredsspError)) throw error;
    return {
      ...base,
      version: versionOf(unit.bytes),
      tokens: [],
      damages: [damageOf('CAPTURE_CREDSSP_REQUEST', error)],
    };
  }
}

/** The version stands at the beginning; 0 when not even that is there. */
function versionOf(bytes: Uint8Array): number {
  return bytes[berHead(bytes, 0) + 4] ?? 0;
}

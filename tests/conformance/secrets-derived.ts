import { connect, createServer, type Socket } from 'node:net';
import { Secret } from '@winmedic/gss';
import { kerberosParts as parts } from '@winmedic/kerberos';
import { type NtlmChallenge, ntHash, parseNtlmMessage } from '@winmedic/ntlm';
import { readAuthenticator, readEncKdcRepPart } from '../../protocols/kerberos/src/enc-parts.ts';
import { hmacMd5, ntOwfV2 } from '../../protocols/ntlm/src/hashes.ts';
import { exchangesKey, rc4Once, sealKey, signKey } from '../../protocols/ntlm/src/session-keys.ts';
import type { Needles } from './secrets-needles.ts';

const NTLM_SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
const NTLM_PROOF = Buffer.from('NTLMSSP\0\x03\0\0\0', 'latin1');

/** What went over one connection, in the order in which it was seen. */
interface Wire {
  readonly pieces: { readonly sent: boolean; readonly bytes: Buffer }[];
}

/** Stands between the command and a host and keeps what goes through. */
export interface Tap {
  readonly port: number;
  /** Connections with all that went over them. */
  readonly wires: readonly Wire[];
  /** Resolves once an NTLM login has been sent: the password and its keys are in memory then. */
  readonly proved: Promise<void>;
  close(): Promise<void>;
}

/** Starts a tap before a port of this machine. @param hold the answer to the proof of a login never comes. */
export async function startTap(port: number, hold = false): Promise<Tap> {
  const wires: Wire[] = [];
  const sockets = new Set<Socket>();
  const { promise: proved, resolve } = Promise.withResolvers<void>();
  const server = createServer((client) => {
    const wire: Wire = { pieces: [] };
    wires.push(wire);
    const host = connect(port, '127.0.0.1');
    for (const [from, to, sent] of [
      [client, host, true],
      [host, client, false],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        wire.pieces.push({ sent, bytes });
        const proof = tokensOf(wire).some((token) => token.includes(NTLM_PROOF));
        if (proof) resolve();
        if (!(proof && hold)) to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    wires,
    proved,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function conversation(wire: Wire): string {
  return Buffer.concat(wire.pieces.map(({ bytes }) => bytes)).toString('latin1');
}

/** Tokens of the login in HTTP headers, in order. */
function tokensOf(wire: Wire): Buffer[] {
  const found = conversation(wire).matchAll(/(?:Authorization|WWW-Authenticate): (?:NTLM|Negotiate|Kerberos) ([A-Za-z0-9+/]+=*)/gi);
  return [...found].map(([, text = '']) => Buffer.from(text, 'base64'));
}

/** Adds everything NTLM derives from the password on these connections. @returns how many logins were found. */
export function addNtlmKeys(needles: Needles, wires: readonly Wire[], password: string): number {
  const hash = ntHash(new Secret(password));
  needles.addBytes('NT hash', hash);
  let logins = 0;
  for (const wire of wires) {
    let challenge: NtlmChallenge | undefined;
    for (const token of tokensOf(wire)) {
      const at = token.indexOf(NTLM_SIGNATURE);
      if (at < 0) continue;
      const message = parseNtlmMessage(Uint8Array.from(token.subarray(at)));
      if (message.kind === 'challenge') challenge = message;
      if (message.kind !== 'authenticate' || challenge === undefined || message.ntResponse.length < 24) continue;
      logins++;
      const label = `login ${logins}`;
      const responseKey = ntOwfV2(hash, message.user, message.domain);
      const proof = message.ntResponse.subarray(0, 16);
      const right = Buffer.from(hmacMd5(responseKey, challenge.serverChallenge, message.ntResponse.subarray(16)));
      if (!right.equals(proof)) throw new Error('the keys of a login were not derived from this password');
      const baseKey = hmacMd5(responseKey, proof);
      const sessionKey = exchangesKey(message.flags) ? rc4Once(baseKey, message.encryptedSessionKey) : baseKey;
      needles.addBytes(`${label}, NTLMv2 hash`, responseKey).addBytes(`${label}, NTProofStr`, proof);
      needles.addBytes(`${label}, session base key`, baseKey).addBytes(`${label}, exported session key`, sessionKey);
      needles.addBytes(`${label}, encrypted session key`, message.encryptedSessionKey);
      for (const side of ['client', 'server'] as const) {
        needles.addBytes(`${label}, sealing key of the ${side}`, sealKey(message.flags, sessionKey, side));
        const signing = signKey(message.flags, sessionKey, side);
        if (signing !== undefined) needles.addBytes(`${label}, signing key of the ${side}`, signing);
      }
    }
  }
  return logins;
}

/** Requests and answers of a KDC, as its double tells them. */
export type KdcExchange = readonly [request: Uint8Array, reply: Uint8Array];

/** Adds the keys of a Kerberos login: of the password, of both tickets, of the session with the host. @returns how many session keys there were. */
export function addKerberosKeys(
  needles: Needles,
  exchanges: readonly KdcExchange[],
  wires: readonly Wire[],
  passwordKeys: readonly { readonly etype: number; readonly key: Uint8Array }[],
): number {
  for (const { etype, key } of passwordKeys) needles.addBytes(`key of the password, etype ${etype}`, key);
  const keys: { etype: number; key: Uint8Array }[] = [];
  for (const [request, reply] of exchanges) {
    const asked = parts.readWire(request);
    if (asked.messageType === parts.MESSAGE.asReq)
      for (const { type, value } of asked.preAuthentication)
        if (type === parts.PA.encTimestamp) needles.addBytes('encrypted timestamp', parts.readEncrypted(value).cipher);
    const wire = parts.readWire(reply);
    if (wire.messageType !== parts.MESSAGE.asRep && wire.messageType !== parts.MESSAGE.tgsRep) continue;
    const { etype, cipher } = wire.encrypted;
    const tried = wire.messageType === parts.MESSAGE.asRep ? passwordKeys : keys;
    const usages =
      wire.messageType === parts.MESSAGE.asRep ? [parts.USAGE.asRep] : [parts.USAGE.tgsRepSessionKey, parts.USAGE.tgsRepSubkey];
    const clear = firstOf(tried, usages, etype, cipher);
    if (clear === undefined) continue;
    const { sessionKey } = readEncKdcRepPart(clear);
    keys.push(sessionKey);
    needles.addBytes(`session key ${keys.length}`, sessionKey.key);
  }
  for (const wire of wires) for (const token of tokensOf(wire)) addSubkey(needles, token, keys);
  return keys.length;
}

function firstOf(
  keys: readonly { readonly etype: number; readonly key: Uint8Array }[],
  usages: readonly number[],
  etype: number,
  cipher: Uint8Array,
): Uint8Array | undefined {
  for (const each of keys) {
    if (each.etype !== etype) continue;
    for (const usage of usages) {
      try {
        return parts.encryptionType(etype).forUsage(each.key, usage).decrypt(cipher);
      } catch {
        // Another key.
      }
    }
  }
  return undefined;
}

/** The AP-REQ (`[APPLICATION 14]`) stands behind its token identifier 01 00. */
function addSubkey(needles: Needles, token: Buffer, keys: readonly { readonly etype: number; readonly key: Uint8Array }[]): void {
  const at = token.indexOf(Buffer.from([1, 0, 0x6e]));
  if (at < 0) return;
  const wire = parts.readWire(Uint8Array.from(token.subarray(at + 2)));
  if (wire.messageType !== parts.MESSAGE.apReq) return;
  const { etype, cipher } = wire.authenticator;
  const clear = firstOf(keys, [parts.USAGE.apReqAuthenticator], etype, cipher);
  if (clear === undefined) throw new Error('the authenticator of a login was made with a key that is not known');
  const { subkey } = readAuthenticator(clear);
  if (subkey !== undefined) needles.addBytes('subkey of the login', subkey.key);
}

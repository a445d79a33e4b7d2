import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  type KdcTransport,
  type Krb5Conf,
  kerberosTcpFrame,
  kerberosTcpMessages,
  parseKdcAddress,
  readKerberosMessage,
} from '@winmedic/kerberos';
import { ConnectError } from './connect-error.ts';
import { dial } from './dial.ts';
import type { KerberosSettings } from './kerberos-settings.ts';
import { within } from './name-rung.ts';
import { srvRecords } from './srv-records.ts';

/** KDCs of one realm that are asked, best first. */
const MAX_KDCS = 6;
/** Silence over UDP after which TCP is tried; a KDC answers in milliseconds. */
const UDP_MS = 1500;
const TCP_MS = 4000;
const DNS_MS = 5000;
/** Larger requests go over TCP at once (MIT: udp_preference_limit 1465). */
const UDP_MAX = 1400;
/** KRB_ERR_RESPONSE_TOO_BIG (RFC 4120 section 7.5.9). */
const TOO_BIG = 52;
/** PA-ENC-TIMESTAMP (RFC 4120 section 7.5.2). */
const ENC_TIMESTAMP = 2;
const MAX_ANSWER = 1 << 20;

/** A KDC to ask. */
export interface Kdc {
  readonly host: string;
  readonly port: number;
  /** Only this protocol; both when absent. */
  readonly protocol?: 'tcp' | 'udp';
}

/**
 * KDCs of a realm: those given, else those of krb5.conf, else the SRV records `_kerberos._udp` and `_kerberos._tcp` of the realm's DNS domain
 * (RFC 4120 section 7.2.3.2). Never rejects; empty when none is known.
 */
export async function kdcsOf(realm: string, settings: KerberosSettings, config: Krb5Conf): Promise<readonly Kdc[]> {
  const written = settings.kdcs ?? config.kdcs.get(realm) ?? config.kdcs.get(realm.toUpperCase()) ?? [];
  const known = written.flatMap((text) => parseKdcAddress(text) ?? []);
  if (known.length > 0 || !config.dnsLookupKdc || !/^[A-Za-z0-9._-]{1,253}$/.test(realm)) return known.slice(0, MAX_KDCS);
  const ask = settings.lookUpSrv ?? ((name: string) => srvRecords(name));
  const found = new Map<string, { readonly kdc: Kdc; readonly priority: number }>();
  for (const protocol of ['udp', 'tcp'] as const) {
    const answers = await within(ask(`_kerberos._${protocol}.${realm.toLowerCase()}`), DNS_MS).catch(() => []);
    for (const { name, port, priority } of answers) {
      // A target of `.` says that there is no such service (RFC 2782).
      if (name === '' || name === '.' || !(port >= 1 && port <= 65_535)) continue;
      const key = `${name.toLowerCase()}:${port}`;
      // Named for both protocols: either may be used.
      const both = found.get(key)?.kdc.protocol !== undefined && found.get(key)?.kdc.protocol !== protocol;
      found.set(key, { kdc: { host: name, port, ...(both ? {} : { protocol }) }, priority });
    }
  }
  return [...found.values()]
    .sort((a, b) => a.priority - b.priority)
    .slice(0, MAX_KDCS)
    .map(({ kdc }) => kdc);
}

/**
 * Asks KDCs one after the other: over UDP, then over TCP when the request is large, the answer would not fit, or nothing comes. A request that
 * proves a password goes over TCP, and once only: a datagram whose answer was lost, or did not fit, had been checked all the same.
 * The transport rejects with ConnectError `CONNECT_KDC` when none answers.
 * @param kdcs finds those of a realm; referrals may lead to others.
 */
export function kdcTransport(kdcs: (realm: string) => Promise<readonly Kdc[]>, signal?: AbortSignal): KdcTransport {
  return async (realm, message) => {
    const once = provesPassword(message);
    for (const kdc of await kdcs(realm)) {
      if (signal?.aborted) break;
      const address = await addressOf(kdc.host);
      if (address === undefined) continue;
      const asked = once ? await askOnce(address, kdc, message, signal) : await askOne(address, kdc, message, signal);
      if (asked.answer !== undefined) return asked.answer;
      if (once && asked.sent) break;
    }
    throw new ConnectError('CONNECT_KDC', `KDC of ${realm}`);
  };
}

/** Does a request hold an encrypted timestamp (PA-ENC-TIMESTAMP, RFC 4120 section 5.2.7.2), which the KDC counts as a try of the password? */
export function provesPassword(message: Uint8Array): boolean {
  try {
    const request = readKerberosMessage(message);
    return request.kind === 'AS-REQ' && request.preAuthentication.some(({ type }) => type === ENC_TIMESTAMP);
  } catch {
    return false;
  }
}

interface Asked {
  readonly answer?: Uint8Array;
  /** It may have arrived. */
  readonly sent: boolean;
}

async function askOnce(address: string, kdc: Kdc, message: Uint8Array, signal: AbortSignal | undefined): Promise<Asked> {
  if (kdc.protocol !== 'udp') {
    const asked = await overTcp(address, kdc.port, message, signal);
    if (asked.sent || kdc.protocol === 'tcp') return asked;
  }
  return overUdp(address, kdc.port, message);
}

async function askOne(address: string, kdc: Kdc, message: Uint8Array, signal: AbortSignal | undefined): Promise<Asked> {
  if (kdc.protocol !== 'tcp' && message.length <= UDP_MAX) {
    const asked = await overUdp(address, kdc.port, message);
    if (kdc.protocol === 'udp' || (asked.answer !== undefined && !isTooBig(asked.answer))) return asked;
  }
  return kdc.protocol === 'udp' ? { sent: false } : overTcp(address, kdc.port, message, signal);
}

function isTooBig(answer: Uint8Array): boolean {
  try {
    const message = readKerberosMessage(answer);
    return message.kind === 'KRB-ERROR' && message.error === TOO_BIG;
  } catch {
    return false;
  }
}

async function addressOf(host: string): Promise<string | undefined> {
  if (isIP(host) > 0) return host;
  try {
    return (await within(lookup(host), DNS_MS)).address;
  } catch {
    return undefined;
  }
}

function overUdp(address: string, port: number, message: Uint8Array): Promise<Asked> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const give = (answer: Uint8Array | undefined) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(answer === undefined ? { sent: true } : { sent: true, answer });
    };
    const timer = setTimeout(() => give(undefined), UDP_MS);
    socket.once('error', () => give(undefined));
    socket.once('message', (answer) => give(new Uint8Array(answer)));
    // A connected socket takes datagrams of the KDC alone.
    socket.connect(port, address, () => socket.send(message));
  });
}

async function overTcp(address: string, port: number, message: Uint8Array, signal: AbortSignal | undefined): Promise<Asked> {
  const dialled = await dial(address, port, TCP_MS, signal);
  if (dialled.result !== 'open') return { sent: false };
  const { socket } = dialled;
  return new Promise((resolve) => {
    let buffer = Buffer.alloc(0);
    const give = (answer: Uint8Array | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer === undefined ? { sent: true } : { sent: true, answer });
    };
    const timer = setTimeout(() => give(undefined), TCP_MS);
    socket.on('error', () => give(undefined));
    socket.on('end', () => give(undefined));
    socket.on('data', (piece: Buffer) => {
      buffer = Buffer.concat([buffer, piece]);
      try {
        const [answer] = kerberosTcpMessages(buffer).messages;
        if (answer !== undefined) give(new Uint8Array(answer));
        else if (buffer.length > MAX_ANSWER) give(undefined);
      } catch {
        give(undefined);
      }
    });
    socket.write(kerberosTcpFrame(message));
  });
}

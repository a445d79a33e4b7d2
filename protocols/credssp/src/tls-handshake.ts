import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket, TLSSocket as Tls } from 'node:tls';
import type { CredsspTlsVersion } from './context.ts';
import { CredsspError } from './errors.ts';
import { recordCipher, TLS_CIPHERS, TlsRecords, type TunnelKeys, tls12Keys, tls13Keys } from './tls-records.ts';

/** A flight of a handshake, with chain and tickets, is a few KiB; larger input is no handshake. */
const MAX_FLIGHT_BYTES = 1 << 18;
/** Turns of the event loop without anything happening after which the engine waits for the peer; it works within one. */
const QUIET_TURNS = 4;

/** A tunnel that stands. */
export interface Tunnel {
  readonly version: CredsspTlsVersion;
  /** IANA name. */
  readonly cipher: string;
  readonly records: TlsRecords;
  /** Initiator: the server's certificate; acceptor: its own. DER. */
  readonly certificate: Uint8Array;
  /** What the peer sent behind its last flight, decrypted. */
  readonly early: Uint8Array;
}

/** Client settings. */
export type ClientTls = Pick<ConnectionOptions, 'minVersion' | 'maxVersion' | 'rejectUnauthorized' | 'ca' | 'servername'>;
/** Server settings. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  readonly minVersion: CredsspTlsVersion;
  readonly maxVersion: CredsspTlsVersion;
}

/** A TLS handshake by node:tls without a socket: flights in, flights out. */
export class TlsHandshake {
  /** Set when the handshake is complete; the output of that step must still be sent. */
  tunnel?: Tunnel;
  readonly #role: 'client' | 'server';
  readonly #socket: TLSSocket;
  readonly #pipe: Duplex;
  readonly #secrets = new Map<string, { readonly random: Buffer; readonly secret: Buffer }>();
  #output: Buffer[] = [];
  #clear: Buffer[] = [];
  #serverHello: { readonly random: Uint8Array; readonly encryptThenMac: boolean } | undefined;
  #secure = false;
  #failure?: Error;
  #activity = 0;

  constructor(side: { readonly role: 'client'; readonly tls: ClientTls } | { readonly role: 'server'; readonly tls: ServerTls }) {
    this.#role = side.role;
    this.#pipe = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#output.push(chunk);
        this.#activity++;
        done();
      },
    });
    this.#socket =
      side.role === 'client'
        ? connect({ socket: this.#pipe, ciphers: TLS_CIPHERS, ...side.tls })
        : new Tls(this.#pipe, { isServer: true, secureContext: createSecureContext({ ciphers: TLS_CIPHERS, ...side.tls }) });
    this.#socket.on('keylog', (line: Buffer) => {
      const [label = '', random = '', secret = ''] = line.toString('latin1').trim().split(' ');
      this.#secrets.set(label, { random: Buffer.from(random, 'hex'), secret: Buffer.from(secret, 'hex') });
    });
    this.#socket.on(side.role === 'client' ? 'secureConnect' : 'secure', () => {
      this.#secure = true;
      this.#activity++;
    });
    this.#socket.on('data', (data: Buffer) => this.#clear.push(data));
    this.#socket.on('error', (error: Error) => {
      this.#failure = error;
      this.#activity++;
    });
    this.#pipe.on('error', () => {
      // The socket tells it as its own.
    });
  }

  /**
   * Takes the peer's flight and gives ours, which may be empty.
   * @throws CredsspError `CREDSSP_TLS`.
   */
  async step(flight?: Uint8Array): Promise<Uint8Array> {
    if (flight !== undefined) {
      if (flight.length > MAX_FLIGHT_BYTES)
        throw new CredsspError('CREDSSP_LIMIT', 'TLS flight', { need: MAX_FLIGHT_BYTES, have: flight.length, stage: 'tls' });
      if (this.#role === 'client') this.#serverHello ??= readServerHello(flight);
      this.#pipe.push(Buffer.from(flight));
    }
    await this.#settle();
    if (this.#failure !== undefined) {
      this.#socket.destroy();
      throw new CredsspError('CREDSSP_TLS', 'handshake', { cause: this.#failure, stage: 'tls' });
    }
    const output = Buffer.concat(this.#output);
    this.#output = [];
    if (this.#role === 'server') this.#serverHello ??= readServerHello(output);
    if (this.#secure) this.#finish(flight ?? new Uint8Array(0), output);
    else if (output.length === 0)
      throw new CredsspError('CREDSSP_TLS', 'flight that ends early', { have: flight?.length ?? 0, stage: 'tls' });
    return output;
  }

  async #settle(): Promise<void> {
    for (let quiet = 0, seen = this.#activity; quiet < QUIET_TURNS; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#activity !== seen) quiet = 0;
      seen = this.#activity;
    }
  }

  #finish(flight: Uint8Array, output: Uint8Array): void {
    const server = this.#role === 'server';
    const version = this.#socket.getProtocol() === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2';
    const cipher = this.#socket.getCipher().standardName;
    const keys = this.#keys(version, cipher);
    const certificate = server ? this.#socket.getX509Certificate()?.raw : this.#socket.getPeerX509Certificate()?.raw;
    if (certificate === undefined) throw new CredsspError('CREDSSP_TLS', 'certificate of the server', { stage: 'tls' });
    // Records that node:tls has already sent or read with the keys of the application. TLS 1.2: Finished was number 0 of both directions.
    // TLS 1.3: the server's tickets; the client's Finished is a data record with other keys.
    const sent = version === 'TLSv1.2' ? 1 : server ? countData(output) : 0;
    const received = version === 'TLSv1.2' ? 1 + countData(flight) : server ? Math.max(0, countData(flight) - 1) : 0;
    const records = new TlsRecords(keys, this.#role, sent, received);
    this.tunnel = { version, cipher, records, certificate, early: Uint8Array.from(Buffer.concat(this.#clear)) };
    this.#secrets.clear();
    this.#socket.removeAllListeners('data');
    // Without its close_notify: the tunnel goes on, only this engine ends.
    this.#socket.destroy();
  }

  #keys(version: CredsspTlsVersion, cipher: string): TunnelKeys {
    const logged = (label: string): { readonly random: Buffer; readonly secret: Buffer } => {
      const found = this.#secrets.get(label);
      if (found === undefined) throw new CredsspError('CREDSSP_TLS', `key log ${label}`, { stage: 'tls' });
      return found;
    };
    if (version === 'TLSv1.3')
      return tls13Keys(
        { client: logged('CLIENT_TRAFFIC_SECRET_0').secret, server: logged('SERVER_TRAFFIC_SECRET_0').secret },
        recordCipher(cipher),
      );
    const { random, secret } = logged('CLIENT_RANDOM');
    if (this.#serverHello === undefined) throw new CredsspError('CREDSSP_TLS', 'ServerHello', { stage: 'tls' });
    const { random: serverRandom, encryptThenMac } = this.#serverHello;
    return tls12Keys({ master: secret, clientRandom: random, serverRandom }, recordCipher(cipher), encryptThenMac);
  }
}

/** Records of type application_data. */
function countData(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at + 5 <= bytes.length; at += 5 + (bytes[at + 3] as number) * 256 + (bytes[at + 4] as number))
    if (bytes[at] === 23) count++;
  return count;
}

const HANDSHAKE = 22;
const SERVER_HELLO = 2;
const EXTENSION_ENCRYPT_THEN_MAC = 22;

/**
 * The server's random and whether it took encrypt-then-MAC (RFC 5246 section 7.4.1.3, RFC 7366), from the flight's first record; `undefined`
 * when it is something else, which node:tls then complains about.
 */
function readServerHello(flight: Uint8Array): { readonly random: Uint8Array; readonly encryptThenMac: boolean } | undefined {
  // Record header 5, handshake header 4, version 2, random 32, length of the session identifier 1.
  if (flight[0] !== HANDSHAKE || flight[5] !== SERVER_HELLO || flight.length < 44) return undefined;
  const end = Math.min(flight.length, 9 + ((flight[6] as number) << 16) + ((flight[7] as number) << 8) + (flight[8] as number));
  // Session identifier, cipher suite 2, compression 1, length of the extensions 2.
  let at = 44 + (flight[43] as number) + 5;
  let encryptThenMac = false;
  const u16 = (i: number): number => (flight[i] as number) * 256 + (flight[i + 1] as number);
  while (at + 4 <= end) {
    if (u16(at) === EXTENSION_ENCRYPT_THEN_MAC) encryptThenMac = true;
    at += 4 + u16(at + 2);
  }
  return { random: Uint8Array.from(flight.subarray(11, 43)), encryptThenMac };
}

import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CredsspTlsVersion } from './context.ts';
import { CredsspError } from './errors.ts';

/**
 * TLS records after the handshake, synchronous. node:tls makes the handshake; it cannot go on, because it hands out the second of two records
 * only when the event loop has turned, and sealing a message is one call. The keys come from its key log.
 */

/** A cipher suite as far as records are concerned (RFC 5246 section 6.2.3, RFC 5288, RFC 8446 section 5.2). */
export interface RecordCipher {
  readonly mode: 'gcm' | 'cbc';
  readonly keyBytes: 16 | 32;
  /** Hash of the key derivation. */
  readonly hash: 'sha256' | 'sha384';
  /** Hash of the record's MAC; with `cbc`. */
  readonly mac?: 'sha1' | 'sha256' | 'sha384';
}

/** Ciphers offered and taken, in OpenSSL's words: AES as Schannel has it, so that these records know them all. */
export const TLS_CIPHERS =
  'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+AES:kRSA+AESGCM:kRSA+AES:!aNULL:!PSK:!SRP:!AESCCM:!AESCCM8';

/** The cipher by its IANA name. @throws CredsspError `CREDSSP_TLS` for one that is not among {@link TLS_CIPHERS}. */
export function recordCipher(name: string): RecordCipher {
  const match = /(?:^TLS_|_WITH_)AES_(128|256)_(GCM|CBC)_(SHA|SHA256|SHA384)$/.exec(name);
  if (match === null) throw new CredsspError('CREDSSP_TLS', 'cipher suite', { have: name, stage: 'tls' });
  const [, bits, mode, hash] = match;
  const cipher = { keyBytes: bits === '128' ? 16 : 32, hash: hash === 'SHA384' ? 'sha384' : 'sha256' } as const;
  if (mode === 'GCM') return { mode: 'gcm', ...cipher };
  return { mode: 'cbc', ...cipher, mac: hash === 'SHA' ? 'sha1' : hash === 'SHA384' ? 'sha384' : 'sha256' };
}

const MAC_BYTES = { sha1: 20, sha256: 32, sha384: 48 } as const;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;
const HEADER_BYTES = 5;
/** Largest content of a record (RFC 8446 section 5.1); larger messages take more records. */
export const RECORD_DATA_BYTES = 16384;
/** What a record may be longer than its content (RFC 5246 section 6.2.3). */
const MAX_EXPANSION = 2048;
const TYPE = { alert: 21, handshake: 22, data: 23 } as const;
const NEW_SESSION_TICKET = 4;

/** Keys of one direction. */
interface DirectionKeys {
  readonly key: Uint8Array;
  /** Fixed part of the nonce: 4 bytes (TLS 1.2 GCM), 12 (TLS 1.3), none (CBC). */
  readonly iv: Uint8Array;
  readonly macKey: Uint8Array;
}

/** Both directions of a tunnel. */
export interface TunnelKeys {
  readonly version: CredsspTlsVersion;
  readonly cipher: RecordCipher;
  /** CBC with the MAC over the ciphertext (RFC 7366). */
  readonly encryptThenMac: boolean;
  readonly client: DirectionKeys;
  readonly server: DirectionKeys;
}

/** Keys of TLS 1.2 from the master secret (RFC 5246 sections 5 and 6.3). */
export function tls12Keys(
  secrets: { readonly master: Uint8Array; readonly clientRandom: Uint8Array; readonly serverRandom: Uint8Array },
  cipher: RecordCipher,
  encryptThenMac: boolean,
): TunnelKeys {
  const macBytes = cipher.mac === undefined ? 0 : MAC_BYTES[cipher.mac];
  const ivBytes = cipher.mode === 'gcm' ? 4 : 0;
  const seed = Buffer.concat([Buffer.from('key expansion', 'latin1'), secrets.serverRandom, secrets.clientRandom]);
  const hmac = (...parts: readonly Uint8Array[]): Buffer => {
    const mac = createHmac(cipher.hash, secrets.master);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  let block = Buffer.alloc(0);
  for (let a = hmac(seed); block.length < 2 * (macBytes + cipher.keyBytes + ivBytes); a = hmac(a))
    block = Buffer.concat([block, hmac(a, seed)]);
  let at = 0;
  const take = (size: number): Buffer => {
    at += size;
    return block.subarray(at - size, at);
  };
  const macKeys = [take(macBytes), take(macBytes)] as const;
  const keys = [take(cipher.keyBytes), take(cipher.keyBytes)] as const;
  const ivs = [take(ivBytes), take(ivBytes)] as const;
  return {
    version: 'TLSv1.2',
    cipher,
    encryptThenMac,
    client: { macKey: macKeys[0], key: keys[0], iv: ivs[0] },
    server: { macKey: macKeys[1], key: keys[1], iv: ivs[1] },
  };
}

/** Keys of TLS 1.3 from the application traffic secrets (RFC 8446 section 7.3). */
export function tls13Keys(secrets: { readonly client: Uint8Array; readonly server: Uint8Array }, cipher: RecordCipher): TunnelKeys {
  const expand = (secret: Uint8Array, label: string, size: number): Uint8Array => {
    const name = Buffer.from(`tls13 ${label}`, 'latin1');
    // HKDF-Expand-Label with an empty context; the key and nonce need one block of HKDF-Expand.
    const info = Buffer.concat([Buffer.of(0, size, name.length), name, Buffer.of(0, 1)]);
    return createHmac(cipher.hash, secret).update(info).digest().subarray(0, size);
  };
  const direction = (secret: Uint8Array): DirectionKeys => ({
    key: expand(secret, 'key', cipher.keyBytes),
    iv: expand(secret, 'iv', 12),
    macKey: new Uint8Array(0),
  });
  return { version: 'TLSv1.3', cipher, encryptThenMac: false, client: direction(secrets.client), server: direction(secrets.server) };
}

/** Seals and opens records in both directions; sequence numbers count inside. */
export class TlsRecords {
  readonly #keys: TunnelKeys;
  readonly #out: DirectionKeys;
  readonly #in: DirectionKeys;
  #sent: number;
  #received: number;

  /** @param sent records already sent with these keys, @param received those already received, by the handshake. */
  constructor(keys: TunnelKeys, role: 'client' | 'server', sent: number, received: number) {
    this.#keys = keys;
    this.#out = keys[role];
    this.#in = keys[role === 'client' ? 'server' : 'client'];
    this.#sent = sent;
    this.#received = received;
  }

  /** Encrypts; data of more than {@link RECORD_DATA_BYTES} bytes takes several records, empty data one. */
  seal(data: Uint8Array): Uint8Array {
    const records: Uint8Array[] = [];
    let at = 0;
    do {
      records.push(this.#sealRecord(data.subarray(at, at + RECORD_DATA_BYTES)));
      at += RECORD_DATA_BYTES;
    } while (at < data.length);
    return Buffer.concat(records);
  }

  /**
   * Decrypts whole records. Session tickets are passed over.
   * @throws CredsspError `CREDSSP_BAD_MIC` for a record that was changed, `CREDSSP_TLS` for an alert, a renegotiation or a damaged record.
   */
  open(bytes: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = bytes.length - at < HEADER_BYTES ? undefined : (bytes[at + 3] as number) * 256 + (bytes[at + 4] as number);
      if (size === undefined || size > bytes.length - at - HEADER_BYTES)
        throw new CredsspError('CREDSSP_TLS', 'record', { offset: at, need: (size ?? 0) + HEADER_BYTES, have: bytes.length - at });
      if (size > RECORD_DATA_BYTES + MAX_EXPANSION)
        throw new CredsspError('CREDSSP_TLS', 'length of a record', { offset: at, need: RECORD_DATA_BYTES + MAX_EXPANSION, have: size });
      const record = this.#openRecord(
        bytes.subarray(at, at + HEADER_BYTES),
        bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + size),
        at,
      );
      if (record.type === TYPE.data) parts.push(record.content);
      else if (record.type === TYPE.alert)
        throw new CredsspError('CREDSSP_TLS', 'alert of the peer', { offset: at, have: record.content[1] ?? 'none' });
      // A change of keys or a renegotiation is nothing that Windows does within a login or a message.
      else if (record.type !== TYPE.handshake || record.content[0] !== NEW_SESSION_TICKET)
        throw new CredsspError('CREDSSP_TLS', 'type of a record', { offset: at, need: TYPE.data, have: record.type });
      at += HEADER_BYTES + size;
    }
    // Plain bytes: what reads them may rely on `slice` making a copy, which a Buffer's does not.
    return Uint8Array.from(Buffer.concat(parts));
  }

  #sealRecord(data: Uint8Array): Uint8Array {
    const { version, cipher } = this.#keys;
    const sequence = this.#sent++;
    const { key, iv } = this.#out;
    if (version === 'TLSv1.3') {
      const header = recordHeader(TYPE.data, data.length + 1 + TAG_BYTES);
      const seal = createCipheriv(gcm(cipher), key, nonce13(iv, sequence)).setAAD(header);
      return Buffer.concat([header, seal.update(data), seal.update(Uint8Array.of(TYPE.data)), seal.final(), seal.getAuthTag()]);
    }
    if (cipher.mode === 'gcm') {
      const explicit = counter(sequence);
      const seal = createCipheriv(gcm(cipher), key, Buffer.concat([iv, explicit])).setAAD(authenticated(sequence, TYPE.data, data.length));
      const body = Buffer.concat([explicit, seal.update(data), seal.final(), seal.getAuthTag()]);
      return Buffer.concat([recordHeader(TYPE.data, body.length), body]);
    }
    const explicit = randomBytes(BLOCK_BYTES);
    const inner = this.#keys.encryptThenMac ? data : Buffer.concat([data, this.#mac(this.#out, sequence, TYPE.data, data)]);
    const padding = BLOCK_BYTES - 1 - (inner.length % BLOCK_BYTES);
    const seal = createCipheriv(cbc(cipher), key, explicit).setAutoPadding(false);
    const body = Buffer.concat([explicit, seal.update(inner), seal.update(Buffer.alloc(padding + 1, padding)), seal.final()]);
    const tail = this.#keys.encryptThenMac ? this.#mac(this.#out, sequence, TYPE.data, body) : Buffer.alloc(0);
    return Buffer.concat([recordHeader(TYPE.data, body.length + tail.length), body, tail]);
  }

  #openRecord(header: Uint8Array, body: Uint8Array, offset: number): { readonly type: number; readonly content: Uint8Array } {
    const { version, cipher } = this.#keys;
    const sequence = this.#received++;
    const { key, iv } = this.#in;
    const type = header[0] as number;
    if (version === 'TLSv1.3') {
      const inner = aead(gcm(cipher), key, nonce13(iv, sequence), header, body, offset);
      // The type stands behind the content, zeros may follow it (RFC 8446 section 5.4).
      let end = inner.length - 1;
      while (end > 0 && inner[end] === 0) end--;
      return { type: inner[end] ?? 0, content: inner.subarray(0, Math.max(0, end)) };
    }
    if (cipher.mode === 'gcm') {
      const nonce = Buffer.concat([iv, body.subarray(0, 8)]);
      return {
        type,
        content: aead(gcm(cipher), key, nonce, authenticated(sequence, type, body.length - 8 - TAG_BYTES), body.subarray(8), offset),
      };
    }
    return { type, content: this.#openCbc(body, sequence, type, offset) };
  }

  #openCbc(body: Uint8Array, sequence: number, type: number, offset: number): Uint8Array {
    const { cipher, encryptThenMac } = this.#keys;
    const macBytes = MAC_BYTES[cipher.mac as keyof typeof MAC_BYTES];
    const encrypted = encryptThenMac ? body.subarray(0, Math.max(0, body.length - macBytes)) : body;
    // One error for every way in which the record is wrong: padding and MAC must not be told apart.
    const wrong = (): CredsspError => new CredsspError('CREDSSP_BAD_MIC', 'TLS record', { offset });
    if (encrypted.length < 2 * BLOCK_BYTES || encrypted.length % BLOCK_BYTES !== 0) throw wrong();
    if (encryptThenMac && !timingSafeEqual(this.#mac(this.#in, sequence, type, encrypted), body.subarray(encrypted.length))) throw wrong();
    const open = createDecipheriv(cbc(cipher), this.#in.key, encrypted.subarray(0, BLOCK_BYTES)).setAutoPadding(false);
    const inner = Buffer.concat([open.update(encrypted.subarray(BLOCK_BYTES)), open.final()]);
    const padding = inner[inner.length - 1] as number;
    const tail = padding + 1 + (encryptThenMac ? 0 : macBytes);
    const sound = tail <= inner.length && inner.subarray(inner.length - padding - 1).every((byte) => byte === padding);
    // With wrong padding the MAC is computed all the same, over the whole.
    const content = inner.subarray(0, sound ? inner.length - tail : Math.max(0, inner.length - macBytes - 1));
    if (!encryptThenMac) {
      const mac = inner.subarray(content.length, content.length + macBytes);
      const right = this.#mac(this.#in, sequence, type, content);
      if (mac.length !== macBytes || !timingSafeEqual(right, mac)) throw wrong();
    }
    if (!sound) throw wrong();
    return content;
  }

  #mac(keys: DirectionKeys, sequence: number, type: number, data: Uint8Array): Buffer {
    return createHmac(this.#keys.cipher.mac as string, keys.macKey)
      .update(authenticated(sequence, type, data.length))
      .update(data)
      .digest();
  }
}

function aead(
  name: 'aes-128-gcm' | 'aes-256-gcm',
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  body: Uint8Array,
  offset: number,
): Buffer {
  const wrong = 'TLS record';
  if (body.length < TAG_BYTES || nonce.length !== 12) throw new CredsspError('CREDSSP_BAD_MIC', wrong, { offset });
  const open = createDecipheriv(name, key, nonce)
    .setAAD(aad)
    .setAuthTag(body.subarray(body.length - TAG_BYTES));
  const content = open.update(body.subarray(0, body.length - TAG_BYTES));
  try {
    open.final();
  } catch (error) {
    throw new CredsspError('CREDSSP_BAD_MIC', wrong, { offset, cause: error });
  }
  return content;
}

function gcm(cipher: RecordCipher): 'aes-128-gcm' | 'aes-256-gcm' {
  return cipher.keyBytes === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
}

function cbc(cipher: RecordCipher): string {
  return cipher.keyBytes === 16 ? 'aes-128-cbc' : 'aes-256-cbc';
}

/** Both versions write 3,3 (RFC 8446 section 5.1). */
function recordHeader(type: number, length: number): Buffer {
  return Buffer.of(type, 3, 3, length >> 8, length & 0xff);
}

function counter(sequence: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(sequence));
  return bytes;
}

/** Sequence number, type, version, length (RFC 5246 section 6.2.3.3). */
function authenticated(sequence: number, type: number, length: number): Buffer {
  return Buffer.concat([counter(sequence), recordHeader(type, Math.max(0, length))]);
}

function nonce13(iv: Uint8Array, sequence: number): Buffer {
  const nonce = Buffer.from(iv);
  for (const [i, byte] of counter(sequence).entries()) nonce[4 + i] = (nonce[4 + i] as number) ^ byte;
  return nonce;
}

/**
 * Bytes of a record that are called its trailer on Windows (SecPkgContext_StreamSizes): tag, or MAC and padding. WinRM's framing writes this
 * number in front of a sealed piece (Length-Field, MS-WSMV 2.2.9.1.3.1, 2.2.9.1.3.2); the record follows whole. By cipher suite as the pypsrp
 * project computes it, which works with Windows.
 * @param dataLength bytes of the clear piece, at most {@link RECORD_DATA_BYTES}.
 */
export function trailerLength(version: CredsspTlsVersion, cipher: RecordCipher, dataLength: number): number {
  if (version === 'TLSv1.3') return TAG_BYTES + 1;
  if (cipher.mac === undefined) return TAG_BYTES;
  const mac = MAC_BYTES[cipher.mac];
  return mac + BLOCK_BYTES - ((dataLength + mac) % BLOCK_BYTES);
}

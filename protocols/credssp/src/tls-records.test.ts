import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { type IssuedCertificate, issueCertificate } from '../../../labs/src/certificates/index.ts';
import { CredsspError } from './errors.ts';
import { TlsHandshake, type Tunnel } from './tls-handshake.ts';
import { RECORD_DATA_BYTES, recordCipher, TlsRecords, tls13Keys, trailerLength } from './tls-records.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const quiet = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A TLS server that is node:tls alone. */
class NodeServer {
  readonly heard: Buffer[] = [];
  readonly socket: TLSSocket;
  readonly #pipe: Duplex;
  #out: Buffer[] = [];

  constructor(
    { key, cert }: IssuedCertificate,
    options: { readonly version: 'TLSv1.2' | 'TLSv1.3'; readonly ciphers: string; readonly secureOptions?: number },
  ) {
    this.#pipe = new Duplex({
      read: () => {},
      write: (chunk, _, done) => {
        this.#out.push(chunk);
        done();
      },
    });
    const { version, ...rest } = options;
    this.socket = new TLSSocket(this.#pipe, {
      isServer: true,
      secureContext: createSecureContext({ key, cert, minVersion: version, maxVersion: version, ...rest }),
    });
    this.socket.on('data', (data: Buffer) => this.heard.push(data));
  }

  async say(bytes: Uint8Array): Promise<Buffer> {
    this.#pipe.push(Buffer.from(bytes));
    await quiet();
    return this.taken();
  }

  taken(): Buffer {
    const out = Buffer.concat(this.#out);
    this.#out = [];
    return out;
  }
}

let issued: IssuedCertificate;
beforeAll(() => {
  issued = issueCertificate({ commonName: 'hv01.corp.example' });
});

async function tunnelTo(server: NodeServer, version: 'TLSv1.2' | 'TLSv1.3'): Promise<Tunnel> {
  const handshake = new TlsHandshake({ role: 'client', tls: { minVersion: version, maxVersion: version, rejectUnauthorized: false } });
  let flight = await handshake.step();
  while (handshake.tunnel === undefined) flight = await handshake.step(await server.say(flight));
  const { tunnel } = handshake;
  // TLS 1.3: our Finished brings tickets.
  if (flight.length > 0) expect(tunnel.records.open(await server.say(flight))).toEqual(new Uint8Array(0));
  return tunnel;
}

/** SSL_OP_NO_ENCRYPT_THEN_MAC, which Node does not name: what Schannel is like. */
const NO_ENCRYPT_THEN_MAC = 1 << 19;

describe('TLS records against OpenSSL', () => {
  it.each([
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', undefined],
    ['TLSv1.3', 'TLS_AES_128_GCM_SHA256', undefined],
    ['TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384', undefined],
    ['TLSv1.2', 'AES128-GCM-SHA256', undefined],
    ['TLSv1.2', 'ECDHE-RSA-AES256-SHA384', undefined],
    ['TLSv1.2', 'ECDHE-RSA-AES256-SHA384', NO_ENCRYPT_THEN_MAC],
    ['TLSv1.2', 'ECDHE-RSA-AES128-SHA256', NO_ENCRYPT_THEN_MAC],
    ['TLSv1.2', 'AES256-SHA256', undefined],
    ['TLSv1.2', 'ECDHE-RSA-AES128-SHA', NO_ENCRYPT_THEN_MAC],
    ['TLSv1.2', 'AES256-SHA', undefined],
  ] as const)('%s %s', async (version, ciphers, secureOptions) => {
    const server = new NodeServer(issued, { version, ciphers, ...(secureOptions !== undefined && { secureOptions }) });
    const tunnel = await tunnelTo(server, version);
    expect(tunnel.certificate).toEqual(Buffer.from(issued.certificate));
    // Several records without a turn of the event loop between them: what node:tls cannot do, and why the records are our own.
    const messages = [0, 1, 15, 16, 17, RECORD_DATA_BYTES, 40_000].map((size) => Buffer.alloc(size, size + 1));
    const sealed = messages.map((message) => tunnel.records.seal(message));
    for (const [i, bytes] of sealed.entries()) {
      server.heard.length = 0;
      await server.say(bytes);
      expect(Buffer.concat(server.heard).equals(messages[i]!)).toBe(true);
    }
    for (const message of messages.slice(1)) {
      server.socket.write(message);
      await quiet();
      expect(Buffer.from(tunnel.records.open(server.taken())).equals(message)).toBe(true);
    }
    const cipher = recordCipher(tunnel.cipher);
    if (secureOptions === undefined && cipher.mode === 'cbc') return;
    // Without encrypt-then-MAC: header 5, explicit nonce or IV, data, and exactly the trailer.
    const explicit = version === 'TLSv1.3' ? 0 : cipher.mode === 'gcm' ? 8 : 16;
    for (const [i, message] of messages.slice(0, 6).entries())
      expect(sealed[i]!.length - 5 - explicit - message.length).toBe(trailerLength(version, cipher, message.length));
  });

  it('end with an alert when the peer closes, and refuse a renegotiation', async () => {
    const server = new NodeServer(issued, { version: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' });
    const tunnel = await tunnelTo(server, 'TLSv1.2');
    server.socket.end();
    await quiet();
    expect(() => tunnel.records.open(server.taken())).toThrow(expect.objectContaining({ code: 'CREDSSP_TLS' }));
  });
});

describe('TLS records', () => {
  it('of TLS 1.3 are those of RFC 8448 section 3', () => {
    const client = hex('9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5');
    const server = hex('a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643');
    const keys = tls13Keys({ client, server }, recordCipher('TLS_AES_128_GCM_SHA256'));
    expect(Buffer.from(keys.client.key)).toEqual(hex('17422dda596ed5d9acd890e3c63f5051'));
    expect(Buffer.from(keys.client.iv)).toEqual(hex('5b78923dee08579033e523d9'));
    const data = Buffer.from(Array.from({ length: 50 }, (_, i) => i));
    const record = new TlsRecords(keys, 'client', 0, 0).seal(data);
    expect(Buffer.from(record)).toEqual(
      hex(
        '1703030043 a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4',
      ),
    );
    expect(new TlsRecords(keys, 'server', 0, 0).open(record)).toEqual(Uint8Array.from(data));
  });

  const pair = (name: string, version: 'TLSv1.2' | 'TLSv1.3', encryptThenMac = false): [TlsRecords, TlsRecords] => {
    const cipher = recordCipher(name);
    const side = (n: number) => ({
      key: Buffer.alloc(cipher.keyBytes, n),
      iv: Buffer.alloc(version === 'TLSv1.3' ? 12 : cipher.mode === 'gcm' ? 4 : 0, n),
      macKey: Buffer.alloc(32, n),
    });
    const keys = { version, cipher, encryptThenMac, client: side(1), server: side(2) };
    return [new TlsRecords(keys, 'client', 0, 0), new TlsRecords(keys, 'server', 0, 0)];
  };

  it.each([
    ['TLS_AES_128_GCM_SHA256', 'TLSv1.3', false],
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'TLSv1.2', false],
    ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLSv1.2', false],
    ['TLS_RSA_WITH_AES_256_CBC_SHA256', 'TLSv1.2', true],
  ] as const)('notice every changed byte: %s', (name, version, encryptThenMac) => {
    const message = Buffer.from('a message that is longer than one block');
    const length = pair(name, version, encryptThenMac)[0].seal(message).length;
    for (let at = 0; at < length; at++) {
      const [client, server] = pair(name, version, encryptThenMac);
      const record = client.seal(message);
      record[at] = (record[at] as number) ^ 0x01;
      let thrown: unknown;
      try {
        server.open(record);
      } catch (error) {
        thrown = error;
      }
      // Version bytes of a record stand in the clear and are not covered before TLS 1.3.
      if (thrown === undefined) expect([version, at === 1 || at === 2]).toEqual(['TLSv1.2', true]);
      else expect(thrown).toBeInstanceOf(CredsspError);
    }
  });

  it('are refused twice, out of order, cut and oversized', () => {
    const [client, server] = pair('TLS_AES_256_GCM_SHA384', 'TLSv1.3');
    const [first, second] = [client.seal(Buffer.from('1')), client.seal(Buffer.from('2'))];
    expect(() => server.open(second)).toThrow(expect.objectContaining({ code: 'CREDSSP_BAD_MIC' }));
    const [, again] = pair('TLS_AES_256_GCM_SHA384', 'TLSv1.3');
    expect(Buffer.from(again.open(Buffer.concat([first, second]))).toString()).toBe('12');
    expect(() => again.open(first)).toThrow(expect.objectContaining({ code: 'CREDSSP_BAD_MIC' }));
    for (const bytes of [first.subarray(0, 3), first.subarray(0, -1), Buffer.concat([hex('170303ffff'), Buffer.alloc(0xffff)])])
      expect(() => again.open(bytes)).toThrow(expect.objectContaining({ code: 'CREDSSP_TLS' }));
    expect(() => again.open(hex('1703030000'))).toThrow(expect.objectContaining({ code: 'CREDSSP_BAD_MIC' }));
  });

  it('know no cipher that was not offered', () => {
    for (const name of ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_RSA_WITH_AES_128_CCM', ''])
      expect(() => recordCipher(name)).toThrow(expect.objectContaining({ code: 'CREDSSP_TLS' }));
  });
});

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { parseEnvelope, parseXml, readEnumerationPage, type WsmanInstance } from '@winmedic/wsman';
import { messageProtection } from '../../protocols/kerberos/src/protection.ts';
import { flagsOf } from '../../protocols/ntlm/src/flags.ts';
import { NtlmProtection } from '../../protocols/ntlm/src/protection.ts';

/** Bytes of a large message: Windows' MaxEnvelopeSizekb since 2012. */
export const SIZE = 500 * 1024;

/** Runs before any is counted. */
const WARM_UP = 3;

/** The best of several runs after some that warm up, in milliseconds. */
function best(rounds: number, run: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds + WARM_UP; round++) {
    const from = performance.now();
    run();
    const took = performance.now() - from;
    if (round >= WARM_UP) fastest = Math.min(fastest, took);
  }
  return fastest;
}

/** Milliseconds to seal and to unseal {@link SIZE} bytes, and what Node's own ciphers need for as many. */
export interface SealingTimes {
  readonly ntlmSeal: number;
  readonly ntlmUnseal: number;
  readonly kerberosSeal: number;
  readonly kerberosUnseal: number;
  /** AES-256-CBC alone, and back: the physical limit. */
  readonly aes: number;
  readonly aesBack: number;
  /** AES-256-CBC and HMAC-SHA1, and back: all that the Kerberos token consists of. */
  readonly aesAndHmac: number;
  readonly aesAndHmacBack: number;
  /** HMAC-MD5 alone: the half of NTLM's sealing that Node has; it has no RC4. */
  readonly hmacMd5: number;
}

/** Times of sealing with keys made up on the spot. */
export function sealing(rounds: number): SealingTimes {
  const data = new Uint8Array(randomBytes(SIZE));
  const key = new Uint8Array(randomBytes(32));
  const flags = flagsOf(
    'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY',
    'NTLMSSP_NEGOTIATE_SEAL',
    'NTLMSSP_NEGOTIATE_SIGN',
    'NTLMSSP_NEGOTIATE_128',
    'NTLMSSP_NEGOTIATE_KEY_EXCH',
  );
  const ntlm = {
    client: new NtlmProtection(flags, key.subarray(0, 16), 'client'),
    server: new NtlmProtection(flags, key.subarray(0, 16), 'server'),
  };
  const kerberosSide = (role: 'initiator' | 'acceptor') =>
    messageProtection({
      role,
      etype: 18,
      key,
      acceptorSubkey: false,
      sendSequence: 0,
      receiveSequence: 0,
      dceStyle: false,
      random: (length) => new Uint8Array(randomBytes(length)),
    });
  const kerberos = { client: kerberosSide('initiator'), server: kerberosSide('acceptor') };
  // In turn, as messages have to come in order, and so that none is kept: memory that is new each time would be what is measured.
  const pair = ({ client, server }: typeof ntlm | typeof kerberos): [number, number] => {
    let [seal, unseal] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < rounds + WARM_UP; round++) {
      const from = performance.now();
      const sealed = client.seal(data);
      const between = performance.now();
      server.unseal(sealed);
      if (round < WARM_UP) continue;
      seal = Math.min(seal, between - from);
      unseal = Math.min(unseal, performance.now() - between);
    }
    return [seal, unseal];
  };
  const iv = key.subarray(0, 16);
  const aes = (): void => void createCipheriv('aes-256-cbc', key, iv).update(data);
  const aesBack = (): void => void createDecipheriv('aes-256-cbc', key, iv).update(data);
  const hmac = (hash: string): void => void createHmac(hash, key).update(data).digest();
  const [ntlmSeal, ntlmUnseal] = pair(ntlm);
  const [kerberosSeal, kerberosUnseal] = pair(kerberos);
  return {
    ntlmSeal,
    ntlmUnseal,
    kerberosSeal,
    kerberosUnseal,
    aes: best(rounds, aes),
    aesBack: best(rounds, aesBack),
    aesAndHmac: best(rounds, () => {
      aes();
      hmac('sha1');
    }),
    aesAndHmacBack: best(rounds, () => {
      aesBack();
      hmac('sha1');
    }),
    hmacMd5: best(rounds, () => hmac('md5')),
  };
}

/** Rows as a column list of Win32_Service gives them. */
export function serviceRows(count: number): WsmanInstance[] {
  return Array.from({ length: count }, (_, i) => ({
    properties: new Map([
      ['DisplayName', `Example Service ${i}`],
      ['Name', `ExampleSvc${i}`],
      ['ProcessId', String(1000 + i)],
      ['StartMode', 'Auto'],
      ['State', 'Running'],
    ]),
  }));
}

/** Milliseconds to read an envelope. */
export interface XmlTimes {
  readonly tree: number;
  /** Tree and instances. */
  readonly page: number;
  /** UTF-8 checked and made a string: nothing can read it in less. */
  readonly decode: number;
  /** One byte value looked for through all of it. */
  readonly scan: number;
}

/** Times of reading. */
export function xml(rounds: number, envelope: Uint8Array): XmlTimes {
  const buffer = Buffer.from(envelope);
  return {
    tree: best(rounds, () => void parseXml(envelope)),
    page: best(rounds, () => void readEnumerationPage(parseEnvelope(envelope))),
    decode: best(rounds, () => void new TextDecoder('utf-8', { fatal: true }).decode(envelope)),
    scan: best(rounds, () => void buffer.indexOf(0)),
  };
}

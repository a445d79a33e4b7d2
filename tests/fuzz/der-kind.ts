import { X509Certificate } from 'node:crypto';
import { DerError, type DerNode, der, readDer } from '@winmedic/bytes';
import { readInitialToken, tlsServerEndPoint, writeInitialToken } from '@winmedic/gss';
import { issueCertificate } from '@winmedic/labs/windows-host';
import { judgeCertificate } from '../../core/connection/certificate.ts';
import { mutateDer } from './der-mutations.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';
import { type Counts, checkSane, isDocumented, survives, type WireSeed, wireKind } from './wire.ts';

/** DER: every element of an input, the frame of first tokens, certificates. */
export function derKind(): Kind {
  const leaf = issueCertificate({ commonName: 'hv01.corp.example' });
  const values = der.sequence(
    der.integer(-1),
    der.integer(2n ** 70n),
    der.oid('1.3.6.1.5.5.2'),
    der.boolean(true),
    der.bits(Uint8Array.of(1, 2, 3)),
    der.text('text'),
    der.field(1, der.octets(new Uint8Array(200))),
    der.application(14, der.sequence(der.field(0, der.integer(5)), der.field(1, der.sequence()))),
  );
  const certificate = new X509Certificate(leaf.cert).raw;
  const seeds: WireSeed[] = [
    { name: 'values', bytes: values, change: mutateDer, read: readElements },
    { name: 'first token', bytes: writeInitialToken('1.2.840.113554.1.2.2', values), change: mutateDer, read: readFrame },
    { name: 'certificate', bytes: Uint8Array.from(certificate), change: mutateDer, read: readCertificate },
    { name: 'certificate, every element', bytes: Uint8Array.from(certificate), change: mutateDer, read: readElements },
  ];
  return wireKind('der', seeds, { extension: 'der' });
}

function readElements(bytes: Uint8Array): Counts {
  return survives(() => walk(readDer(bytes), bytes.length, { left: MAX_WALKED }), bytes.length, DerError);
}

/** Elements of one input that are read in every way: no reader of a message does that even once. */
const MAX_WALKED = 400;

/** Reads an element as everything it could be. */
function walk(node: DerNode, size: number, budget: { left: number }): unknown[] {
  if (budget.left-- <= 0) return [];
  const read: unknown[] = [];
  for (const value of [
    () => node.bigint(),
    () => node.integer(),
    () => node.oid(),
    () => node.utf8(),
    () => node.latin1(),
    () => node.field(0),
    () => node.only(),
  ]) {
    try {
      const got = value();
      if (typeof got !== 'object') read.push(typeof got === 'bigint' ? got.toString(16).length : got);
    } catch (error) {
      if (!isDocumented(error, [DerError])) throw error;
    }
  }
  if (node.offset < 0 || node.offset + node.raw.length > size) throw new Error('an element outside of the input');
  if (!node.constructed) return [node.tag];
  return [node.tag, ...node.children().map((child) => walk(child, size, budget))];
}

function readFrame(bytes: Uint8Array): Counts {
  return survives(() => readInitialToken(bytes), bytes.length, DerError);
}

const GENUINE = issueCertificate({ commonName: 'hv01.corp.example' });
const GENUINE_DER = Uint8Array.from(new X509Certificate(GENUINE.cert).raw);

function readCertificate(bytes: Uint8Array, random: Random): Counts {
  const binding = survives(() => tlsServerEndPoint(bytes), bytes.length, DerError);
  const judge = (leaf: Uint8Array, others: readonly Uint8Array[]): void => {
    const host = random.pick(['hv01.corp.example', '127.0.0.1', 'fe80::1%eth0', '']);
    const verifyError = random.pick([undefined, 'CERT_HAS_EXPIRED', '?']);
    checkSane(judgeCertificate({ leaf, others, verifyError }, host, random.pick([[], [GENUINE.cert]]), Date.now()), leaf.length);
  };
  // What a server sends besides its certificate was looked at by nobody.
  judge(GENUINE_DER, [bytes]);
  try {
    judge(bytes, [GENUINE_DER, bytes]);
    return { ...binding, judged: 1 };
  } catch (error) {
    // The rung says then that the certificate cannot be read: OpenSSL's own errors, or a date that is none.
    if (error instanceof RangeError || (error instanceof Error && 'code' in error)) return { ...binding, unreadable: 1 };
    throw error;
  }
}

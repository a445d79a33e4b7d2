import { createHash } from 'node:crypto';
import type { MessageProtection, Sealed, SecurityContext } from '@winmedic/gss';

/** Shapes of sealed messages: NTLM signature, Kerberos with AES, Kerberos with RC4 (padded), TLS records of CredSSP. */
export type ToyShape = 'ntlm' | 'aes' | 'rc4' | 'tls';

/** A signature was wrong, or messages came out of order. */
export class ToyError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const mask = (data: Uint8Array, key: string, sequence: number) => {
  const pad = createHash('sha256').update(`${key}${sequence}`).digest();
  return data.map((byte, at) => byte ^ pad[at % pad.length]!);
};

/** Protection that is no protection: enough to notice wrong order, wrong cuts and changed bytes. `server` seals with the other direction's key. */
export function toyProtection(side: 'client' | 'server', shape: ToyShape = 'ntlm'): MessageProtection {
  const sequence = { seal: 0, unseal: 0 };
  const other = side === 'client' ? 'server' : 'client';
  const digest = (data: Uint8Array, key: string, count: number) => createHash('md5').update(data).update(`${key}${count}`).digest();
  const lead = { ntlm: 1, aes: 5, rc4: 0x60, tls: 0 }[shape];
  const headerSize = { ntlm: 16, aes: 60, rc4: 45, tls: 22 }[shape];
  return {
    seal(data) {
      const count = sequence.seal++;
      const sum = digest(data, side, count);
      if (shape === 'tls') return record(sum, mask(data, side, count), headerSize);
      const header = Buffer.concat([Buffer.from([lead]), sum, Buffer.alloc(60)]).subarray(0, headerSize);
      const padded = shape === 'rc4' ? Buffer.concat([data, Buffer.from([1])]) : data;
      return { header, data: mask(padded, side, count) };
    },
    unseal(sealed: Sealed) {
      const count = sequence.unseal++;
      const { sum, data } = shape === 'tls' ? unrecord(sealed) : { sum: sealed.header.subarray(1, 17), data: sealed.data };
      let clear: Uint8Array = mask(data, other, count);
      if (shape === 'rc4') clear = clear.subarray(0, -1);
      const length = Math.min(sum.length, shape === 'ntlm' ? 15 : 16);
      if (Buffer.compare(sum.subarray(0, length), digest(clear, other, count).subarray(0, length)) !== 0) throw new ToyError('TOY_BAD_MIC');
      return clear;
    },
    sign: () => new Uint8Array(),
    verify: () => {},
    headerLength: () => headerSize,
    sessionKey: new Uint8Array(),
  };
}

/** Two TLS records, as CredSSP's messages of more than one record are; the "header" is their first bytes. */
function record(sum: Uint8Array, data: Uint8Array, headerSize: number): Sealed {
  const records = [sum, data].map((each) => {
    const head = Buffer.from([23, 3, 3, 0, 0]);
    head.writeUInt16BE(each.length, 3);
    return Buffer.concat([head, each]);
  });
  const all = Buffer.concat(records);
  return { header: all.subarray(0, headerSize), data: all.subarray(headerSize) };
}

function unrecord({ header, data }: Sealed): { sum: Uint8Array; data: Uint8Array } {
  const all = Buffer.concat([header, data]);
  const first = all.length < 5 ? all.length : all.readUInt16BE(3);
  if (all.length < first + 10) throw new ToyError('TOY_BAD_MIC');
  return { sum: all.subarray(5, 5 + first), data: all.subarray(5 + first + 5) };
}

/** An initiator in the shape of NTLM: opening token, proof, done. */
export function toyInitiator(proof: string, options: { shape?: ToyShape; mutual?: boolean; first?: string } = {}): SecurityContext {
  let step = 0;
  let complete = false;
  const protection = toyProtection('client', options.shape);
  return {
    mechanism: 'Toy',
    get complete() {
      return complete;
    },
    get protection() {
      if (!complete) throw new ToyError('TOY_NOT_READY');
      return protection;
    },
    async step(token) {
      step++;
      const text = token === undefined ? '' : Buffer.from(token).toString('latin1');
      if (text.startsWith('refuse')) throw new ToyError(text.slice(7));
      if (step === 1) return Buffer.from(options.first ?? 'NTLMSSP\0\x01\0\0\0', 'latin1');
      if (step === 2) {
        complete = options.mutual !== true;
        return Buffer.from(proof, 'latin1');
      }
      complete = true;
      return undefined;
    },
  };
}

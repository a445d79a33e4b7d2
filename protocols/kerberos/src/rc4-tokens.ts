import { joinBytes, viewOf } from '@winmedic/bytes';
import { rc4 } from '@winmedic/ciphers';
import type { Cover, MessageProtection } from '@winmedic/gss';
import { sameBytes } from './crypto/bytes.ts';
import { hmacMd5, rc4Checksum, salt32 } from './crypto/rc4-hmac.ts';
import { KerberosError } from './errors.ts';
import { frame, frameHeaderLength, KERBEROS_OID, unframe } from './gss-framing.ts';
import { type ContextKeys, Sequence, withSessionKey } from './protection.ts';

const CONFOUNDER = 8;
const WRAP = 0x0201;
const MIC = 0x0101;
/** Usage numbers of RFC 4757 section 7.3: sealing and signing, as Microsoft counts. */
const SEAL_USAGE = 13;
const SIGN_USAGE = 15;
/** SND_SEQ, SGN_CKSUM and the confounder behind the eight bytes of identifier and algorithms. */
const WRAP_HEADER = 8 + 8 + 8 + CONFOUNDER;
const MIC_HEADER = 8 + 8 + 8;

/** Tokens of RFC 4757 section 7: GSS framing, HMAC-MD5, RC4 with a key of its own for each number. */
export function rc4Protection(keys: ContextKeys): MessageProtection {
  const { key, dceStyle } = keys;
  const sent = new Sequence(keys.sendSequence, 32);
  const received = new Sequence(keys.receiveSequence, 32);
  const sequenceKey = hmacMd5(key, salt32(0));
  const sealingKey = hmacMd5(
    key.map((byte) => byte ^ 0xf0),
    salt32(0),
  );
  const ownDirection = keys.role === 'initiator' ? 0 : 0xff;
  const peerDirection = 0xff - ownDirection;
  // The padding of RFC 1964 for a block of one byte: always the byte 1. DCE RPC has none (MS-KILE 3.4.5.1).
  const padding = dceStyle ? new Uint8Array() : Uint8Array.of(1);

  const stream = (sequence: Uint8Array): ReturnType<typeof rc4> => rc4(hmacMd5(sealingKey, sequence.subarray(0, 4)));
  const numbered = (value: bigint): Uint8Array => {
    const bytes = new Uint8Array(8).fill(ownDirection, 4);
    viewOf(bytes).setUint32(0, Number(value));
    return bytes;
  };
  const crypted = (sequence: Uint8Array, checksum: Uint8Array): Uint8Array => rc4(hmacMd5(sequenceKey, checksum)).update(sequence);
  const expectNumber = (sequence: Uint8Array): void => {
    if (sequence.subarray(4).some((byte) => byte !== peerDirection)) throw new KerberosError('KERBEROS_BAD_MIC', 'direction of a message');
    received.expect(BigInt(viewOf(sequence).getUint32(0)));
  };
  const signature = (data: Uint8Array, start: Uint8Array): Uint8Array => rc4Checksum(key, SIGN_USAGE, start, data).subarray(0, 8);

  const protection = {
    seal(data, cover) {
      // TOK_ID, SGN_ALG HMAC, SEAL_ALG RC4, filler.
      const start = Uint8Array.of(0x02, 0x01, 0x11, 0x00, 0x10, 0x00, 0xff, 0xff);
      const confounder = keys.random(CONFOUNDER);
      const plaintext = joinBytes(data, padding);
      const checksum = rc4Checksum(key, SEAL_USAGE, start, confounder, covered(plaintext, cover)).subarray(0, 8);
      const sequence = numbered(sent.take());
      const cipher = stream(sequence);
      const head = joinBytes(start.subarray(2), crypted(sequence, checksum), checksum, cipher.update(confounder));
      const body = cipher.update(plaintext);
      if (dceStyle) return { header: frame(WRAP, head), data: body };
      const token = frame(WRAP, joinBytes(head, body));
      return { header: token.subarray(0, token.length - body.length), data: body };
    },
    unseal(sealed, cover) {
      const whole = dceStyle ? sealed.header : joinBytes(sealed.header, sealed.data);
      const inner = innerOf(whole, WRAP, WRAP_HEADER - 2);
      if (inner[0] !== 0x11 || inner[1] !== 0 || inner[2] !== 0x10 || inner[3] !== 0) {
        throw new KerberosError('KERBEROS_BAD_MIC', 'algorithms of a token');
      }
      const checksum = inner.subarray(14, 22);
      const sequence = crypted(inner.subarray(6, 14), checksum);
      const cipher = stream(sequence);
      const confounder = cipher.update(inner.subarray(22, 30));
      const plaintext = cipher.update(dceStyle ? sealed.data : inner.subarray(30));
      const start = joinBytes(Uint8Array.of(0x02, 0x01), inner.subarray(0, 6));
      const expected = rc4Checksum(key, SEAL_USAGE, start, confounder, covered(plaintext, cover)).subarray(0, 8);
      if (!sameBytes(expected, checksum)) throw new KerberosError('KERBEROS_BAD_MIC', 'signature of a sealed message');
      expectNumber(sequence);
      if (dceStyle) return plaintext;
      const pad = plaintext.at(-1) ?? 0;
      // Windows pads to one byte, RFC 1964 allows up to eight.
      if (pad < 1 || pad > 8 || pad > plaintext.length) throw new KerberosError('KERBEROS_BAD_MIC', 'padding of a message', { have: pad });
      return plaintext.subarray(0, plaintext.length - pad);
    },
    sign(data) {
      const start = Uint8Array.of(0x01, 0x01, 0x11, 0x00, 0xff, 0xff, 0xff, 0xff);
      const checksum = signature(data, start);
      return frame(MIC, joinBytes(start.subarray(2), crypted(numbered(sent.take()), checksum), checksum));
    },
    verify(data, token) {
      const inner = innerOf(token, MIC, MIC_HEADER - 2);
      const checksum = inner.subarray(14, 22);
      if (!sameBytes(signature(data, joinBytes(Uint8Array.of(0x01, 0x01), inner.subarray(0, 6))), checksum)) {
        throw new KerberosError('KERBEROS_BAD_MIC', 'signature of a message');
      }
      expectNumber(crypted(inner.subarray(6, 14), checksum));
    },
    headerLength: (dataLength) => frameHeaderLength(WRAP_HEADER + (dceStyle ? 0 : dataLength + padding.length)) + WRAP_HEADER,
    signatureLength: frameHeaderLength(MIC_HEADER) + MIC_HEADER,
  } satisfies Omit<MessageProtection, 'sessionKey'>;
  return withSessionKey(protection, key);
}

function covered(plaintext: Uint8Array, cover: Cover | undefined): Uint8Array {
  return cover === undefined ? plaintext : joinBytes(cover.before, plaintext, cover.after);
}

function innerOf(token: Uint8Array, tokenId: number, need: number): Uint8Array {
  const framed = unframe(token);
  if (framed?.tokenId !== tokenId)
    throw new KerberosError('KERBEROS_BAD_MIC', 'token identifier', { need: tokenId, have: framed?.tokenId ?? 'no framing' });
  if (framed.inner.length < need) throw new KerberosError('KERBEROS_BAD_MIC', 'token', { need, have: framed.inner.length });
  if (framed.mechanism !== KERBEROS_OID) throw new KerberosError('KERBEROS_BAD_MIC', 'mechanism of a token');
  return framed.inner;
}

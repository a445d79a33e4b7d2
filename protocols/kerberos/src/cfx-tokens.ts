import { joinBytes, viewOf } from '@winmedic/bytes';
import type { Cover, MessageProtection, Sealed } from '@winmedic/gss';
import { sameBytes } from './crypto/bytes.ts';
import { encryptionType, type UsageKey } from './crypto/encryption-type.ts';
import { KerberosError } from './errors.ts';
import { USAGE } from './numbers.ts';
import { type ContextKeys, Sequence, withSessionKey } from './protection.ts';

const HEADER = 16;
const WRAP = 0x0504;
const MIC = 0x0404;
/** Flags of RFC 4121 section 4.2.2. */
const FLAG = { sentByAcceptor: 1, sealed: 2, acceptorSubkey: 4 } as const;
/** Filler of a sealed DCE RPC message: one cipher block (MS-KILE 3.4.5.4.1). WinRM has none. */
const DCE_FILLER = 16;

/**
 * Tokens of RFC 4121 section 4.2. The wrap token is cut as Windows and MIT cut it for WinRM and RPC: rotated so that everything but the data
 * stands first (RRC = encrypted header and checksum), data apart and as long as the plaintext.
 */
export function cfxProtection(keys: ContextKeys): MessageProtection {
  const type = encryptionType(keys.etype);
  const initiator = keys.role === 'initiator';
  const usage = (own: boolean, initiatorUsage: number, acceptorUsage: number): UsageKey =>
    type.forUsage(keys.key, own === initiator ? initiatorUsage : acceptorUsage);
  const sealOut = usage(true, USAGE.initiatorSeal, USAGE.acceptorSeal);
  const sealIn = usage(false, USAGE.initiatorSeal, USAGE.acceptorSeal);
  const signOut = usage(true, USAGE.initiatorSign, USAGE.acceptorSign);
  const signIn = usage(false, USAGE.initiatorSign, USAGE.acceptorSign);
  const sent = new Sequence(keys.sendSequence, 64);
  const received = new Sequence(keys.receiveSequence, 64);
  const subkeyFlag = keys.acceptorSubkey ? FLAG.acceptorSubkey : 0;
  const ownFlags = (initiator ? 0 : FLAG.sentByAcceptor) | subkeyFlag;
  const peerFlags = (initiator ? FLAG.sentByAcceptor : 0) | subkeyFlag;
  const ec = keys.dceStyle ? DCE_FILLER : 0;
  const rrc = HEADER + type.trailerLength;
  const front = HEADER + rrc + ec + type.confounderLength;

  const header = (id: number, flags: number, extra: number, sequence: bigint): Uint8Array => {
    const bytes = new Uint8Array(HEADER);
    const view = viewOf(bytes);
    view.setUint16(0, id);
    view.setUint8(2, flags);
    view.setUint8(3, 0xff);
    if (id === MIC) bytes.fill(0xff, 4, 8);
    else view.setUint16(4, extra);
    view.setBigUint64(8, sequence);
    return bytes;
  };

  const protection = {
    seal(data, cover) {
      const clear = header(WRAP, ownFlags | FLAG.sealed, ec, sent.take());
      const tail = joinBytes(new Uint8Array(ec).fill(0xff), clear);
      const signed = cover && joinBytes(cover.before, data, cover.after, tail);
      const encrypted = sealOut.encrypt(keys.random(type.confounderLength), joinBytes(data, tail), signed);
      // Windows rotates by EC + RRC, and so do all who talk DCE RPC with it.
      const turn = encrypted.length - rrc - ec;
      viewOf(clear).setUint16(6, rrc);
      const token = joinBytes(clear, encrypted.subarray(turn), encrypted.subarray(0, turn));
      return { header: token.subarray(0, front), data: token.subarray(front) };
    },
    unseal(sealed, cover) {
      const { clear, encrypted } = openWrap(sealed, peerFlags | FLAG.sealed, keys.dceStyle);
      const extra = viewOf(clear).getUint16(4);
      const split = (plaintext: Uint8Array): number => plaintext.length - extra - HEADER;
      const plaintext = sealIn.decrypt(encrypted, cover && coveredBy(cover, split));
      const length = split(plaintext);
      // The header inside, with RRC zero, must be the one outside.
      clear.fill(0, 6, 8);
      if (length < 0 || !sameBytes(plaintext.subarray(length + extra), clear)) {
        throw new KerberosError('KERBEROS_BAD_MIC', 'header of a sealed message');
      }
      received.expect(viewOf(clear).getBigUint64(8));
      return plaintext.subarray(0, length);
    },
    sign(data) {
      const clear = header(MIC, ownFlags, 0, sent.take());
      return joinBytes(clear, signOut.checksum(joinBytes(data, clear)));
    },
    verify(data, signature) {
      if (signature.length !== HEADER + type.checksumLength)
        throw new KerberosError('KERBEROS_BAD_MIC', 'length of a signature', {
          need: HEADER + type.checksumLength,
          have: signature.length,
        });
      const clear = signature.subarray(0, HEADER);
      checkHeader(clear, MIC, peerFlags);
      if (!sameBytes(signIn.checksum(joinBytes(data, clear)), signature.subarray(HEADER))) {
        throw new KerberosError('KERBEROS_BAD_MIC', 'signature of a message');
      }
      received.expect(viewOf(clear).getBigUint64(8));
    },
    headerLength: () => front,
    signatureLength: HEADER + type.checksumLength,
  } satisfies Omit<MessageProtection, 'sessionKey'>;
  return withSessionKey(protection, keys.key);
}

function coveredBy(cover: Cover, split: (plaintext: Uint8Array) => number): (plaintext: Uint8Array) => Uint8Array {
  return (plaintext) => {
    const at = Math.max(0, split(plaintext));
    return joinBytes(cover.before, plaintext.subarray(0, at), cover.after, plaintext.subarray(at));
  };
}

function checkHeader(clear: Uint8Array, id: number, flags: number): void {
  const view = viewOf(clear);
  if (view.getUint16(0) !== id) throw new KerberosError('KERBEROS_BAD_MIC', 'token identifier', { need: id, have: view.getUint16(0) });
  // Another direction is a message of our own sent back; other flags mean another key, or data that was not sealed.
  if ((view.getUint8(2) & 7) !== flags)
    throw new KerberosError('KERBEROS_BAD_MIC', 'flags of a token', { need: flags, have: view.getUint8(2) & 7 });
}

/** Puts a wrap token together and turns it back (RFC 4121 section 4.2.5). */
function openWrap(sealed: Sealed, flags: number, dceStyle: boolean): { readonly clear: Uint8Array; readonly encrypted: Uint8Array } {
  const token = joinBytes(sealed.header, sealed.data);
  if (token.length < HEADER) throw new KerberosError('KERBEROS_BAD_MIC', 'sealed message', { need: HEADER, have: token.length });
  const clear = token.subarray(0, HEADER);
  checkHeader(clear, WRAP, flags);
  const view = viewOf(clear);
  const rotated = token.subarray(HEADER);
  const turn = rotated.length === 0 ? 0 : (view.getUint16(6) + (dceStyle ? view.getUint16(4) : 0)) % rotated.length;
  return { clear: Uint8Array.from(clear), encrypted: joinBytes(rotated.subarray(turn), rotated.subarray(0, turn)) };
}

import { isNtlmMessage, parseNtlmMessage } from './parse.ts';

/** Fixed part of an AUTHENTICATE message up to its flags and version: nothing secret. */
const AUTHENTICATE_HEAD = 72;

/**
 * A copy that can be shown: in an AUTHENTICATE message the responses, the encrypted session key and the MIC are overwritten with zeros, because
 * passwords can be guessed against them. Lengths, names, flags, and the AV pairs of an NTLMv2 response stay. Of a damaged AUTHENTICATE message
 * everything behind the fixed part is overwritten. Other bytes are copied as they are.
 */
export function redactNtlmMessage(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (!isNtlmMessage(bytes) || bytes[8] !== 3 || bytes[9] !== 0 || bytes[10] !== 0 || bytes[11] !== 0) return copy;
  const message = parseNtlmMessage(bytes);
  if (message.kind !== 'authenticate' || message.damages.length > 0) return copy.fill(0, AUTHENTICATE_HEAD);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const clear = (descriptor: number, most: number): void => {
    const length = Math.min(view.getUint16(descriptor, true), most);
    const at = view.getUint32(descriptor + 4, true);
    if (length > 0) copy.fill(0, at, at + length);
  };
  clear(12, 0xffff);
  // Of NTLMv2 only NTProofStr depends on the password.
  clear(20, message.response === 'v2' ? 16 : 0xffff);
  clear(52, 0xffff);
  if (message.micOffset !== undefined) copy.fill(0, message.micOffset, message.micOffset + 16);
  return copy;
}

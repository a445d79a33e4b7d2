import { KerberosError, type KerberosMessage, readKerberosMessage } from '@winmedic/kerberos/messages';
import type { DatagramProtocol, KerberosWireMessage, Place, Side, StreamProtocol } from './types.ts';
import { type Framing, UnitReader } from './unit-reader.ts';
import { damageOf } from './wire-damage.ts';

/** Bytes of one message: Windows stops at 65,535 for a token (MaxTokenSize); twice that with its frame. */
const MAX_MESSAGE = 128 * 1024;
/** Port of the service that changes passwords (RFC 3244). */
const KPASSWD_PORT = 464;
/** Message types that stand alone in a stream: AS, TGS, AP requests and replies, KRB-PRIV, KRB-ERROR (RFC 4120 section 5.10), as application tags. */
const TAGS: ReadonlySet<number> = new Set([0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x75, 0x7e]);

/** Is there a message whose own length is that of the frame around it? `undefined`: more bytes are needed. */
function framedMessage(bytes: Uint8Array, at: number, length: number): boolean | undefined {
  const tag = bytes[at];
  if (tag === undefined) return undefined;
  if (!TAGS.has(tag)) return false;
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  if (first < 0x80) return length === 2 + first;
  const size = first - 0x80;
  if (size < 1 || size > 3) return false;
  if (at + 2 + size > bytes.length) return undefined;
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + 2 + i]!;
  return length === 2 + size + value;
}

/** A message of RFC 3244 in its own frame: length, version, length of the AP part. */
function passwordMessage(bytes: Uint8Array, at: number, length: number): boolean | undefined {
  if (bytes.length - at < 2) return undefined;
  if (((bytes[at]! << 8) | bytes[at + 1]!) !== length) return false;
  if (bytes.length - at < 6) return undefined;
  const version = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return version === 1 || version === 0xff80;
}

/** Length in four bytes before each message (RFC 4120 section 7.2.2). */
const framing: Framing = {
  headBytes: 4,
  keep: MAX_MESSAGE + 4,
  length(bytes) {
    if (bytes.length < 4) return undefined;
    const length = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
    return length === 0 || length > MAX_MESSAGE ? 0 : 4 + length;
  },
  plausible(bytes, at) {
    if (bytes[at] !== 0) return bytes.length > at ? false : undefined;
    if (bytes.length - at < 4) return undefined;
    const length = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (length < 8 || length > MAX_MESSAGE) return false;
    const message = framedMessage(bytes, at + 4, length);
    return message === false ? passwordMessage(bytes, at + 4, length) : message;
  },
};

/** Kerberos with a KDC over TCP. */
export const KERBEROS: StreamProtocol = {
  name: 'kerberos',
  recognise(_side, first) {
    const is = framing.plausible(first, 0);
    return is === undefined ? 'more' : is ? 'yes' : 'no';
  },
  open(context) {
    return new UnitReader(framing, context, ({ side, bytes, length, partial, place }) => {
      if (!partial) for (const message of messagesOf(bytes.subarray(4), length, side, place)) context.emit(message);
    });
  },
};

/** Kerberos over UDP: KDC and password service. */
export const KERBEROS_UDP: DatagramProtocol = {
  name: 'kerberos',
  ports: [88, KPASSWD_PORT],
  read(bytes, side, place) {
    if (framedMessage(bytes, 0, bytes.length) !== true && passwordMessage(bytes, 0, bytes.length) !== true) return undefined;
    return messagesOf(bytes, bytes.length, side, place)[0];
  },
};

/** The message; of the password service the AP message in front, or the KRB-ERROR behind, which is all that is not encrypted. */
function messagesOf(bytes: Uint8Array, length: number, from: Side, place: Place): KerberosWireMessage[] {
  const base = { layer: 'kerberos', kind: 'message', frame: place.frame, at: place.at, from, bytes: length } as const;
  let inner = bytes;
  if (passwordMessage(bytes, 0, bytes.length) === true) {
    const size = (bytes[4]! << 8) | bytes[5]!;
    inner = size === 0 ? bytes.subarray(6) : bytes.subarray(6, 6 + size);
  }
  try {
    return [{ ...base, message: readKerberosMessage(inner) }];
  } catch (error) {
    if (!(error instanceof KerberosError)) throw error;
    const message: KerberosMessage = { kind: 'OTHER', messageType: (inner[0] ?? 0) & 0x1f };
    return [
      {
        ...base,
        message,
        damages: [damageOf('CAPTURE_KERBEROS_MESSAGE', error)],
      },
    ];
  }
}

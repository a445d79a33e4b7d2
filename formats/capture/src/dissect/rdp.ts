import { parseRdpNegotiation, RdpError, tpktLength } from '@winmedic/rdp/messages';
import type { DissectContext, RdpMessage, StreamDissector, StreamProtocol } from './types.ts';
import { type Framing, type Unit, UnitReader } from './unit-reader.ts';
import { damageOf } from './wire-damage.ts';

/** X.224 TPDUs of the negotiation, by side: Connection Request, Connection Confirm (X.224 section 13.3, 13.4). */
const TPDU = { client: 0xe0, server: 0xd0 } as const;

/** First byte of a TLS handshake record. */
const TLS_HANDSHAKE = 0x16;

/** TPKT packets (T.123 section 8); only the first of each side is one of the negotiation. */
const framing: Framing = {
  headBytes: 4,
  keep: 4 + 256,
  length(bytes) {
    try {
      return tpktLength(bytes);
    } catch (error) {
      if (error instanceof RdpError) return 0;
      throw error;
    }
  },
  plausible(bytes, at) {
    for (const [i, byte] of [3, 0, 0].entries()) if (at + i < bytes.length && bytes[at + i] !== byte) return false;
    return bytes.length - at < 6 ? undefined : [TPDU.client, TPDU.server].some((code) => (bytes[at + 5]! & 0xf0) === code);
  },
};

/** RDP's negotiation of the security protocol (MS-RDPBCGR 2.2.1.1, 2.2.1.2); TLS goes on behind it when it was chosen. */
export const RDP: StreamProtocol = {
  name: 'rdp',
  recognise(side, first) {
    for (const [i, byte] of [3, 0].entries()) if (i < first.length && first[i] !== byte) return 'no';
    if (first.length < 6) return 'more';
    const indicator = first[4]! + 5;
    return indicator === ((first[2]! << 8) | first[3]!) && (first[5]! & 0xf0) === TPDU[side] ? 'yes' : 'no';
  },
  open(context: DissectContext): StreamDissector {
    const end = (): void => {
      reader.stop('server');
      reader.stop('client');
    };
    const reader = new UnitReader(
      framing,
      context,
      (unit) => {
        const message = read(unit);
        if (message === undefined) return;
        context.emit(message);
        // A confirm ends the negotiation; behind a request of which the answer is not known nothing can be told.
        if (message.kind === 'confirm' && message.selected !== undefined && message.selected !== 0) context.become('tls');
        else if (message.kind === 'confirm') end();
      },
      (from, first, { frame, at }) => {
        // The client asks first, so these are the first bytes of the server: it speaks something else.
        if (from === 'server')
          context.emit({ layer: 'rdp', kind: 'not-this', frame, at, from, bytes: 0, looksLike: first === TLS_HANDSHAKE ? 'tls' : '' });
        end();
      },
    );
    return reader;
  },
};

function read(unit: Unit): RdpMessage | undefined {
  const { place } = unit;
  const base = { layer: 'rdp', frame: place.frame, at: place.at, from: unit.side, bytes: unit.length } as const;
  try {
    if (unit.partial) return partialMessage(unit, base);
    const packet = parseRdpNegotiation(unit.bytes);
    if (packet.kind === 'request') {
      const { negotiation } = packet;
      return {
        ...base,
        kind: 'request',
        cookie: packet.cookie ?? packet.routingToken ?? '',
        ...(negotiation === undefined ? {} : { protocols: negotiation.protocols, flags: negotiation.flags }),
      };
    }
    if ('failure' in packet) return { ...base, kind: 'confirm', failure: packet.failure };
    if ('selected' in packet) return { ...base, kind: 'confirm', selected: packet.selected.protocol, flags: packet.selected.flags };
    return { ...base, kind: 'confirm' };
  } catch (error) {
    if (!(error instanceof RdpError)) throw error;
    const code = unit.bytes[5] ?? 0;
    const damages = [damageOf('CAPTURE_RDP_NEGOTIATION', error)];
    if ((code & 0xf0) === TPDU.client) return { ...base, kind: 'request', cookie: '', damages };
    // A confirm that cannot be read must not look like one without negotiation, which means an old server.
    return undefined;
  }
}

/** A request tells at least that it came; a confirm without its end tells nothing. */
function partialMessage(
  unit: Unit,
  base: { readonly layer: 'rdp'; readonly frame: number; readonly at: bigint; readonly from: Unit['side']; readonly bytes: number },
): RdpMessage | undefined {
  const request = unit.bytes.length >= 6 && (unit.bytes[5]! & 0xf0) === TPDU.client;
  return request ? { ...base, kind: 'request', cookie: '', partial: true } : undefined;
}

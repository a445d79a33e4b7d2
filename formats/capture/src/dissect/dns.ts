import { readDnsMessage } from './dns-message.ts';
import type { DatagramProtocol, DnsMessage, Place, Side, StreamProtocol } from './types.ts';
import { type Framing, UnitReader } from './unit-reader.ts';

/** Port of DNS over TCP. */
const DNS_PORT = 53;
/** Header of a message. */
const HEADER = 12;

/** Length in two bytes before each message (RFC 1035 section 4.2.2). */
const framing: Framing = {
  headBytes: 2,
  keep: 2 + 0xffff,
  length(bytes) {
    if (bytes.length < 2) return undefined;
    const length = (bytes[0]! << 8) | bytes[1]!;
    return length < HEADER ? 0 : 2 + length;
  },
  plausible(bytes, at) {
    if (bytes.length - at < 2 + HEADER) return undefined;
    const length = (bytes[at]! << 8) | bytes[at + 1]!;
    // A query or its answer, with one question (RFC 9619).
    return length >= HEADER && (bytes[at + 4]! & 0x78) === 0 && bytes[at + 6] === 0 && bytes[at + 7] === 1;
  },
};

function message(bytes: Uint8Array, netbios: boolean, from: Side, place: Place, length = bytes.length): DnsMessage | undefined {
  const content = readDnsMessage(bytes, netbios);
  return content && { layer: 'dns', frame: place.frame, at: place.at, from, bytes: length, ...content };
}

/** DNS over TCP, on its port only: two bytes of length are no mark to know it by. */
export const DNS: StreamProtocol = {
  name: 'dns',
  recognise(_side, first, ports) {
    if (ports.server !== DNS_PORT) return 'no';
    const is = framing.plausible(first, 0);
    return is === undefined ? 'more' : is ? 'yes' : 'no';
  },
  open(context) {
    return new UnitReader(framing, context, ({ side, bytes, length, partial, place }) => {
      const read = partial ? undefined : message(bytes.subarray(2), false, side, place, length);
      if (read !== undefined) context.emit(read);
    });
  },
};

/** DNS, multicast DNS and LLMNR over UDP. */
export const DNS_UDP: DatagramProtocol = {
  name: 'dns',
  ports: [DNS_PORT, 5353, 5355],
  read: (bytes, side, place) => message(bytes, false, side, place),
};

/** NetBIOS name service (RFC 1002). */
export const NETBIOS_NAMES: DatagramProtocol = {
  name: 'dns',
  ports: [137],
  read: (bytes, side, place) => message(bytes, true, side, place),
};

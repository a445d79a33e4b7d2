import { addressBytes, isIpv6 } from './addresses.ts';
import { ascii, ByteOut } from './byte-out.ts';

/** Types of records (RFC 1035 section 3.2.2, RFC 3596, RFC 2782). */
export const DNS_TYPES = { a: 1, cname: 5, aaaa: 28, srv: 33 } as const;
/** Response codes (RFC 1035 section 4.1.1). */
export const DNS_RCODES = { ok: 0, serverFailed: 2, notFound: 3, refused: 5 } as const;

/** One record of an answer. */
export type WriteDnsRecord =
  | { readonly name: string; readonly address: string; readonly ttl?: number }
  | { readonly name: string; readonly cname: string; readonly ttl?: number }
  | {
      readonly name: string;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
      readonly ttl?: number;
    };

/** A question with one name. */
export function dnsQuestion(id: number, name: string, type: number): Uint8Array {
  return new ByteOut().u16(id, 0x0100, 1, 0, 0, 0).put(nameBytes(name)).u16(type, 1).bytes();
}

/** The answer to it; recursion was asked for and is available. */
export function dnsAnswer(id: number, name: string, type: number, rcode: number, records: readonly WriteDnsRecord[] = []): Uint8Array {
  const out = new ByteOut()
    .u16(id, 0x8180 | rcode, 1, records.length, 0, 0)
    .put(nameBytes(name))
    .u16(type, 1);
  for (const record of records) {
    const { type: of, data } = dataOf(record);
    // A pointer to the name of the question, as every server writes it.
    out.put(record.name === name ? Uint8Array.of(0xc0, 12) : nameBytes(record.name));
    out
      .u16(of, 1)
      .u32(record.ttl ?? 300)
      .u16(data.length)
      .put(data);
  }
  return out.bytes();
}

function dataOf(record: WriteDnsRecord): { type: number; data: Uint8Array } {
  if ('address' in record) return { type: isIpv6(record.address) ? DNS_TYPES.aaaa : DNS_TYPES.a, data: addressBytes(record.address) };
  if ('cname' in record) return { type: DNS_TYPES.cname, data: nameBytes(record.cname) };
  const { priority, weight, port, target } = record;
  return {
    type: DNS_TYPES.srv,
    data: new ByteOut().u16(priority, weight, port).put(nameBytes(target)).bytes(),
  };
}

function nameBytes(name: string): Uint8Array {
  const out = new ByteOut();
  for (const label of name.split('.')) if (label !== '') out.u8(label.length).put(ascii(label));
  return out.u8(0).bytes();
}

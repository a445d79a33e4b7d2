/**
 * Secrets in packets, found without the readers under test: bytes are searched for what logins leave on a wire. Some are missed, what is found is one.
 */

/** What was found. */
export interface Found {
  readonly kind: 'nt-response' | 'lm-response' | 'session-key' | 'mic' | 'basic' | 'password' | 'cookie' | 'kerberos-cipher';
  readonly bytes: Buffer;
}

/** A frame as it was captured. */
export interface RawFrame {
  readonly bytes: Uint8Array;
  /** LINKTYPE_ number. */
  readonly linkType: number;
}

const LINK_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 14],
  [101, 0],
  [12, 0],
  [229, 0],
  [0, 4],
  [113, 16],
  [276, 20],
]);
const TCP = 6;
const UDP = 17;

/** What each direction of each TCP connection said, in the order of its sequence numbers; datagrams and everything else one by one. */
export function saidIn(frames: readonly RawFrame[]): Buffer[] {
  const out: Buffer[] = [];
  const flows = new Map<string, Map<number, Buffer>>();
  for (const { bytes: frame, linkType } of frames) {
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
    let ip = LINK_BYTES.get(linkType) ?? 0;
    if (linkType === 1) while (ip < 30 && (bytes[ip - 2] === 0x81 || bytes[ip - 2] === 0x88) && bytes[ip - 1] !== undefined) ip += 4;
    const version = (bytes[ip] ?? 0) >> 4;
    const protocol = version === 4 ? bytes[ip + 9] : version === 6 ? bytes[ip + 6] : undefined;
    const transport = ip + (version === 4 ? ((bytes[ip] as number) & 15) * 4 : 40);
    if (protocol === UDP) out.push(bytes.subarray(transport + 8));
    else if (protocol !== TCP || transport + 20 > bytes.length) out.push(bytes);
    else {
      const addresses = version === 4 ? bytes.subarray(ip + 12, ip + 20) : bytes.subarray(ip + 8, ip + 40);
      const length = version === 4 ? bytes.readUInt16BE(ip + 2) : 40 + bytes.readUInt16BE(ip + 4);
      const end = length < 20 ? bytes.length : Math.min(bytes.length, ip + length);
      const data = bytes.subarray(transport + ((bytes[transport + 12] as number) >> 4) * 4, end);
      const key = `${addresses.toString('hex')} ${bytes.subarray(transport, transport + 4).toString('hex')}`;
      const flow = flows.get(key) ?? new Map<number, Buffer>();
      flows.set(key, flow);
      const sequence = bytes.readUInt32BE(transport + 4);
      if (data.length > (flow.get(sequence)?.length ?? 0)) flow.set(sequence, data);
    }
  }
  for (const flow of flows.values()) {
    const segments = [...flow].sort(([a], [b]) => a - b);
    const parts: Buffer[] = [];
    let next = segments[0]?.[0] ?? 0;
    for (const [sequence, data] of segments) {
      // A hole: what stands around it does not belong together.
      if (sequence > next) out.push(Buffer.concat(parts.splice(0)));
      const fresh = data.subarray(Math.max(0, next - sequence));
      parts.push(fresh);
      next = Math.max(next, sequence + data.length);
    }
    out.push(Buffer.concat(parts));
  }
  return out.filter(({ length }) => length > 0);
}

/** Secrets in what one side said, also inside of headers and lines in base64. */
export function secretsIn(data: Buffer): Found[] {
  const text = data.toString('latin1');
  const out = [...ntlmSecrets(data), ...ciphers(data), ...ldapPasswords(data)];
  for (const [, scheme = '', token = ''] of text.matchAll(/authori[sz]ation:[ \t]*(\w+)[ \t]+([A-Za-z0-9+/=]{8,65536})|$/gi))
    if (scheme.toLowerCase() === 'basic') out.push(...basicSecrets(token));
  for (const [token] of text.matchAll(/[A-Za-z0-9+/]{40,65536}={0,2}/g)) {
    const decoded = Buffer.from(token, 'base64');
    out.push(...ntlmSecrets(decoded), ...ciphers(decoded));
  }
  for (const [, pairs = ''] of text.matchAll(/\r\n(?:set-)?cookie:[ \t]*([^\r\n]{1,8192})/gi))
    for (const [, value = ''] of pairs.matchAll(/=([^;,\s]{8,4096})/g)) out.push({ kind: 'cookie', bytes: Buffer.from(value, 'latin1') });
  return out;
}

function basicSecrets(token: string): Found[] {
  const decoded = Buffer.from(token, 'base64');
  const colon = decoded.indexOf(0x3a);
  return colon < 0
    ? []
    : [
        { kind: 'basic', bytes: Buffer.from(token, 'latin1') },
        { kind: 'password', bytes: decoded.subarray(colon + 1) },
      ];
}

/** AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3). */
function ntlmSecrets(data: Buffer): Found[] {
  const out: Found[] = [];
  for (let at = data.indexOf('NTLMSSP\0\x03\0\0\0', 0, 'latin1'); at >= 0; at = data.indexOf('NTLMSSP\0\x03\0\0\0', at + 1, 'latin1')) {
    const message = data.subarray(at);
    if (message.length < 64) continue;
    const field = (place: number) => {
      const start = message.readUInt32LE(place + 4);
      return { start, bytes: message.subarray(start, start + message.readUInt16LE(place)) };
    };
    const [lm, nt, domain, user, host, key] = [12, 20, 28, 36, 44, 52].map(field) as [Field, Field, Field, Field, Field, Field];
    if (lm.bytes.length === 24) out.push({ kind: 'lm-response', bytes: lm.bytes.subarray(0, 16) });
    // Behind the proof of NTLMv2 stand names that the host itself told in clear.
    if (nt.bytes.length >= 24) out.push({ kind: 'nt-response', bytes: nt.bytes.subarray(0, nt.bytes.length === 24 ? 24 : 16) });
    if (key.bytes.length === 16) out.push({ kind: 'session-key', bytes: key.bytes });
    const first = Math.min(...[lm, nt, domain, user, host, key].flatMap(({ start, bytes }) => (bytes.length > 0 ? [start] : [])));
    if (first >= 88 && message.length >= 88) out.push({ kind: 'mic', bytes: message.subarray(72, 88) });
  }
  return out;
}

interface Field {
  readonly start: number;
  readonly bytes: Buffer;
}

/** EncryptedData (RFC 4120 section 5.2.9): etype [0], kvno [1] if any, cipher [2]. */
function ciphers(data: Buffer): Found[] {
  const out: Found[] = [];
  const head = Buffer.of(0xa0, 3, 2, 1);
  for (let found = data.indexOf(head); found >= 0; found = data.indexOf(head, found + 1)) {
    let at = found + 5;
    if (data[at] === 0xa1) at += 2 + (data[at + 1] as number);
    const outer = valueAt(data, at, 0xa2);
    const cipher = outer && valueAt(data, outer.start, 0x04);
    if (cipher && cipher.end <= outer.end && cipher.end - cipher.start >= 16)
      out.push({ kind: 'kerberos-cipher', bytes: data.subarray(cipher.start, cipher.end) });
  }
  return out;
}

/** Simple binds (RFC 4511 section 4.2): version 3, a name, a password. */
function ldapPasswords(data: Buffer): Found[] {
  const out: Found[] = [];
  const head = Buffer.of(2, 1, 3, 4);
  for (let found = data.indexOf(head); found >= 0; found = data.indexOf(head, found + 1)) {
    const name = valueAt(data, found + 3, 0x04);
    const password = name && valueAt(data, name.end, 0x80);
    if (password && password.end > password.start) out.push({ kind: 'password', bytes: data.subarray(password.start, password.end) });
  }
  return out;
}

/** A value of DER with this tag, all of it in the data. */
function valueAt(data: Buffer, at: number, tag: number): { readonly start: number; readonly end: number } | undefined {
  if (data[at] !== tag) return undefined;
  const first = data[at + 1] ?? 0xff;
  const more = first < 0x80 ? 0 : first - 0x80;
  if (more > 3 || at + 2 + more > data.length) return undefined;
  const length = more === 0 ? first : data.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return start + length <= data.length ? { start, end: start + length } : undefined;
}

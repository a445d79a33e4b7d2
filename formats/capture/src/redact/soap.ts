/** Elements (local names) whose text says what was asked and how it ended (WS-Addressing, DSP0226); everything inside a Fault as well. */
const OPEN_ELEMENTS: ReadonlySet<string> = new Set([
  ...['Action', 'ResourceURI', 'MessageID', 'RelatesTo', 'To', 'Address', 'OperationTimeout', 'MaxEnvelopeSize'],
  ...['ProductVendor', 'ProductVersion', 'ProtocolVersion', 'Fault'],
]);
/** Attributes (local names) that name things; values of all others are masked. Namespaces stay. */
const OPEN_ATTRIBUTES: ReadonlySet<string> = new Set(['Name', 'Code', 'mustUnderstand', 'lang', 'nil']);
/** Elements inside elements: envelopes have 15. */
const MAX_DEPTH = 200;
/** One tag: WinRM's with all namespaces have 1 KiB. */
const MAX_TAG_BYTES = 65_536;
const MASK = 0x78;

/**
 * A SOAP envelope of the same length in which only what decides is left: the elements' names, action, resource, message ids, addresses and the fault. Other text and
 * the values of attributes become `x`. Text that is not UTF-8 or ASCII, and everything after something odd, becomes zero.
 */
export function redactSoap(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  // UTF-16 is not looked into.
  if (bytes.includes(0)) return out;
  const open: boolean[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== 0x3c) {
      const next = bytes.indexOf(0x3c, at);
      const end = next < 0 ? bytes.length : next;
      text(bytes, out, at, end, open.at(-1) === true);
      at = end;
      continue;
    }
    const end = tagEnd(bytes, at);
    if (end === undefined) return out;
    const second = bytes[at + 1];
    if (second === 0x3f) out.set(bytes.subarray(at, end), at);
    else if (second === 0x2f) {
      out.set(bytes.subarray(at, end), at);
      open.pop();
    } else if (!isNameByte(second)) return out;
    else {
      const name = tag(bytes, out, at, end);
      if (bytes[end - 2] !== 0x2f) {
        if (open.length >= MAX_DEPTH) return out;
        open.push(open.at(-1) === true || OPEN_ELEMENTS.has(name));
      }
    }
    at = end;
  }
  return out;
}

function text(bytes: Uint8Array, out: Uint8Array, start: number, end: number, keep: boolean): void {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    out[i] = keep || byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d ? byte : MASK;
  }
}

/** Behind the `>` of the tag at `at`, quotes looked at. Comments, CDATA and DOCTYPE are none: SOAP needs none of them. */
function tagEnd(bytes: Uint8Array, at: number): number | undefined {
  let quote = 0;
  const last = Math.min(bytes.length, at + MAX_TAG_BYTES);
  for (let i = at + 1; i < last; i++) {
    const byte = bytes[i] as number;
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === 0x22 || byte === 0x27) quote = byte;
    else if (byte === 0x3e) return i + 1;
    else if (byte === 0x3c) return undefined;
  }
  return undefined;
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f);
}

/** Copies a start tag with the values of unknown attributes masked. @returns its local name. */
function tag(bytes: Uint8Array, out: Uint8Array, start: number, end: number): string {
  out.set(bytes.subarray(start, end), start);
  let source = '';
  for (let i = start; i < end; i++) source += String.fromCharCode(bytes[i] as number);
  const name = /^<([^\s/>]{1,200})/.exec(source)?.[1] ?? '';
  for (const match of source.matchAll(/([^\s"'=<>/]{1,200})\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')/g)) {
    const attribute = match[1] as string;
    const value = match[2] ?? match[3] ?? '';
    if (attribute === 'xmlns' || attribute.startsWith('xmlns:') || OPEN_ATTRIBUTES.has(localName(attribute))) continue;
    const from = start + match.index + match[0].length - 1 - value.length;
    out.fill(MASK, from, from + value.length);
  }
  return localName(name);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

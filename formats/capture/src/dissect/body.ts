import type { Damage } from '@winmedic/bytes';
import { isSealedType, NS, parameter } from '@winmedic/wsman/messages';
import { KeptBytes } from './body-bytes.ts';
import { readEnvelope } from './envelope.ts';
import { latin1 } from './latin1.ts';
import type { HttpBody } from './types.ts';

/** Bytes of an envelope that are kept: faults are a few KiB, and answers with data are of no interest. */
const MAX_ENVELOPE = 256 * 1024;
/** Bytes at which it is decided what a body is: the namespace of an envelope stands in its first tag. */
const SNIFFED = 2048;
/** Bytes of a sealed body that are looked at: both part headers, as `LIMITS.partHeaderBytes` of protocols/wsman. */
const SEALED_HEAD = 4096;

/** Media types of envelopes; the others of XML are looked into. */
const SOAP_TYPES: readonly string[] = ['application/soap+xml', 'application/soap'];
const SOAP_NAMESPACES: readonly Uint8Array[] = [NS.s, 'http://schemas.xmlsoap.org/soap/envelope/'].map((namespace) =>
  new TextEncoder().encode(namespace),
);
/** Both have a colon here, behind `http`, and a slash behind it. */
const COLON = 0x3a;
const SLASH = 0x2f;
const COLON_AT = 4;
/** Bytes in which the first tag of a page of HTML stands: blanks, a document type, and what ends the word. */
const HTML_BYTES = 128;

/** Reads the body of one HTTP message from its pieces, without chunks around them; keeps what decides. */
export class BodyReader {
  readonly #contentType: string;
  readonly #type: string;
  readonly #compressed: boolean;
  readonly #sealed: boolean;
  readonly #kept: KeptBytes;
  #want: 'sniff' | 'soap' | 'sealed' | 'nothing';
  #kind: HttpBody['kind'] = 'other';
  #seen = 0;
  /** All of the body, as it lies in the packet. */
  #view: Uint8Array | undefined;
  #whole = true;

  /** @param contentType value of Content-Type, empty without one. @param encoding value of Content-Encoding. */
  constructor(contentType: string, encoding: string) {
    this.#contentType = contentType;
    this.#type = (contentType.slice(0, 256).split(';', 1)[0] ?? '').trim().toLowerCase();
    this.#compressed = !['', 'identity'].includes(encoding.trim().toLowerCase());
    this.#sealed = isSealedType(contentType);
    if (SOAP_TYPES.includes(this.#type)) this.#kind = 'soap';
    if (this.#type === 'text/html') this.#kind = 'html';
    this.#want = this.#sealed ? 'sealed' : this.#compressed ? 'nothing' : this.#kind === 'soap' ? 'soap' : 'sniff';
    this.#kept = new KeptBytes(this.#want === 'sealed' ? SEALED_HEAD : MAX_ENVELOPE);
  }

  /** What follows of the body is only counted. */
  get indifferent(): boolean {
    return this.#want === 'nothing';
  }

  get seenBytes(): number {
    return this.#seen;
  }

  /** The next bytes. @param whole they are all of the body, and {@link finish} is called while they are valid: they are not copied. */
  add(piece: Uint8Array, whole = false): void {
    this.#seen += piece.length;
    if (whole && this.#seen === piece.length && piece.length <= (this.#want === 'sealed' ? SEALED_HEAD : MAX_ENVELOPE)) {
      this.#view = piece;
      return;
    }
    if (this.#want === 'sniff') {
      const first = piece.subarray(0, SNIFFED - this.#kept.length);
      this.#kept.add(first);
      if (this.#kept.length < SNIFFED) return;
      this.#sniff();
      this.#keep(piece.subarray(first.length));
    } else this.#keep(piece);
  }

  #keep(piece: Uint8Array): void {
    if (this.#want === 'nothing' || this.#kept.add(piece) === piece.length) return;
    // Of a sealed body the beginning is enough; an envelope is needed whole.
    if (this.#want === 'soap') this.#kept.clear();
    this.#want = 'nothing';
  }

  get #bytes(): Uint8Array {
    return this.#view ?? this.#kept.bytes;
  }

  /** Bytes that passed without being handed over. */
  pass(length: number): void {
    this.#seen += length;
  }

  /** Bytes are missing: an envelope with a hole cannot be read. */
  lost(): void {
    this.#whole = false;
    if (this.#want === 'sniff') this.#sniff();
    if (this.#want !== 'soap') return;
    this.#want = 'nothing';
    this.#kept.clear();
  }

  /**
   * The body is over.
   * @param declaredBytes its length as told or as it turned out; `undefined` when that is not known. @param whole nothing of it is missing.
   */
  finish(declaredBytes: number | undefined, whole: boolean): { readonly body: HttpBody; readonly damages: readonly Damage[] } {
    const result = this.#result(declaredBytes, whole);
    this.#kept.clear();
    this.#view = undefined;
    return result;
  }

  #result(declaredBytes: number | undefined, whole: boolean): { readonly body: HttpBody; readonly damages: readonly Damage[] } {
    const shown = { ...(declaredBytes === undefined ? {} : { declaredBytes }), seenBytes: this.#seen, type: this.#type };
    if (this.#seen === 0 && (declaredBytes ?? 0) === 0) return { body: { ...shown, state: 'none', kind: 'empty' }, damages: [] };
    if (this.#want === 'sniff') this.#sniff();
    if (this.#sealed) {
      const original = originalContent(this.#bytes);
      const sealedBy = parameter(this.#contentType, 'protocol');
      const kind = original?.type.toLowerCase().startsWith('application/soap+xml') ? 'soap' : 'other';
      return {
        body: {
          ...shown,
          state: 'sealed',
          kind,
          ...(sealedBy === undefined ? {} : { sealedBy }),
          ...(original === undefined ? {} : { original }),
        },
        damages: [],
      };
    }
    if (this.#compressed) return { body: { ...shown, state: 'compressed', kind: this.#kind }, damages: [] };
    const clear = { ...shown, state: 'clear', kind: this.#kind } as const;
    if (this.#want !== 'soap' || !this.#whole || !whole || this.#bytes.length === 0) return { body: clear, damages: [] };
    const reading = readEnvelope(this.#bytes, (parameter(this.#contentType, 'charset') ?? '').toLowerCase());
    if ('view' in reading) return { body: { ...clear, envelope: reading.view }, damages: [] };
    return { body: clear, damages: [{ code: 'CAPTURE_HTTP_ENVELOPE', offset: 0, what: 'envelope', have: reading.error }] };
  }

  /** Decides by the first bytes what a body without a telling media type is. */
  #sniff(): void {
    const head = this.#bytes.subarray(0, SNIFFED);
    this.#want = 'nothing';
    if (namesSoap(head)) {
      this.#kind = 'soap';
      this.#want = 'soap';
      return;
    }
    this.#kept.clear();
    if (/^\s{0,64}<(?:!doctype\s{1,8}html|html)\b/i.test(latin1(head, 0, Math.min(head.length, HTML_BYTES)))) this.#kind = 'html';
  }
}

/** Does a namespace of SOAP stand in these bytes? */
function namesSoap(head: Uint8Array): boolean {
  for (let at = head.indexOf(COLON); at >= 0; at = head.indexOf(COLON, at + 1)) {
    if (head[at + 1] !== SLASH) continue;
    for (const namespace of SOAP_NAMESPACES) if (standsAt(namespace, head, at - COLON_AT)) return true;
  }
  return false;
}

function standsAt(text: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** `OriginalContent` of the first part of a sealed body (MS-WSMV 2.2.9.1.1.2); Windows writes a TAB before part headers, others do not. */
function originalContent(head: Uint8Array): HttpBody['original'] {
  for (let at = 0; at < head.length; ) {
    const lf = head.indexOf(0x0a, at);
    const end = lf < 0 ? head.length : lf;
    let first = at;
    while (first < end && first - at < 8 && (head[first] === 0x20 || head[first] === 0x09)) first++;
    // Most of a sealed body is noise: only what begins like the name is made a text of.
    const match = (head[first]! | 0x20) === 0x6f ? ORIGINAL.exec(latin1(head, at, Math.min(end, at + 1024)).trimEnd()) : null;
    at = end + 1;
    if (match === null) continue;
    const value = match[1]!;
    const length = /;\s{0,8}Length\s{0,8}=\s{0,8}"?(\d{1,10})"?$/i.exec(value);
    const type = /^\s{0,8}type\s{0,8}=\s{0,8}([^\s"]+)/i.exec(length === null ? value : value.slice(0, length.index));
    return length === null ? undefined : { type: (type?.[1] ?? '').replace(/;+$/, ''), lengthBytes: Number(length[1]) };
  }
  return undefined;
}

const ORIGINAL = /^[ \t]{0,8}OriginalContent\s{0,8}:(.*)$/i;

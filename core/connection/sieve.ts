/** Shorter texts are no secret worth hiding by overwriting: their gaps would tell more than they hide. */
const MIN_SECRET = 6;
const COVER = '*';

/** A text as servers that give it back escape it: HTML, URL (RFC 3986 section 2.1), JSON. */
function escapedForms(text: string): string[] {
  const html = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  const named = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const url = encodeURIComponent(text.toWellFormed());
  const strict = url.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return [
    ...[html, named].flatMap((each) => [each, each.replaceAll('"', '&quot;'), each.replaceAll('"', '&quot;').replaceAll("'", '&#39;')]),
    ...[url, strict].flatMap((each) => [each, each.replaceAll('%20', '+')]),
    JSON.stringify(text).slice(1, -1),
  ];
}

/**
 * Keeps secrets out of everything an attempt shows, as a second line: what is made to be shown never holds them, but a host may echo what was
 * sent to it (a proxy's error page with the request's headers).
 */
export class Sieve {
  readonly #texts = new Set<string>();

  /** A secret as text: covered as it is, in base64, and escaped as pages, URLs and JSON show it. */
  addText(secret: string): void {
    if (secret.length < MIN_SECRET) return;
    for (const form of [secret, ...escapedForms(secret)]) this.#texts.add(form);
    for (const encoding of ['utf8', 'utf16le'] as const) this.addBytes(Buffer.from(secret, encoding));
  }

  /** A secret as bytes: covered in hexadecimal and base64. */
  addBytes(secret: Uint8Array): void {
    if (secret.length < MIN_SECRET) return;
    const bytes = Buffer.from(secret);
    this.#texts.add(bytes.toString('base64'));
    this.#texts.add(bytes.toString('hex'));
  }

  /** The text with every secret covered. */
  text(text: string): string {
    let out = text;
    for (const secret of this.#texts) if (out.includes(secret)) out = out.replaceAll(secret, COVER.repeat(8));
    return out;
  }

  /** The bytes with every secret overwritten, as UTF-8 and UTF-16LE. */
  bytes(bytes: Uint8Array): Uint8Array {
    const out = Buffer.from(bytes);
    for (const secret of this.#texts)
      for (const encoding of ['utf8', 'utf16le'] as const) {
        const needle = Buffer.from(secret, encoding);
        for (let at = out.indexOf(needle); at >= 0; at = out.indexOf(needle, at + needle.length)) out.fill(COVER, at, at + needle.length);
      }
    return new Uint8Array(out);
  }
}

/** Shorter texts are no secret worth hiding by overwriting: their gaps would tell more than they hide. */
const MIN_SECRET = 6;
const COVER = '*';

/**
 * Keeps secrets out of everything an attempt shows, as a second line: what is made to be shown never holds them, but a host may echo what was
 * sent to it (a proxy's error page with the request's headers).
 */
export class Sieve {
  readonly #texts = new Set<string>();

  /** A secret as text: covered as it is and in base64. */
  addText(secret: string): void {
    if (secret.length < MIN_SECRET) return;
    this.#texts.add(secret);
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

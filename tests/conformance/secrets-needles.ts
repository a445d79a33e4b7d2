/** Bytes of a secret shorter than this stand everywhere by chance. */
const MIN_BYTES = 8;
/** Bytes of a secret in a row that give it away in a dump of lines. */
const WINDOW = 8;

/** Secrets in every form in which they could be written. */
export class Needles {
  readonly #forms = new Map<string, Buffer>();

  /** Number of forms looked for. */
  get size(): number {
    return this.#forms.size;
  }

  /** A secret of characters, as UTF-8 and as Windows hashes and sends it. */
  addText(label: string, text: string): this {
    this.addBytes(`${label}, UTF-8`, Buffer.from(text, 'utf8'));
    this.addBytes(`${label}, UTF-16LE`, Buffer.from(text, 'utf16le'));
    return this;
  }

  /** A key: as it is, in hexadecimal, in lines of a dump, and in base64 wherever it may begin within the three bytes of a group. */
  addBytes(label: string, secret: Uint8Array): this {
    const bytes = Buffer.from(secret);
    if (bytes.length < MIN_BYTES) throw new RangeError(`${label} has ${bytes.length} bytes: too few to be looked for`);
    this.#forms.set(label, bytes);
    const hex = bytes.toString('hex');
    this.#written(`${label}, hex`, hex);
    for (let at = 0; at + WINDOW <= bytes.length; at++) this.#written(`${label}, dump ${at}`, spaced(bytes.subarray(at, at + WINDOW)));
    for (let shift = 0; shift < 3; shift++) {
      const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
      // The first characters hold bits of what stands before, the last ones of what follows.
      const whole = text.slice([0, 2, 3][shift], Math.floor((shift + bytes.length) / 3) * 4);
      this.#ascii(`${label}, base64 ${shift}`, whole);
      this.#ascii(`${label}, base64url ${shift}`, whole.replaceAll('+', '-').replaceAll('/', '_'));
    }
    return this;
  }

  /** Labels of the secrets that stand in these bytes. One pass: core files are large and forms are many. */
  find(haystack: Uint8Array): string[] {
    const bytes = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength);
    const byStart = Map.groupBy(this.#forms, ([, form]) => form.readUInt16LE(0));
    const starts = new Uint8Array(65_536);
    for (const start of byStart.keys()) starts[start] = 1;
    const found = new Set<string>();
    for (let at = 0; at + 1 < bytes.length; at++) {
      const start = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      if (starts[start] === 0) continue;
      for (const [label, form] of byStart.get(start) ?? [])
        if (bytes.compare(form, 0, form.length, at, Math.min(at + form.length, bytes.length)) === 0) found.add(label);
    }
    return [...found];
  }

  #written(label: string, text: string): void {
    this.#ascii(label, text);
    this.#ascii(`${label}, upper case`, text.toUpperCase());
  }

  /** Texts stand in memory and in Windows' files with two bytes a character, too. */
  #ascii(label: string, text: string): void {
    this.#forms.set(label, Buffer.from(text, 'latin1'));
    this.#forms.set(`${label}, UTF-16LE`, Buffer.from(text, 'utf16le'));
  }
}

function spaced(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

import { fromBase64, LineReader } from './http-lines.ts';
import { latin1 } from './latin1.ts';
import { readToken } from './token.ts';
import type { DissectContext, Place, Side, StreamDissector, StreamProtocol } from './types.ts';

/** Bytes of a line: tokens of Kerberos with a large ticket are 64 KiB, in base64 a third more. */
const MAX_LINE = 96 * 1024;
/** Bytes of a side that are looked at: logins stand at the beginning. */
const MAX_LOOKED = 256 * 1024;
/** Ports of SMTP, submission, POP3 and IMAP. */
const PORTS: ReadonlySet<number> = new Set([25, 110, 143, 587]);
/** `NTLMSSP` and a zero byte in base64. */
const NTLM_START = 'TlRMTVNTUAA';

/** Logins of SMTP (RFC 4954), IMAP (RFC 9051 section 6.2.2) and POP3 (RFC 5034) with tokens of NTLM, Kerberos or SPNEGO; nothing else of mail. */
class MailDissector implements StreamDissector {
  readonly #context: DissectContext;
  readonly #sides: Readonly<Record<Side, { readonly lines: LineReader; looked: number; off: boolean }>> = {
    client: { lines: new LineReader(MAX_LINE), looked: 0, off: false },
    server: { lines: new LineReader(MAX_LINE), looked: 0, off: false },
  };
  /** The client asked for TLS; its mechanism of login is looked into. */
  #asked: 'tls' | 'login' | undefined;

  constructor(context: DissectContext) {
    this.#context = context;
  }

  data(name: Side, bytes: Uint8Array, place: Place): void {
    const side = this.#sides[name];
    for (let at = 0; at < bytes.length && !side.off; ) {
      const next = side.lines.take(bytes, at);
      side.looked += (next < 0 ? bytes.length : next) - at;
      if (next < 0) break;
      at = next;
      if (!side.lines.over) this.#line(name, latin1(side.lines.line), place);
      // Mails themselves: nothing that decides comes after them.
      if (side.looked > MAX_LOOKED) {
        side.off = true;
        this.#context.skip(name, Number.POSITIVE_INFINITY);
      }
    }
  }

  gap(name: Side): void {
    this.#sides[name].lines.reset();
  }

  end(name: Side): void {
    this.#sides[name].off = true;
    this.#sides[name].lines.reset();
  }

  #line(name: Side, line: string, place: Place): void {
    if (name === 'client') {
      // An IMAP command has a tag before it.
      const words = line.slice(0, 256).toUpperCase().split(' ');
      if (words.some((word, i) => i < 2 && (word === 'STARTTLS' || word === 'STLS'))) this.#asked = 'tls';
      const command = words.findIndex((word, i) => i < 2 && (word === 'AUTH' || word === 'AUTHENTICATE'));
      if (command >= 0) {
        this.#asked = ['NTLM', 'GSSAPI', 'GSS-SPNEGO'].includes(words[command + 1] ?? '') ? 'login' : undefined;
        // An initial answer may stand behind the mechanism.
        this.#token(name, line.split(' ', 5)[command + 2] ?? '', line.length, place);
        return;
      }
      this.#token(name, line, line.length, place);
      return;
    }
    const going = /^(?:334|\+)(?: |$)/.exec(line);
    if (going !== null) this.#token(name, line.slice(going[0].length), line.length, place);
    else if (this.#asked === 'tls' && /^(?:220|\+OK|[A-Za-z0-9.]{1,32} OK)/i.test(line)) {
      for (const side of Object.values(this.#sides)) side.off = true;
      this.#context.become('tls');
    } else if (!line.startsWith('*')) this.#asked = undefined;
  }

  #token(from: Side, text: string, size: number, place: Place): void {
    // A capture that starts late does not show the command.
    if (this.#asked !== 'login' && !text.startsWith(NTLM_START)) return;
    const bytes = fromBase64(text.trim());
    const token = bytes && bytes.length > 0 ? readToken(bytes) : undefined;
    // Between the tokens stand answers of GSSAPI's own layers (RFC 4752).
    if (token === undefined || token.kind === 'unknown') return;
    this.#context.emit({ layer: 'mail', kind: 'auth', token, frame: place.frame, at: place.at, from, bytes: size });
  }
}

/** SMTP, POP3 and IMAP. */
export const MAIL: StreamProtocol = {
  name: 'mail',
  recognise(side, first, ports) {
    const text = latin1(first).toUpperCase();
    const known = PORTS.has(ports.server);
    const starts = side === 'server' ? ['220 ', '220-', '+OK', '* OK'] : ['EHLO ', 'HELO '];
    if (starts.some((start) => text.startsWith(start))) {
      // Other protocols greet in the same way: the port or the name of the protocol must agree.
      if (known || side === 'client' || /SMTP|IMAP|POP3/.test(text)) return 'yes';
      return text.includes('\n') || first.length >= 64 ? 'no' : 'more';
    }
    if (starts.some((start) => start.startsWith(text))) return 'more';
    return known && /^(?:[A-Z0-9.]{1,16} )?(?:CAPABILITY|CAPA|STLS|STARTTLS|AUTH|AUTHENTICATE|LOGIN|USER)\b/.test(text) ? 'yes' : 'no';
  },
  open: (context) => new MailDissector(context),
};

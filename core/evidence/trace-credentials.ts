/**
 * What clients send to prove who they are, where traces of HTTP stacks (WinHttp, WinINet, HttpService) or packets shown as hexadecimal digits have it in a field:
 * credentials of HTTP (RFC 9110 section 11.4, RFC 7617), cookies (RFC 6265), AUTHENTICATE messages of NTLM (MS-NLMP 2.2.1.3). Who logged in stays: other fields say it.
 */
const REMOVED = '[removed]';

/** Longest run looked at in one piece; what goes on behind it is taken by the next match. */
const HEADER = /\b((?:proxy-)?authorization|(?:set-)?cookie)([ \t]{0,8}[:=][ \t]{0,8})([^\r\n]{1,65536})/gi;
const SCHEME = /^(negotiate|ntlm|kerberos|credssp|basic|bearer|digest)\b/i;
const TOKEN = /\b(negotiate|ntlm|kerberos|credssp|bearer)([ \t]{1,4})[A-Za-z0-9+/]{24,65536}={0,2}/gi;
const BASIC = /\b(basic)([ \t]{1,4})([A-Za-z0-9+/]{4,4096}={0,2})/gi;
/** `NTLMSSP\\0` and message type 3, in base64 and in hexadecimal digits. */
const NTLM_BASE64 = /TlRMTVNTUAADAAAA[A-Za-z0-9+/]{0,65536}={0,2}/g;
const NTLM_HEX = /4e544c4d535350000300000(?:0[0-9a-f]{0,131072})/gi;
/** None of the expressions matches a text without one of these. */
const SUSPECT = /authorization|cookie|negotiate|ntlm|kerberos|credssp|bearer|basic|TlRMTVNTUAAD|4e544c4d53535000/i;

function credentials(value: string): string {
  if (!SUSPECT.test(value)) return value;
  return value
    .replace(HEADER, (_, name: string, sign: string, rest: string) => {
      const scheme = SCHEME.exec(rest)?.[1];
      return `${name}${sign}${scheme === undefined ? '' : `${scheme} `}${REMOVED}`;
    })
    .replace(TOKEN, (_, scheme: string, space: string) => `${scheme}${space}${REMOVED}`)
    .replace(BASIC, (all: string, scheme: string, space: string, token: string) =>
      isUserAndPassword(token) ? `${scheme}${space}${REMOVED}` : all,
    )
    .replace(NTLM_BASE64, REMOVED)
    .replace(NTLM_HEX, REMOVED);
}

/** A word behind `Basic` is a credential when it holds a colon once decoded. */
function isUserAndPassword(token: string): boolean {
  return Buffer.from(token, 'base64').includes(0x3a);
}

/** The fields of an event without credentials. */
export function withoutCredentials(fields: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const clean = new Map<string, string>();
  let changed = false;
  for (const [name, value] of fields) {
    const kept = credentials(value);
    changed ||= kept !== value;
    clean.set(name, kept);
  }
  return changed ? clean : fields;
}

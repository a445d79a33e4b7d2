import { BytesError, FormatError } from '@winmedic/bytes';
import { readGssKerberosToken } from '@winmedic/kerberos/messages';
import { parseNtlmMessage } from '@winmedic/ntlm/messages';
import { parseSpnegoToken, recogniseToken, type TokenKind } from '@winmedic/spnego/messages';
import type { AuthToken } from './types.ts';

type Parts = Omit<AuthToken, 'raw' | 'kind'>;

/**
 * Takes a token of an authentication package apart: SPNEGO (RFC 4178, MS-SPNG) with what it carries, bare NTLM (MS-NLMP 2.2.1) or bare Kerberos (RFC 4121
 * section 4.1). Never throws: what cannot be read is told in `error`, with what was read before.
 * @param bytes the token without the encoding of its carrier; they are copied.
 */
export function readToken(bytes: Uint8Array): AuthToken {
  const raw = bytes.slice();
  const kind = kindOf(raw);
  return { raw, kind, ...(kind === 'spnego' ? readSpnego(raw) : readMechanism(kind, raw)) };
}

function readSpnego(raw: Uint8Array): Parts {
  return guarded(() => {
    const spnego = parseSpnegoToken(raw);
    const inner = spnego.kind === 'init' ? spnego.mechToken : spnego.responseToken;
    return { spnego, ...(inner === undefined ? {} : readMechanism(kindOf(inner), inner)) };
  });
}

/** AP-REQ, AP-REP and KRB-ERROR without GSS framing, as DCE style has them (MS-KILE 3.4.5.1, RFC 4121 section 4.1): application tags 14, 15, 30. */
const BARE_KERBEROS: ReadonlySet<number | undefined> = new Set([0x6e, 0x6f, 0x7e]);

function kindOf(bytes: Uint8Array): TokenKind {
  const kind = recogniseToken(bytes);
  return kind === 'unknown' && BARE_KERBEROS.has(bytes[0]) ? 'kerberos' : kind;
}

/** Only one layer of SPNEGO is looked into: nobody wraps it in itself. */
function readMechanism(kind: TokenKind, raw: Uint8Array): Parts {
  if (kind === 'ntlm') return guarded(() => ({ ntlm: parseNtlmMessage(raw) }));
  if (kind === 'kerberos') return guarded(() => ({ kerberos: readGssKerberosToken(raw) }));
  return {};
}

/** Errors of the parsers become their code; anything else is a mistake of this program and not of the token. */
function guarded(read: () => Parts): Parts {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError || error instanceof BytesError) return { error: error.code };
    throw error;
  }
}

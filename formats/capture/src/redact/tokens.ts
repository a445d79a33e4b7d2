import { BytesError, DER, DerError, type DerNode, readDer } from '@winmedic/bytes';
import { isNtlmMessage, parseNtlmMessage, redactNtlmMessage } from '@winmedic/ntlm/messages';
import { recogniseToken } from '@winmedic/spnego/messages';
import type { SecretKind } from './types.ts';

/** A stretch of a token that was overwritten. */
export interface RemovedRange {
  readonly kind: SecretKind;
  readonly start: number;
  readonly end: number;
}

/** A token that may be shown, of the same length, and what was taken out of it. */
export interface RedactedToken {
  readonly bytes: Uint8Array;
  readonly removed: readonly RemovedRange[];
}

/** PA-DATA types (RFC 4120 section 7.5.2) whose value says what the KDC wants and holds no secret: PA-ETYPE-INFO, PA-ETYPE-INFO2, PA-PAC-REQUEST. */
const OPEN_PA_DATA: ReadonlySet<number> = new Set([11, 19, 128]);
/** PA-DATA types whose value is a structure with cipher texts: PA-TGS-REQ, PA-ENC-TIMESTAMP. */
const NESTED_PA_DATA: ReadonlySet<number> = new Set([1, 2]);

/**
 * Overwrites what a password or key could be guessed against in a token of an authentication package: NTLM responses, session keys and MICs, cipher texts and
 * checksums of Kerberos, MICs of SPNEGO. What cannot be read is overwritten whole.
 */
export function redactToken(token: Uint8Array, names: 'keep' | 'mask' = 'keep'): RedactedToken {
  const out = token.slice();
  const removed: RemovedRange[] = [];
  overwrite(out, removed, 0, token.length, names, 0);
  return { bytes: out, removed };
}

/** Redacts one Kerberos message (RFC 4120), without the length prefix of TCP. */
export function redactKerberos(message: Uint8Array): RedactedToken {
  const out = message.slice();
  const removed: RemovedRange[] = [];
  kerberosAt(out, removed, 0, message.length);
  return { bytes: out, removed };
}

/** Tokens nest at most twice in practice: SPNEGO around NTLM or Kerberos. */
const MAX_NESTING = 3;

function clear(out: Uint8Array, removed: RemovedRange[], start: number, end: number, kind: SecretKind): void {
  if (end <= start) return;
  out.fill(0, start, end);
  removed.push({ kind, start, end });
}

function overwrite(out: Uint8Array, removed: RemovedRange[], start: number, end: number, names: 'keep' | 'mask', depth: number): void {
  const token = out.subarray(start, end);
  const kind = depth < MAX_NESTING ? recogniseToken(token) : 'unknown';
  if (kind === 'ntlm') ntlmAt(out, removed, start, end, names);
  else if (kind === 'kerberos') gssKerberosAt(out, removed, start, end);
  else if (kind === 'spnego') spnegoAt(out, removed, start, end, names, depth);
  else if (isKerberosTag(token[0])) kerberosAt(out, removed, start, end);
  else clear(out, removed, start, end, 'authorization');
}

/** [APPLICATION 10] to [APPLICATION 15] and [APPLICATION 30]: requests, answers, AP-REQ, AP-REP, KRB-ERROR. */
export function isKerberosTag(tag: number | undefined): boolean {
  return tag !== undefined && ((tag >= 0x6a && tag <= 0x6f) || tag === 0x7e);
}

function ntlmAt(out: Uint8Array, removed: RemovedRange[], start: number, end: number, names: 'keep' | 'mask'): void {
  const token = out.slice(start, end);
  const shown = redactNtlmMessage(token);
  const view = new DataView(token.buffer, token.byteOffset, token.length);
  const within = (at: number, descriptor: number): boolean => {
    if (token.length < descriptor + 8) return false;
    const from = view.getUint32(descriptor + 4, true);
    return at >= from && at < from + view.getUint16(descriptor, true);
  };
  for (let at = 0; at < token.length; at++) {
    if (token[at] === shown[at]) continue;
    const from = at;
    // A zero inside a secret is the same before and after.
    for (let same = 0; at < token.length && same < 4; at++) same = token[at] === shown[at] ? same + 1 : 0;
    const kind = within(from, 12) || within(from, 20) ? 'ntlm-response' : within(from, 52) ? 'ntlm-session-key' : 'ntlm-mic';
    removed.push({ kind, start: start + from, end: start + at });
  }
  if (names === 'mask' && isAuthenticate(token)) {
    // Domain, user and workstation: 'x' in UTF-16 or in one byte.
    for (const descriptor of [28, 36, 44]) {
      const length = Math.min(view.getUint16(descriptor, true), token.length);
      const from = Math.min(view.getUint32(descriptor + 4, true), token.length);
      for (let i = from; i < Math.min(from + length, token.length); i++) if (shown[i] !== 0) shown[i] = 0x78;
    }
  }
  out.set(shown, start);
}

function isAuthenticate(token: Uint8Array): boolean {
  if (!isNtlmMessage(token) || token.length < 64) return false;
  try {
    return parseNtlmMessage(token).kind === 'authenticate';
  } catch {
    return false;
  }
}

/** Token types with a message behind them: AP-REQ, AP-REP, KRB-ERROR (RFC 4121 section 4.1), TGT-REQ and TGT-REP (draft-swift-win2k-krb-user2user). Others are protected data. */
const KERBEROS_TOKENS: ReadonlySet<number> = new Set([0x0100, 0x0200, 0x0300, 0x0400, 0x0401]);

/** GSS framing (RFC 2743 section 3.1, RFC 4121 section 4.1): object identifier, two bytes of token type, message. */
function gssKerberosAt(out: Uint8Array, removed: RemovedRange[], start: number, end: number): void {
  guarded(out, removed, start, end, () => {
    const outer = readDer(out.subarray(start, end));
    const oid = readDer(outer.content);
    const inner = start + outer.raw.length - outer.content.length + oid.raw.length;
    const type = ((out[inner] ?? 0) << 8) | (out[inner + 1] ?? 0);
    if (KERBEROS_TOKENS.has(type)) kerberosAt(out, removed, inner + 2, start + outer.raw.length);
    else clear(out, removed, inner + 2, end, 'message-integrity');
    clear(out, removed, start + outer.raw.length, end, 'authorization');
  });
}

/** OCTET STRINGs of SPNEGO (RFC 4178 section 4.2) are tokens of the mechanisms, or MICs. */
function spnegoAt(out: Uint8Array, removed: RemovedRange[], start: number, end: number, names: 'keep' | 'mask', depth: number): void {
  guarded(out, removed, start, end, () => {
    const root = readDer(out.slice(start, end));
    const walk = (node: DerNode): void => {
      const at = start + node.offset + node.raw.length - node.content.length;
      if (node.constructed) for (const child of node.children()) walk(child);
      else if (node.is(DER.octetString) && node.content.length > 0) {
        if (recogniseToken(node.content) === 'unknown' && !isKerberosTag(node.content[0])) micAt(out, removed, at, node.content.length);
        else overwrite(out, removed, at, at + node.content.length, names, depth + 1);
      }
    };
    walk(root);
    clear(out, removed, start + root.raw.length, end, 'authorization');
  });
}

/** mechListMIC. Of NTLM's (MS-NLMP 2.2.2.9.1: version 1, checksum, sequence number) only the checksum goes, so that it is still recognised as one. */
function micAt(out: Uint8Array, removed: RemovedRange[], at: number, length: number): void {
  const ntlm = length === 16 && out[at] === 1 && out[at + 1] === 0 && out[at + 2] === 0 && out[at + 3] === 0;
  clear(out, removed, ntlm ? at + 4 : at, ntlm ? at + 12 : at + length, 'message-integrity');
}

function kerberosAt(out: Uint8Array, removed: RemovedRange[], start: number, end: number): void {
  guarded(out, removed, start, end, () => {
    const root = readDer(out.slice(start, end));
    kerberosNode(out, removed, root, start);
    clear(out, removed, start + root.raw.length, end, 'kerberos-cipher');
  });
}

function contentAt(node: DerNode, base: number): number {
  return base + node.offset + node.raw.length - node.content.length;
}

/** Overwrites every OCTET STRING that is not known to be open. */
function kerberosNode(out: Uint8Array, removed: RemovedRange[], node: DerNode, base: number): void {
  if (!node.constructed) {
    if (node.is(DER.octetString)) {
      const at = contentAt(node, base);
      clear(out, removed, at, at + node.content.length, 'kerberos-cipher');
    }
    return;
  }
  const children = node.children();
  if (node.is(30, 'application')) {
    // KRB-ERROR: e-data [12] tells what the KDC wants, or the status of Windows (RFC 4120 section 5.9.1, MS-KILE 2.2.1).
    for (const child of children.flatMap((sequence) => (sequence.constructed ? sequence.children() : [])))
      if (child.is(12, 'context')) errorData(out, removed, child, base);
      else kerberosNode(out, removed, child, base);
    return;
  }
  const paData = paDataOf(node, children);
  if (paData === undefined) {
    for (const child of children) kerberosNode(out, removed, child, base);
    return;
  }
  if (OPEN_PA_DATA.has(paData.type)) return;
  const at = contentAt(paData.value, base);
  if (NESTED_PA_DATA.has(paData.type)) kerberosAt(out, removed, at, at + paData.value.content.length);
  else clear(out, removed, at, at + paData.value.content.length, 'kerberos-cipher');
}

/** PA-PW-SALT (RFC 4120 section 5.2.7.3): a salt is no secret, and domain controllers are known to send a status of Windows in it (unverified). */
const PW_SALT = 3;

/**
 * Of e-data only METHOD-DATA is taken apart: the answer of a KDC under FAST is a cipher text in it (RFC 6113 section 5.4.4). A status of Windows is one value or no
 * DER at all.
 */
function errorData(out: Uint8Array, removed: RemovedRange[], data: DerNode, base: number): void {
  const value = data.only();
  let entries: readonly DerNode[];
  try {
    const list = readDer(value.content);
    entries = list.is(DER.sequence) ? list.children() : [];
    if (entries[0]?.is(DER.sequence) !== true) return;
  } catch (error) {
    if (!(error instanceof DerError || error instanceof BytesError)) throw error;
    return;
  }
  for (const entry of entries) {
    if (entry.constructed && paDataOf(entry, entry.children())?.type === PW_SALT) continue;
    kerberosNode(out, removed, entry, contentAt(value, base));
  }
}

/** PA-DATA (RFC 4120 section 5.2.7): padata-type [1] INTEGER, padata-value [2] OCTET STRING. */
function paDataOf(node: DerNode, children: readonly DerNode[]): { readonly type: number; readonly value: DerNode } | undefined {
  const [first, second, third] = children;
  if (!node.is(DER.sequence) || third !== undefined || first?.is(1, 'context') !== true || second?.is(2, 'context') !== true)
    return undefined;
  const type = first.only();
  const value = second.only();
  return type.is(DER.integer) && value.is(DER.octetString) ? { type: type.integer(), value } : undefined;
}

/** What cannot be read is overwritten whole. */
function guarded(out: Uint8Array, removed: RemovedRange[], start: number, end: number, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof DerError || error instanceof BytesError)) throw error;
    clear(out, removed, start, end, 'authorization');
  }
}

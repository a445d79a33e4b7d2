import { DER, DerError, type DerNode, der, readDer } from '@winmedic/bytes';
import { CredsspError } from './errors.ts';

/** A public key, a Kerberos ticket with a large PAC and a smart card's data all stay far below. */
const MAX_BYTES = 1 << 20;
/** One is sent; the list form is left from the specification. */
const MAX_NEGO_TOKENS = 16;

/** TSRequest (MS-CSSP 2.2.1), all versions. */
export interface TsRequest {
  /** 2 to 6; a higher number counts as the highest one knows. */
  readonly version: number;
  /** Tokens of SPNEGO, NTLM or Kerberos; empty when the field is absent. */
  readonly negoTokens: readonly Uint8Array[];
  /** Sealed TSCredentials. */
  readonly authInfo?: Uint8Array;
  /** Sealed public key (versions 2 to 4) or hash (5 and 6). */
  readonly pubKeyAuth?: Uint8Array;
  /** NTSTATUS, unsigned (versions 3, 4 and 6). */
  readonly errorCode?: number;
  /** 32 random bytes (versions 5 and 6). */
  readonly clientNonce?: Uint8Array;
}

/** Runs a parser; what the DER reader throws becomes an error of this package. */
export function readingMessage<T>(bytes: Uint8Array, what: string, read: () => T): T {
  if (bytes.length > MAX_BYTES) throw new CredsspError('CREDSSP_LIMIT', what, { need: MAX_BYTES, have: bytes.length });
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) throw new CredsspError('CREDSSP_MESSAGE', error.what, { offset: error.offset, cause: error });
    throw error;
  }
}

/** Explicit context fields of a SEQUENCE by number, each once. */
export function contextFields(sequence: DerNode): Map<number, DerNode> {
  const fields = new Map<number, DerNode>();
  for (const node of sequence.expect(DER.sequence).children()) {
    if (node.class !== 'context' || fields.has(node.tag))
      throw new CredsspError('CREDSSP_MESSAGE', 'field', { offset: node.offset, have: node.tag });
    fields.set(node.tag, node.only());
  }
  return fields;
}

/** A field that must be there. */
export function required(fields: ReadonlyMap<number, DerNode>, n: number, what: string, at: DerNode): DerNode {
  const node = fields.get(n);
  if (node === undefined) throw new CredsspError('CREDSSP_MESSAGE', what, { offset: at.offset, need: `[${n}]` });
  return node;
}

/**
 * Reads a TSRequest.
 * @throws CredsspError `CREDSSP_MESSAGE` or `CREDSSP_LIMIT`; nothing else for any input.
 */
export function parseTsRequest(bytes: Uint8Array): TsRequest {
  return readingMessage(bytes, 'TSRequest', () => {
    const root = readDer(bytes);
    const fields = contextFields(root);
    const tokens = fields.get(1)?.expect(DER.sequence).children() ?? [];
    if (tokens.length > MAX_NEGO_TOKENS)
      throw new CredsspError('CREDSSP_LIMIT', 'negoTokens', { need: MAX_NEGO_TOKENS, have: tokens.length });
    const octets = (n: number): Uint8Array | undefined => fields.get(n)?.expect(DER.octetString).content;
    const authInfo = octets(2);
    const pubKeyAuth = octets(3);
    const clientNonce = octets(5);
    const status = fields.get(4)?.expect(DER.integer);
    // Signed and unsigned encodings of the 32 bits are both seen.
    const errorCode = status && Number(BigInt.asUintN(32, status.bigint()));
    return {
      version: required(fields, 0, 'version', root).expect(DER.integer).integer(),
      negoTokens: tokens.map((node) => required(contextFields(node), 0, 'negoToken', node).expect(DER.octetString).content),
      ...(authInfo && { authInfo }),
      ...(pubKeyAuth && { pubKeyAuth }),
      ...(errorCode !== undefined && { errorCode }),
      ...(clientNonce && { clientNonce }),
    };
  });
}

/** Writes a TSRequest. The error code is written as the signed 32-bit number that an NTSTATUS is. */
export function writeTsRequest(request: TsRequest): Uint8Array {
  const octets = (n: number, bytes: Uint8Array | undefined): Uint8Array[] => (bytes === undefined ? [] : [der.field(n, der.octets(bytes))]);
  const { negoTokens, errorCode } = request;
  return der.sequence(
    der.field(0, der.integer(request.version)),
    ...(negoTokens.length === 0
      ? []
      : [der.field(1, der.sequence(...negoTokens.map((token) => der.sequence(der.field(0, der.octets(token))))))]),
    ...octets(2, request.authInfo),
    ...octets(3, request.pubKeyAuth),
    ...(errorCode === undefined ? [] : [der.field(4, der.integer(errorCode | 0))]),
    ...octets(5, request.clientNonce),
  );
}

import { DER, DerError, type DerNode, der, readDer, writeDer } from '@winmedic/bytes';
import { SpnegoError } from './errors.ts';
import { MECHANISM_OID } from './mechanisms.ts';

/** A Kerberos ticket with a large PAC stays below 64 KiB (MaxTokenSize); ten times that is no login. */
const MAX_TOKEN_BYTES = 1 << 20;
/** Windows offers at most six. */
const MAX_MECHANISMS = 64;

/** `negState` by name (RFC 4178 section 4.2.2). */
export type NegState = 'accept-completed' | 'accept-incomplete' | 'reject' | 'request-mic';
/** Names by number. */
const NEG_STATES: readonly NegState[] = ['accept-completed', 'accept-incomplete', 'reject', 'request-mic'];

/** NegTokenInit (RFC 4178 section 4.2.1), or NegTokenInit2 when there are {@link negHints} (MS-SPNG 2.2.1). */
export interface NegTokenInit {
  readonly kind: 'init';
  /** Mechanisms offered, dotted identifiers, best first. */
  readonly mechTypes: readonly string[];
  /** The list as it stood in the token, DER: what the mechListMIC covers. Absent when the token has no list; ignored when writing. */
  readonly mechTypesDer?: Uint8Array;
  /** Content of the BIT STRING, first byte the number of unused bits; nobody should send it. */
  readonly reqFlags?: Uint8Array;
  /** Optimistic token of the first mechanism. */
  readonly mechToken?: Uint8Array;
  /** Hints of a server that speaks first. */
  readonly negHints?: { readonly hintName?: string; readonly hintAddress?: Uint8Array };
  readonly mechListMIC?: Uint8Array;
}

/** NegTokenResp (RFC 4178 section 4.2.2). */
export interface NegTokenResp {
  readonly kind: 'response';
  readonly negState?: NegState;
  readonly supportedMech?: string;
  readonly responseToken?: Uint8Array;
  readonly mechListMIC?: Uint8Array;
}

/** What stands in a token: SPNEGO, a bare message of NTLM, a bare GSS token of Kerberos. */
export type TokenKind = 'spnego' | 'ntlm' | 'kerberos' | 'unknown';

/** `NTLMSSP\0` (MS-NLMP 2.2.1). */
const NTLM_SIGNATURE = Uint8Array.of(0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0);

/**
 * Tells by the first bytes what a token of `Negotiate` holds. Windows takes and sends NTLM and Kerberos without SPNEGO around it as well.
 * Never throws.
 */
export function recogniseToken(bytes: Uint8Array): TokenKind {
  if (bytes[0] === NTLM_SIGNATURE[0] && NTLM_SIGNATURE.every((byte, i) => bytes[i] === byte)) return 'ntlm';
  if (bytes[0] === 0xa0 || bytes[0] === 0xa1) return 'spnego';
  if (bytes[0] !== 0x60) return 'unknown';
  try {
    // Only the identifier is looked at: the inner token of Kerberos is no DER.
    const oid = readDer(readDer(bytes).content).expect(DER.oid).oid();
    if (oid === MECHANISM_OID.spnego) return 'spnego';
    const kerberos: readonly string[] = [MECHANISM_OID.kerberos, MECHANISM_OID.kerberosMicrosoft, MECHANISM_OID.kerberosUserToUser];
    return kerberos.includes(oid) ? 'kerberos' : 'unknown';
  } catch {
    return 'unknown';
  }
}

/**
 * Reads a SPNEGO token, with or without the GSS frame of RFC 2743 section 3.1.
 * @throws SpnegoError `SPNEGO_TOKEN` or `SPNEGO_LIMIT`; nothing else for any input.
 */
export function parseSpnegoToken(bytes: Uint8Array): NegTokenInit | NegTokenResp {
  if (bytes.length > MAX_TOKEN_BYTES) throw new SpnegoError('SPNEGO_LIMIT', 'token', { need: MAX_TOKEN_BYTES, have: bytes.length });
  try {
    let choice = readDer(bytes);
    if (choice.is(0, 'application')) {
      const [oid, inner] = choice.children();
      if (oid?.expect(DER.oid).oid() !== MECHANISM_OID.spnego) throw new SpnegoError('SPNEGO_TOKEN', 'mechanism of the frame');
      if (inner === undefined) throw new SpnegoError('SPNEGO_TOKEN', 'token within the frame', { offset: bytes.length });
      choice = inner;
    }
    if (choice.is(0, 'context')) return parseInit(choice.only().expect(DER.sequence));
    if (choice.is(1, 'context')) return parseResponse(choice.only().expect(DER.sequence));
    throw new SpnegoError('SPNEGO_TOKEN', 'NegTokenInit or NegTokenResp', { offset: choice.offset, have: choice.tag });
  } catch (error) {
    if (error instanceof DerError) throw new SpnegoError('SPNEGO_TOKEN', error.what, { offset: error.offset, cause: error });
    throw error;
  }
}

function parseInit(sequence: DerNode): NegTokenInit {
  const fields = contextFields(sequence, 4);
  const list = fields.get(0)?.expect(DER.sequence);
  const oids = list?.children() ?? [];
  if (oids.length > MAX_MECHANISMS) throw new SpnegoError('SPNEGO_LIMIT', 'mechTypes', { need: MAX_MECHANISMS, have: oids.length });
  // [3] is the mechListMIC of RFC 4178, or the hints of MS-SPNG with the mechListMIC behind it.
  const third = fields.get(3);
  const hints = third?.is(DER.sequence) ? third : undefined;
  const mic = hints === undefined ? (third ?? fields.get(4)) : fields.get(4);
  return {
    kind: 'init',
    mechTypes: oids.map((node) => node.expect(DER.oid).oid()),
    ...(list && { mechTypesDer: list.raw }),
    ...optional('reqFlags', fields.get(1)?.expect(DER.bitString)),
    ...optional('mechToken', fields.get(2)?.expect(DER.octetString)),
    ...(hints && { negHints: parseHints(hints) }),
    ...optional('mechListMIC', mic?.expect(DER.octetString)),
  };
}

function parseHints(sequence: DerNode): NonNullable<NegTokenInit['negHints']> {
  const fields = contextFields(sequence, 1);
  const name = fields.get(0)?.expect(DER.generalString).latin1();
  return { ...(name !== undefined && { hintName: name }), ...optional('hintAddress', fields.get(1)?.expect(DER.octetString)) };
}

function parseResponse(sequence: DerNode): NegTokenResp {
  const fields = contextFields(sequence, 3);
  const state = fields.get(0)?.expect(DER.enumerated);
  const negState = state && NEG_STATES[state.integer()];
  if (state && negState === undefined)
    throw new SpnegoError('SPNEGO_TOKEN', 'negState', { offset: state.offset, need: 3, have: state.integer() });
  const mech = fields.get(1)?.expect(DER.oid).oid();
  return {
    kind: 'response',
    ...(negState && { negState }),
    ...(mech !== undefined && { supportedMech: mech }),
    ...optional('responseToken', fields.get(2)?.expect(DER.octetString)),
    ...optional('mechListMIC', fields.get(3)?.expect(DER.octetString)),
  };
}

/** Explicit context fields of a sequence by number, each once; higher numbers are extensions and left. */
function contextFields(sequence: DerNode, highest: number): Map<number, DerNode> {
  const fields = new Map<number, DerNode>();
  for (const node of sequence.children()) {
    if (node.class !== 'context' || fields.has(node.tag))
      throw new SpnegoError('SPNEGO_TOKEN', 'field', { offset: node.offset, have: node.tag });
    if (node.tag <= highest) fields.set(node.tag, node.only());
  }
  return fields;
}

function optional<Name extends string>(name: Name, node: DerNode | undefined): { readonly [key in Name]?: Uint8Array } {
  return (node === undefined ? {} : { [name]: node.content }) as { readonly [key in Name]?: Uint8Array };
}

/** The MechTypeList as DER: what the mechListMIC is made over (RFC 4178 section 5). */
export function writeMechTypes(mechTypes: readonly string[]): Uint8Array {
  return der.sequence(...mechTypes.map(der.oid));
}

/** Writes a token. NegTokenInit gets the GSS frame of RFC 2743 section 3.1, NegTokenResp has none (RFC 4178 section 4.2). */
export function writeSpnegoToken(token: Omit<NegTokenInit, 'mechTypesDer'> | NegTokenResp): Uint8Array {
  if (token.kind === 'response') {
    return der.field(
      1,
      der.sequence(
        ...(token.negState === undefined ? [] : [der.field(0, der.integer(NEG_STATES.indexOf(token.negState), DER.enumerated))]),
        ...(token.supportedMech === undefined ? [] : [der.field(1, der.oid(token.supportedMech))]),
        ...octets(2, token.responseToken),
        ...octets(3, token.mechListMIC),
      ),
    );
  }
  const { negHints } = token;
  const init = der.sequence(
    ...(token.mechTypes.length === 0 ? [] : [der.field(0, writeMechTypes(token.mechTypes))]),
    ...(token.reqFlags === undefined ? [] : [der.field(1, writeDer(DER.bitString, token.reqFlags))]),
    ...octets(2, token.mechToken),
    ...(negHints === undefined
      ? octets(3, token.mechListMIC)
      : [
          der.field(
            3,
            der.sequence(
              ...(negHints.hintName === undefined ? [] : [der.field(0, writeDer(DER.generalString, latin1(negHints.hintName)))]),
              ...octets(1, negHints.hintAddress),
            ),
          ),
          ...octets(4, token.mechListMIC),
        ]),
  );
  // The frame has an implicit tag around two elements, so it is not `der.application`, which takes one.
  return writeDer(0, [der.oid(MECHANISM_OID.spnego), der.field(0, init)], 'application');
}

function octets(n: number, bytes: Uint8Array | undefined): Uint8Array[] {
  return bytes === undefined ? [] : [der.field(n, der.octets(bytes))];
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

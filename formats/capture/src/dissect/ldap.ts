import { DER, DerError, type DerNode, readDer } from '@winmedic/bytes';
import { ldapFraming } from './ldap-framing.ts';
import { readToken } from './token.ts';
import type { AuthToken, DissectContext, LdapMessage, StreamDissector, StreamProtocol } from './types.ts';
import { type Unit, UnitReader } from './unit-reader.ts';
import { damageOf } from './wire-damage.ts';

/** Operations (RFC 4511 section 4.2, 4.12), as application tags. */
const OPERATION = { bindRequest: 0, bindResponse: 1, extendedRequest: 23, extendedResponse: 24 } as const;
/** Choices of AuthenticationChoice: RFC 4511 section 4.2, and Sicily (MS-ADTS 5.1.1.1.3). */
const CHOICE = { simple: 0, sasl: 3, sicilyDiscovery: 9, sicilyNegotiate: 10, sicilyResponse: 11 } as const;
/** StartTLS (RFC 4511 section 4.14.1). */
const START_TLS = '1.3.6.1.4.1.1466.20037';
/** Characters kept of a name or diagnostic message: names end at some hundred, Active Directory's messages too. */
const MAX_TEXT = 1024;
const UTF8 = new TextDecoder();
/** `NTLMSSP` */
const NTLM = [0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0];

/** LDAP as far as binds go; results of searches and everything sealed is passed over. */
export const LDAP: StreamProtocol = {
  name: 'ldap',
  recognise(_side, first) {
    const is = ldapFraming.plausible(first, 0);
    return is === undefined ? 'more' : is ? 'yes' : 'no';
  },
  open(context: DissectContext): StreamDissector {
    /** The client asked for TLS, and the next extended answer is to that. */
    let startTls = false;
    return new UnitReader(ldapFraming, context, (unit) => {
      if (unit.bytes[0] !== 0x30) return;
      const operation = operationOf(unit.bytes);
      if (operation === OPERATION.bindRequest || operation === OPERATION.bindResponse) context.emit(readBind(unit, operation));
      else if (operation === OPERATION.extendedRequest) startTls = !unit.partial && nameOfExtended(unit.bytes) === START_TLS;
      else if (operation === OPERATION.extendedResponse && startTls) {
        startTls = false;
        if (!unit.partial && resultOf(unit.bytes) === 0) context.become('tls');
      }
    });
  },
};

/** Number of the operation, from the head alone: most messages are not looked into. */
function operationOf(bytes: Uint8Array): number | undefined {
  let at = bytes[1]! < 0x80 ? 2 : 2 + bytes[1]! - 0x80;
  if (bytes[at] !== 0x02) return undefined;
  at += 2 + (bytes[at + 1] ?? 0);
  const tag = bytes[at];
  return tag !== undefined && (tag & 0xc0) === 0x40 ? tag & 0x1f : undefined;
}

/** The operation inside a message. @throws DerError */
function operation(bytes: Uint8Array): DerNode[] {
  const [, inner] = readDer(bytes).expect(DER.sequence).children();
  if (inner === undefined) throw new DerError('DER_VALUE', 'protocolOp');
  return inner.children();
}

function nameOfExtended(bytes: Uint8Array): string | undefined {
  return quietly(() =>
    operation(bytes)
      .find((node) => node.is(0, 'context'))
      ?.latin1(),
  );
}

function resultOf(bytes: Uint8Array): number | undefined {
  return quietly(() => operation(bytes)[0]?.expect(DER.enumerated).integer());
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function readBind(unit: Unit, which: 0 | 1): LdapMessage {
  const { place } = unit;
  const base = {
    layer: 'ldap',
    kind: which === OPERATION.bindRequest ? 'bind-request' : 'bind-response',
    frame: place.frame,
    at: place.at,
    from: unit.side,
    bytes: unit.length,
  } as const;
  if (unit.partial) return { ...base, partial: true };
  try {
    const fields = operation(unit.bytes);
    return { ...base, ...(which === OPERATION.bindRequest ? requestFields(fields) : responseFields(fields)) };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return {
      ...base,
      damages: [damageOf('CAPTURE_LDAP_BIND', error)],
    };
  }
}

/** BindRequest: version, name, authentication. The password of a simple bind is not even looked at. */
function requestFields([, name, choice]: readonly DerNode[]): Partial<LdapMessage> {
  const named = name === undefined ? {} : { name: text(name.expect(DER.octetString)) };
  if (choice?.class !== 'context') throw new DerError('DER_TAG', 'authentication', { offset: choice?.offset ?? 0 });
  switch (choice.tag) {
    case CHOICE.simple:
      return { ...named, mechanism: 'simple' };
    case CHOICE.sasl: {
      const [mechanism, credentials] = choice.children();
      const token = credentials?.expect(DER.octetString).content;
      return {
        ...named,
        mechanism: mechanism === undefined ? '' : text(mechanism.expect(DER.octetString)),
        // Credentials of PLAIN and the like are passwords: only what begins as a token of a package is taken.
        ...tokenOf(token),
      };
    }
    case CHOICE.sicilyDiscovery:
    case CHOICE.sicilyNegotiate:
    case CHOICE.sicilyResponse:
      return { ...named, mechanism: 'sicily', ...tokenOf(choice.content) };
    default:
      return { ...named, mechanism: `[${choice.tag}]` };
  }
}

/** BindResponse: resultCode, matchedDN, diagnosticMessage, referral, serverSaslCreds; Sicily puts its token where the matchedDN is (MS-ADTS 5.1.1.1.3). */
function responseFields([result, matched, diagnostic, ...rest]: readonly DerNode[]): Partial<LdapMessage> {
  const credentials = rest.find((node) => node.is(7, 'context'))?.content ?? matched?.content;
  const message = diagnostic === undefined ? '' : text(diagnostic.expect(DER.octetString));
  if (result === undefined) throw new DerError('DER_TRUNCATED', 'resultCode');
  return {
    resultCode: result.expect(DER.enumerated).integer(),
    ...(message === '' ? {} : { diagnostic: message }),
    ...tokenOf(credentials),
  };
}

function tokenOf(bytes: Uint8Array | undefined): { readonly token?: AuthToken } {
  if (bytes === undefined || bytes.length === 0) return {};
  const first = bytes[0]!;
  const known = first === 0x60 || first === 0xa0 || first === 0xa1 || NTLM.every((byte, i) => bytes[i] === byte);
  return known ? { token: readToken(bytes) } : {};
}

function text(node: DerNode): string {
  // Active Directory ends its messages with a zero.
  return UTF8.decode(node.content.subarray(0, MAX_TEXT)).replaceAll('\0', '');
}

/** Object identifiers of the mechanisms SPNEGO negotiates on Windows. */
export const MECHANISM_OID = {
  /** SPNEGO itself (RFC 4178 section 3). */
  spnego: '1.3.6.1.5.5.2',
  /** Kerberos 5 (RFC 4121). */
  kerberos: '1.2.840.113554.1.2.2',
  /** Kerberos as Windows 2000 wrote it, one bit lost; Windows offers it first still (RFC 4178 appendix C, MS-SPNG 3.1.5.2). */
  kerberosMicrosoft: '1.2.840.48018.1.2.2',
  /** Kerberos, user to user. */
  kerberosUserToUser: '1.2.840.113554.1.2.2.3',
  /** NTLM (MS-SPNG 1.9). */
  ntlm: '1.3.6.1.4.1.311.2.2.10',
  /** Extended negotiation (draft-zhu-negoex). */
  negoEx: '1.3.6.1.4.1.311.2.2.30',
} as const;

const NAMES: ReadonlyMap<string, string> = new Map([
  [MECHANISM_OID.spnego, 'SPNEGO'],
  [MECHANISM_OID.kerberos, 'Kerberos'],
  [MECHANISM_OID.kerberosMicrosoft, 'Kerberos (Microsoft)'],
  [MECHANISM_OID.kerberosUserToUser, 'Kerberos user-to-user'],
  [MECHANISM_OID.ntlm, 'NTLM'],
  [MECHANISM_OID.negoEx, 'NegoEx'],
]);

/** Name of a mechanism for people; the identifier itself when it is not known. */
export function mechanismName(oid: string): string {
  return NAMES.get(oid) ?? oid;
}

/** Do both identifiers stand for one mechanism? The two of Kerberos do. */
export function sameMechanism(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

function canonical(oid: string): string {
  return oid === MECHANISM_OID.kerberosMicrosoft ? MECHANISM_OID.kerberos : oid;
}

import { DER, type DerNode, der, readDer } from '@winmedic/bytes';
import type { PasswordCredential } from '@winmedic/gss';
import { CredsspError } from './errors.ts';
import { contextFields, readingMessage, required } from './ts-request.ts';

/** More packages than a Windows host has. */
const MAX_PACKAGES = 64;

/** What stands in a TSCredentials (MS-CSSP 2.2.1.2): names in clear, of secrets only how many bytes they take. */
export type TsCredentialsView =
  | { readonly type: 'password'; readonly domain: string; readonly user: string; readonly passwordBytes: number }
  | {
      readonly type: 'smart-card';
      readonly pinBytes: number;
      readonly keySpec: number;
      readonly cardName?: string;
      readonly readerName?: string;
      readonly containerName?: string;
      readonly cspName?: string;
      readonly userHint?: string;
      readonly domainHint?: string;
    }
  | { readonly type: 'remote-guard'; readonly logon: PackageCredentialView; readonly supplemental: readonly PackageCredentialView[] };

/** Credential of one security package (MS-CSSP 2.2.1.2.3.1), the secret as a length. */
export interface PackageCredentialView {
  readonly packageName: string;
  readonly credentialBytes: number;
}

/**
 * Reads TSCredentials as far as it may be shown. Nothing of a password, PIN or package credential leaves this function.
 * @throws CredsspError `CREDSSP_MESSAGE` or `CREDSSP_LIMIT`; nothing else for any input.
 */
export function parseTsCredentials(bytes: Uint8Array): TsCredentialsView {
  return readingMessage(bytes, 'TSCredentials', () => {
    const root = readDer(bytes);
    const outer = contextFields(root);
    const type = required(outer, 0, 'credType', root).expect(DER.integer).integer();
    const inner = readDer(required(outer, 1, 'credentials', root).expect(DER.octetString).content);
    if (type === 1) return parsePassword(inner);
    if (type === 2) return parseSmartCard(inner);
    if (type === 6) return parseRemoteGuard(inner);
    throw new CredsspError('CREDSSP_MESSAGE', 'credType', { offset: root.offset, need: '1, 2 or 6', have: type });
  });
}

function parsePassword(node: DerNode): TsCredentialsView {
  const fields = contextFields(node);
  return {
    type: 'password',
    domain: text(required(fields, 0, 'domainName', node)),
    user: text(required(fields, 1, 'userName', node)),
    passwordBytes: required(fields, 2, 'password', node).expect(DER.octetString).content.length,
  };
}

function parseSmartCard(node: DerNode): TsCredentialsView {
  const fields = contextFields(node);
  const csp = required(fields, 1, 'cspData', node);
  const details = contextFields(csp);
  return {
    type: 'smart-card',
    pinBytes: required(fields, 0, 'pin', node).expect(DER.octetString).content.length,
    keySpec: required(details, 0, 'keySpec', csp).expect(DER.integer).integer(),
    ...named('cardName', details.get(1)),
    ...named('readerName', details.get(2)),
    ...named('containerName', details.get(3)),
    ...named('cspName', details.get(4)),
    ...named('userHint', fields.get(2)),
    ...named('domainHint', fields.get(3)),
  };
}

function parseRemoteGuard(node: DerNode): TsCredentialsView {
  const fields = contextFields(node);
  const supplemental = fields.get(1)?.expect(DER.sequence).children() ?? [];
  if (supplemental.length > MAX_PACKAGES)
    throw new CredsspError('CREDSSP_LIMIT', 'supplementalCreds', { need: MAX_PACKAGES, have: supplemental.length });
  return {
    type: 'remote-guard',
    logon: parsePackage(required(fields, 0, 'logonCred', node)),
    supplemental: supplemental.map(parsePackage),
  };
}

function parsePackage(node: DerNode): PackageCredentialView {
  const fields = contextFields(node);
  return {
    packageName: text(required(fields, 0, 'packageName', node)),
    credentialBytes: required(fields, 1, 'credBuffer', node).expect(DER.octetString).content.length,
  };
}

function named<Name extends string>(name: Name, node: DerNode | undefined): { readonly [key in Name]?: string } {
  return (node === undefined ? {} : { [name]: text(node) }) as { readonly [key in Name]?: string };
}

/** Texts are UTF-16LE without terminator. */
function text(node: DerNode): string {
  return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(node.expect(DER.octetString).content);
}

/** What to write into TSCredentials; the secrets are only needed here. */
export type TsCredentials =
  | { readonly type: 'password'; readonly credential: PasswordCredential }
  | {
      readonly type: 'smart-card';
      readonly pin: PasswordCredential['password'];
      readonly keySpec: number;
      readonly cardName?: string;
      readonly readerName?: string;
      readonly containerName?: string;
      readonly cspName?: string;
      readonly userHint?: string;
      readonly domainHint?: string;
    }
  | { readonly type: 'remote-guard'; readonly logon: PackageCredential; readonly supplemental: readonly PackageCredential[] };

/** Credential of one security package, whole. */
export interface PackageCredential {
  readonly packageName: string;
  readonly credential: Uint8Array;
}

/** Writes TSCredentials. The result holds the secret: it goes into a sealed `authInfo` and nowhere else. */
export function writeTsCredentials(credentials: TsCredentials): Uint8Array {
  if (credentials.type === 'password') {
    const { domain, user, password } = credentials.credential;
    return outer(1, der.sequence(string(0, domain), string(1, user), string(2, password.reveal())));
  }
  if (credentials.type === 'smart-card') {
    const { cardName, readerName, containerName, cspName, userHint, domainHint } = credentials;
    const csp = der.sequence(
      der.field(0, der.integer(credentials.keySpec)),
      ...[cardName, readerName, containerName, cspName].flatMap((name, i) => (name === undefined ? [] : [string(i + 1, name)])),
    );
    const hints = [userHint, domainHint].flatMap((hint, i) => (hint === undefined ? [] : [string(i + 2, hint)]));
    return outer(2, der.sequence(string(0, credentials.pin.reveal()), der.field(1, csp), ...hints));
  }
  const { logon, supplemental } = credentials;
  const more = supplemental.length === 0 ? [] : [der.field(1, der.sequence(...supplemental.map(packageCredential)))];
  return outer(6, der.sequence(der.field(0, packageCredential(logon)), ...more));
}

function outer(type: number, credentials: Uint8Array): Uint8Array {
  return der.sequence(der.field(0, der.integer(type)), der.field(1, der.octets(credentials)));
}

function packageCredential({ packageName, credential }: PackageCredential): Uint8Array {
  return der.sequence(string(0, packageName), der.field(1, der.octets(credential)));
}

function string(n: number, value: string): Uint8Array {
  const bytes = new Uint8Array(value.length * 2);
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    bytes.set([unit & 0xff, unit >> 8], 2 * i);
  }
  return der.field(n, der.octets(bytes));
}

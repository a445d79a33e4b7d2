import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { der } from '@winmedic/bytes';
import { parseTsCredentials, parseTsRequest, writeTsRequest } from '@winmedic/credssp/messages';
import { MECHANISM_OID, parseSpnegoToken, recogniseToken, writeSpnegoToken } from '@winmedic/spnego/messages';
import { describe, expect, it } from 'vitest';

/** Tokens that pyspnego's own tests use, some of them recorded from Windows: all are read, and written again byte by byte. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'winrm/pyspnego');
const ready = existsSync(folder);
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);
/** Plain bytes, as tests compare them. */
const token = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(folder, name)));

describe.skipIf(!ready)('tokens of SPNEGO', () => {
  it.each(['neg_token_resp', 'initial_context_token_neg_token_init', 'initial_context_token_neg_token_init2'])('%s', (name) => {
    const bytes = token(name);
    expect(recogniseToken(bytes)).toBe('spnego');
    expect(writeSpnegoToken(parseSpnegoToken(bytes))).toEqual(bytes);
  });

  it('hold what their names say', () => {
    const resp = parseSpnegoToken(token('neg_token_resp'));
    expect(resp).toMatchObject({ kind: 'response', negState: 'accept-completed', supportedMech: MECHANISM_OID.kerberos });
    expect(resp.kind === 'response' && recogniseToken(resp.responseToken as Uint8Array)).toBe('kerberos');
    const init = parseSpnegoToken(token('initial_context_token_neg_token_init'));
    expect(init).toMatchObject({ kind: 'init', mechTypes: [MECHANISM_OID.kerberos, MECHANISM_OID.ntlm] });
    expect(init.kind === 'init' && recogniseToken(init.mechToken as Uint8Array)).toBe('kerberos');
    expect(parseSpnegoToken(token('initial_context_token_neg_token_init2'))).toMatchObject({
      mechTypes: [
        MECHANISM_OID.negoEx,
        MECHANISM_OID.kerberosMicrosoft,
        MECHANISM_OID.kerberos,
        MECHANISM_OID.kerberosUserToUser,
        MECHANISM_OID.ntlm,
      ],
      negHints: { hintName: 'not_defined_in_RFC4178@please_ignore' },
    });
  });

  it('are told from bare tokens of the mechanisms', () => {
    for (const name of ['initial_context_token_krb_ap_rep', 'initial_context_token_krb_ap_req'])
      expect(recogniseToken(token(name))).toBe('kerberos');
    for (const name of ['ntlm_negotiate', 'ntlm_challenge', 'ntlm_authenticate']) expect(recogniseToken(token(name))).toBe('ntlm');
    for (const name of ['krb_as_req', 'krb_error', 'tls1.2_client_hello']) expect(recogniseToken(token(name))).toBe('unknown');
  });
});

describe.skipIf(!ready)('messages of CredSSP', () => {
  it('TSRequest', () => {
    const bytes = token('credssp_ts_request');
    expect(writeTsRequest(parseTsRequest(bytes))).toEqual(bytes);
    expect(parseTsRequest(bytes)).toMatchObject({ version: 6, negoTokens: [Uint8Array.from(Buffer.from('123'))], errorCode: 10 });
  });

  it('TSCredentials of a password', () => {
    const view = parseTsCredentials(token('credssp_ts_credential_password'));
    expect(view).toMatchObject({ type: 'password', domain: expect.stringMatching(/^[a-z ]+$/) });
    expect(view.type === 'password' && view.passwordBytes).toBeGreaterThan(0);
  });

  it('TSCredentials of a smart card', () => {
    expect(parseTsCredentials(token('credssp_ts_credential_smart_card'))).toMatchObject({
      type: 'smart-card',
      pinBytes: 24,
      keySpec: 1,
      cspName: 'Microsoft Base Smart Card Crypto Provider',
    });
    const full = parseTsCredentials(token('credssp_ts_credential_smart_card_full'));
    expect(full.type === 'smart-card' && [full.userHint, full.domainHint].every((hint) => hint)).toBe(true);
  });

  it.each([
    ['credssp_ts_credential_remote_guard_no_supplemental', 0],
    ['credssp_ts_credential_remote_guard_empty_supplemental', 0],
    ['credssp_ts_credential_remote_guard_multiple', 2],
  ])('%s', (name, supplemental) => {
    const view = parseTsCredentials(token(name));
    expect(view).toMatchObject({ type: 'remote-guard', logon: { packageName: 'Package 1' } });
    expect(view.type === 'remote-guard' && view.supplemental).toHaveLength(supplemental);
  });

  it('the example of Remote Credential Guard of the specification, which stands without its outer structure', () => {
    const bytes = der.sequence(der.field(0, der.integer(6)), der.field(1, der.octets(token('credssp_ts_remote_guard_ms_example'))));
    expect(parseTsCredentials(bytes)).toMatchObject({
      type: 'remote-guard',
      logon: { packageName: 'Kerberos', credentialBytes: 2611 },
      supplemental: [{ packageName: 'NTLM' }],
    });
  });
});

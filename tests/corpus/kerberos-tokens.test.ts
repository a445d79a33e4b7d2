import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readGssKerberosToken, readKerberosMessage } from '@winmedic/kerberos/messages';
import { describe, expect, it } from 'vitest';

/** Kerberos messages and tokens of pyspnego's test data. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'winrm/pyspnego');
const ready = existsSync(join(folder, 'krb_as_req'));
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

const read = (name: string) => Uint8Array.from(readFileSync(join(folder, name)));

describe.skipIf(!ready)('recorded Kerberos messages', () => {
  it('AS-REQ with an encrypted timestamp', () => {
    const message = readKerberosMessage(read('krb_as_req'));
    expect(message).toMatchObject({ kind: 'AS-REQ', service: { parts: ['krbtgt', expect.any(String)] } });
    expect(message.kind === 'AS-REQ' && message.preAuthentication[0]).toMatchObject({
      name: 'PA-ENC-TIMESTAMP',
      encrypted: { etype: 18, length: 56 },
    });
  });

  it('AS-REP', () => {
    const message = readKerberosMessage(read('krb_as_rep'));
    expect(message).toMatchObject({
      kind: 'AS-REP',
      ticket: { service: { parts: ['krbtgt', expect.any(String)] } },
      encrypted: { etype: 18 },
    });
    expect(message.kind === 'AS-REP' && message.preAuthentication[0]?.etypes?.[0]).toMatchObject({ etype: 18, salt: expect.any(String) });
  });

  it('TGS-REQ with the AP-REQ inside', () => {
    expect(readKerberosMessage(read('krb_tgs_req'))).toMatchObject({
      kind: 'TGS-REQ',
      client: undefined,
      apRequest: { kind: 'AP-REQ', ticket: { service: { parts: ['krbtgt', expect.any(String)] } } },
    });
  });

  it('TGS-REP', () => {
    expect(readKerberosMessage(read('krb_tgs_rep'))).toMatchObject({
      kind: 'TGS-REP',
      ticket: { encrypted: { etype: expect.any(Number) } },
    });
  });

  it('KRB-ERROR that asks for pre-authentication', () => {
    const message = readKerberosMessage(read('krb_error'));
    expect(message).toMatchObject({ kind: 'KRB-ERROR', error: 25, errorName: 'KDC_ERR_PREAUTH_REQUIRED', ntstatus: undefined });
    if (message.kind !== 'KRB-ERROR') return;
    expect(new Date(message.serverTime).toISOString()).toMatch(/^2020-06-13T21:04:23\.\d{3}Z$/);
    expect(message.preAuthentication.map(({ name }) => name)).toContain('PA-ETYPE-INFO2');
  });

  it.each([
    ['initial_context_token_krb_ap_req', 0x0100, 'AP-REQ'],
    ['initial_context_token_krb_ap_rep', 0x0200, 'AP-REP'],
  ])('%s in GSS framing', (name, tokenId, kind) => {
    expect(readGssKerberosToken(read(name))).toMatchObject({ framed: true, mechanism: '1.2.840.113554.1.2.2', tokenId, message: { kind } });
  });
});

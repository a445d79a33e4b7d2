import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectEvidence } from '@winmedic/core/evidence';
import { auditHosts } from '@winmedic/core/exposure';
import type { Audit, AuditHost } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import { hostHives } from '@winmedic/labs/host-state';
import { auditToHtml, auditToJson, auditToJunit, auditToText } from '@winmedic/report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusFile, hiveFolder, hivesReady } from './hive-dump.ts';

/** The audit of a real SYSTEM hive, alone and with SOFTWARE hives made for it. */
if (!hivesReady) console.log(`skipped: no corpus at ${hiveFolder} (set WINMEDIC_CORPUS), or no xz to unpack it`);

const folder = mkdtempSync(join(tmpdir(), 'winmedic-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const knowledge = loadKnowledge();

async function auditOf(path: string): Promise<Audit> {
  return auditHosts(await collectEvidence([path], { zone: 'UTC' }), knowledge, { madeAt: 0n });
}
const only = ({ hosts }: Audit): AuditHost => {
  expect(hosts).toHaveLength(1);
  return hosts[0]!;
};
const status = (host: AuditHost, id: string): string | undefined => host.settings.find(({ setting }) => setting.id === id)?.status;
const finding = (host: AuditHost, id: string): string | undefined => host.combined.find((c) => c.finding.id === id)?.status;

describe.skipIf(!hivesReady)('the audit of a real SYSTEM hive', () => {
  let alone: Audit;
  beforeAll(async () => {
    writeFileSync(join(folder, 'SYSTEM'), corpusFile('regipy_SYSTEM'));
    alone = await auditOf(join(folder, 'SYSTEM'));
  });

  it('finds Remote Desktop on and NLA off, and says which policy could override it', () => {
    const host = only(alone);
    expect(host).toMatchObject({ host: 'WKS-WIN732BITA', os: { product: 'client' } });
    const nla = host.settings.find(({ setting }) => setting.id === 'rds-nla')!;
    expect(nla).toMatchObject({ status: 'possible-risk', value: '0', isDefault: false });
    expect(nla.unchecked).toMatchObject([{ reason: 'hive-missing', place: { policy: true } }]);
    expect(host.settings.find(({ setting }) => setting.id === 'rds-enabled')).toMatchObject({ value: '0' });
  });

  it('shows every setting that is kept in SOFTWARE alone as not checked: hive missing', () => {
    const inSoftware = only(alone).settings.filter(({ setting }) =>
      setting.places.every(({ address }) => address.startsWith('reg:HKLM\\SOFTWARE\\')),
    );
    expect(inSoftware.length).toBeGreaterThan(30);
    for (const result of inSoftware) {
      expect(result.status, result.setting.id).toBe('not-checked');
      for (const { reason } of result.unchecked) expect(reason, result.setting.id).toBe('hive-missing');
    }
  });

  it.each([
    [0, 'ok', 'does-not-hold'],
    [1, 'ok', 'holds'],
  ] as const)('is decided by a SOFTWARE hive: ShutdownWithoutLogon %i', async (value, expected, combined) => {
    const place = mkdtempSync(join(folder, 'both-'));
    writeFileSync(join(place, 'SYSTEM'), corpusFile('regipy_SYSTEM'));
    writeFileSync(join(place, 'SOFTWARE'), hostHives({ shutdownWithoutLogon: value, product: 'client' }).SOFTWARE);
    const host = only(await auditOf(place));
    expect(status(host, 'rds-nla')).toBe('risky');
    // On a client the button of the logon screen is normal; reachable over Remote Desktop without NLA it is not.
    expect(status(host, 'shutdown-without-logon')).toBe(expected);
    expect(finding(host, 'anyone-can-power-off-over-rdp')).toBe(combined);
    const missing = host.settings.flatMap((r) => r.unchecked.filter(({ reason }) => reason === 'hive-missing'));
    expect(missing.filter(({ place }) => place.address.startsWith('reg:HKLM\\SOFTWARE\\'))).toEqual([]);
  });

  it('is written in both languages and as data', () => {
    const meta = { zone: 'UTC', tool: { name: 'winmedic', version: 'test', command: 'winmedic audit SYSTEM' }, durationSeconds: 0 };
    const style = { ...meta, width: 100, colour: false, unicode: true, verbose: true };
    expect(auditToText(alone, { ...style, lang: 'en' })).toMatch(/Network Level Authentication[\s\S]+hive missing/);
    expect(auditToText(alone, { ...style, lang: 'ja' })).toMatch(/ネットワーク レベル認証/);
    expect(auditToHtml(alone, { ...meta, lang: 'ja' })).toContain('<html lang="ja"');
    expect(auditToJunit(alone, { ...meta, lang: 'en' })).toMatch(/<testcase[^>]+name="rds-nla[\s\S]+?<skipped/);
    expect(JSON.stringify(auditToJson(alone, meta))).toContain('hive-missing');
  });
});

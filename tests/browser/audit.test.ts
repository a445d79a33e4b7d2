/**
 * The page of the audit in a real Chromium: readable light, dark, narrow and printed, in both languages, without network and script.
 * Needs Chromium (`WINMEDIC_CHROMIUM` or `/usr/bin/chromium`); the printed text also needs `pdftotext`.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUDIT_META, auditFixture } from '../../apps/report/src/audit/test-fixture.ts';
import { auditToHtml } from '../../apps/report/src/index.ts';
import { CHROMIUM } from './chromium.ts';
import { checksOfEveryPage, printed, withoutBlanks } from './page-checks.ts';
import { pageUnderTest } from './page-under-test.ts';

const available = existsSync(CHROMIUM);
if (!available) console.warn(`skipped: no Chromium at ${CHROMIUM} (set WINMEDIC_CHROMIUM)`);

describe.skipIf(!available).each(['ja', 'en'] as const)('the page of the audit in Chromium (%s)', (lang) => {
  const under = pageUnderTest(() => auditToHtml(auditFixture, { ...AUDIT_META, lang }));
  checksOfEveryPage(under, { lang, skipTo: '#findings' });

  it('prints on numbered A4 pages, with what was not checked', async () => {
    const sheets = await printed(under);
    if (sheets === undefined) return;
    expect(sheets.length).toBeLessThanOrEqual(6);
    const all = withoutBlanks(sheets);
    for (const part of lang === 'ja'
      ? ['未確認の設定', 'SOFTWAREハイブ', '設定2件', '最初に変更する設定', '2018-06-2009:00:00+09:00']
      : ['Notchecked', 'theSOFTWAREhive', '2settings', 'Changefirst', '2018-06-2009:00:00+09:00'])
      expect(all).toContain(part);
  });
});

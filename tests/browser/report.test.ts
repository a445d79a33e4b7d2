/**
 * The HTML report in a real Chromium: it reads without network and without script errors, in both languages, light, dark, narrow and
 * printed. Needs Chromium (`WINMEDIC_CHROMIUM` or `/usr/bin/chromium`); the checks of the printed text also need `pdftotext`.
 */
import { existsSync } from 'node:fs';
import type { Language } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import { diagnosisToHtml } from '../../apps/report/src/index.ts';
import { fixture, META } from '../../apps/report/src/test-fixture.ts';
import { CHROMIUM } from './chromium.ts';
import { checksOfEveryPage, printed, withoutBlanks } from './page-checks.ts';
import { pageUnderTest } from './page-under-test.ts';

const available = existsSync(CHROMIUM);
if (!available) console.warn(`skipped: no Chromium at ${CHROMIUM} (set WINMEDIC_CHROMIUM)`);

describe.skipIf(!available).each(['ja', 'en'] as const)('the HTML report in Chromium (%s)', (lang: Language) => {
  const under = pageUnderTest(() => diagnosisToHtml(fixture, { ...META, lang }));
  checksOfEveryPage(under, { lang, skipTo: '#verdict' });

  it('describes its pictures', async () => {
    const page = await under.open(1280);
    const pictures = await page.locator('svg[role=img]').all();
    expect(pictures.length).toBeGreaterThan(0);
    for (const picture of pictures) expect((await picture.locator('title').textContent())!.length).toBeGreaterThan(10);
    await page.context().close();
  });

  it('reads whole without JavaScript', async () => {
    const page = await under.open(1280, { javaScriptEnabled: false });
    expect(await page.locator('.sentence').textContent()).toContain(lang === 'ja' ? 'ログオン画面' : 'logon screen');
    await page.context().close();
  });

  it('prints to at most eight A4 pages, numbered, with the closed parts open', async () => {
    const sheets = await printed(under);
    if (sheets === undefined) return;
    expect(sheets.length).toBeGreaterThanOrEqual(2);
    expect(sheets.length).toBeLessThanOrEqual(8);
    for (const sheet of sheets) expect(sheet).toContain('W-81add613');
    const all = withoutBlanks(sheets);
    for (const part of lang === 'ja'
      ? ['インストーラーによる再起動', 'コンソールのログオン画面で電源ボタン', '2018-07-0417:05:03+09:00', 'よく疑われる原因']
      : ['Aninstallerrestartedit', 'Powerbuttonpressedattheconsolelogonscreen', '2018-07-0417:05:03+09:00'])
      expect(all).toContain(part);
  });
});

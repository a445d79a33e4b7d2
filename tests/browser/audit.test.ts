/**
 * The page of the audit in a real Chromium: readable light, dark, narrow and printed, in both languages, without network and script.
 * Needs Chromium (`WINMEDIC_CHROMIUM` or `/usr/bin/chromium`); the printed text also needs `pdftotext`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUDIT_META, auditFixture } from '../../apps/report/src/audit/test-fixture.ts';
import { auditToHtml } from '../../apps/report/src/index.ts';
import { CHROMIUM } from './chromium.ts';
import { LOW_CONTRAST, pageUnderTest } from './page-under-test.ts';

const available = existsSync(CHROMIUM);
const pdftotext = spawnSync('pdftotext', ['-v']).status === 0;
if (!available) console.warn(`skipped: no Chromium at ${CHROMIUM} (set WINMEDIC_CHROMIUM)`);

describe.skipIf(!available).each(['ja', 'en'] as const)('the page of the audit in Chromium (%s)', (lang) => {
  const { open, url, path, requests, complaints } = pageUnderTest(() => auditToHtml(auditFixture, { ...AUDIT_META, lang }));

  it('loads without requests or complaints, with landmarks, headings without jumps and anchors that work', async () => {
    const page = await open(1280);
    await page.waitForLoadState('networkidle');
    expect(requests.filter((request) => request !== url() && !request.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.locator('script, img, iframe').count()).toBe(0);
    for (const landmark of ['header', 'main', 'nav[aria-label]', 'footer']) expect(await page.locator(landmark).count(), landmark).toBe(1);
    const levels = await page.locator('h1, h2, h3').evaluateAll((list) => list.map((heading) => Number(heading.tagName[1])));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.forEach((level, i) => {
      expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
    });
    const broken = await page.evaluate(
      `[...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href')).filter((href) => !document.getElementById(href.slice(1)))`,
    );
    expect(broken).toEqual([]);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#findings');
    await page.context().close();
  });

  it.each([
    [380, false],
    [380, true],
    [1280, false],
    [1280, true],
  ])('at %i px (dark: %s) nothing overflows sideways and all text has AA contrast', async (width, dark) => {
    const page = await open(width, { dark });
    await page.locator('details').evaluateAll((list) => {
      for (const details of list) details.setAttribute('open', '');
    });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    await page.context().close();
  });

  it('prints light on numbered A4 pages, with what was not checked', async () => {
    const page = await open(1280, { dark: true });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    const file = path(`audit-${lang}.pdf`);
    await page.pdf({ path: file, preferCSSPageSize: true, printBackground: true });
    await page.context().close();
    if (!pdftotext) return;
    const pages = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
    expect(pages.length).toBeLessThanOrEqual(6);
    pages.forEach((text, i) => {
      expect(text).toMatch(new RegExp(`${i + 1} ?/ ?${pages.length}\\s*$`));
    });
    const all = pages.join('\n').replace(/\s+/g, '');
    for (const part of lang === 'ja'
      ? ['未確認の設定', 'SOFTWAREハイブ', '設定2件', '最初に変更する設定', '2018-06-2009:00:00+09:00']
      : ['Notchecked', 'theSOFTWAREhive', '2settings', 'Changefirst', '2018-06-2009:00:00+09:00'])
      expect(all).toContain(part);
  });
});

/**
 * The HTML report in a real Chromium: it reads without network and without script errors, in both languages, light, dark, narrow and
 * printed. Needs Chromium (`WINMEDIC_CHROMIUM` or `/usr/bin/chromium`); the checks of the printed text also need `pdftotext`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Language } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import { diagnosisToHtml } from '../../apps/report/src/index.ts';
import { fixture, META } from '../../apps/report/src/test-fixture.ts';
import { CHROMIUM } from './chromium.ts';
import { LOW_CONTRAST, pageUnderTest } from './page-under-test.ts';

const available = existsSync(CHROMIUM);
const pdftotext = spawnSync('pdftotext', ['-v']).status === 0;
if (!available) console.warn(`skipped: no Chromium at ${CHROMIUM} (set WINMEDIC_CHROMIUM)`);
else if (!pdftotext) console.warn('pdftotext not found: the text of the printed report is not checked');

describe.skipIf(!available).each(['ja', 'en'] as const)('the HTML report in Chromium (%s)', (lang: Language) => {
  const { open, url, path, requests, complaints } = pageUnderTest(() => diagnosisToHtml(fixture, { ...META, lang }));

  it('loads without requests, errors or warnings, and no hostile field became an element', async () => {
    const page = await open(1280);
    await page.waitForLoadState('networkidle');
    expect(requests.filter((request) => request !== url() && !request.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.locator('script, img, iframe').count()).toBe(0);
    await page.context().close();
  });

  it('has its language, landmarks, one h1, headings without jumps, and working anchors', async () => {
    const page = await open(1280);
    expect(await page.locator('html').getAttribute('lang')).toBe(lang);
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
    for (const picture of await page.locator('svg[role=img]').all())
      expect((await picture.locator('title').textContent())!.length).toBeGreaterThan(10);
    await page.context().close();
  });

  it('reaches the verdict with the skip link, by keyboard', async () => {
    const page = await open(1280);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#verdict');
    await page.context().close();
  });

  it.each([
    [380, false],
    [380, true],
    [1280, false],
    [1280, true],
  ])('at %i px (dark: %s) nothing overflows sideways and all text has AA contrast', async (width, dark) => {
    const page = await open(width, { dark });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.locator('details').evaluateAll((list) => {
      for (const details of list) details.setAttribute('open', '');
    });
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    await page.context().close();
  });

  it('differs in dark and light, and prints light even when the reader prefers dark', async () => {
    const page = await open(1280, { dark: true });
    const ground = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    expect(await ground()).not.toBe('rgb(255, 255, 255)');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await ground()).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    await page.context().close();
  });

  it('reads whole without JavaScript', async () => {
    const page = await open(1280, { javaScriptEnabled: false });
    expect(await page.locator('.sentence').textContent()).toContain(lang === 'ja' ? 'ログオン画面' : 'logon screen');
    await page.context().close();
  });

  it('prints to at most eight A4 pages, numbered, with the closed parts open', async () => {
    const page = await open(1280);
    const file = path(`report-${lang}.pdf`);
    await page.pdf({ path: file, preferCSSPageSize: true, printBackground: true });
    await page.context().close();
    if (!pdftotext) return;
    const pages = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
    expect(pages.length).toBeGreaterThanOrEqual(2);
    expect(pages.length).toBeLessThanOrEqual(8);
    pages.forEach((text, i) => {
      expect(text).toMatch(new RegExp(`${i + 1} ?/ ?${pages.length}\\s*$`));
      expect(text).toContain('W-81add613');
    });
    const all = pages.join('\n').replace(/\s+/g, '');
    for (const part of lang === 'ja'
      ? ['インストーラーによる再起動', 'コンソールのログオン画面で電源ボタン', '2018-07-0417:05:03+09:00', 'よく疑われる原因']
      : ['Aninstallerrestartedit', 'Powerbuttonpressedattheconsolelogonscreen', '2018-07-0417:05:03+09:00'])
      expect(all).toContain(part);
    const info = spawnSync('pdfinfo', [file], { encoding: 'utf8' });
    if (info.status === 0) expect(info.stdout).toMatch(/Page size:\s+59[45][.\d]* x 84[12][.\d]* pts/);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { LOW_CONTRAST, type PageUnderTest } from './page-under-test.ts';

const pdftotext = spawnSync('pdftotext', ['-v']).status === 0;
if (!pdftotext) console.warn('pdftotext not found: the text of printed pages is not checked');

/** Declares what holds for every page of the project: alone, sound, readable by keyboard, narrow and wide, light and dark, and light on paper. */
export function checksOfEveryPage(
  { open, url, requests, complaints }: PageUnderTest,
  { lang, skipTo }: { lang: string; skipTo: string },
): void {
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
    await page.context().close();
  });

  it('reaches what matters with the skip link, by keyboard', async () => {
    const page = await open(1280);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe(skipTo);
    await page.context().close();
  });

  it.each([
    [380, false],
    [380, true],
    [1280, false],
    [1280, true],
  ])('at %i px (dark: %s) nothing overflows sideways and all text has AA contrast', async (width, dark) => {
    const page = await open(width, { dark });
    const width0 = await page.evaluate('document.documentElement.scrollWidth');
    await page.locator('details').evaluateAll((list) => {
      for (const details of list) details.setAttribute('open', '');
    });
    for (const scroll of [width0, await page.evaluate('document.documentElement.scrollWidth')]) expect(scroll).toBeLessThanOrEqual(width);
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
}

/** Prints the page to A4 and gives the text of each sheet, whose numbers are checked; `undefined` without `pdftotext`. */
export async function printed({ open, path }: PageUnderTest): Promise<readonly string[] | undefined> {
  const page = await open(1280, { dark: true });
  const file = path('page.pdf');
  await page.pdf({ path: file, preferCSSPageSize: true, printBackground: true });
  await page.context().close();
  if (!pdftotext) return undefined;
  const sheets = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
  sheets.forEach((text, i) => {
    expect(text).toMatch(new RegExp(`${i + 1} ?/ ?${sheets.length}\\s*$`));
  });
  const info = spawnSync('pdfinfo', [file], { encoding: 'utf8' });
  if (info.status === 0) expect(info.stdout).toMatch(/Page size:\s+59[45][.\d]* x 84[12][.\d]* pts/);
  return sheets;
}

/** The text of all sheets without blanks, for looking words up whatever line they broke at. */
export function withoutBlanks(sheets: readonly string[]): string {
  return sheets.join('\n').replace(/\s+/g, '');
}

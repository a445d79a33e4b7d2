import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { CHROMIUM, LAUNCH } from './chromium.ts';

/** Runs in the page; plain JavaScript, because the project is not typed against the DOM. */
export const LOW_CONTRAST = readFileSync(new URL('./low-contrast.js', import.meta.url), 'utf8');

/** A page written to a file and opened in a real browser, with everything it asked for and complained about. */
export interface PageUnderTest {
  readonly open: (width: number, options?: { readonly dark?: boolean; readonly javaScriptEnabled?: boolean }) => Promise<Page>;
  readonly url: () => string;
  /** A path in the test's own folder. */
  readonly path: (name: string) => string;
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

/** Writes the page before the tests of a `describe` and removes it after them. */
export function pageUnderTest(write: () => string): PageUnderTest {
  let browser: Browser | undefined;
  let folder = '';
  let url = '';
  const requests: string[] = [];
  const complaints: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'winmedic-page-'));
    const file = join(folder, 'page.html');
    writeFileSync(file, write());
    url = pathToFileURL(file).href;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: LAUNCH });
  });
  afterAll(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  return {
    open: async (width, options = {}) => {
      const context = await browser!.newContext({
        viewport: { width, height: 900 },
        colorScheme: options.dark ? 'dark' : 'light',
        javaScriptEnabled: options.javaScriptEnabled ?? true,
      });
      const page = await context.newPage();
      page.on('request', (request) => requests.push(request.url()));
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(url);
      return page;
    },
    url: () => url,
    path: (name) => join(folder, name),
    requests,
    complaints,
  };
}

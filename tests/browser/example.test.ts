/** The bundled example from logs to paper: the report people will print first stays within eight A4 pages, in both languages. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { diagnose } from '@winmedic/core/diagnosis';
import { collectEvidence } from '@winmedic/core/evidence';
import type { Diagnosis } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnosisToHtml } from '../../apps/report/src/index.ts';
import { CHROMIUM, LAUNCH } from './chromium.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/ja-rds-power-off', import.meta.url));
const available = existsSync(CHROMIUM) && spawnSync('pdftotext', ['-v']).status === 0;
if (!available) console.warn('skipped: the printed example needs Chromium and pdftotext');

describe.skipIf(!available)('the printed example', () => {
  let browser: Browser;
  let diagnosis: Diagnosis;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'winmedic-example-'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: LAUNCH });
    diagnosis = diagnose(buildTimeline(await collectEvidence([EXAMPLE], {})), loadKnowledge(), {});
  });
  afterAll(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it.each(['ja', 'en'] as const)('is at most eight A4 pages and names every stop (%s)', async (lang) => {
    const html = join(folder, `${lang}.html`);
    const pdf = join(folder, `${lang}.pdf`);
    writeFileSync(
      html,
      diagnosisToHtml(diagnosis, {
        lang,
        zone: 'Asia/Tokyo',
        tool: { name: 'winmedic', version: '0.1.0', command: 'winmedic diagnose examples/ja-rds-power-off' },
      }),
    );
    const page = await browser.newPage();
    await page.goto(pathToFileURL(html).href);
    await page.pdf({ path: pdf, preferCSSPageSize: true, printBackground: true });
    await page.close();
    const pages = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
    expect(pages.length).toBeLessThanOrEqual(8);
    const text = pages.join('').replace(/\s+/g, '');
    expect(diagnosis.incidents.length).toBeGreaterThan(0);
    for (const { stop } of diagnosis.incidents) {
      const time = new Date(Number(stop.time / 1_000_000n) + 9 * 3_600_000).toISOString();
      expect(text).toContain(`${time.slice(0, 10)}${time.slice(11, 19)}+09:00`);
    }
  });
});

/**
 * The pages of a disk and of a repair in a real Chromium: readable light, dark, narrow and printed, in both languages, without network and script.
 * Needs Chromium (`WINMEDIC_CHROMIUM` or `/usr/bin/chromium`); the printed text also needs `pdftotext`.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applied, disk, HOSTILE, META, planned, refused } from '../../apps/report/src/disk/test-fixture.ts';
import { inspectToHtml, repairToHtml } from '../../apps/report/src/index.ts';
import { CHROMIUM } from './chromium.ts';
import { checksOfEveryPage, printed, withoutBlanks } from './page-checks.ts';
import { pageUnderTest } from './page-under-test.ts';

const available = existsSync(CHROMIUM);
if (!available) console.warn(`skipped: no Chromium at ${CHROMIUM} (set WINMEDIC_CHROMIUM)`);

describe.skipIf(!available).each(['ja', 'en'] as const)('the page of a disk in Chromium (%s)', (lang) => {
  const torn = { ...disk, journal: { path: HOSTILE, state: 'torn' } } as const;
  const under = pageUnderTest(() => inspectToHtml(torn, { ...META, lang }));
  checksOfEveryPage(under, { lang, skipTo: '#answer' });

  it('prints on numbered A4 pages, with volumes, keys by id and what was not checked', async () => {
    const sheets = await printed(under);
    if (sheets === undefined) return;
    expect(sheets.length).toBeLessThanOrEqual(5);
    const all = withoutBlanks(sheets);
    for (const part of lang === 'ja'
      ? ['WindowsServer2019Standard', '未確認の項目', '{3f1c8a52-0d5e-4f7b-9a63-11d4b1c7e201}', '2024-07-1914:31:02+09:00']
      : ['WindowsServer2019Standard', 'Notchecked', '{3f1c8a52-0d5e-4f7b-9a63-11d4b1c7e201}', '2024-07-1914:31:02+09:00'])
      expect(all).toContain(part);
  });
});

describe.skipIf(!available).each(['ja', 'en'] as const)('the page of a repair in Chromium (%s)', (lang) => {
  const changes = Array.from({ length: 120 }, (_, i) => ({ ...planned.changes[0]!, offset: 0x10_0000 + i * 512 }));
  const under = pageUnderTest(() => repairToHtml({ ...applied, changes, computer: HOSTILE }, { ...META, lang }));
  checksOfEveryPage(under, { lang, skipTo: '#answer' });

  it('prints every block, also of a table that is closed on screen, and the undo', async () => {
    const sheets = await printed(under);
    if (sheets === undefined) return;
    const all = withoutBlanks(sheets);
    for (const part of ['0x100000', '0x10ee00', 'winmedicdiskundosrv01.vhdx', '13:12:10+09:00(2024-07-1904:12:10+00:00)'])
      expect(all).toContain(part);
    expect(all).toContain(lang === 'ja' ? '書き込みが済んだだけでは' : 'noproofthatthemachinestarts');
  });
});

describe.skipIf(!available)('the page of a refused repair in Chromium', () => {
  const under = pageUnderTest(() => repairToHtml(refused, { ...META, lang: 'en' }));
  checksOfEveryPage(under, { lang: 'en', skipTo: '#answer' });
});

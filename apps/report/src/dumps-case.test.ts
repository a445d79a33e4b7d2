import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagnose } from '@winmedic/core/diagnosis';
import { collectEvidence } from '@winmedic/core/evidence';
import type { Diagnosis } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { writeDump } from '@winmedic/labs/dump-writer';
import { writeImage } from '@winmedic/labs/image-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnosisToText } from './terminal.ts';
import { META } from './test-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'winmedic-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KERNEL = 0xfffff800_10000000n;
const DRIVER = 0xfffff800_20000000n;
const SECOND = 10_000_000n;

/** A folder of small dumps of one driver, an hour apart, and its file. */
async function minidumps(name: string, module: string, stamp: number, count: number): Promise<Diagnosis> {
  const path = join(folder, name);
  mkdirSync(path);
  for (let n = 0; n < count; n++) {
    const dump = writeDump({
      kind: 'triage',
      code: 0x50,
      parameters: [0xffff8405_00000074n, 0n, DRIVER + 0xe14edn, 2n],
      systemTime: 133_700_000_000_000_000n + BigInt(n) * 3600n * SECOND,
      upTime: 185n * SECOND,
      build: 17_763,
      processors: 4,
      productType: 3,
      modules: [
        { path: '\\SystemRoot\\system32\\ntoskrnl.exe', base: KERNEL, sizeBytes: 0x100_0000, timeDateStamp: 9 },
        { path: `\\SystemRoot\\System32\\drivers\\${module}`, base: DRIVER, sizeBytes: 0x20_0000, timeDateStamp: 0x6612_3456 },
      ],
      instructionPointer: DRIVER + 0xe14edn,
      stackPointer: 0xfffff800_40000000n,
      stack: [KERNEL + 0x100n, DRIVER + 0xe14edn],
    });
    writeFileSync(join(path, `0902${n}-1.dmp`), dump);
  }
  const texts = { CompanyName: 'Maker of the driver' };
  const versions = [{ file: [7, 11, 18110, 0], product: [7, 11, 0, 0], translations: [{ language: 0x409, texts }] }] as const;
  writeFileSync(join(path, module.toUpperCase()), writeImage({ timeDateStamp: stamp, sizeOfImage: 0x20_0000, versions }));
  return diagnose(buildTimeline(await collectEvidence([path], { zone: 'UTC' })), loadKnowledge(), {});
}
const text = (diagnosis: Diagnosis, lang: 'en' | 'ja'): string =>
  diagnosisToText(diagnosis, { ...META, zone: 'UTC', lang, width: 160, colour: false, unicode: true, verbose: false });

describe('a folder of minidumps and nothing else', () => {
  it('gives stops with code, driver, its version and its maker', async () => {
    const diagnosis = await minidumps('same', 'csagent.sys', 0x6612_3456, 2);
    expect(diagnosis.incidents.map(({ stop }) => [stop.class, stop.bugcheck?.code])).toEqual([
      ['bugcheck', '0x50'],
      ['bugcheck', '0x50'],
    ]);
    const page = text(diagnosis, 'en');
    for (const part of [
      'a host no source names: all 2 stops',
      'bug check 0x50 PAGE_FAULT_IN_NONPAGED_AREA',
      'Module: csagent.sys+0xe14ed (third party)',
      'Version: 7.11.18110.0 (CSAGENT.SYS: the very file of the dump)',
      'Maker: Maker of the driver',
    ])
      expect(page).toContain(part);
    expect(text(diagnosis, 'ja')).toContain('バージョン: 7.11.18110.0 (CSAGENT.SYS: ダンプ内のものと同一のファイル)');
  });

  it('does not take the version from a file of another build', async () => {
    const page = text(await minidumps('other', 'unheard.sys', 0x6612_3457, 1), 'en');
    expect(page).toContain('Module: unheard.sys+0xe14ed (third party)');
    expect(page).toContain('the file unheard.sys given is another build than the one in the dump');
    expect(page).not.toContain('7.11.18110.0');
    expect(page).not.toContain('Maker');
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { diagnose } from '@winmedic/core/diagnosis';
import { collectEvidence } from '@winmedic/core/evidence';
import { withStateFacts } from '@winmedic/core/exposure';
import type { Evidence } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { parseKeyList } from '@winmedic/disk';
import { loadKnowledge } from '@winmedic/knowledge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSample, NO_SAMPLE } from '../disk/sample.ts';

/** Disks with real hives, a real dump and real BitLocker metadata, read in place. */
const corpus = process.env['WINMEDIC_CORPUS'] ?? resolve(import.meta.dirname, '../../../shared/corpus');
const bitlocker = join(corpus, 'disk/bitlocker_xts128_damaged.img.xz');
const NO_VOLUME = !existsSync(bitlocker)
  ? `no BitLocker volume at ${bitlocker} (set WINMEDIC_CORPUS)`
  : spawnSync('xz', ['--version']).error
    ? 'no xz to unpack the BitLocker volume'
    : undefined;
for (const reason of new Set([NO_SAMPLE, NO_VOLUME])) if (reason !== undefined) console.log(`skipped: ${reason}`);

const folder = mkdtempSync(join(tmpdir(), 'winmedic-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const knowledge = loadKnowledge();
const factOf = (e: Evidence, name: string) => e.facts.find((fact) => fact.name === name);

describe.skipIf(NO_SAMPLE !== undefined)('the sample disk', () => {
  let evidence: Evidence;
  let path: string;
  beforeAll(async () => {
    ({ path } = buildSample(folder));
    evidence = await collectEvidence([path], { zone: 'UTC' });
  }, 120_000);

  it('gives its hives with their logs replayed, and its dump', () => {
    expect(evidence.sources.map((source) => [source.kind, source.path.slice(path.length)])).toEqual([
      ['disk', ''],
      ['hive', '!/3/Windows/System32/config/SYSTEM'],
      ['hive-log', '!/3/Windows/System32/config/SYSTEM.LOG1'],
      ['hive-log', '!/3/Windows/System32/config/SYSTEM.LOG2'],
      ['hive', '!/3/Windows/System32/config/SOFTWARE'],
      ['dump', '!/3/Windows/Minidump/071924-8718-01.dmp'],
    ]);
    const replayed = evidence.problems.filter(({ code }) => code === 'EVIDENCE_HIVE_REPLAYED');
    // 4 entries of the first log and 20 of the second, as msuhanov's specification applies them.
    expect(replayed.map(({ have }) => Number(have))).toEqual([4, 20]);
    expect(evidence.dumps).toMatchObject([{ code: '0x7e', blame: { module: 'amdppm.sys' } }]);
  });

  it('says what its hives are like, and that the agent was never installed', () => {
    const host = evidence.dumps[0]?.host;
    expect(host).toMatch(/^DESKTOP-/);
    expect(factOf(evidence, 'disk.hive-system')).toMatchObject({ value: 'logs-to-replay', host });
    expect(factOf(evidence, 'disk.hive-security')).toMatchObject({ value: 'dirty' });
    expect(factOf(evidence, 'boot.store')).toMatchObject({ value: 'missing' });
    expect(factOf(withStateFacts(evidence, knowledge), 'crowdstrike.sensor')).toMatchObject({ value: 'absent' });
  });

  it('is not taken for a crash of channel file 291, though a faulty file lies on it', () => {
    // Both files were put there when the disk was built: their records say so, whatever their date.
    expect(factOf(evidence, 'crowdstrike.channel-file-291')).toMatchObject({ value: 'faulty', time: { kind: 'instant' } });
    const { incidents } = diagnose(buildTimeline(withStateFacts(evidence, knowledge)), knowledge, { madeAt: 0n });
    expect(incidents).toHaveLength(1);
    const grade = incidents[0]?.considered.find(({ cause }) => cause.id === 'crowdstrike-291')?.grade;
    expect(['confirmed', 'likely']).not.toContain(grade);
  });
});

describe.skipIf(NO_VOLUME !== undefined)('a real BitLocker volume', () => {
  const path = join(folder, 'bitlocker.img');
  // The keys are given in the recipe beside it.
  const recipe = (): string => readFileSync(join(corpus, 'disk/recipe.md'), 'utf8');
  beforeAll(() => {
    expect(spawnSync('sh', ['-c', 'xz -dc "$0" > "$1"', bitlocker, path]).status).toBe(0);
  }, 60_000);

  it('without a key is a problem with the ids of both protectors', async () => {
    const { problems } = await collectEvidence([path], {});
    expect(problems).toMatchObject([{ code: 'BITLOCKER_LOCKED', path: `${path}!/1`, severity: 'unusable' }]);
    const ids = problems[0]?.what?.match(/\{[0-9a-f-]{36}\}/g) ?? [];
    expect(ids).toHaveLength(2);
    for (const id of ids) expect(recipe()).toContain(id.slice(1, -1));
  });

  it('with its key is opened; what it holds is no whole Windows', async () => {
    const { problems } = await collectEvidence([path], { disk: { keys: { recovery: parseKeyList(recipe()) } } });
    expect(problems).toMatchObject([{ code: 'EVIDENCE_DISK_NO_WINDOWS', path }]);
  });
});

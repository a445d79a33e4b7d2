import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import { collectEvidence, patternsOf } from '@winmedic/core/evidence';
import { withStateFacts } from '@winmedic/core/exposure';
import type { ConnectionDiagnosis } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { CAPTURE_ROWS, type CaptureExpectation, type CaptureRow, captureEvidenceFiles } from '@winmedic/labs/capture-rows';
import { writePcap, writePcapng } from '@winmedic/labs/capture-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { recordedAttempts } from '../../core/connection/recorded/index.ts';
import { captureOfRow } from '../../core/connection/recorded/test-relay-rows.ts';

const knowledge = loadKnowledge();
const root = mkdtempSync(join(tmpdir(), 'winmedic-rows-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Relays stand on addresses of their own on the loopback network. */
const onLinux = process.platform === 'linux';

/** What the doctor says of the capture of a row, with what is given beside it. */
async function diagnosesOf(row: CaptureRow): Promise<ConnectionDiagnosis[]> {
  const made = await captureOfRow(row.making);
  const folder = mkdtempSync(join(root, 'row-'));
  const beside = row.evidence === undefined ? [] : captureEvidenceFiles(row.evidence, made.logons, made.endedAtMs);
  for (const { name, bytes } of beside) writeFileSync(join(folder, name), bytes);
  // Every other row in the other format: the verdict does not depend on it.
  const bytes =
    row.row % 2 === 0
      ? writePcap(made.packets, { magic: 'nanoseconds' })
      : writePcapng([{ packets: made.packets, interfaces: [{ resolution: 9 }] }]);
  writeFileSync(join(folder, 'capture.cap'), bytes);
  const evidence = await collectEvidence([folder], { zone: 'UTC', patterns: patternsOf(knowledge.causes) });
  const timeline = buildTimeline(withStateFacts(evidence, knowledge));
  const { attempts } = recordedAttempts({ ...evidence, events: timeline.events }, row.hosts === undefined ? {} : { hosts: row.hosts });
  return attempts.map((attempt) => diagnoseConnection(attempt, knowledge, beside.length > 0 ? { timeline } : {}));
}

const causeOf = ({ verdict }: ConnectionDiagnosis): string | null => verdict.cause?.cause.id ?? null;

function check(diagnoses: readonly ConnectionDiagnosis[], { cause, grade, failed, beside, instead = [] }: CaptureExpectation): void {
  for (const { verdict } of diagnoses) {
    expect(verdict.sentence.en).toMatch(/^[^\u3040-\u30ff]{10,}$/);
    expect(verdict.sentence.ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
  }
  if (cause === 'not-visible') {
    for (const one of diagnoses) {
      const named = causeOf(one);
      expect(named === null || instead.includes(named), `named ${named}`).toBe(true);
      if (named !== null && grade !== 'confirmed') expect(one.verdict.grade).not.toBe('confirmed');
    }
    return;
  }
  expect(diagnoses.map(causeOf).filter((id) => id !== null && id !== cause)).toEqual([]);
  const found = diagnoses.map((one) => ({
    cause: causeOf(one),
    // What a recording does not show to have worked has no verdict; what it shows is in the ladder.
    grade: one.outcome === 'unseen' ? grade : one.verdict.grade,
    failed: one.attempt.rungs.find(({ verdict }) => verdict === 'failed')?.name ?? '',
    beside: beside === undefined || one.beside.some(({ cause: { id } }) => id === beside),
  }));
  expect(found).toContainEqual({ cause, grade, failed, beside: true });
}

describe.skipIf(!onLinux)('the verdict on the capture of each row of the diagnosis table', () => {
  it.each(CAPTURE_ROWS.map((row) => [row.row, row.id, row] as const))('row %i, %s', async (_, __, row) => {
    check(await diagnosesOf(row), row.expected);
  });

  it('covers every row that a capture can show', () => {
    expect(new Set(CAPTURE_ROWS.map(({ row }) => row)).size).toBeGreaterThanOrEqual(32);
  });
});

describe.skipIf(!onLinux)('captures of healthy connections', () => {
  const healthy = CAPTURE_ROWS.filter(
    ({ row, expected }) => row === 0 && expected.cause === null && expected.failed === '' && expected.beside === undefined,
  );

  it.each(healthy.map((row) => [row.id, row] as const))('%s: no fault, no cause', async (_, row) => {
    const diagnoses = await diagnosesOf(row);
    expect(diagnoses.length).toBeGreaterThan(0);
    for (const one of diagnoses) {
      expect(one.outcome).not.toBe('failed');
      expect(one.verdict.cause).toBeUndefined();
      expect(one.considered.filter(({ grade }) => grade === 'confirmed' || grade === 'likely').map(({ cause }) => cause.id)).toEqual(
        one.beside.map(({ cause }) => cause.id),
      );
    }
  });
});

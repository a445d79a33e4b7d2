import { loadKnowledge } from '@winmedic/knowledge';
import { TRACE_ROWS, type TraceRow } from '@winmedic/labs/trace-rows';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnoseConnection } from '../../diagnosis/index.ts';
import { collectEvidence } from '../../evidence/index.ts';
import { TestFolder } from '../../evidence/test-inputs.ts';
import type { ConnectionAttempt } from '../../model/connection.ts';
import { buildTimeline } from '../../timeline/index.ts';
import { recordedAttempts } from './index.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());
const knowledge = loadKnowledge();

/** A file end to end: read, put into a timeline, attempts, verdicts. */
async function judged(path: string) {
  const evidence = await collectEvidence([path]);
  const timeline = buildTimeline(evidence);
  const { attempts } = recordedAttempts({ ...evidence, events: timeline.events });
  return { evidence, timeline, diagnoses: attempts.map((attempt) => diagnoseConnection(attempt, knowledge, { timeline })) };
}

/** What an attempt shows of the properties named. */
function shown({ properties }: ConnectionAttempt, names: Iterable<string>): Record<string, string | undefined> {
  return Object.fromEntries([...names].map((name) => [name, properties.get(name)?.value]));
}

function expectVerdict({ shows, expected }: TraceRow, diagnoses: Awaited<ReturnType<typeof judged>>['diagnoses']): void {
  // A trace in which nobody tries anything has no attempt.
  expect(diagnoses.length).toBe(Object.keys(shows).length === 0 ? 0 : 1);
  const [diagnosis] = diagnoses;
  if (diagnosis === undefined) return;
  const { attempt, verdict, outcome } = diagnosis;
  expect(shown(attempt, Object.keys(shows))).toEqual(shows);
  if (expected === 'no-fault') {
    expect(verdict.cause?.cause.id).toBeUndefined();
    expect(outcome).toBe('ok');
  } else if (expected === 'not-visible') {
    expect(verdict.cause?.cause.id).toBeUndefined();
    expect(outcome).toBe('failed');
    expect(verdict.grade).toBe('inconclusive');
  } else {
    expect({ cause: verdict.cause?.cause.id, grade: verdict.grade }).toEqual({ cause: expected.cause, grade: expected.grade });
    expect(verdict.sentence.en).toMatch(/\.$/);
    expect(verdict.sentence.ja).toMatch(/。$/);
  }
}

describe('traces of the rows', () => {
  it.each(TRACE_ROWS.map((row) => [row.id, row] as const))('%s gets its verdict', async (id, row) => {
    const { diagnoses, evidence } = await judged(folder.file(`${id}.etl`, row.trace()));
    expect(evidence.problems).toEqual([]);
    expectVerdict(row, diagnoses);
  });
});

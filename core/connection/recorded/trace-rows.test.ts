import { loadKnowledge } from '@winmedic/knowledge';
import { TRACE_ROWS, type TraceRow } from '@winmedic/labs/trace-rows';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnoseConnection } from '../../diagnosis/index.ts';
import { collectEvidence } from '../../evidence/index.ts';
import { TestFolder } from '../../evidence/test-inputs.ts';
import type { ConnectionAttempt } from '../../model/connection.ts';
import { buildTimeline } from '../../timeline/index.ts';
import { recordedAttempts } from './index.ts';
import { asNetshText, asTracerptCsv, asTracerptXml } from './test-trace-texts.ts';

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

/** Rows of which the text of messages leaves out what decides. */
const LOST_IN_WORDS: ReadonlyMap<string, string> = new Map([
  ['client-redirected', 'that the request was redirected'],
  ['server-wrong-password-2008r2', 'that a 401 was sent'],
  ['server-no-group-2008r2', 'who was let in'],
  ['server-healthy-shell', 'what was sent in ANSI'],
  ['wmi-healthy', 'that the client is another computer'],
  ['wmi-namespace-denied', 'that the client is another computer'],
  ['wmi-namespace-missing', 'that the client is another computer'],
  ['wmi-broken', 'that the client is another computer'],
]);

describe('the same events as people convert them', () => {
  it.each(TRACE_ROWS.map((row) => [row.id, row] as const))('%s as XML of tracerpt', async (id, row) => {
    const { diagnoses } = await judged(folder.file(`${id}.xml`, asTracerptXml(row)));
    expectVerdict(row, diagnoses);
  });

  it.each(TRACE_ROWS.map((row) => [row.id, row] as const))('%s as CSV of tracerpt', async (id, row) => {
    const { diagnoses } = await judged(folder.file(`${id}.csv`, asTracerptCsv(row)));
    expectVerdict(row, diagnoses);
  });

  it.each(TRACE_ROWS.filter(({ id }) => !LOST_IN_WORDS.has(id)).map((row) => [row.id, row] as const))(
    '%s as text of netsh',
    async (id, row) => {
      const { diagnoses } = await judged(folder.file(`${id}.txt`, asNetshText(row)));
      expectVerdict(row, diagnoses);
    },
  );

  it.each([...LOST_IN_WORDS])('%s as text of netsh names no cause: it does not say %s', async (id) => {
    const row = TRACE_ROWS.find((each) => each.id === id) as TraceRow;
    const { diagnoses } = await judged(folder.file(`${id}.txt`, asNetshText(row)));
    expect(diagnoses.map(({ verdict }) => verdict.cause?.cause.id).filter((cause) => cause !== undefined)).toEqual([]);
    if (row.expected === 'no-fault') expect(diagnoses.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  });
});

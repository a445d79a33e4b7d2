import { loadKnowledge } from '@winmedic/knowledge';
import { CONNECTION_ROWS, type ConnectionRow, HEALTHY_WORLDS } from '@winmedic/labs/connection-rows';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RowVerdict, runRow, runWorld } from './connection-rows-run.ts';
import { Lab, obstacles } from './labs/lab.ts';

const knowledge = loadKnowledge();

/** Does the verdict say what the row has to show? */
function expectVerdict(row: ConnectionRow, verdict: RowVerdict): void {
  const { expected } = row;
  expect(
    { cause: verdict.cause, grade: verdict.grade, failed: verdict.failed },
    `${verdict.sentence.en}\n${verdict.seen}\nbeside: ${verdict.beside.join(', ')}`,
  ).toEqual({ cause: expected.cause ?? null, grade: expected.grade, failed: expected.failed });
  if (expected.beside !== undefined) expect(verdict.beside).toContain(expected.beside);
  const checks = expected.checks ?? 0;
  // How many attempts at once are refused depends on the moment; each was made with the right password.
  if (row.connect?.together === undefined) expect(verdict.checks, verdict.seen).toBe(checks);
  else expect(verdict.checks).toBeLessThanOrEqual(checks);
  if (row.connect?.after === undefined && row.connect?.together === undefined)
    expect(verdict.claimed).toBeGreaterThanOrEqual(verdict.checks);
  const { en, ja } = verdict.sentence;
  expect(en).toMatch(/\.$/);
  expect(ja).toMatch(/。$/);
  expect(ja).not.toBe(en);
  if (expected.cause !== undefined) expect(verdict.remedies, 'remedies').toBeGreaterThan(0);
}

const named = (rows: readonly ConnectionRow[]) => rows.map((row) => [`row ${row.row}, ${row.id}: ${row.how.en}`, row] as const);

describe('the diagnosis table', () => {
  it('has every row, and every cause that says it belongs to one', () => {
    const rows = new Set(CONNECTION_ROWS.map(({ row }) => row));
    expect(Array.from({ length: 35 }, (_, i) => i + 1).filter((row) => !rows.has(row))).toEqual([]);
    const shown = new Set(CONNECTION_ROWS.flatMap(({ expected }) => [expected.cause ?? [], expected.beside ?? []].flat()));
    const missing = knowledge.causes.filter(({ id, rows: of }) => of !== undefined && !shown.has(id)).map(({ id }) => id);
    expect(missing).toEqual([]);
  });

  it('gives each reproduction a name of its own', () => {
    const ids = CONNECTION_ROWS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a row on the doubles', () => {
  it.each(named(CONNECTION_ROWS.filter(({ on }) => on !== 'namespace')))('%s', async (_, row) => {
    expectVerdict(row, await runRow(row));
  });
});

describe('a healthy host', () => {
  it.each(HEALTHY_WORLDS.map((world) => [world.id, world] as const))('gets no cause: %s', async (_, { world, connect, checks }) => {
    const verdict = await runWorld(world(), connect, undefined);
    expect({ ...verdict, seen: undefined, sentence: undefined }, verdict.seen).toMatchObject({
      cause: null,
      grade: 'confirmed',
      outcome: 'ok',
      failed: '',
      beside: [],
      checks,
      claimed: checks,
    });
  });
});

const missing = obstacles(['nft', 'ip']);

describe.skipIf(missing.length > 0)(`a row in a network namespace${missing.length === 0 ? '' : ` (${missing.join(', ')})`}`, () => {
  const rows = CONNECTION_ROWS.filter(({ on }) => on === 'namespace');
  let lab: Lab | undefined;
  let verdicts: Readonly<Record<string, RowVerdict | { readonly error: string }>> = {};
  beforeAll(() => {
    lab = new Lab('rows', ['127.0.0.1 localhost'], '127.0.0.1');
    lab.must('ip', ['address', 'add', '192.0.2.10/32', 'dev', 'lo']);
    verdicts = lab.client(
      'tests/conformance/connection-rows-inside.ts',
      rows.map(({ id }) => id),
      // The resolver of the system waits ten seconds for a silent server otherwise.
      { env: { RES_OPTIONS: 'timeout:1 attempts:1' }, timeoutMs: 120_000 },
    );
  });
  afterAll(() => lab?.close());

  it.each(named(rows))('%s', (_, row) => {
    const verdict = verdicts[row.id];
    if (verdict === undefined || 'error' in verdict) throw new Error(verdict?.error ?? 'no verdict');
    expectVerdict(row, verdict);
  });
});

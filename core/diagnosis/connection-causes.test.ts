import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, test } from 'vitest';
import type { ConnectionDiagnosis } from '../model/connection.ts';
import type { Grade } from '../model/verdict.ts';
import { diagnose } from './diagnose.ts';
import { diagnosisOfAttempt, judgedOf, type MadeAttempt, type Properties } from './test-attempt.ts';
import { timelineOf } from './test-case.ts';
import { CAUSE_CASES, type CauseCase, OF_LOGS_ALONE } from './test-connection-cases.ts';

const knowledge = loadKnowledge();
const judgedCauses = knowledge.causes.filter((cause) => cause.scope === 'connection' || cause.class === 'logon');
const kinds = new Map(knowledge.causes.map((cause) => [cause.id, cause.kind]));

/** The attempt of a case at one of its stages. */
function made(row: CauseCase, stage: 'likely' | 'confirmed', change: Properties = {}): MadeAttempt {
  const add = stage === 'confirmed' ? row.confirmed : undefined;
  const facts = { ...row.facts, ...add?.facts };
  const events = add?.events ?? row.events;
  return {
    properties: { ...row.likely, ...add?.properties, ...change },
    ...(row.failed === undefined ? {} : { failed: row.failed }),
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
    ...(events === undefined ? {} : { events }),
  };
}

/** What was named: the verdict, or for findings what stands beside it. */
function named(diagnosis: ConnectionDiagnosis, id: string): { readonly id: string | undefined; readonly grade: Grade | undefined } {
  const judged = kinds.get(id) === 'finding' ? diagnosis.beside.find((one) => one.cause.id === id) : diagnosis.verdict.cause;
  return { id: judged?.cause.id, grade: judged?.grade };
}

const rows = Object.entries(CAUSE_CASES);

describe('every cause an attempt can show', () => {
  test('has an attempt made for it', () => {
    const ids = judgedCauses.map((cause) => cause.id).filter((id) => !Object.hasOwn(OF_LOGS_ALONE, id));
    expect(Object.keys(CAUSE_CASES).sort()).toEqual(ids.sort());
  });

  test.each(rows.filter(([, row]) => row.likely !== undefined))('%s is likely, and no more, while the proof is not there', (id, row) => {
    expect(named(diagnosisOfAttempt(made(row, 'likely')), id)).toEqual({ id, grade: 'likely' });
  });

  test.each(rows.filter(([, row]) => row.confirmed !== undefined))('%s is confirmed by what proves it', (id, row) => {
    expect(named(diagnosisOfAttempt(made(row, 'confirmed')), id)).toEqual({ id, grade: 'confirmed' });
  });

  test.each(rows)('%s does not hold when a part of it is otherwise', (id, row) => {
    const stage = row.likely === undefined ? 'confirmed' : 'likely';
    expect(['inconclusive', 'ruled_out']).toContain(judgedOf(diagnosisOfAttempt(made(row, stage, row.not)), id).grade);
  });

  test.each(rows)('%s is not held for likely, or not for confirmed, when one thing it needs was not observed', (id, row) => {
    const open: readonly Grade[] = ['inconclusive', 'ruled_out'];
    const without = (stage: 'likely' | 'confirmed', lost: string): Grade => {
      const whole = made(row, stage);
      const properties = Object.fromEntries(Object.entries(whole.properties).filter(([name]) => name !== lost));
      return judgedOf(diagnosisOfAttempt({ ...whole, properties }), id).grade;
    };
    const asked = row.likely ?? row.confirmed?.properties ?? {};
    for (const lost of Object.keys(asked)) {
      expect(open, `${id} without ${lost}`).toContain(without(row.likely === undefined ? 'confirmed' : 'likely', lost));
      // A record or a code of the host may prove by itself what a field of the attempt only pointed to.
      if (row.provenBy?.includes(lost) !== true) expect(without('confirmed', lost), `${id} without ${lost}`).not.toBe('confirmed');
    }
  });

  test.each(judgedCauses.map((cause) => cause.id))('%s is open, never named, for an attempt of which nothing is known', (id) => {
    const diagnosis = diagnosisOfAttempt({ properties: {} });
    expect(judgedOf(diagnosis, id)).toMatchObject({ grade: 'inconclusive', pointed: false });
    expect(diagnosis.verdict).toMatchObject({ grade: 'inconclusive' });
  });
});

describe('causes only the logs of a host show', () => {
  test.each(Object.entries(OF_LOGS_ALONE))('%s is named for the host, and never for an attempt', (id, events) => {
    const timeline = timelineOf({ events: events ?? [] });
    const finding = diagnose(timeline, knowledge, { madeAt: 0n }).findings.find(({ judged }) => judged.cause.id === id);
    expect(finding?.judged.grade).toBe('likely');
    expect(judgedOf(diagnosisOfAttempt({ properties: {}, events: events ?? [] }), id).grade).toBe('inconclusive');
  });
});

describe('rows of the diagnosis table', () => {
  test('each of the 32 rows and the three beside them has a cause', () => {
    const covered = new Set(judgedCauses.flatMap((cause) => cause.rows ?? []));
    expect([...covered].sort((a, b) => a - b)).toEqual(Array.from({ length: 35 }, (_, n) => n + 1));
  });
});

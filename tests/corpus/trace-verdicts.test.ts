import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { recordedAttempts } from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import { collectEvidence } from '@winmedic/core/evidence';
import { buildTimeline } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';

/** Traces of Windows 7 to 11 in which nobody was refused by a management service: none may be given a cause. */
const root = process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const folder = join(root, 'etl');
const ready = existsSync(folder);
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);
const files = ready ? readdirSync(folder).filter((name) => name.endsWith('.etl')) : [];
const knowledge = loadKnowledge();

describe.skipIf(!ready)('traces of the corpus', () => {
  it('are all there', () => {
    expect(files).toHaveLength(14);
  });

  it.each(files)('%s is given no cause', async (name) => {
    const evidence = await collectEvidence([join(folder, name)]);
    const timeline = buildTimeline(evidence);
    const { attempts } = recordedAttempts({ ...evidence, events: timeline.events }, { logs: true });
    const named = attempts.map((attempt) => diagnoseConnection(attempt, knowledge, { timeline }).verdict.cause?.cause.id);
    expect(named.filter((id) => id !== undefined)).toEqual([]);
    // A trace creates no stop either.
    expect(timeline.stops).toEqual([]);
  });
});

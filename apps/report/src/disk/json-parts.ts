import type { DiskIo, HiveReport, RepairAction, StepReport } from '@winmedic/core/model';
import type { Recipe } from '@winmedic/knowledge/model';
import { zoneName } from '../format-time.ts';
import { type Json, type JsonObject, known, localized, time } from '../json-parts.ts';
import { madeAt } from './made.ts';
import type { DiskMeta } from './options.ts';
import { ticksToUtc } from './times.ts';

/** Version of the JSON of the disk verbs; counted as that of the diagnosis is, but on its own. */
export const DISK_SCHEMA_VERSION = '1.0';

/** What every answer of a disk verb begins with. */
export function head(kind: string, meta: DiskMeta): JsonObject {
  const { name, version, command } = meta.tool;
  return {
    schemaVersion: DISK_SCHEMA_VERSION,
    kind,
    tool: { name, version, command },
    zone: zoneName(meta.zone),
    ...time('madeAt', madeAt(meta), meta.zone),
    ...known({ durationSeconds: meta.durationSeconds, caseId: meta.caseId }),
  };
}

/** A FILETIME: ISO 8601 in UTC under `name`, the ticks as decimal text under `nameTicks`. */
export function ticks(name: string, value: bigint): JsonObject {
  const text = ticksToUtc(value);
  return { ...(text === '' ? {} : { [name]: text }), [`${name}Ticks`]: value.toString() };
}

/** What a verb cost. */
export function ioToJson({ reads, bytesRead, writes, bytesWritten, journalBytes, milliseconds }: DiskIo): Json {
  return { reads, bytesRead, writes, bytesWritten, journalBytes, milliseconds };
}

/** A hive on a volume. */
export function hiveToJson({ path, state, entries, sizeBytes, pendingTransactions }: HiveReport): Json {
  return { path, state, entries, sizeBytes, pendingTransactions };
}

/** Anything of plain numbers, texts and lists as it is; large integers as decimal text, absent fields left out. */
export function plain(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, field]) => field !== undefined)
        .map(([name, field]) => [name, plain(field)]),
    );
  throw new TypeError(`not plain data: ${typeof value}`);
}

/** An action of a step; times as {@link ticks}. */
export function actionToJson(action: RepairAction): Json {
  if (action.kind !== 'kept' && action.kind !== 'quarantined') return plain(action);
  const { modified, ...rest } = action;
  return { ...(plain(rest) as JsonObject), ...ticks('modified', modified) };
}

/** A step with its text in both languages. */
export function stepToJson({ step, outcome, skipped, actions, refusals }: StepReport): Json {
  return {
    id: step.id,
    text: localized(step.text),
    outcome,
    ...known({ skipped }),
    actions: actions.map(actionToJson),
    refusals: plain(refusals),
  };
}

/** A recipe: its steps as in the knowledge base. */
export function recipeToJson({ id, title, summary, causes, propose, steps, risk, after, basis, sources }: Recipe): Json {
  return {
    id,
    title: localized(title),
    summary: localized(summary),
    causes: [...causes],
    propose: plain(propose),
    steps: plain(steps),
    risk: localized(risk),
    after: after.map(localized),
    basis,
    sources: [...sources],
  };
}

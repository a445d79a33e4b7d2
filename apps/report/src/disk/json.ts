import type {
  DiskFile,
  DiskIo,
  DiskReport,
  HiveKeyReport,
  InputProblem,
  ProposedRecipe,
  RepairReport,
  UndoReport,
  VerifyReport,
  VolumeReport,
} from '@winmedic/core/model';
import type { Recipe } from '@winmedic/knowledge/model';
import { type Json, type JsonObject, known, localized, problemsToJson } from '../json-parts.ts';
import { head, hiveToJson, ioToJson, plain, recipeToJson, stepToJson, ticks } from './json-parts.ts';
import { readiness } from './obstacles.ts';
import type { DiskMeta } from './options.ts';
import { faultsOf } from './verify-view.ts';

/**
 * `disk inspect` as data: `kind` is `disk-inspect`, `state` whether a repair could be planned now (`ready`, `not-now`, `locked`, `none`), `obstacles` why not (codes, with the volume they are about).
 * Sizes and offsets are numbers, times ISO 8601 in UTC with FILETIME ticks as decimal text beside (`…Ticks`). No keys are in it.
 */
export function inspectToJson(report: DiskReport, meta: DiskMeta): Json {
  const { path, sizeBytes, isDevice, container, containerInfo, parents, table, volumes, uses, journal, problems, io } = report;
  const { state, obstacles } = readiness(report, 'en');
  return {
    ...head('disk-inspect', meta),
    path,
    sizeBytes,
    isDevice,
    container,
    ...(containerInfo === undefined ? {} : { containerInfo: plain(containerInfo) }),
    parents: [...parents],
    state,
    obstacles: obstacles.map(({ code, volume }) => known({ code, volume })),
    table: plain(table),
    volumes: volumes.map(volumeToJson),
    uses: plain(uses),
    ...(journal === undefined ? {} : { journal: plain(journal) }),
    problems: problemsToJson(problems),
    io: ioToJson(io),
  };
}

function volumeToJson({ number, offset, sizeBytes, kind, bitlocker, lock, unlockedBy, label, ntfs, windows }: VolumeReport): Json {
  return {
    number,
    offset,
    sizeBytes,
    kind,
    lock,
    ...known({ label }),
    ...(bitlocker === undefined ? {} : { bitlocker: bitLockerToJson(bitlocker) }),
    ...(unlockedBy === undefined ? {} : { unlockedBy: { id: unlockedBy.id, kind: unlockedBy.kind } }),
    ...(ntfs === undefined ? {} : { ntfs: plain(ntfs) }),
    ...(windows === undefined ? {} : { windows: windowsToJson(windows) }),
  };
}

function bitLockerToJson(volume: NonNullable<VolumeReport['bitlocker']>): Json {
  const { id, version, method, methodNumber, description, created, protectors, state, copies, suspended } = volume;
  return {
    id,
    version,
    method,
    methodNumber,
    description,
    ...ticks('created', created),
    protectors: protectors.map(({ id: key, kind, type, lastChanged }) => ({ id: key, kind, type, ...ticks('lastChanged', lastChanged) })),
    state,
    copies: [...copies],
    suspended,
  };
}

function windowsToJson({ facts, build, hives, lastCrash, safeboot }: NonNullable<VolumeReport['windows']>): Json {
  return {
    ...known({ build }),
    facts: [...facts].map(([name, { value, from }]) => ({ name, value, from })),
    hives: hives.map(hiveToJson),
    ...(lastCrash === undefined ? {} : { lastCrash: plain(lastCrash) }),
    safeboot: plain(safeboot),
  };
}

/** What else is known when files are listed. */
export interface FilesContext {
  readonly path?: string;
  readonly volume?: number;
  readonly problems?: readonly InputProblem[];
  readonly io?: DiskIo;
}

/** A list of files as data (`disk-files`). */
export function filesToJson(files: readonly DiskFile[], meta: DiskMeta, context: FilesContext = {}): Json {
  const { path, volume, problems, io } = context;
  return {
    ...head('disk-files', meta),
    ...known({ path, volume }),
    files: files.map(fileToJson),
    ...(problems === undefined ? {} : { problems: problemsToJson(problems) }),
    ...(io === undefined ? {} : { io: ioToJson(io) }),
  };
}

function fileToJson(file: DiskFile): JsonObject {
  const { created, modified, mftChanged, accessed, streams, ...rest } = file;
  return {
    ...(plain(rest) as JsonObject),
    streams: [...streams],
    ...ticks('created', created),
    ...ticks('modified', modified),
    ...ticks('mftChanged', mftChanged),
    ...ticks('accessed', accessed),
  };
}

/** A key of a hive as data (`disk-hive-key`). */
export function hiveKeyToJson(report: HiveKeyReport, meta: DiskMeta): Json {
  const { path, volume, hive, state, entries, key, lastWritten, className, values, subkeys, problems, io } = report;
  return {
    ...head('disk-hive-key', meta),
    path,
    volume,
    hive,
    state,
    entries,
    key,
    ...ticks('lastWritten', lastWritten),
    ...known({ className }),
    values: plain(values),
    subkeys: subkeys.map((one) => ({ name: one.name, ...ticks('lastWritten', one.lastWritten), subkeys: one.subkeys, values: one.values })),
    problems: problemsToJson(problems),
    io: ioToJson(io),
  };
}

/** A repair as data (`disk-repair`): planned, refused or done, with every changed stretch and its whole hashes. */
export function repairToJson(report: RepairReport, meta: DiskMeta): Json {
  const { path, purpose, recipe, volume, computer, steps, log, changes, outcome, refusals, journal, checks, problems, io } = report;
  return {
    ...head('disk-repair', meta),
    path,
    purpose,
    ...(recipe === undefined ? {} : { recipe: { id: recipe.id, title: localized(recipe.title) } }),
    volume,
    ...known({ computer }),
    outcome,
    steps: steps.map(stepToJson),
    refusals: plain(refusals),
    log: plain(log),
    changes: plain(changes),
    checks: plain(checks),
    ...known({ journal }),
    ...(recipe === undefined ? {} : { risk: localized(recipe.risk), after: recipe.after.map(localized) }),
    problems: problemsToJson(problems),
    io: ioToJson(io),
  };
}

/** `disk undo` as data (`disk-undo`). */
export function undoToJson(report: UndoReport, meta: DiskMeta): Json {
  const { path, journal, purpose, madeAt, before, outcome, changes, bytes, refusals, io } = report;
  return {
    ...head('disk-undo', meta),
    path,
    journal,
    purpose,
    journalMadeAt: madeAt,
    before,
    outcome,
    changes,
    bytes,
    refusals: plain(refusals),
    io: ioToJson(io),
  };
}

/** `disk verify` as data (`disk-verify`); `errors` and `warnings` count the findings and hives of all volumes. */
export function verifyToJson(report: VerifyReport, meta: DiskMeta): Json {
  const { path, journal, volumes, problems, io } = report;
  return {
    ...head('disk-verify', meta),
    path,
    ...faultsOf(report),
    ...(journal === undefined ? {} : { journal: plain(journal) }),
    volumes: volumes.map(({ number, kind, check, hives }) => ({
      number,
      kind,
      ...(check === undefined ? {} : { check: plain(check) }),
      hives: hives.map(hiveToJson),
    })),
    problems: problemsToJson(problems),
    io: ioToJson(io),
  };
}

/** Proposed recipes as data (`disk-proposals`). */
export function proposalsToJson(proposals: readonly ProposedRecipe[], meta: DiskMeta): Json {
  return {
    ...head('disk-proposals', meta),
    proposals: proposals.map(({ recipe, volume, because }) => ({
      recipe: recipeToJson(recipe),
      volume,
      because: because.map(({ text, facts }) => ({ text: localized(text), facts: [...facts] })),
    })),
  };
}

/** All recipes as data (`disk-recipes`). */
export function recipesToJson(recipes: readonly Recipe[], meta: DiskMeta): Json {
  return { ...head('disk-recipes', meta), recipes: recipes.map(recipeToJson) };
}

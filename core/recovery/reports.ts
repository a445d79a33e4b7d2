import type { Recipe } from '@winmedic/knowledge/model';
import type { OpenedDisk } from '../disk/open-disk.ts';
import type { DiskIo, RepairReport, UndoReport } from '../model/disk.ts';
import type { InputProblem } from '../model/observation.ts';
import type { AppliedRepair } from './apply-repair.ts';
import type { PlannedRepair } from './plan-repair.ts';
import type { Undone } from './undo-repair.ts';

/** What reading cost so far; `started` is a `performance.now()`. */
export function ioOf(disk: OpenedDisk | undefined, started: number, written: Partial<DiskIo> = {}): DiskIo {
  return {
    reads: disk?.count.reads ?? 0,
    bytesRead: disk?.count.bytes ?? 0,
    writes: 0,
    bytesWritten: 0,
    journalBytes: 0,
    ...written,
    milliseconds: Math.round(performance.now() - started),
  };
}

/** What a report of a repair needs besides the plan. */
export interface RepairReportParts {
  readonly planned: PlannedRepair;
  /** Absent: a dry run, or refused. */
  readonly applied?: AppliedRepair;
  readonly recipe?: Recipe;
  readonly computer?: string;
  readonly problems: readonly InputProblem[];
  readonly started: number;
}

/** A repair as it is shown and kept. */
export function repairReport({ planned, applied, recipe, computer, problems, started }: RepairReportParts): RepairReport {
  const { disk, volume, request, steps, log, changes, checks, refusals, outcome } = planned;
  const written = applied && { writes: applied.writes, bytesWritten: applied.bytesWritten, journalBytes: applied.journalBytes };
  return {
    path: disk.path,
    purpose: request.purpose,
    ...(recipe && { recipe }),
    volume: volume.number,
    ...(computer !== undefined && { computer }),
    steps,
    log,
    changes,
    outcome: applied === undefined ? outcome : 'applied',
    refusals,
    ...(applied && { journal: applied.journal }),
    checks: [...checks, ...(applied?.checks ?? [])],
    problems,
    io: ioOf(disk, started, written),
  };
}

/** An undoing as it is shown. */
export function undoReport(path: string, undone: Undone, started: number): UndoReport {
  const { journal, purpose, madeAt, before, outcome, changes, bytes, foreignAt } = undone;
  const wrote = outcome === 'undone' || outcome === 'finished';
  return {
    path,
    journal,
    purpose,
    madeAt,
    before,
    outcome,
    changes,
    bytes,
    refusals:
      outcome === 'refused'
        ? [{ code: 'JOURNAL_FOREIGN', what: path, ...(foreignAt !== undefined && { offset: foreignAt }), because: [] }]
        : [],
    io: ioOf(undefined, started, wrote ? { writes: changes, bytesWritten: bytes } : {}),
  };
}

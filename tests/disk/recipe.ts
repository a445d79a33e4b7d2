import { loadKnowledge } from '@winmedic/knowledge';
import type { Recipe } from '@winmedic/knowledge/model';
import { type OpenDiskOptions, type OpenedDisk, openDisk } from '../../core/disk/index.ts';
import {
  type AppliedRepair,
  type ApplyOptions,
  applyRepair,
  type PlannedRepair,
  planRepair,
  type RepairRequest,
} from '../../core/recovery/index.ts';

/** The recipe of the incident. @throws {Error} when the knowledge has none. */
export function incidentRecipe(): Recipe {
  const recipe = loadKnowledge().recipes.find(({ id }) => id === 'crowdstrike-291');
  if (recipe === undefined) throw new Error('no recipe crowdstrike-291');
  return recipe;
}

/** What repairs ask for: everything the recipe can do, the sensor's service kept from starting too. */
export function wholeRepair(): RepairRequest {
  return { purpose: 'test: whole repair', steps: incidentRecipe().steps, with: new Set(['disable-sensor']) };
}

/** The quarantine of the channel file alone. */
export function quarantineAlone(): RepairRequest {
  const { steps } = incidentRecipe();
  return { purpose: 'test: quarantine', steps, without: new Set(steps.map(({ id }) => id).filter((id) => id !== 'channel-file')) };
}

/** Opens a disk for planning, works on the plan, closes it. */
export function planning<T>(
  path: string,
  request: RepairRequest,
  work: (planned: PlannedRepair, disk: OpenedDisk) => T,
  options: OpenDiskOptions = {},
): T {
  const disk = openDisk(path, { ...options, plan: true });
  try {
    return work(planRepair(disk, request), disk);
  } finally {
    disk.close();
  }
}

/** A repair from opening to the check afterwards. */
export interface Repaired {
  readonly planned: PlannedRepair;
  readonly applied: AppliedRepair;
}

/** Plans a repair, which must be possible, and applies it. @throws {Error} with the refusals when it was refused. */
export function repair(path: string, request = wholeRepair(), options: OpenDiskOptions = {}, apply: ApplyOptions = {}): Repaired {
  return planning(
    path,
    request,
    (planned) => {
      if (planned.outcome !== 'planned') throw new Error(`${planned.outcome}: ${JSON.stringify(planned.refusals)}`);
      return { planned, applied: applyRepair(planned, { open: options, ...apply }) };
    },
    options,
  );
}

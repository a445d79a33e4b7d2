import type { EditChange, EditPreview, NtfsVolume, TouchedBlock } from '@winmedic/disk';
import type { Localized, RecipeStep } from '@winmedic/knowledge/model';
import type { HiveChange } from '@winmedic/registry-hive';
import type { BootStore } from '../disk/boot-store.ts';
import type { Refusal, RepairAction, StepReport } from '../model/disk.ts';

/** A step that does not come from a recipe: one of the verbs `quarantine` and `hive`. */
export type FreeStep = { readonly id: string; readonly text: Localized } & (
  | { readonly files: readonly string[] }
  | { readonly restore: readonly { readonly path: string; readonly name: string }[] }
  | { readonly hive: string; readonly changes: readonly HiveChange[] }
  | { readonly resetLog: true }
);

/** One thing a repair does. */
export type RepairStep = RecipeStep | FreeStep;

/** What is to be done to one volume. */
export interface RepairRequest {
  /** Words of the command line, without secrets: goes into the journal. */
  readonly purpose: string;
  readonly steps: readonly RepairStep[];
  /** Ids of steps that are done only when asked for. */
  readonly with?: ReadonlySet<string>;
  /** Ids of steps left out. */
  readonly without?: ReadonlySet<string>;
  /** Partition number; default the only one with a Windows. */
  readonly volume?: number;
}

/** What a step did to the overlay: for the report, for the check, and to be judged against the log. */
export interface StepWork {
  readonly outcome: 'planned' | 'nothing' | 'skipped' | 'refused';
  readonly skipped?: StepReport['skipped'];
  readonly actions: readonly RepairAction[];
  readonly refusals: readonly Refusal[];
  readonly previews: readonly (EditPreview & { readonly volume: NtfsVolume })[];
  /** Boot stores that were changed: they may lie on other volumes. */
  readonly stores?: readonly BootStore[];
}

/** Work that changed nothing. */
export function noWork(outcome: 'nothing' | 'skipped' | 'refused', more: Partial<StepWork> = {}): StepWork {
  return { outcome, actions: [], refusals: [], previews: [], ...more };
}

/** The changes of previews as actions. */
export function actionsOf(previews: readonly EditPreview[]): RepairAction[] {
  return previews.flatMap(({ changes }) => changes.map((change: EditChange): RepairAction => ({ kind: 'edit', change })));
}

/**
 * All blocks of previews, each once; the first one counts, because it has the LSN from before all edits. A record that is read for its run lists in one edit
 * and written in another counts as written.
 */
export function blocksOf(previews: readonly EditPreview[]): TouchedBlock[] {
  const byPlace = new Map<string, TouchedBlock>();
  for (const block of previews.flatMap(({ blocks }) => blocks)) {
    const key = `${block.offset}/${block.sizeBytes}`;
    const known = byPlace.get(key);
    if (known === undefined || (known.placing && !block.placing)) byPlace.set(key, block);
  }
  return [...byPlace.values()];
}

import { FormatError, ticksToIso } from '@winmedic/bytes';
import type { NtfsVolume } from '@winmedic/disk';
import type { Recipe, RecipeEvidence, RecipeStep } from '@winmedic/knowledge/model';
import { currentControlSet, type Hive, openHive } from '@winmedic/registry-hive';
import { type BootEntry, readBootConfiguration } from '../disk/bcd.ts';
import { bootStores } from '../disk/boot-store.ts';
import type { OpenedDisk } from '../disk/open-disk.ts';
import type { DiskVolume } from '../disk/volume.ts';
import { CONFIG_FOLDER, hasWindows, hiveOnDisk } from '../disk/windows.ts';
import { windowsBuild } from '../disk/windows-build.ts';
import type { ProposedRecipe } from '../model/disk.ts';
import { selectFiles, serviceChanges, txrLogs } from './steps.ts';

/** Grades of a diagnosis that speak for a recipe, by cause. */
export type Verdicts = ReadonlyMap<string, 'confirmed' | 'likely'>;

/**
 * Recipes that what lies on the disk, or the diagnosis of it, speaks for: volume by volume, in the order of the recipes. A recipe whose steps find nothing to
 * do is not proposed, nor is one for a volume that cannot be read. Boot entries belong to the disk; they are told for its first Windows.
 * @param disk opened for reading or planning; nothing is changed.
 * @throws what reading the disk throws; damage on it only takes away what could not be read.
 */
export function proposeRecipes(disk: OpenedDisk, verdicts: Verdicts, recipes: readonly Recipe[]): ProposedRecipe[] {
  const volumes = disk.volumes.filter((volume) => attempted(() => hasWindows(volume)) === true);
  return volumes.flatMap((volume, index) => {
    const evidence = new VolumeEvidence(volume, verdicts, index === 0 ? disk : undefined);
    return recipes.flatMap((recipe): ProposedRecipe[] => {
      const because = recipe.propose.flatMap((part) => {
        const facts = evidence.factsFor(recipe, part);
        return facts === undefined ? [] : [{ text: part.text, facts }];
      });
      return because.length > 0 && evidence.hasWork(recipe) ? [{ recipe, volume: volume.number, because }] : [];
    });
  });
}

/** A boot entry of a Windows, with the store it stands in. */
interface StoredEntry {
  readonly entry: BootEntry;
  readonly isDefault: boolean;
  readonly store: string;
}

/** What one volume shows, each thing read once. */
class VolumeEvidence {
  readonly #volume: DiskVolume;
  readonly #verdicts: Verdicts;
  readonly #disk: OpenedDisk | undefined;
  readonly #pending = new Map<string, string | undefined>();
  #system: { readonly hive: Hive | undefined } | undefined;
  #entries: readonly StoredEntry[] | undefined;

  /** @param disk whose boot stores count for this volume. */
  constructor(volume: DiskVolume, verdicts: Verdicts, disk: OpenedDisk | undefined) {
    this.#volume = volume;
    this.#verdicts = verdicts;
    this.#disk = disk;
  }

  get #ntfs(): NtfsVolume {
    return this.#volume.ntfs as NtfsVolume;
  }

  /** Facts of a piece of evidence; undefined when one of its parts does not hold. */
  factsFor(recipe: Recipe, { filesOf, cause, safeboot, dirtyHive, servicesOf }: RecipeEvidence): string[] | undefined {
    const step = (id: string): readonly RecipeStep[] => recipe.steps.filter((one) => one.id === id);
    const parts: (readonly string[])[] = [
      ...(filesOf === undefined ? [] : [step(filesOf).flatMap((one) => ('quarantine' in one ? this.#work(one) : []))]),
      ...(cause === undefined ? [] : [this.#grade(cause)]),
      ...(safeboot === undefined ? [] : [this.#safeBoots()]),
      ...(dirtyHive === undefined ? [] : [recipe.steps.flatMap((one) => ('replay' in one ? this.#work(one) : []))]),
      ...(servicesOf === undefined ? [] : [step(servicesOf).flatMap((one) => ('services' in one ? this.#work(one) : []))]),
    ];
    return parts.some((facts) => facts.length === 0) ? undefined : parts.flat();
  }

  /** Whether a step that is done without being asked for has anything to do. */
  hasWork({ steps }: Recipe): boolean {
    return steps.some((step) => step.when !== 'asked' && this.#reachesBuild(step) && this.#work(step).length > 0);
  }

  #reachesBuild({ minBuild }: RecipeStep): boolean {
    return minBuild === undefined || (attempted(() => windowsBuild(this.#ntfs)) ?? 0) >= minBuild;
  }

  /** What a step would change, as short texts. */
  #work(step: RecipeStep): string[] {
    if ('quarantine' in step)
      return (attempted(() => selectFiles(this.#ntfs, step.quarantine)) ?? [])
        .filter(({ why }) => why === undefined)
        .map(({ found }) => `${found.path} ${ticksToIso(found.file.times.modified).replace(/\.0+Z$/, 'Z')}`);
    if ('replay' in step) return step.replay.flatMap((name) => this.#pendingOf(name) ?? []);
    if ('txr' in step) return (attempted(() => txrLogs(this.#ntfs)) ?? []).map(({ path }) => path);
    if ('services' in step) return this.#services(step);
    if (step.safeboot === 'clear') return this.#safeBoots();
    return this.#stored()
      .filter(({ entry, isDefault }) => isDefault && entry.safeBoot !== step.safeboot)
      .map(told);
  }

  #grade(cause: string): string[] {
    const grade = this.#verdicts.get(cause);
    return grade === undefined ? [] : [`${cause}: ${grade}`];
  }

  /** A hive that needs its logs, and whose logs fit: one that has none that fit cannot be replayed. */
  #pendingOf(name: string): string | undefined {
    if (!this.#pending.has(name))
      this.#pending.set(
        name,
        attempted(() => {
          const found = hiveOnDisk(this.#ntfs, `${CONFIG_FOLDER}\\${name}`);
          if (found === undefined) return undefined;
          const { state, header, logs } = openHive(found.source, { logs: found.logs });
          if (state !== 'replayed') return undefined;
          const used = logs.filter(({ applied }) => applied > 0).map((log) => `${log.name}: ${log.applied}`);
          return `${found.path} ${header.primarySequence}/${header.secondarySequence} (${used.join(', ')})`;
        }),
      );
    return this.#pending.get(name);
  }

  #services(step: Extract<RecipeStep, { readonly services: readonly string[] }>): string[] {
    this.#system ??= {
      hive: attempted(() => {
        const found = hiveOnDisk(this.#ntfs, `${CONFIG_FOLDER}\\SYSTEM`);
        return found === undefined ? undefined : openHive(found.source, { logs: found.logs });
      }),
    };
    const { hive } = this.#system;
    if (hive === undefined || attempted(() => currentControlSet(hive)) === undefined) return [];
    const { actions } = attempted(() => serviceChanges(hive, step)) ?? { actions: [] };
    return actions.flatMap((action) => {
      if (action.kind !== 'value') return [];
      return [action.value === '' ? `SYSTEM\\${action.key}` : `SYSTEM\\${action.key}!${action.value}=${action.from}`];
    });
  }

  #safeBoots(): string[] {
    return this.#stored()
      .filter(({ entry }) => entry.safeBoot !== undefined)
      .map(told);
  }

  /** Entries of Windows in all boot stores that can be read; as a repair chooses them, without those of Windows PE. */
  #stored(): readonly StoredEntry[] {
    this.#entries ??= (this.#disk === undefined ? [] : (attempted(() => bootStores(this.#disk as OpenedDisk)) ?? [])).flatMap(
      ({ volume, path, source, logs }) => {
        const { entries, defaultObject } = attempted(() => readBootConfiguration(openHive(source, { logs }))) ?? { entries: [] };
        const windows = entries.filter(({ kind, winPe }) => kind === 'windows' && winPe !== true);
        return windows.map((entry) => ({
          entry,
          isDefault: entry.id === defaultObject || (defaultObject === undefined && windows.length === 1),
          store: `${volume.number}:${path}`,
        }));
      },
    );
    return this.#entries;
  }
}

function told({ entry: { id, safeBoot }, store }: StoredEntry): string {
  return safeBoot === undefined ? `${store} ${id}` : `${store} ${id} safeboot=${safeBoot}`;
}

/** The result, or undefined where damage stands in the way. */
function attempted<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** The shapes of recipes: repairs of a Windows volume that does not boot, as data. `core/recovery` carries them out on a disk that is not running. */
import type { Basis, Localized } from './model.ts';

/** A time in UTC: `2024-07-19T04:09:00Z`. */
export type UtcTime = string;

/** Files by folder, name and time. Both bounds of the time count ($STANDARD_INFORMATION modification time): from inclusive, before exclusive. */
export interface FileSelection {
  /** From the root of the Windows volume, backslashes, no drive letter. */
  readonly folder: string;
  /** Name pattern with `*` and `?`, compared as the volume compares names. */
  readonly glob: string;
  readonly modifiedFrom?: UtcTime;
  readonly modifiedBefore?: UtcTime;
}

/** What every step has. */
interface StepBase {
  /** Kebab-case, unique in the recipe. */
  readonly id: string;
  /** What the step does and why. */
  readonly text: Localized;
  /** `always` (default), or `asked`: only when the operator asks for it (`--with ID`), for what has a price of its own. */
  readonly when?: 'always' | 'asked';
  /** Price of the step; must be there for `asked`. */
  readonly risk?: Localized;
  /** Only on Windows builds from this one on, compared as numbers. */
  readonly minBuild?: number;
}

/** Renames the files that fit so that nothing loads them; files of the same pattern but another time are told and left alone. */
export interface QuarantineStep extends StepBase {
  readonly quarantine: FileSelection;
  /** The repair makes no sense without at least one such file. Default false. */
  readonly required?: true;
}

/** Replays the logs of hives (below `Windows\System32\config`), checks every key and value, and makes the hive need no logs. */
export interface ReplayStep extends StepBase {
  readonly replay: readonly ('SYSTEM' | 'SOFTWARE' | 'SAM' | 'SECURITY' | 'DEFAULT' | 'COMPONENTS')[];
}

/** Puts the logs of the transactional registry aside (in-place rename of `config\TxR\*.TxR.*.regtrans-ms` and `*.TxR.blf`). */
export interface TxrStep extends StepBase {
  readonly txr: 'put-aside';
}

/** Start type of services: 0 boot, 1 system, 2 automatic, 3 manual, 4 disabled. Services that are not there are passed over. */
export interface ServiceStep extends StepBase {
  readonly services: readonly string[];
  readonly start: 0 | 1 | 2 | 3 | 4;
  /** Also removes `StartOverride` below the service, which would win. */
  readonly clearStartOverride?: true;
}

/** Safe boot of the default entry of the boot store. */
export interface SafebootStep extends StepBase {
  readonly safeboot: 'clear' | 'minimal' | 'network';
}

/** One step of a recipe. */
export type RecipeStep = QuarantineStep | ReplayStep | TxrStep | ServiceStep | SafebootStep;

/** Evidence on the disk that speaks for a recipe. All parts given must hold. */
export interface RecipeEvidence {
  readonly text: Localized;
  /** The quarantine step of this id finds a file. */
  readonly filesOf?: string;
  /** The diagnosis of the evidence on the disk finds this cause, confirmed or likely. */
  readonly cause?: string;
  /** A boot entry has a safe boot flag. */
  readonly safeboot?: true;
  /** One of the hives of the recipe's replay steps is dirty, or cannot be read without its logs. */
  readonly dirtyHive?: true;
  /** One of the services of this step exists and starts otherwise. */
  readonly servicesOf?: string;
}

/** A repair of a volume that is not running. */
export interface Recipe {
  /** Kebab-case: `--for ID`. */
  readonly id: string;
  readonly title: Localized;
  /** When to use it, and what it leaves alone. */
  readonly summary: Localized;
  /** Causes (ids) it treats. */
  readonly causes: readonly string[];
  /** `repair --auto` proposes the recipe when one of these holds; none: never proposed. */
  readonly propose: readonly RecipeEvidence[];
  readonly steps: readonly RecipeStep[];
  readonly risk: Localized;
  /** After the repair: what to watch at the next boot, and what to do later in the running system. */
  readonly after: readonly Localized[];
  readonly basis: Basis;
  readonly sources: readonly string[];
}

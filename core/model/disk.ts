import type {
  BitLockerVolume,
  CheckResult,
  ContainerInfo,
  ContainerKind,
  DiskState,
  EditChange,
  LogFileState,
  PartitionTable,
  Protector,
  VolumeKind,
} from '@winmedic/disk';
import type { Localized, Recipe, RecipeStep } from '@winmedic/knowledge/model';
import type { InputProblem } from './observation.ts';

/** What a `winmedic disk` verb worked on, and what it cost. */
export interface DiskIo {
  readonly reads: number;
  readonly bytesRead: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly journalBytes: number;
  readonly milliseconds: number;
}

/** Why a disk must not be written to now. */
export interface DiskUse {
  /**
   * `mounted`: a file system of it is mounted. `held`: another driver claims it (LVM, RAID, device mapper, swap), or a differencing disk beside the image is built on it. `loop`: a loop device is backed by the
   * image. `open`: another process has it open for writing. `locked`: a lock lies on the file (QEMU and others lock images they use).
   */
  readonly kind: 'mounted' | 'held' | 'loop' | 'open' | 'locked';
  /** Mount point, holder, loop device, process name and id. */
  readonly by: string;
}

/** What was found out about the use of a disk. */
export interface DiskUses {
  readonly uses: readonly DiskUse[];
  /** False where the system offers no way to find out (not Linux), or not all processes could be looked at. */
  readonly complete: boolean;
}

/** State of `hiberfil.sys` by its first bytes. `hibernated` includes fast start: Windows would continue over what was changed. */
export type HibernationState = 'none' | 'hibernated' | 'resumed' | 'unknown';

/** A value read on the disk, with where it stands. */
export interface DiskValue {
  readonly value: string;
  /** Registry key and value name, or file. */
  readonly from: string;
}

/** A hive of the Windows volume. */
export interface HiveReport {
  /** Path on the volume. */
  readonly path: string;
  readonly state: 'clean' | 'dirty' | 'replayed' | 'damaged' | 'unreadable';
  /** Log entries that Windows would apply. */
  readonly entries: number;
  readonly sizeBytes: number;
  readonly pendingTransactions: boolean;
}

/** The last crash as far as the disk shows it. */
export interface LastCrash {
  readonly code: string;
  readonly module?: string;
  /** ISO 8601, UTC. */
  readonly time?: string;
  /** File or log record. */
  readonly from: string;
}

/** The Windows on a volume. Absent values could not be read. */
export interface WindowsReport {
  /** Facts by name (`product`, `build`, `computer`, `lastShutdown` …), in the order they are shown. */
  readonly facts: ReadonlyMap<string, DiskValue>;
  readonly build?: number;
  readonly hives: readonly HiveReport[];
  readonly lastCrash?: LastCrash;
  /** Boot entries with a safe boot flag, by description. */
  readonly safeboot: readonly {
    readonly entry: string;
    readonly mode: 'minimal' | 'network' | 'directory-services' | 'unknown';
    readonly store: string;
  }[];
}

/** One volume of a disk. */
export interface VolumeReport {
  /** Number of the partition; 1 for a disk without a table. */
  readonly number: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly kind: VolumeKind;
  readonly bitlocker?: BitLockerVolume;
  /** `open` without BitLocker; else whether and how it was unlocked. */
  readonly lock: 'open' | 'unlocked' | 'locked';
  readonly unlockedBy?: Protector;
  readonly label?: string;
  readonly ntfs?: {
    readonly version: string;
    readonly sectorBytes: number;
    readonly clusterBytes: number;
    readonly recordBytes: number;
    readonly serial: string;
    readonly dirty: boolean;
    readonly bootCopies: 'equal' | 'differ' | 'one-only';
    readonly log: { readonly state: LogFileState; readonly version?: string; readonly records: number; readonly openTransactions: number };
    readonly hibernation: HibernationState;
  };
  readonly windows?: WindowsReport;
}

/** `winmedic disk inspect`. */
export interface DiskReport {
  readonly path: string;
  readonly sizeBytes: number;
  readonly isDevice: boolean;
  readonly container: ContainerKind;
  readonly containerInfo?: ContainerInfo;
  /** Files of parents of a differencing disk, nearest first. */
  readonly parents: readonly string[];
  readonly table: PartitionTable;
  readonly volumes: readonly VolumeReport[];
  readonly uses: DiskUses;
  /** An undo journal that lies beside the disk and how the disk stands to it. */
  readonly journal?: { readonly path: string; readonly state: DiskState | 'unreadable' };
  readonly problems: readonly InputProblem[];
  readonly io: DiskIo;
}

/** A file of `disk ls` or `disk find`. */
export interface DiskFile {
  readonly path: string;
  readonly record: number;
  readonly sequence: number;
  readonly isDirectory: boolean;
  readonly deleted: boolean;
  readonly sizeBytes: number;
  /** FILETIME ticks. */
  readonly created: bigint;
  readonly modified: bigint;
  readonly mftChanged: bigint;
  readonly accessed: bigint;
  readonly dosAttributes: number;
  readonly shortName?: string;
  readonly streams: readonly string[];
  readonly reparse?: string;
  readonly compressed: boolean;
  readonly sparse: boolean;
  readonly encrypted: boolean;
}

/** Something a repair does, or deliberately leaves alone. */
export type RepairAction =
  | { readonly kind: 'edit'; readonly change: EditChange }
  /** A file of the pattern outside the time: left alone. */
  | { readonly kind: 'kept'; readonly path: string; readonly modified: bigint; readonly why: 'older' | 'newer' }
  /** A file of the pattern and time that an earlier repair renamed. */
  | { readonly kind: 'present'; readonly path: string }
  | {
      readonly kind: 'quarantined';
      readonly path: string;
      readonly to: string;
      readonly modified: bigint;
      readonly sizeBytes: number;
      readonly sha256?: string;
    }
  | { readonly kind: 'restored'; readonly path: string; readonly to: string }
  | { readonly kind: 'replayed'; readonly path: string; readonly entries: number; readonly grownBy: number }
  | { readonly kind: 'hive-clean'; readonly path: string }
  /** The registry's transactions of this hive are not closed: while their logs lie beside it, Windows may carry them out over the change. */
  | { readonly kind: 'transactions-pending'; readonly path: string }
  | {
      readonly kind: 'value';
      readonly path: string;
      readonly key: string;
      readonly value: string;
      readonly from?: string;
      readonly to?: string;
    }
  | { readonly kind: 'absent'; readonly what: string };

/** Why something is not done, and what can be done instead. */
export interface Refusal {
  /** Stable code (`RECOVERY_…`, or that of the reader). */
  readonly code: string;
  readonly what: string;
  /** Offset on the volume or disk, when it is about one. */
  readonly offset?: number;
  /** More for people: records of the log that stand against it, holders of the disk. */
  readonly because: readonly string[];
}

/** One step of a repair. */
export interface StepReport {
  readonly step: RecipeStep | { readonly id: string; readonly text: Localized };
  /** `planned`: in the plan. `nothing`: all is as the step wants it. `skipped`: does not apply here (build, not asked for). `refused`: cannot be done safely. */
  readonly outcome: 'planned' | 'nothing' | 'skipped' | 'refused';
  /**
   * Why it was skipped. `asked`: it is done only when asked for. `without`: the operator left it out. `build`: the Windows is older than it is meant for.
   * `build-unknown`: the build could not be read.
   */
  readonly skipped?: 'asked' | 'without' | 'build' | 'build-unknown';
  readonly actions: readonly RepairAction[];
  readonly refusals: readonly Refusal[];
}

/** One stretch of the disk that changes. */
export interface ChangeReport {
  readonly offset: number;
  readonly oldBytes: number;
  readonly newBytes: number;
  /** Bytes that really differ. */
  readonly differing: number;
  readonly epoch: number;
  readonly oldSha256: string;
  readonly newSha256: string;
}

/** A repair: what was planned, what was done. */
export interface RepairReport {
  readonly path: string;
  /** Words of the command that ask for it. */
  readonly purpose: string;
  readonly recipe?: Recipe;
  /** Volume (partition number) it works on. */
  readonly volume: number;
  readonly computer?: string;
  readonly steps: readonly StepReport[];
  /** What the log of the volume said about the blocks to be changed. */
  readonly log: { readonly state: LogFileState; readonly blocks: number; readonly touched: number; readonly records: number };
  readonly changes: readonly ChangeReport[];
  /**
   * `nothing`: there is nothing to do. `refused`: nothing is written. `planned`: a dry run. `applied`: written, read back and checked.
   */
  readonly outcome: 'nothing' | 'refused' | 'planned' | 'applied';
  readonly refusals: readonly Refusal[];
  readonly journal?: string;
  /** What was checked, on the plan and after writing. */
  readonly checks: readonly CheckReport[];
  readonly problems: readonly InputProblem[];
  readonly io: DiskIo;
}

/** A check and what it found. */
export interface CheckReport {
  readonly id: 'names' | 'hives' | 'volume' | 'mirror' | 'written' | 'journal' | 'log';
  readonly ok: boolean;
  readonly what: string;
  readonly findings: readonly string[];
  /** Keys and values of a hive that was walked. */
  readonly counts?: { readonly keys: number; readonly values: number };
}

/** `winmedic disk undo`. */
export interface UndoReport {
  readonly path: string;
  readonly journal: string;
  readonly purpose: string;
  readonly madeAt: string;
  readonly before: DiskState;
  /** `undone`, `finished` (rolled forward), or nothing had to be done. */
  readonly outcome: 'undone' | 'finished' | 'nothing' | 'refused' | 'planned';
  readonly changes: number;
  readonly bytes: number;
  readonly refusals: readonly Refusal[];
  readonly io: DiskIo;
}

/** `winmedic disk verify`. */
export interface VerifyReport {
  readonly path: string;
  readonly journal?: { readonly path: string; readonly state: DiskState };
  readonly volumes: readonly {
    readonly number: number;
    readonly kind: VolumeKind;
    readonly check?: CheckResult;
    readonly hives: readonly HiveReport[];
  }[];
  readonly problems: readonly InputProblem[];
  readonly io: DiskIo;
}

/** A recipe that evidence on the disk speaks for. */
export interface ProposedRecipe {
  readonly recipe: Recipe;
  readonly volume: number;
  readonly because: readonly { readonly text: Localized; readonly facts: readonly string[] }[];
}

/** A value of a key of a hive as it is shown. */
export interface HiveValueReport {
  /** Empty for the default value. */
  readonly name: string;
  readonly type: number;
  /** `REG_DWORD`, or `REG_0x…` for other numbers. */
  readonly typeName: string;
  /** Data as text: strings as they are (those of a list joined by line breaks), numbers decimal with hexadecimal beside, else hexadecimal digits. */
  readonly text: string;
  /** The text leaves out the end of long data. */
  readonly cut?: boolean;
  /** Length of the data as stored. */
  readonly sizeBytes: number;
}

/** `winmedic disk hive` without changes: one key of a hive, logs replayed in memory. */
export interface HiveKeyReport {
  /** Disk. */
  readonly path: string;
  /** Partition number. */
  readonly volume: number;
  /** Path of the hive on the volume. */
  readonly hive: string;
  readonly state: HiveReport['state'];
  /** Log entries replayed in memory. */
  readonly entries: number;
  /** Path from the root of the hive; empty for the root. */
  readonly key: string;
  /** FILETIME ticks. */
  readonly lastWritten: bigint;
  readonly className?: string;
  readonly values: readonly HiveValueReport[];
  readonly subkeys: readonly { readonly name: string; readonly lastWritten: bigint; readonly subkeys: number; readonly values: number }[];
  readonly problems: readonly InputProblem[];
  readonly io: DiskIo;
}

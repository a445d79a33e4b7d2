import { createHash } from 'node:crypto';
import { FormatError } from '@winmedic/bytes';
import type { BlockPlan, EditPreview, LogFile, NtfsVolume, Overlay } from '@winmedic/disk';
import { type HiveChange, openHive } from '@winmedic/registry-hive';
import type { BootStore } from '../disk/boot-store.ts';
import { DiskAccessError } from '../disk/errors.ts';
import { hibernatedVolumes } from '../disk/hibernation.ts';
import type { OpenedDisk } from '../disk/open-disk.ts';
import type { DiskVolume } from '../disk/volume.ts';
import { CONFIG_FOLDER, hasWindows, hiveOnDisk, windowsVolume } from '../disk/windows.ts';
import { BUILD_KEY, BUILD_VALUE, windowsBuild } from '../disk/windows-build.ts';
import type { ChangeReport, CheckReport, Refusal, RepairAction, StepReport } from '../model/disk.ts';
import { changeBootStores } from './boot-store.ts';
import { checkPlan, mirrorFindings } from './check-plan.ts';
import { RecoveryError } from './errors.ts';
import { hiveActions } from './hive-changes.ts';
import { changeHive, type HiveWork } from './hive-work.ts';
import { tornJournal } from './journal-file.ts';
import { judgeByLog } from './judge-log.ts';
import { blocksOf, noWork, type RepairRequest, type RepairStep, type StepWork } from './request.ts';
import { putTxrAside, quarantine, quarantineNamed, resetLog, restore, serviceChanges, txrLogs } from './steps.ts';

/** A repair thought through to the end in memory. Nothing has reached the disk. */
export interface PlannedRepair {
  readonly disk: OpenedDisk;
  readonly volume: DiskVolume;
  readonly request: RepairRequest;
  readonly steps: readonly StepReport[];
  readonly log: { readonly state: LogFile['state']; readonly blocks: number; readonly touched: number; readonly records: number };
  /** Changes at the bottom layer; empty when refused or nothing is to be done. */
  readonly plan: BlockPlan;
  readonly changes: readonly ChangeReport[];
  readonly checks: readonly CheckReport[];
  /** What was edited, for the check after writing. */
  readonly previews: readonly EditPreview[];
  /** How $MFTMirr differed before. */
  readonly mirror: readonly string[];
  /** Why nothing may be written; empty for a good plan. */
  readonly refusals: readonly Refusal[];
  readonly outcome: 'nothing' | 'refused' | 'planned';
}

/** NTFS as every Windows since XP writes it; for nothing else was it described how to change it. */
const VERSION = { major: 3, minor: 1 };

/**
 * Plans a repair on a disk that was opened with `plan: true`: checks what forbids any change, makes every step in the overlay, judges what they touch against
 * the pending records of the volume's log, and checks the resulting volume as it would be. Any doubt refuses the whole; steps can be left out.
 * @throws {DiskAccessError} when the volume cannot be found or opened; {DiskError} of the formats; what reading the disk throws.
 */
export function planRepair(disk: OpenedDisk, request: RepairRequest): PlannedRepair {
  const { overlay } = disk;
  if (request.volume === undefined) refuseLockedBeside(disk);
  const volume = windowsVolume(disk, request.volume);
  const refusals: Refusal[] = [];
  const refuse = (code: Refusal['code'], what: string, because: readonly string[] = []): void =>
    void refusals.push({ code, what, because });
  const ntfs = volume.ntfs as NtfsVolume;
  const log = volume.logFile() as LogFile;
  if (overlay === undefined) refuse('RECOVERY_READ_ONLY', disk.kind);
  const torn = tornJournal(disk.path, disk.isDevice, disk.bottom);
  if (torn !== undefined) refuse('RECOVERY_TORN', torn);
  if (disk.table.composite !== undefined) refuse('RECOVERY_COMPOSITE', disk.table.composite);
  const { major, minor } = ntfs.version;
  if (major !== VERSION.major || minor !== VERSION.minor) refuse('RECOVERY_NTFS_VERSION', `${major}.${minor}`);
  // The rest of a truncated image is lost: what is repaired in the part that is left helps nobody, and hides that it is only a part.
  const { totalSectors, sectorBytes } = ntfs.boot;
  if (totalSectors * sectorBytes > ntfs.device.sizeBytes)
    refuse('NTFS_SHORT', `${volume.number}`, [`${ntfs.device.sizeBytes} < ${totalSectors * sectorBytes}`]);
  for (const other of hibernatedVolumes(disk)) {
    if (other.volume === volume) refuse('RECOVERY_HIBERNATED', 'hiberfil.sys', [other.state]);
    // Another Windows may have this volume mounted in its memory; a file of that name that is no hibernation file says nothing about it.
    else if (other.state === 'hibernated') refuse('RECOVERY_HIBERNATED', `${other.volume.number}: hiberfil.sys`, [other.state]);
  }
  const reset = request.steps.some((step) => 'resetLog' in step);
  if (log.state === 'unreadable' && !reset) refuse('RECOVERY_LOG_UNKNOWN', '$LogFile');
  const nothing: BlockPlan = { sizeBefore: disk.bottom.sizeBytes, sizeAfter: disk.bottom.sizeBytes, changes: [] };
  const base = { disk, volume, request, mirror: mirrorFindings(ntfs) };
  const state = { state: log.state, records: log.records };
  if (refusals.length > 0 || overlay === undefined)
    return {
      ...base,
      steps: [],
      log: { ...state, blocks: 0, touched: 0 },
      plan: nothing,
      changes: [],
      checks: [],
      previews: [],
      refusals,
      outcome: 'refused',
    };

  const run = new RepairRun(disk, ntfs, log, overlay, request);
  const steps = run.steps();
  refusals.push(...steps.flatMap((step) => step.refusals));
  const judged = { ...state, blocks: run.blocks, touched: run.touched };
  if (refusals.length > 0)
    return { ...base, steps, log: judged, plan: nothing, changes: [], checks: [], previews: [], refusals, outcome: 'refused' };
  const plan = overlay.plan();
  if (plan.changes.length === 0)
    return { ...base, steps, log: judged, plan, changes: [], checks: [], previews: [], refusals, outcome: 'nothing' };
  const checks = checkPlan(disk, volume, run, base.mirror);
  for (const check of checks.filter(({ ok }) => !ok)) refuse('RECOVERY_CHECK', check.what, check.findings);
  const outcome = refusals.length > 0 ? 'refused' : 'planned';
  return {
    ...base,
    steps,
    log: judged,
    plan: outcome === 'planned' ? plan : nothing,
    changes: changesOf(plan),
    checks,
    previews: run.ownPreviews,
    refusals,
    outcome,
  };
}

/**
 * A locked volume may hold the Windows that was meant: with another one beside it in the clear, the operator must say which.
 * @throws {DiskAccessError} DISK_SEVERAL_WINDOWS
 */
function refuseLockedBeside(disk: OpenedDisk): void {
  const locked = disk.volumes.filter((volume) => volume.kind === 'bitlocker' && !volume.readable);
  const open = disk.volumes.filter((volume) => !locked.includes(volume) && couldBe(volume));
  if (locked.length === 0 || open.length === 0) return;
  throw new DiskAccessError('DISK_SEVERAL_WINDOWS', disk.path, {
    have: [...open.map(({ number }) => `${number}`), ...locked.map(({ number }) => `${number} (BitLocker)`)].join(', '),
  });
}

function couldBe(volume: DiskVolume): boolean {
  try {
    return hasWindows(volume);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** One walk through the steps. Hives are changed last, each once, with everything the steps want of it. */
class RepairRun {
  readonly #disk: OpenedDisk;
  readonly #ntfs: NtfsVolume;
  readonly #log: LogFile;
  readonly #overlay: Overlay;
  readonly #request: RepairRequest;
  readonly #hiveChanges = new Map<string, HiveChange[]>();
  readonly previews: (EditPreview & { readonly volume: NtfsVolume })[] = [];
  readonly hives: HiveWork[] = [];
  readonly stores: BootStore[] = [];
  blocks = 0;
  touched = 0;

  /** Those of the Windows volume. */
  get ownPreviews(): EditPreview[] {
    return this.previews.filter(({ volume }) => volume === this.#ntfs);
  }

  constructor(disk: OpenedDisk, ntfs: NtfsVolume, log: LogFile, overlay: Overlay, request: RepairRequest) {
    this.#disk = disk;
    this.#ntfs = ntfs;
    this.#log = log;
    this.#overlay = overlay;
    this.#request = request;
  }

  steps(): StepReport[] {
    const reports = this.#request.steps.map((step) => this.#judged(step, this.#tried(step)));
    for (const [path, changes] of this.#hiveChanges) {
      const at = reports.findIndex(({ step, outcome }) => outcome !== 'skipped' && hivesOf(step as RepairStep).includes(path));
      const report = reports[at] as StepReport;
      const work = this.#judged(report.step as RepairStep, this.#triedHive(path, changes));
      reports[at] = {
        ...report,
        outcome:
          work.outcome === 'refused' || report.outcome === 'refused' ? 'refused' : work.outcome === 'planned' ? 'planned' : report.outcome,
        actions: [...report.actions, ...work.actions],
        refusals: [...report.refusals, ...work.refusals],
      };
      // Other steps that want something of the same hive share its fate; why it is refused is told once.
      for (const [i, other] of reports.entries()) {
        const wants = other.outcome === 'nothing' && other.actions.some(({ kind }) => kind === 'value');
        if (i !== at && wants && work.outcome !== 'nothing' && hivesOf(other.step as RepairStep).includes(path))
          reports[i] = { ...other, outcome: work.outcome };
      }
    }
    return reports;
  }

  /** Errors of readers and editors refuse the step; those of the disk itself pass. */
  #tried(step: RepairStep): StepWork {
    try {
      return this.#step(step);
    } catch (error) {
      return refusedBy(error);
    }
  }

  #step(step: RepairStep): StepWork {
    if (this.#request.without?.has(step.id)) return noWork('skipped', { skipped: 'without' });
    if ('when' in step && step.when === 'asked' && !this.#request.with?.has(step.id)) return noWork('skipped', { skipped: 'asked' });
    if ('minBuild' in step && step.minBuild !== undefined) {
      const build = windowsBuild(this.#ntfs);
      // Not known: left out, unless the operator knows it.
      if (build === undefined && !this.#request.with?.has(step.id))
        return noWork('skipped', {
          skipped: 'build-unknown',
          actions: [{ kind: 'absent', what: `SOFTWARE\\${BUILD_KEY}\\${BUILD_VALUE}` }],
        });
      if (build !== undefined && build < step.minBuild) return noWork('skipped', { skipped: 'build' });
    }
    if ('quarantine' in step) return quarantine(this.#ntfs, step);
    if ('files' in step) return quarantineNamed(this.#ntfs, step.files);
    if ('restore' in step) return restore(this.#ntfs, step.restore);
    if ('txr' in step) return putTxrAside(this.#ntfs);
    if ('resetLog' in step) return resetLog(this.#ntfs);
    if ('safeboot' in step) return changeBootStores(this.#disk, this.#overlay, step.safeboot);
    if ('services' in step) return this.#services(step);
    for (const path of hivesOf(step)) this.#want(path, 'changes' in step ? step.changes : []);
    return noWork('nothing', 'changes' in step ? { actions: this.#changesOf(step.hive, step.changes) } : {});
  }

  #changesOf(path: string, changes: readonly HiveChange[]): RepairAction[] {
    const hive = changes.length === 0 ? undefined : hiveOnDisk(this.#ntfs, path);
    return hive === undefined ? [] : hiveActions(path, openHive(hive.source, { logs: hive.logs }), changes);
  }

  #services(step: Extract<RepairStep, { readonly services: readonly string[] }>): StepWork {
    const path = `${CONFIG_FOLDER}\\SYSTEM`;
    const hive = hiveOnDisk(this.#ntfs, path);
    if (hive === undefined) throw new RecoveryError('RECOVERY_NOTHING_FOUND', path);
    const { changes, actions } = serviceChanges(openHive(hive.source, { logs: hive.logs }), step);
    if (changes.length > 0) this.#want(path, changes);
    return noWork('nothing', { actions });
  }

  #want(path: string, changes: readonly HiveChange[]): void {
    this.#hiveChanges.set(path, [...(this.#hiveChanges.get(path) ?? []), ...changes]);
  }

  #triedHive(path: string, changes: readonly HiveChange[]): StepWork {
    try {
      const work = changeHive(this.#ntfs, path, changes, this.#overlay, this.#avoid);
      if (work === undefined) return noWork('nothing', { actions: [{ kind: 'absent', what: path }] });
      this.hives.push(work);
      const [file] = work.plan.files;
      const grownBy = file === undefined ? 0 : file.sizeAfter - file.sizeBefore;
      const action: RepairAction = work.plan.replayed
        ? { kind: 'replayed', path, entries: work.entries, grownBy }
        : { kind: 'hive-clean', path };
      const previews = work.previews.map((preview) => ({ ...preview, volume: this.#ntfs }));
      const changed = work.plan.writes.length > 0;
      // Hives come last: logs that a step of this repair put aside are no longer there.
      const atRisk = changed && work.plan.pendingTransactions && txrLogs(this.#ntfs).length > 0;
      const pending: RepairAction[] = atRisk ? [{ kind: 'transactions-pending', path }] : [];
      return { outcome: changed ? 'planned' : 'nothing', actions: [action, ...pending], refusals: [], previews };
    } catch (error) {
      return refusedBy(error, path);
    }
  }

  /** Clusters that pending records allocate or free must not be given to a file. */
  readonly #avoid = (lcn: number, clusters: number): boolean => this.#log.touchesClusters(lcn, clusters);

  #judged(step: RepairStep, work: StepWork): StepReport {
    this.previews.push(...work.previews);
    this.stores.push(...(work.stores ?? []));
    // Blocks of another volume (a boot store on a system partition) are judged by that volume's log where they are made.
    const own = work.previews.filter(({ volume }) => volume === this.#ntfs);
    const judgement = 'resetLog' in step ? { blocks: 0, touched: 0, refusals: [] } : judgeByLog(this.#log, blocksOf(own));
    this.blocks += judgement.blocks;
    this.touched += judgement.touched;
    const refusals = [...work.refusals, ...(this.#request.steps.some((one) => 'resetLog' in one) ? [] : judgement.refusals)];
    return {
      step,
      outcome: refusals.length > 0 ? 'refused' : work.outcome,
      ...(work.skipped && { skipped: work.skipped }),
      actions: work.actions,
      refusals,
    };
  }
}

/** Hives that a step is about, as paths on the volume. */
function hivesOf(step: RepairStep): string[] {
  if ('replay' in step) return step.replay.map((name) => `${CONFIG_FOLDER}\\${name}`);
  if ('hive' in step) return [step.hive];
  return 'services' in step ? [`${CONFIG_FOLDER}\\SYSTEM`] : [];
}

/** @throws what is no refusal: a fault of the program or of the disk. */
function refusedBy(error: unknown, what?: string): StepWork {
  if (!(error instanceof FormatError)) throw error;
  const { code, offset } = error as FormatError<string>;
  const because = what === undefined ? [] : [error.what];
  return noWork('refused', { refusals: [{ code, what: what ?? error.what, ...(offset > 0 && { offset }), because }] });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function changesOf(plan: BlockPlan): ChangeReport[] {
  return plan.changes.map(({ offset, old, new: bytes, epoch }) => ({
    offset,
    oldBytes: old.length,
    newBytes: bytes.length,
    differing: bytes.reduce((n, byte, i) => n + Number(byte !== old[i]), 0),
    epoch,
    oldSha256: sha256(old),
    newSha256: sha256(bytes),
  }));
}

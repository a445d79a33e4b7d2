import { ATTRIBUTE, type LogFile, type NtfsFile, type NtfsVolume, openNtfs, type TouchedBlock } from '@winmedic/disk';
import type { InstantNs } from '../model/observation.ts';
import { isChannelFile, versionAt } from './channel-file.ts';
import { type DiskWindows, diskLabel, labelOf } from './disk-evidence.ts';
import type { DiskFact } from './disk-state.ts';
import { instantOfTicks } from './instant.ts';
import { diskDamage, type Problems } from './problems.ts';

const NAME = 'crowdstrike.channel-file-291';
const DRIVERS = 'Windows\\System32\\drivers';
const FOLDER = `${DRIVERS}\\CrowdStrike`;
/** More channel files 291 than this are not those of a sensor, which keeps one or two. */
const MAX_FILES = 1000;

/**
 * Which channel files 291 lie on a disk. A faulty one was there since its record was last changed, whatever came before. That there is none is known only
 * when the whole folder could be read, nothing pending in the log of the volume will change it, and none was put aside by an offline repair, which leaves the
 * times of the folder as they were; it holds since the last change of the folder and of the files in it.
 */
export function channelFilesOn({ volume, ntfs: read, label }: DiskWindows, problems: Problems): DiskFact[] {
  // Read anew: every damage on the way is told again, and counts here; those that are known are not listed twice.
  let damaged = false;
  const disk = diskLabel(label);
  const known = new Set(problems.list().flatMap(({ code, path }) => (path === disk ? code : [])));
  const ntfs = openNtfs(read.device, {
    onDamage(damage) {
      damaged = true;
      if (!known.has(damage.code)) diskDamage(problems, disk, damage);
    },
  });
  const folder = ntfs.lookup(FOLDER);
  const parent = folder ?? ntfs.lookup(DRIVERS);
  if (parent === undefined || !parent.isDirectory) return [];
  const found = folder === undefined ? [] : filesIn(ntfs);
  const faulty = found.filter(({ path, file }) => isChannelFile(path) && versionOf(file) === 'faulty');
  if (faulty.length > 0)
    return faulty.map(({ path, file }) => ({ name: NAME, value: 'faulty', since: changedAt([file]), path: labelOf(label, path) }));
  const files = found.filter(({ path }) => isChannelFile(path)).map(({ file }) => file);
  const putAside = found.some(({ path, file }) => !isChannelFile(path) && versionOf(file) === 'faulty');
  if (damaged || putAside || found.length >= MAX_FILES || !isSettled(ntfs, volume.logFile(), parent, files)) return [];
  const value = files.length === 0 ? 'none' : files.some((file) => versionOf(file) === 'fixed') ? 'fixed' : 'older';
  return [{ name: NAME, value, since: changedAt([parent, ...files]), path: labelOf(label, folder === undefined ? DRIVERS : FOLDER) }];
}

/** Files whose names begin as those of channel 291, renamed ones too. */
function filesIn(ntfs: NtfsVolume): { readonly path: string; readonly file: NtfsFile }[] {
  const found: { readonly path: string; readonly file: NtfsFile }[] = [];
  for (const { path, file } of ntfs.find({ below: FOLDER, glob: 'C-00000291*', shallow: true })) {
    if (!file.isDirectory) found.push({ path, file });
    if (found.length >= MAX_FILES) break;
  }
  return found;
}

function versionOf(file: NtfsFile): ReturnType<typeof versionAt> {
  return versionAt(Number(instantOfTicks(file.times.modified) / 1_000_000n));
}

/** Newest of what changes when a file is made, written, renamed or when entries of a folder change; a copied modification time alone proves nothing. */
function changedAt(files: readonly NtfsFile[]): InstantNs {
  const ticks = files.flatMap(({ times }) => [times.created, times.modified, times.mftChanged]);
  return instantOfTicks(ticks.reduce((a, b) => (b > a ? b : a), 0n));
}

/** Does nothing that Windows still has to replay or undo touch the folder, its index or the files? */
function isSettled(ntfs: NtfsVolume, log: LogFile | undefined, folder: NtfsFile, files: readonly NtfsFile[]): boolean {
  if (log === undefined || log.state === 'unreadable') return false;
  if (log.state !== 'pending') return true;
  const blocks = [folder, ...files].flatMap((file) => recordBlocks(ntfs, file));
  return log.judge([...blocks, ...indexBlocks(ntfs, folder)]).every(({ verdict }) => verdict === 'free');
}

function recordBlocks(ntfs: NtfsVolume, file: NtfsFile): TouchedBlock[] {
  const base = file.reference.record;
  return [base, ...file.extensionRecords].flatMap((record) =>
    (ntfs.recordPlace(record) ?? []).map((place) => ({
      what: `MFT record ${record}`,
      ...place,
      fileRecord: record,
      // Extension records have LSNs of their own; without one every record that names them counts.
      ...(record === base && { lsn: file.lsn }),
    })),
  );
}

function indexBlocks(ntfs: NtfsVolume, folder: NtfsFile): TouchedBlock[] {
  const { clusterBytes } = ntfs.boot;
  const { record } = folder.reference;
  return folder.attributes
    .filter(({ type, name }) => type === ATTRIBUTE.indexAllocation && name === '$I30')
    .flatMap(({ runs }) => runs)
    .flatMap(({ vcn, lcn, clusters }) =>
      lcn === undefined
        ? []
        : [
            {
              what: `index of folder ${record}`,
              offset: lcn * clusterBytes,
              sizeBytes: clusters * clusterBytes,
              stream: { record, type: ATTRIBUTE.indexAllocation, vcn, clusters },
            },
          ],
    );
}

import { DiskError } from '../errors.ts';
import type { NtfsVolume } from '../ntfs/types.ts';
import { fileNames, sameReference } from './file-names.ts';
import { Findings } from './findings.ts';
import { IndexTree } from './index-tree.ts';
import { BlockImages } from './session.ts';
import type { CheckFinding, EditChange, EditPreview } from './types.ts';

/**
 * Looks again, from the device, at what a rename touched: the new name is there exactly once in the record and in the folder's index, in its place between
 * its neighbours; the old one is gone; the node has as many entries as before, and the LSN of every record is what it was. Reads only the way to the name.
 * @param preview what the rename returned; other changes in it are passed over. @returns findings CHECK_RENAME; none when all is well.
 */
export function checkRename(volume: NtfsVolume, preview: EditPreview): readonly CheckFinding[] {
  const findings = new Findings();
  volume.refresh();
  const images = new BlockImages(volume);
  const guarded = (record: number, work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      findings.error('CHECK_RENAME', error.what, { record, have: error.code });
    }
  };
  for (const change of preview.changes) if (change.kind === 'rename') guarded(change.record, () => checkOne(images, change, findings));
  for (const { fileRecord, lsn, what, placing } of preview.blocks) {
    if (fileRecord === undefined || lsn === undefined || placing) continue;
    guarded(fileRecord, () => {
      const now = images.parsed(fileRecord).lsn;
      if (now !== lsn) findings.error('CHECK_RENAME', `${what}: LSN`, { record: fileRecord, need: String(lsn), have: String(now) });
    });
  }
  return findings.list();
}

function checkOne(images: BlockImages, change: Extract<EditChange, { kind: 'rename' }>, findings: Findings): void {
  const { volume } = images;
  const { record, from, to, nameSpace } = change;
  const wrong = (what: string, need: number, have: number): void =>
    findings.error('CHECK_RENAME', `${what} of MFT record ${record}`, { record, need, have });
  const file = volume.file(record);
  if (!file) {
    wrong('file', 1, 0);
    return;
  }
  const names = fileNames(images, file.reference).filter(({ key }) => key.nameSpace === nameSpace);
  const fresh = names.filter(({ key }) => key.name === to);
  const [own] = fresh;
  if (!own || fresh.length !== 1) {
    wrong('new name', 1, fresh.length);
    return;
  }
  const old = names.filter(({ key }) => key.name === from).length;
  if (old !== 0) wrong('old name', 0, old);
  const directory = volume.file(own.key.parent.record);
  if (!directory?.isDirectory || !sameReference(directory.reference, own.key.parent)) {
    wrong('folder', 1, 0);
    return;
  }
  const tree = new IndexTree(images, directory);
  const { found } = tree.search(to);
  const [entry] = found;
  const exact = found.filter(
    ({ key, reference }) => key.name === to && key.nameSpace === nameSpace && sameReference(reference, file.reference),
  );
  if (!entry || found.length !== 1 || exact.length !== 1) {
    wrong('index entry', 1, exact.length);
    return;
  }
  if (entry.nodeEntries !== change.nodeEntries) wrong('entries of the node', change.nodeEntries, entry.nodeEntries);
  const left = tree.search(from).found.filter(({ key }) => key.name === from).length;
  if (left !== 0) wrong('old index entry', 0, left);
}

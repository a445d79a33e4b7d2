import { editIndexBlock, editRecord, tearIndexBlock, tearRecord, writeNtfs, wrongParent, wrongReference } from '@winmedic/labs/ntfs-writer';
import { describe, expect, it } from 'vitest';
import { openNtfs } from '../ntfs/index.ts';
import { checkVolume } from './check.ts';
import { checkRename } from './check-rename.ts';
import { quarantineFile, quarantineName, undeleteFile } from './quarantine.ts';
import { renameInPlace } from './rename.ts';
import { channel, codeOf, entries, FOLDER, opened, outside, testVolume } from './test-volume.ts';

const GEOMETRIES = [
  ['a folder in its record', { count: 3 }],
  ['a folder of one level', { count: 60 }],
  ['a deep tree', { count: 400, perBlock: 4 }],
  ['clusters of 512 bytes', { count: 60, clusterBytes: 512 }],
  ['clusters of 64 KiB', { count: 60, clusterBytes: 65_536 }],
  ['records and sectors of 4 KiB', { count: 60, sectorBytes: 4096 }],
] as const;

describe.each(GEOMETRIES)('quarantine in %s', (_, geometry) => {
  it('renames both names, touches only the blocks it names, and comes back', () => {
    const test = testVolume(geometry);
    const { volume } = test;
    expect(checkVolume(volume).findings).toEqual([]);
    const previews = [];
    for (let i = 0; i < geometry.count; i += Math.ceil(geometry.count / 12)) {
      const path = `${FOLDER}\\${channel(i)}`;
      const record = volume.lookup(path)?.reference.record;
      const preview = quarantineFile(volume, path);
      previews.push(preview);
      expect(preview.changes).toMatchObject([
        { kind: 'rename', path, record, from: channel(i), to: channel(i).replace('.sys', '.sy_'), nameSpace: 1 },
        { kind: 'rename', record, to: `C${String(i).padStart(5, '0')}~1.SY_`, nameSpace: 2 },
      ]);
      expect(preview.blocks.find((block) => block.fileRecord === record)?.lsn).toBe(BigInt(0x1000 + i));
      const folder = volume.lookup(FOLDER)?.reference.record;
      const inIndexBlock = preview.blocks.some(({ stream }) => stream?.record === folder);
      expect(preview.blocks.filter(({ placing }) => placing).map(({ fileRecord }) => fileRecord)).toEqual(inIndexBlock ? [folder] : []);
      expect(checkRename(volume, preview)).toEqual([]);
      expect(volume.lookup(path)).toBeUndefined();
      expect(volume.lookup(path.replace('.sys', '.sy_'))?.reference.record).toBe(record);
    }
    expect(checkVolume(volume).findings).toEqual([]);
    for (const { changes } of [...previews]) {
      const [change] = changes;
      if (change?.kind !== 'rename') throw new Error('no rename');
      const back = undeleteFile(volume, change.path.replace('.sys', '.sy_'), change.from);
      previews.push(back);
      expect(checkRename(volume, back)).toEqual([]);
    }
    expect(outside(test, previews)).toEqual([]);
  });
});

describe('undelete', () => {
  it('gives every record and index block the content it had', () => {
    const test = testVolume({ count: 200, perBlock: 6 });
    const { volume, written } = test;
    const original = openNtfs(written.image);
    const paths = [0, 7, 100, 199].map((i) => `${FOLDER}\\${channel(i)}`);
    for (const path of paths) quarantineFile(volume, path);
    for (const path of paths) undeleteFile(volume, path.replace('.sys', '.sy_'), path.slice(FOLDER.length + 1));
    // Only update sequence numbers and what they stand in for differ: with fixups resolved and the number left out all is equal.
    const plain = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes?.fill(0, bytes[4], (bytes[4] ?? 0) + 2);
    for (let record = 0; record < volume.recordCount; record++) {
      expect(plain(volume.readRecord(record))).toEqual(plain(original.readRecord(record)));
    }
    const folder = original.lookup(FOLDER);
    if (!folder) throw new Error('no folder');
    for (const { vcn } of written.file(FOLDER).indexBlocks) {
      expect(plain(volume.readIndexBlock(folder, vcn))).toEqual(plain(original.readIndexBlock(folder, vcn)));
    }
  });

  it('knows the last character of a short name from the long one', () => {
    const { volume } = opened(writeNtfs({ sizeBytes: 4 << 20, entries: [{ path: 'a\\long file name.html', dosName: 'LONGFI~1.HTM' }] }));
    quarantineFile(volume, 'a\\long file name.html');
    expect([...volume.entries(volume.lookup('a')!)].map(({ name }) => name)).toEqual(['long file name.htm_', 'LONGFI~1.HT_']);
    undeleteFile(volume, 'a\\long file name.htm_', 'long file name.html');
    expect([...volume.entries(volume.lookup('a')!)].map(({ name }) => name)).toEqual(['long file name.html', 'LONGFI~1.HTM']);
    expect(checkVolume(volume).findings).toEqual([]);
  });

  it('refuses a name that would not have become this one', () => {
    const { volume } = testVolume();
    quarantineFile(volume, 'small\\alone.sys');
    expect(codeOf(() => undeleteFile(volume, 'small\\alone.sy_', 'other.sys'))).toBe('EDIT_NAME');
    undeleteFile(volume, 'small\\alone.sy_', 'alone.sys');
    expect(volume.lookup('small\\alone.sys')).toBeDefined();
  });
});

describe('quarantineName', () => {
  it('replaces the last character, and only once', () => {
    expect(quarantineName('C-00000291.sys')).toBe('C-00000291.sy_');
    expect(codeOf(() => quarantineName('C-00000291.sy_'))).toBe('EDIT_NAME');
    expect(codeOf(() => quarantineName(''))).toBe('EDIT_NAME');
    expect(codeOf(() => quarantineName('a\u{1f600}'))).toBe('EDIT_NAME');
  });
});

describe('a rename', () => {
  it('reaches a name in an extension record', () => {
    const test = testVolume();
    const preview = quarantineFile(test.volume, 'small\\listed.sys');
    const { record, extensionRecords } = test.written.file('small\\listed.sys');
    expect(extensionRecords).toContain(
      preview.blocks.find((block) => block.fileRecord !== undefined && block.fileRecord >= 64)?.fileRecord,
    );
    expect(preview.blocks.some((block) => block.fileRecord === record)).toBe(false);
    expect(checkVolume(test.volume).findings).toEqual([]);
  });

  it('may change upper and lower case', () => {
    const { volume } = testVolume();
    const preview = renameInPlace(volume, 'small\\alone.sys', 'ALONE.sys');
    expect(checkRename(volume, preview)).toEqual([]);
    expect(volume.lookup('small\\alone.sys')?.name).toBe('ALONE.sys');
  });

  it('leaves all times as they are', () => {
    const { volume } = testVolume();
    const before = volume.lookup('small\\alone.sys')?.times;
    renameInPlace(volume, 'small\\alone.sys', 'alone.sy_');
    expect(volume.lookup('small\\alone.sy_')?.times).toEqual(before);
  });

  it.each([
    ['EDIT_NAME', 'small\\alone.sys', 'longer name.sys'],
    ['EDIT_NAME', 'small\\alone.sys', 'alone.sy?'],
    ['EDIT_NAME', 'small\\alone.sys', 'alone.sy.'],
    ['EDIT_NAME', 'small\\alone.sys', 'alone.sys'],
    ['EDIT_NOT_FOUND', 'small\\nothere.sys', 'nothere.sy_'],
    ['EDIT_NOT_FOUND', 'nowhere\\alone.sys', 'alone.sy_'],
    ['EDIT_NOT_FOUND', '', '_'],
    ['EDIT_EXISTS', 'small\\there.sys', 'there.sy_'],
    ['EDIT_ORDER', 'small\\order.sys', 'order.sy_'],
    ['EDIT_ORDER', 'small\\alone.sys', 'zlone.sys'],
    ['EDIT_HARD_LINKS', 'small\\linked.sys', 'linked.sy_'],
    ['EDIT_SYSTEM_FILE', '$MFT', '$MF_'],
    ['EDIT_SYSTEM_FILE', 'Windows', 'Window_'],
    ['EDIT_ENCRYPTED', 'small\\secret.sys', 'secret.sy_'],
    ['EDIT_SHORT_NAME', `${FOLDER}\\C00000~1.SYS`, 'C00000~1.SY_'],
  ])('is refused with %s (%s to %s) and writes nothing', (code, path, name) => {
    const { volume, overlay } = testVolume();
    expect(codeOf(() => renameInPlace(volume, path, name))).toBe(code);
    expect(overlay.heldBytes).toBe(0);
  });

  it('refuses a short name that could not be restored', () => {
    const { volume, overlay } = testVolume();
    expect(codeOf(() => quarantineFile(volume, 'small\\noextension'))).toBe('EDIT_SHORT_NAME');
    expect(overlay.heldBytes).toBe(0);
  });

  it('refuses a device that cannot be written to, and NTFS of another version', () => {
    const written = writeNtfs({ sizeBytes: 4 << 20, entries: [{ path: 'a.sys' }] });
    const { image } = written;
    const readOnly = openNtfs({ sizeBytes: image.sizeBytes, sectorBytes: 512, readAt: (offset, into) => image.readAt(offset, into) });
    expect(codeOf(() => renameInPlace(readOnly, 'a.sys', 'a.sy_'))).toBe('EDIT_READ_ONLY');
    const old = opened(writeNtfs({ sizeBytes: 4 << 20, version: { major: 1, minor: 2 }, entries: [{ path: 'a.sys' }] }));
    expect(codeOf(() => renameInPlace(old.volume, 'a.sys', 'a.sy_'))).toBe('EDIT_VERSION');
  });

  const path = `${FOLDER}\\${channel(30)}`;
  it.each<[string, string, (written: ReturnType<typeof writeNtfs>) => void]>([
    ['EDIT_TORN', 'a torn record', (written) => tearRecord(written, written.file(path).record)],
    [
      'EDIT_TORN',
      'torn index blocks',
      (written) => {
        for (let i = 0; i < written.file(FOLDER).indexBlocks.length; i++) tearIndexBlock(written, FOLDER, i);
      },
    ],
    ['EDIT_MISMATCH', 'an entry of an earlier file', (written) => wrongReference(written, FOLDER, channel(30))],
    ['EDIT_MISMATCH', 'a record of another folder', (written) => wrongParent(written, path, 5, 5)],
    [
      'EDIT_MISMATCH',
      'a record not in use',
      (written) => editRecord(written, written.file(path).record, (bytes) => bytes.fill(0, 0x16, 0x17)),
    ],
    [
      'EDIT_MISMATCH',
      'a count of names that does not fit',
      (written) => editRecord(written, written.file(path).record, (bytes) => bytes.fill(3, 0x12, 0x13)),
    ],
    [
      'EDIT_TORN',
      'an index block with another VCN',
      (written) => {
        for (let i = 0; i < written.file(FOLDER).indexBlocks.length; i++)
          editIndexBlock(written, FOLDER, i, (bytes) => bytes.fill(0x77, 0x10, 0x12));
      },
    ],
  ])('is refused with %s for %s', (code, _, damage) => {
    const written = writeNtfs({ sizeBytes: 32 << 20, entries: entries(60) });
    damage(written);
    const { volume, overlay } = opened(written);
    expect(codeOf(() => quarantineFile(volume, path))).toBe(code);
    expect(overlay.heldBytes).toBe(0);
  });
});

describe('checkRename', () => {
  it('finds a rename that is not there', () => {
    const { volume } = testVolume();
    const preview = quarantineFile(volume, `${FOLDER}\\${channel(5)}`);
    undeleteFile(volume, `${FOLDER}\\${quarantineName(channel(5))}`, channel(5));
    const findings = checkRename(volume, preview);
    expect(findings.map(({ code }) => code)).toEqual(['CHECK_RENAME', 'CHECK_RENAME']);
    expect(findings[0]).toMatchObject({ severity: 'error', what: expect.stringContaining('new name'), need: 1, have: 0 });
  });

  it('finds a node that lost entries, and a record of another LSN', () => {
    const test = testVolume({ count: 3 });
    const preview = quarantineFile(test.volume, `${FOLDER}\\${channel(1)}`);
    const [first] = preview.changes;
    if (first?.kind !== 'rename') throw new Error('no rename');
    expect(checkRename(test.volume, { blocks: [], changes: [{ ...first, nodeEntries: first.nodeEntries + 1 }] })).toMatchObject([
      { what: expect.stringContaining('entries') },
    ]);
    const blocks = preview.blocks.map((block) => ({ ...block, lsn: 1n }));
    expect(checkRename(test.volume, { blocks, changes: [] })).toMatchObject([
      { what: expect.stringContaining('LSN'), need: '1', have: String(0x1001) },
    ]);
  });
});

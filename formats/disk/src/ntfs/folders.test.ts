import {
  editIndexBlock,
  loopIndex,
  tearIndexBlock,
  tearRecord,
  type WriteEntry,
  type WrittenNtfs,
  wrongParent,
  wrongReference,
} from '@winmedic/labs/ntfs-writer';
import { describe, expect, it } from 'vitest';
import { open, paths, write } from './test-volume.ts';
import type { NtfsVolume } from './types.ts';

describe('folders', () => {
  const many = (over: Partial<WriteEntry> = {}): WrittenNtfs =>
    write([
      { path: 'folder', directory: true, entriesPerBlock: 3, ...over },
      ...Array.from({ length: 80 }, (_, i) => ({ path: `folder\\name ${String(i).padStart(2, '0')}` })),
    ]);
  const names = Array.from({ length: 80 }, (_, i) => `name ${String(i).padStart(2, '0')}`);

  it('with a torn inner block lose only the entries of that block', () => {
    const written = many();
    const block = written.file('folder').indexBlocks.findIndex(({ level }) => level === 1);
    tearIndexBlock(written, 'folder', block);
    const { volume, codes } = open(written.image);
    const lost = new Set(written.file('folder').indexBlocks[block]!.names);
    const listed = [...volume.entries(volume.lookup('folder')!)].map(({ name }) => name);
    expect(listed.sort()).toEqual(names.filter((name) => !lost.has(name)));
    for (const name of names) expect(volume.entry(volume.lookup('folder')!, name)?.name, name).toBe(lost.has(name) ? undefined : name);
    expect(codes()).toEqual(['NTFS_TORN']);
  });

  it('with a loop are listed once', () => {
    const written = many();
    loopIndex(
      written,
      'folder',
      written.file('folder').indexBlocks.findIndex(({ level }) => level === 1),
    );
    const { volume, codes } = open(written.image);
    const listed = [...volume.entries(volume.lookup('folder')!)].map(({ name }) => name);
    expect([listed.sort(), codes()]).toEqual([names, ['NTFS_INDEX']]);
  });

  it('do not list what the index bitmap says is free', () => {
    const { volume, damages } = open(many({ staleEntries: ['name 99'] }).image);
    expect([[...volume.entries(volume.lookup('folder')!)].map(({ name }) => name), damages]).toEqual([names, []]);
  });

  it('list only the part of a prefix, in any case', () => {
    const { volume } = open(many().image);
    const folder = volume.lookup('FOLDER')!;
    expect([...volume.entries(folder, 'NAME 3')].map(({ name }) => name)).toEqual(names.slice(30, 40));
    expect([...volume.entries(folder, 'x')]).toEqual([]);
    expect([...volume.entries(volume.lookup('folder\\name 00')!)]).toEqual([]);
  });

  it('lead to no other file by an entry that is left over', () => {
    const written = write([
      { path: 'folder\\old.txt', content: 'new owner' },
      { path: 'folder\\other.txt', content: 'o' },
    ]);
    wrongReference(written, 'folder', 'old.txt');
    const { volume, codes } = open(written.image);
    expect([...volume.entries(volume.lookup('folder')!)].map(({ name }) => name)).toEqual(['old.txt', 'other.txt']);
    expect([volume.lookup('folder\\old.txt'), paths(volume, { below: 'folder' }), codes()]).toEqual([
      undefined,
      ['folder\\other.txt'],
      ['NTFS_ENTRY'],
    ]);
  });

  it('list a file that names another folder, and say so', () => {
    const written = write([{ path: 'folder\\a.txt' }, { path: 'elsewhere', directory: true }]);
    wrongParent(written, 'folder\\a.txt', written.file('elsewhere').record);
    const { volume, codes } = open(written.image);
    expect([paths(volume, { below: 'folder' }), codes()]).toEqual([['folder\\a.txt'], ['NTFS_ENTRY']]);
  });

  it('tell an entry of another folder', () => {
    const written = many();
    editIndexBlock(written, 'folder', 0, (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      view.setUint32(24 + view.getUint32(24, true) + 16, 77, true);
    });
    const { volume, codes } = open(written.image);
    expect([[...volume.entries(volume.lookup('folder')!)].length, codes()]).toEqual([80, ['NTFS_ENTRY']]);
  });
});

describe('names', () => {
  it('are compared by the table of the volume', () => {
    const { volume } = open(write([{ path: 'Ünïcode\\ΔΕΛΤΑ.txt', content: 'x' }, { path: 'ｆｕｌｌ.txt' }]).image);
    expect(volume.lookup('üNÏCODE\\δελτα.TXT')?.name).toBe('ΔΕΛΤΑ.txt');
    expect(volume.lookup('ＦＵＬＬ.TXT')?.name).toBe('ｆｕｌｌ.txt');
    expect([
      volume.upCase('aß é'),
      Math.sign(volume.compareNames('b', 'A')),
      volume.compareNames('É', 'é'),
      Math.sign(volume.compareNames('a', 'a.b')),
    ]).toEqual(['Aß É', 1, 0, -1]);
  });

  it('that are no valid UTF-16 are kept and found', () => {
    const { volume } = open(write([{ path: 'lone \ud800 surrogate' }]).image);
    expect([paths(volume, { glob: 'lone*' }), volume.lookup('lone \ud800 surrogate')?.name]).toEqual([
      ['lone \ud800 surrogate'],
      'lone \ud800 surrogate',
    ]);
  });

  it('with an unreadable table are compared by Unicode, and that is told', () => {
    const written = write([{ path: 'é.txt' }]);
    tearRecord(written, 10);
    const { volume, codes } = open(written.image);
    expect([volume.lookup('É.TXT')?.name, codes()]).toEqual(['é.txt', ['NTFS_TORN', 'NTFS_UPCASE']]);
  });
});

describe('find', () => {
  const volume = open(
    write([
      { path: 'Windows\\System32\\drivers\\a.sys', times: 100n, dosName: 'A~1.SYS' },
      { path: 'Windows\\System32\\drivers\\CrowdStrike\\C-1.sys', times: 200n },
      { path: 'Windows\\System32\\drivers\\CrowdStrike\\C-2.sys', times: 300n, nameTimes: 900n },
      { path: 'Windows\\notes.txt', times: 150n, links: [{ path: 'Windows\\System32\\notes too.txt' }] },
      { path: 'gone\\left.sys', deleted: true, times: 250n },
    ]).image,
  ).volume;
  const below = 'windows';

  it.each<[string, Parameters<NtfsVolume['find']>[0], string[]]>([
    ['names at any depth', { below, glob: '*.sys' }, ['a.sys', 'C-1.sys', 'C-2.sys']],
    ['only in the folder', { below, glob: '*.*', shallow: true }, ['notes.txt']],
    ['by path below the folder', { below, glob: 'system32/drivers/*/c-?.SYS' }, ['C-1.sys', 'C-2.sys']],
    ['any folders', { glob: 'Windows\\**\\CrowdStrike\\**' }, ['C-1.sys', 'C-2.sys']],
    ['any folders, none of them', { below, glob: '**\\System32\\*' }, ['drivers', 'notes too.txt']],
    [
      'a time from and before, of the record and not the name',
      { glob: '*.sys', modifiedFrom: 200n, modifiedBefore: 301n },
      ['C-1.sys', 'C-2.sys'],
    ],
    ['a hard link by each path', { below, glob: 'notes*' }, ['notes.txt', 'notes too.txt']],
    ['nothing in a folder that is not there', { below: 'windows\\none', glob: '*' }, []],
    ['nothing below a file', { below: 'windows\\notes.txt' }, []],
    ['no deleted file', { glob: 'left*' }, []],
  ])('takes %s', (_, options, found) => {
    expect([...volume.find(options)].map(({ path }) => path.split('\\').at(-1)).sort()).toEqual([...found].sort());
  });

  it('gives the path as the folders write it', () => {
    expect(paths(volume, { below: 'WINDOWS/system32/DRIVERS', glob: 'A.SYS' })).toEqual(['Windows\\System32\\drivers\\a.sys']);
  });

  it('gives deleted files when asked', () => {
    const found = [...volume.find({ glob: 'left*', deleted: true })];
    expect(found.map(({ path, file }) => [path, file.inUse])).toEqual([['gone\\left.sys', false]]);
  });

  it('can be run again and stopped', () => {
    const all = volume.find({ glob: '*.sys' });
    expect([[...all].length, [...all].length]).toEqual([3, 3]);
    for (const { file } of all) {
      expect(file.isDirectory).toBe(false);
      break;
    }
  });

  it('marks a deleted file whose folder is another one now', () => {
    const written = write([{ path: 'folder\\left.sys', deleted: true }]);
    wrongParent(written, 'folder\\left.sys', written.file('folder').record, 44);
    const lost = open(written.image).volume;
    expect(paths(lost, { glob: 'left*', deleted: true })).toEqual(['?\\left.sys']);
    expect(paths(lost, { below: 'folder', glob: 'left*', deleted: true })).toEqual([]);
  });
});

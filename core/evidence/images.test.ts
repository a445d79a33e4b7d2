import { writeDump } from '@winmedic/labs/dump-writer';
import { type WriteImage, writeImage } from '@winmedic/labs/image-writer';
import { afterAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../model/observation.ts';
import { collectEvidence } from './collect.ts';
import type { CollectOptions } from './collect-options.ts';
import { plainLog, TestFolder, zipOf } from './test-inputs.ts';

const dir = new TestFolder();
afterAll(() => dir.dispose());

const KERNEL = 0xfffff800_10000000n;
const DRIVER = 0xfffff800_20000000n;
const OPTIONS: CollectOptions = {
  zone: 'UTC',
  blame: {
    addressParameters: [{ code: '0x50', parameter: 3, is: 'instruction', source: 'made up' }],
    windowsModules: ['ntoskrnl.exe'],
    knownModules: [],
  },
};
const collect = (...paths: string[]): Promise<Evidence> => collectEvidence(paths, OPTIONS);

/** A stop in a driver of this stamp and size. */
const dumpOf = (timeDateStamp: number, sizeBytes = 0x20000): Uint8Array =>
  writeDump({
    kind: 'triage',
    code: 0x50,
    parameters: [0x1234n, 0n, DRIVER + 0x1d55n, 2n],
    systemTime: 133_658_119_510_000_000n,
    modules: [
      { path: '\\SystemRoot\\system32\\ntoskrnl.exe', base: KERNEL, sizeBytes: 0x100000, timeDateStamp: 9 },
      { path: '\\SystemRoot\\System32\\drivers\\vendor.sys', base: DRIVER, sizeBytes, timeDateStamp },
    ],
    instructionPointer: DRIVER + 0x1d55n,
  });
const DRIVER_FILE: WriteImage = {
  timeDateStamp: 0xfe185fa8,
  sizeOfImage: 0x20000,
  checkSum: 0x77,
  versions: [
    {
      file: [7, 15, 18513, 0],
      product: [7, 15, 0, 0],
      translations: [{ language: 0x409, texts: { CompanyName: 'Vendor Inc.', FileDescription: 'Filter' } }],
    },
  ],
};

describe('a driver among the evidence', () => {
  it('is recognised by its content, whatever it is called', async () => {
    const path = dir.file('found/copy.bin', writeImage(DRIVER_FILE));
    const read = await collect(path);
    expect(read.sources).toMatchObject([{ kind: 'image', path }]);
    expect(read.images).toEqual([
      {
        type: 'image',
        name: 'copy.bin',
        sizeOfImage: 0x20000,
        timeDateStamp: 0xfe185fa8,
        checkSum: 0x77,
        fileVersion: '7.15.18513.0',
        productVersion: '7.15.0.0',
        company: 'Vendor Inc.',
        description: 'Filter',
        origin: { sourceId: 'S1', path },
      },
    ]);
  });

  it('is of no use without a dump, which is said; with one its folder is not empty', async () => {
    const path = dir.file('alone/vendor.sys', writeImage(DRIVER_FILE));
    expect((await collect(path)).problems).toMatchObject([{ code: 'EVIDENCE_IMAGE_WITHOUT_DUMP', path, severity: 'unusable' }]);
    const log = dir.file('log/System.evtx', plainLog());
    expect((await collect(path, log)).problems).toMatchObject([{ code: 'EVIDENCE_IMAGE_WITHOUT_DUMP', path, severity: 'note' }]);
    const folder = dir.folder('alone');
    expect((await collect(folder)).problems).toMatchObject([{ code: 'EVIDENCE_NO_LOGS', path: folder }]);
    const dump = dir.file('dumps/1.dmp', dumpOf(0xfe185fa8));
    expect((await collect(folder, dump)).problems).toEqual([]);
    expect((await collect(path, dump)).problems).toEqual([]);
  });

  it('gives the module of a dump its version and maker, whichever of the two is read first', async () => {
    const driver = dir.file('same/VENDOR.SYS', writeImage(DRIVER_FILE));
    const dump = dir.file('same/1.dmp', dumpOf(0xfe185fa8));
    for (const order of [
      [driver, dump],
      [dump, driver],
    ]) {
      const { dumps } = await collect(...order);
      expect(dumps[0]?.blame).toMatchObject({ module: 'vendor.sys', version: '7.15.18513.0', company: 'Vendor Inc.' });
      expect(dumps[0]?.blame?.otherBuild).toBeUndefined();
    }
  });

  it('is found in an archive', async () => {
    const path = dir.file(
      'bundle.zip',
      zipOf([
        { name: 'Minidump/1.dmp', content: dumpOf(0xfe185fa8) },
        { name: 'drivers/vendor.sys', content: writeImage(DRIVER_FILE) },
      ]),
    );
    expect((await collect(path)).dumps[0]?.blame).toMatchObject({ version: '7.15.18513.0' });
  });

  it('of another build is said to be and not used: its stamp or its size differs', async () => {
    const driver = dir.file('other/vendor.sys', writeImage(DRIVER_FILE));
    for (const dump of [dumpOf(0xfe185fa9), dumpOf(0xfe185fa8, 0x21000)]) {
      const { dumps } = await collect(driver, dir.file('other/1.dmp', dump));
      expect(dumps[0]?.blame).toMatchObject({ module: 'vendor.sys', otherBuild: true });
      expect(dumps[0]?.blame).not.toHaveProperty('version');
      expect(dumps[0]?.blame).not.toHaveProperty('company');
    }
  });

  it('is one of several copies: the same build counts, the other is no matter', async () => {
    const old = dir.file('two/old/vendor.sys', writeImage({ ...DRIVER_FILE, timeDateStamp: 1 }));
    const now = dir.file('two/now/vendor.sys', writeImage(DRIVER_FILE));
    const { dumps } = await collect(old, now, dir.file('two/1.dmp', dumpOf(0xfe185fa8)));
    expect(dumps[0]?.blame).toMatchObject({ version: '7.15.18513.0' });
    expect(dumps[0]?.blame?.otherBuild).toBeUndefined();
  });

  it('says nothing about a dump that keeps no stamp, nor about another module', async () => {
    const driver = dir.file('none/vendor.sys', writeImage({ ...DRIVER_FILE, timeDateStamp: 0 }));
    const without = await collect(driver, dir.file('none/1.dmp', dumpOf(0)));
    expect(without.dumps[0]?.blame).not.toHaveProperty('version');
    expect(without.dumps[0]?.blame).not.toHaveProperty('otherBuild');
    const other = dir.file('none/guard.sys', writeImage(DRIVER_FILE));
    const foreign = await collect(other, dir.file('none/2.dmp', dumpOf(0xfe185fa8)));
    expect(foreign.dumps[0]?.blame).not.toHaveProperty('version');
    expect(foreign.dumps[0]?.blame).not.toHaveProperty('otherBuild');
  });

  it('whose version cannot be read is still one, with the damage as a problem', async () => {
    const bytes = writeImage(DRIVER_FILE);
    const path = dir.file('cut/vendor.sys', bytes.subarray(0, bytes.length - 300));
    const read = await collect(path);
    expect(read.images).toMatchObject([{ name: 'vendor.sys', timeDateStamp: 0xfe185fa8 }]);
    expect(read.images[0]).not.toHaveProperty('fileVersion');
    expect(read.problems).toContainEqual(expect.objectContaining({ code: 'PE_TRUNCATED', path, severity: 'partial' }));
  });
});

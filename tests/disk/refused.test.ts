import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '@winmedic/bytes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileSink, openFileSink } from '../../core/disk/file-device.ts';
import { openDisk } from '../../core/disk/index.ts';
import { applyRepair, undoRepair } from '../../core/recovery/index.ts';
import { planning, wholeRepair } from './recipe.ts';
import { copyOf, hashOf, namesIn, shared } from './shared.ts';
import { encrypted, makeSmall } from './small.ts';
import { canMount, missingTools, mounted, removeFolder, scratchFolder, tool } from './tools.ts';

/** Disks that are in use, damaged, vanish, or whose journal has no room: an error or a refusal with a code, and nothing is written. */
let folder: string;
let image: string;
let hash: string;
beforeAll(() => {
  folder = scratchFolder();
  image = copyOf(shared('small', (into) => makeSmall(into)).path, join(folder, 'disk.img'));
  hash = hashOf(image);
});
afterAll(() => removeFolder(folder));

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};
const attempt = (path = image, options: Parameters<typeof applyRepair>[1] = {}): string | undefined =>
  codeOf(() =>
    planning(path, wholeRepair(), (planned) => {
      if (planned.outcome !== 'planned') throw Object.assign(new Error('refused'), { code: planned.refusals[0]?.code });
      applyRepair(planned, options);
    }),
  );
/** Forgets repairs. */
const drop = (): void => {
  for (const name of namesIn(folder)) if (name.includes('undo')) rmSync(join(folder, name));
};
const expectUntouched = (): void => {
  expect(hashOf(image)).toBe(hash);
  expect(namesIn(folder).filter((name) => name.includes('undo'))).toEqual([]);
};

describe('a disk in use', () => {
  it.skipIf(!canMount())('mounted by ntfs-3g: repair and undo are refused', () => {
    const other = copyOf(image, join(folder, 'mounted.img'));
    planning(other, wholeRepair(), (planned) => void applyRepair(planned));
    const repaired = hashOf(other);
    mounted(other, 'rw,noatime', () => expect(codeOf(() => undoRepair(other))).toBe('RECOVERY_IN_USE'));
    expect(hashOf(other)).toBe(repaired);
    expect(undoRepair(other).outcome).toBe('undone');
    drop();
    mounted(image, 'rw,noatime', () => expect(attempt()).toBe('RECOVERY_IN_USE'));
    expectUntouched();
  });

  it('attached to a loop device: refused', () => {
    const made = missingTools('losetup').length === 0 ? tool('losetup', ['-f', '--show', image]) : undefined;
    if (made?.code !== 0) return console.log('skipped: loop devices cannot be used here (package util-linux, superuser)');
    try {
      expect(attempt()).toBe('RECOVERY_IN_USE');
    } finally {
      tool('losetup', ['-d', made.stdout.trim()]);
    }
    expectUntouched();
  });

  it('served by qemu-nbd: refused', async () => {
    if (missingTools('qemu-nbd').length > 0) return console.log('skipped: qemu-nbd not installed (package qemu-utils)');
    const socket = join(folder, 'nbd.sock');
    const server = spawn('qemu-nbd', ['-f', 'raw', '-k', socket, '-t', image], { stdio: 'ignore' });
    try {
      for (let i = 0; i < 200 && !existsSync(socket); i++) await new Promise((done) => setTimeout(done, 50));
      expect(existsSync(socket)).toBe(true);
      expect(attempt()).toBe('RECOVERY_IN_USE');
    } finally {
      const gone = new Promise((done) => server.once('exit', done));
      server.kill();
      await gone;
    }
    expectUntouched();
  });

  it('open for writing in another process: refused, and allowed when it is closed', async () => {
    if (process.platform !== 'linux') return console.log('skipped: who has a file open is known on Linux only');
    const other = spawn('sh', ['-c', 'exec 3<>"$1"; echo open; read line', 'sh', image], { stdio: ['pipe', 'pipe', 'ignore'] });
    await new Promise((done) => other.stdout.once('data', done));
    expect(attempt()).toBe('RECOVERY_IN_USE');
    const gone = new Promise((done) => other.once('exit', done));
    other.stdin.end('\n');
    await gone;
    expectUntouched();
  });
});

describe('a disk that changes or fails while it is repaired', () => {
  it('written to between plan and repair: refused', () => {
    const other = copyOf(image, join(folder, 'changed.img'));
    const code = codeOf(() =>
      planning(other, wholeRepair(), (planned) => {
        const file = openSync(other, 'r+');
        writeSync(file, Buffer.from('X'), 0, 1, planned.plan.changes.at(-1)!.offset + 7);
        closeSync(file);
        applyRepair(planned);
      }),
    );
    expect(code).toBe('JOURNAL_FOREIGN');
  });

  /** A sink that fails from a number of calls on. */
  const failing =
    (after: number, how: 'write' | 'read' | 'short') =>
    (path: string): FileSink => {
      const sink = openFileSink(path);
      let calls = 0;
      const gone = (): boolean => calls++ >= after;
      const broken = (): never => {
        throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      };
      return {
        sectorBytes: sink.sectorBytes,
        isDevice: sink.isDevice,
        get sizeBytes() {
          return sink.sizeBytes;
        },
        readAt: (offset, into) => (how === 'write' || !gone() ? sink.readAt(offset, into) : how === 'short' ? 0 : broken()),
        write: (offset, bytes) => (how === 'write' && gone() ? broken() : sink.write(offset, bytes)),
        flush: () => (how === 'write' && gone() ? broken() : sink.flush()),
        close: () => sink.close(),
      };
    };

  it.each(['write', 'read', 'short'] as const)('that vanishes (%s): at every point an error, then undone to the last bit', (how) => {
    const codes = new Set<string | undefined>();
    for (let after = 0; ; after++) {
      const code = attempt(image, { openSink: failing(after, how) });
      if (code === undefined) break;
      codes.add(code);
      expect(code).toMatch(/^(JOURNAL_INTERRUPTED|BLOCK_SHORT|EIO)$/);
      if (existsSync(`${image}.winmedic-undo`)) undoRepair(image);
      expect([after, hashOf(image)]).toEqual([after, hash]);
      drop();
    }
    expect(codes.has('JOURNAL_INTERRUPTED')).toBe(true);
    expect(undoRepair(image).outcome).toBe('undone');
    drop();
    expectUntouched();
  });

  it('whose journal has no room: at every size of the journal disk nothing is written', () => {
    if (missingTools('mount', 'umount').length > 0 || process.getuid?.() !== 0)
      return console.log('skipped: a small tmpfs needs the superuser');
    const small = join(folder, 'tmpfs');
    mkdirSync(small);
    let refused = 0;
    for (let kilobytes = 4; ; kilobytes += 24) {
      const mount = tool('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', small]);
      if (mount.code !== 0) return console.log('skipped: no tmpfs can be mounted here');
      try {
        const code = attempt(image, { journal: join(small, 'journal') });
        if (code === undefined) {
          expect(undoRepair(image, { journal: join(small, 'journal') }).outcome).toBe('undone');
          break;
        }
        expect(code).toBe('JOURNAL_WRITE');
        expect(namesIn(small)).toEqual([]);
        expect(hashOf(image)).toBe(hash);
        refused++;
      } finally {
        tool('umount', [small]);
      }
    }
    expect(refused).toBeGreaterThan(1);
    expectUntouched();
  });

  it('whose journal exceeds the size of files: refused, in a process of its own', () => {
    if (missingTools('prlimit').length > 0) return console.log('skipped: prlimit not installed (package util-linux)');
    const child = join(import.meta.dirname, 'repair-child.ts');
    const { status, stderr } = spawnSync(
      'prlimit',
      ['--fsize=30000', process.execPath, '--conditions=@winmedic/source', child, 'repair', image],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stderr]).toEqual([1, expect.stringContaining('JOURNAL_WRITE')]);
    expectUntouched();
  });
});

describe('bad input', () => {
  const refused = (path: string): void => {
    const before = hashOf(path);
    const code = codeOf(() => {
      planning(path, wholeRepair(), (planned) => {
        expect(planned.outcome).toBe('refused');
        throw Object.assign(new Error(), { code: planned.refusals[0]!.code });
      });
    });
    expect(code).toMatch(/^[A-Z]+_[A-Z0-9_]+$/);
    expect(hashOf(path)).toBe(before);
  };

  it('truncated images are read as far as they reach, refused, and never written to', () => {
    const path = copyOf(image, join(folder, 'cut.img'));
    const lengths = [0, 1, 511, 512, 4096, 65_536, 1 << 20, 3_333_333, 8 << 20, 12_345_678, 16 << 20, statSync(image).size - 4096];
    for (const length of lengths.reverse()) {
      truncateSync(path, length);
      const before = hashOf(path);
      const code = codeOf(() =>
        planning(path, wholeRepair(), ({ outcome, refusals }) => {
          expect([length, outcome]).toEqual([length, 'refused']);
          throw Object.assign(new Error(), { code: refusals[0]!.code });
        }),
      );
      expect([length, code]).toEqual([length, expect.stringMatching(/^[A-Z]+_[A-Z0-9_]+$/)]);
      expect([length, hashOf(path)]).toEqual([length, before]);
    }
  });

  it.each([
    ['sector size in the boot sector', 11, [0x00, 0x10]],
    ['sectors per cluster', 13, [0x03]],
    ['place of $MFT', 48, [0xff, 0xff, 0xff, 0xff]],
    ['record size', 64, [0x01]],
  ] as const)('wrong %s', (_name, at, bytes) => {
    const path = copyOf(image, join(folder, 'wrong.img'));
    const file = openSync(path, 'r+');
    for (const offset of [at, statSync(image).size - 512 + at]) writeSync(file, Buffer.from(bytes), 0, bytes.length, offset);
    closeSync(file);
    refused(path);
  });

  it('a folder whose index block points to itself, a folder record that is garbage, a torn record of the file', () => {
    const places = (() => {
      const disk = openDisk(image);
      try {
        const ntfs = disk.volumes[0]!.ntfs!;
        const channel = ntfs.lookup('Windows\\System32\\drivers\\CrowdStrike')!;
        const run = channel.attributes.find(({ type }) => type === 0xa0)!.runs[0]!;
        const faulty = ntfs.lookup('Windows\\System32\\drivers\\CrowdStrike\\C-00000291-00000000-00000032.sys')!;
        const record = (n: number): number => ntfs.recordPlace(n)![0]!.offset;
        return {
          index: run.lcn! * ntfs.boot.clusterBytes,
          folder: record(channel.reference.record),
          file: record(faulty.reference.record),
        };
      } finally {
        disk.close();
      }
    })();
    for (const [at, length] of [
      [places.index + 0x40, 600],
      [places.index, 4],
      [places.folder + 0x30, 200],
      [places.file + 510, 2],
      [places.file + 0x38, 300],
    ] as const) {
      const path = copyOf(image, join(folder, 'broken.img'));
      const bytes = Buffer.alloc(length, 0x41);
      const file = openSync(path, 'r+');
      writeSync(file, bytes, 0, length, at);
      closeSync(file);
      refused(path);
    }
  });

  it('a hive whose logs are torn is not made clean by guessing', () => {
    const path = copyOf(image, join(folder, 'hive.img'));
    const offsets = (() => {
      const disk = openDisk(path);
      try {
        const ntfs = disk.volumes[0]!.ntfs!;
        return ['LOG1', 'LOG2'].map((name) => {
          const { runs } = ntfs.lookup(`Windows\\System32\\config\\SYSTEM.${name}`)!.attributes.find(({ type }) => type === 0x80)!;
          return runs[0]!.lcn! * ntfs.boot.clusterBytes;
        });
      } finally {
        disk.close();
      }
    })();
    const file = openSync(path, 'r+');
    for (const at of offsets) writeSync(file, Buffer.alloc(2048, 0x5a), 0, 2048, at);
    closeSync(file);
    refused(path);
  });

  it('BitLocker without a key, and cut off: a code, no write', () => {
    const path = join(folder, 'locked.img');
    encrypted(image, path);
    const whole = hashOf(path);
    expect(codeOf(() => planning(path, wholeRepair(), () => {}))).toBe('BITLOCKER_LOCKED');
    expect(hashOf(path)).toBe(whole);
    const file = openSync(path, 'r+');
    ftruncateSync(file, 8192);
    closeSync(file);
    const cut = readFileSync(path);
    expect(() => planning(path, wholeRepair(), () => {})).toThrow(FormatError);
    expect(readFileSync(path).equals(cut)).toBe(true);
  });
});

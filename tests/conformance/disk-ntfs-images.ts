import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** What an image is formatted with. */
export interface ImageShape {
  readonly name: string;
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly megabytes: number;
  /** Files in one folder. */
  readonly files: number;
}

/** What keeps the images from being made: a missing tool, or no FUSE. */
export function missing(): string | undefined {
  const tools = ['mkntfs', 'ntfs-3g', 'setfattr', 'fls', 'istat', 'icat', 'umount'];
  const absent = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
  if (absent.length > 0) return `${absent.join(', ')} not installed`;
  if (process.getuid?.() !== 0) return 'mounting with ntfs-3g and its attributes needs root';
  return spawnSync('test', ['-w', '/dev/fuse']).status === 0 ? undefined : 'no /dev/fuse';
}

/** Bytes that no compression makes smaller, the same each time. */
function noise(size: number, seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0, have = 0; have < size; i++, have += 32) parts.push(createHash('sha256').update(`${seed} ${i}`).digest());
  return Buffer.concat(parts).subarray(0, size);
}

/** Content of a named stream of `lists\streams.txt`: never empty, since fls lists an empty one without its name. */
export function streamContent(i: number): Buffer {
  return noise(5 + i * 5, `stream ${i}`);
}

/** Clusters of `pieces.bin`, nearly all in runs of their own. */
export function piecesOf(shape: ImageShape): number {
  return shape.clusterBytes > 4096 ? 200 : 1500;
}

/** Makes and fills a volume. @returns path of the image. */
export function makeImage(folder: string, shape: ImageShape): string {
  const image = join(folder, `${shape.name}.img`);
  const mount = join(folder, `${shape.name}.mnt`);
  rmSync(image, { force: true });
  writeFileSync(image, '');
  truncateSync(image, shape.megabytes << 20);
  const format = ['-F', '-Q', '-q', '-L', 'ボリューム', '-s', String(shape.sectorBytes), '-c', String(shape.clusterBytes), image];
  execFileSync('mkntfs', ['-p', '0', '-H', '255', '-S', '63', ...format], { stdio: 'ignore' });
  mkdirSync(mount, { recursive: true });
  const options = `streams_interface=windows,compression${shape.clusterBytes > 4096 ? ',no_def_opts' : ''}`;
  execFileSync('ntfs-3g', ['-o', options, image, mount], { stdio: 'ignore' });
  try {
    fill(mount, shape);
  } finally {
    execFileSync('umount', [mount]);
  }
  return image;
}

function fill(root: string, shape: ImageShape): void {
  const at = (...parts: string[]): string => join(root, ...parts);
  const attribute = (name: string, value: string, path: string): void => {
    execFileSync('setfattr', ['-n', `system.${name}`, '-v', value, path]);
  };
  mkdirSync(at('many'));
  for (let i = 0; i < shape.files; i++) {
    const path = at('many', `file-${String((i * 7919) % 100_003).padStart(6, '0')}.dat`);
    writeFileSync(path, noise((i * 37) % 1500, path.slice(-10)));
    utimesSync(path, 1_600_000_000 + i, 1_600_000_000 + i);
  }
  // Written from its end to its beginning, nearly each cluster becomes a run of its own; more of them than one record can list, where clusters are small.
  const pieces = openSync(at('pieces.bin'), 'w');
  for (let i = piecesOf(shape) - 1; i >= 0; i--)
    writeSync(pieces, noise(shape.clusterBytes, `piece ${i}`), 0, shape.clusterBytes, i * shape.clusterBytes);
  closeSync(pieces);
  if (shape.clusterBytes <= 4096) {
    mkdirSync(at('packed'));
    attribute('ntfs_attrib_be', '0x00000810', at('packed'));
    writeFileSync(at('packed', 'text.txt'), 'A line of text that repeats itself. '.repeat(9000));
    writeFileSync(at('packed', 'noise.bin'), noise(200_000, 'noise'));
    writeFileSync(at('packed', 'zeros.bin'), Buffer.alloc(300_000));
    writeFileSync(
      at('packed', 'mixed.bin'),
      Buffer.concat([Buffer.alloc(70_000), noise(70_000, 'm'), Buffer.from('abcabcabd'.repeat(8000)), noise(12_345, 'n')]),
    );
    writeFileSync(at('packed', 'small.txt'), 'resident');
  }
  const sparse = openSync(at('sparse.bin'), 'w');
  for (const place of [0, 1_000_000, 5_000_003]) writeSync(sparse, noise(10_000, `at ${place}`), 0, 10_000, place);
  ftruncateSync(sparse, 9_000_001);
  closeSync(sparse);
  // More than one record holds: attribute lists.
  mkdirSync(at('lists'));
  writeFileSync(at('lists', 'streams.txt'), 'the unnamed one');
  for (let i = 0; i < 320; i++) writeFileSync(`${at('lists', 'streams.txt')}:stream ${i}`, streamContent(i));
  writeFileSync(at('lists', 'links.txt'), 'hard links');
  mkdirSync(at('lists', 'more'));
  for (let i = 0; i < 320; i++) linkSync(at('lists', 'links.txt'), at('lists', 'more', `link with a name of some length ${i}`));
  mkdirSync(at('日本語 フォルダー', 'ドライバー'), { recursive: true });
  for (const name of [
    '設定.txt',
    'ﾊﾝｶｸ.log',
    'が ぎ ぐ (合成).txt',
    'か\u3099(分解).txt',
    '𠮷野家.dat',
    'émigré.TXT',
    'Ärger ß ÿ.txt',
    'emoji 🩺.txt',
  ]) {
    writeFileSync(at('日本語 フォルダー', 'ドライバー', name), name.repeat(50));
  }
  mkdirSync(at('short'));
  for (let i = 0; i < 20; i++) {
    const path = at('short', `A long name number ${i}.text`);
    writeFileSync(path, `${i}`);
    attribute('ntfs_dos_name', `ALONGN~${i}.TEX`.slice(0, 12), path);
  }
  mkdirSync(at('links'));
  symlinkSync('../short', at('links', 'unix link'));
  mkdirSync(at('links', 'junction'));
  attribute('ntfs_reparse_data', `0x${mountPoint('\\??\\C:\\short', 'C:\\short').toString('hex')}`, at('links', 'junction'));
  // Records and entries that were used before.
  mkdirSync(at('gone', 'inner'), { recursive: true });
  for (let i = 0; i < 30; i++) writeFileSync(at('gone', 'inner', `deleted-${i}.txt`), noise(5000, `gone ${i}`));
  for (let i = 0; i < 30; i += 3) rmSync(at('gone', 'inner', `deleted-${i}.txt`));
  appendFileSync(at('last.txt'), 'end');
}

/** Reparse data of a junction ([MS-FSCC] 2.1.2.5). */
function mountPoint(substitute: string, print: string): Buffer {
  const names = [Buffer.from(`${substitute}\0`, 'utf16le'), Buffer.from(`${print}\0`, 'utf16le')] as const;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(0xa000_0003, 0);
  head.writeUInt16LE(8 + names[0].length + names[1].length, 4);
  head.writeUInt16LE(0, 8);
  head.writeUInt16LE(names[0].length - 2, 10);
  head.writeUInt16LE(names[0].length, 12);
  head.writeUInt16LE(names[1].length - 2, 14);
  return Buffer.concat([head, ...names]);
}

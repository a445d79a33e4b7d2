import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMount, missingTools } from '../../tests/disk/tools.ts';
import { FAULTY } from './names.ts';

/** Longest a peer may take; one that takes longer is said to. */
const LIMIT_MS = 60_000;
/** Where a machine is itself a virtual one, libguestfs often finds KVM and cannot use it: it is measured without. */
const ENV = {
  ...process.env,
  PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
  LC_ALL: 'C.UTF-8',
  LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg',
};

/** Milliseconds of a command whose output nobody wants; undefined when it fails. A text is said when it took longer than a minute. */
function run(command: string, args: readonly string[], input?: string): number | undefined {
  const before = performance.now();
  const { status, error } = spawnSync(command, args, { env: ENV, input, stdio: ['pipe', 'ignore', 'ignore'], timeout: LIMIT_MS });
  const took = performance.now() - before;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') console.log(`${command} was stopped after ${LIMIT_MS / 1000} s`);
  return status === 0 ? took : undefined;
}

const slashes = (path: string): string => `/${path.replaceAll('\\', '/')}`;
const quarantined = slashes(FAULTY).replace(/s$/, '_');

/**
 * A peer of the bench: `run` gives milliseconds, or undefined when it failed. Absent tools are told by `missing`.
 */
export interface Peer {
  readonly name: string;
  readonly missing: readonly string[];
  readonly run: (disk: string, volume: string) => number | undefined;
}

/** Mounts, renames, optionally edits the hive, unmounts. The logs of the hive are ignored: hivex knows none. */
function mountAndMove(volume: string, hive: boolean): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-bench-mount-'));
  const before = performance.now();
  try {
    if (run('ntfs-3g', [volume, folder]) === undefined) return undefined;
    try {
      if (run('mv', [folder + slashes(FAULTY), folder + quarantined]) === undefined) return undefined;
      const system = join(folder, 'Windows/System32/config/SYSTEM');
      if (hive && run('hivexregedit', ['--merge', system], CHANGE) === undefined) return undefined;
    } finally {
      run('umount', [folder]);
    }
    return performance.now() - before;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A value of a service that is on the sample. */
const CHANGE = 'Windows Registry Editor Version 5.00\n\n[\\ControlSet001\\Services\\Tcpip]\n"Start"=dword:00000004\n';

/** What also renames the faulty file. */
export const MOVERS: readonly Peer[] = [
  {
    name: 'ntfs-3g mount, mv, umount',
    missing: canMount() ? [] : ['ntfs-3g with /dev/fuse'],
    run: (_, volume) => mountAndMove(volume, false),
  },
  {
    name: 'ntfs-3g mount, mv, hivexregedit, umount',
    missing: [...(canMount() ? [] : ['ntfs-3g with /dev/fuse']), ...missingTools('hivexregedit')],
    run: (_, volume) => mountAndMove(volume, true),
  },
  {
    name: 'guestfish mv',
    missing: missingTools('guestfish'),
    run: (disk) =>
      run('guestfish', [
        '--rw',
        '--format=raw',
        '-a',
        disk,
        'run',
        ':',
        'mount',
        '/dev/sda3',
        '/',
        ':',
        'mv',
        slashes(FAULTY),
        quarantined,
      ]),
  },
];

/** What also lists all files, and what also tells of a volume. `sector`: where it begins. */
export function readers(sector: number): { readonly list: Peer; readonly tell: Peer } {
  return {
    list: { name: 'fls -r -p', missing: missingTools('fls'), run: (disk) => run('fls', ['-r', '-p', '-o', String(sector), disk]) },
    tell: { name: 'ntfsinfo -m', missing: missingTools('ntfsinfo'), run: (_, volume) => run('ntfsinfo', ['-f', '-m', volume]) },
  };
}

/** What also checks a volume. `ntfsfix -n` looks at far less. */
export const CHECKERS: readonly Peer[] = [
  { name: 'ntfsresize -c', missing: missingTools('ntfsresize'), run: (_, volume) => run('ntfsresize', ['-f', '-c', volume]) },
  { name: 'ntfsfix -n', missing: missingTools('ntfsfix'), run: (_, volume) => run('ntfsfix', ['-n', volume]) },
];

/** Reads a file out of a plain volume. */
export const NTFSCAT: Peer = {
  name: 'ntfscat, plain volume',
  missing: missingTools('ntfscat'),
  run: (_, volume) => run('ntfscat', ['-f', volume, 'big.bin']),
};

/** The same out of an encrypted partition: it is unlocked with the startup key (not timed), and the volume in the clear is read with `ntfscat`. */
export function throughFuse(tool: 'dislocker' | 'bdemount', partition: string, bek: string): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-bench-mount-'));
  try {
    const done =
      tool === 'dislocker' ? run(tool, ['-r', '-V', partition, '-f', bek, '--', folder]) : run(tool, ['-s', bek, partition, folder]);
    const clear = join(folder, tool === 'dislocker' ? 'dislocker-file' : 'bde1');
    if (done === undefined || !existsSync(clear)) return undefined;
    try {
      return run('ntfscat', ['-f', clear, 'big.bin']);
    } finally {
      run('umount', [folder]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** MiB per second of AES-XTS 128 on sectors of 512 bytes in memory, as `openssl speed` measures it; undefined without the tool. */
export function opensslXts(): number | undefined {
  const { status, stdout } = spawnSync(
    'openssl',
    ['speed', '-elapsed', '-mr', '-seconds', '1', '-bytes', '512', '-decrypt', '-evp', 'aes-128-xts'],
    {
      encoding: 'utf8',
    },
  );
  // +F:number:name:bytes per second
  const rate = status === 0 ? /^\+F:\d+:[^:]+:([\d.]+)/m.exec(stdout)?.[1] : undefined;
  return rate === undefined ? undefined : Number(rate) / 2 ** 20;
}

/** Writes a file once. */
export function store(path: string, bytes: Uint8Array): string {
  writeFileSync(path, bytes);
  return path;
}

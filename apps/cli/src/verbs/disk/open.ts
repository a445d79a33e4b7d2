import { FormatError } from '@winmedic/bytes';
import {
  type DiskKeys,
  type DiskVolume,
  hasWindows,
  type OpenDiskOptions,
  type OpenedDisk,
  openDisk,
  typedRecoveryKeys,
} from '@winmedic/core/disk';
import { Problems } from '@winmedic/core/evidence';
import { printable } from '@winmedic/report';
import { askLine, canAsk } from '../../ask-line.ts';
import type { Context } from '../../context.ts';
import { keysOf, volumeOption } from '../../disk-keys.ts';
import { CliError, fileErrorText } from '../../errors.ts';
import { shieldMemory } from '../../password.ts';
import { makeProgress } from '../../progress.ts';
import type { Options } from '../../spec.ts';

/** A disk opened for one verb. */
export interface DiskRun {
  readonly disk: OpenedDisk;
  /** Damages met so far, by the path of the disk. */
  readonly problems: Problems;
  /** How it was opened, to open it again. */
  readonly open: OpenDiskOptions;
  readonly volume: number | undefined;
  /** A `performance.now()` of the beginning. */
  readonly started: number;
}

/** An error of the file system: of the disk or image itself. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/**
 * Opens the disk of a verb with the keys there are, asks for a recovery key where one is needed and a person is there, runs the work and closes the disk.
 * @param plan changes are collected in an overlay.
 * @throws CliError CLI_FILE for a disk that cannot be read (any more), and what the work throws.
 */
export async function withDisk<T>(
  context: Context,
  path: string,
  options: Options,
  work: (run: DiskRun) => Promise<T>,
  plan = false,
): Promise<T> {
  const started = performance.now();
  const volume = volumeOption(options);
  const problems = new Problems();
  const given = await keysOf(context, options, (list, damage) => problems.damage(list, damage));
  const progress = makeProgress(context);
  const openOptions = (keys: DiskKeys | undefined): OpenDiskOptions => ({
    ...(keys && { keys }),
    ...(plan && { plan }),
    onDamage: (damage) => problems.damage(path, damage),
    onUnlock: (done) => progress.update(done, 1, 'BitLocker'),
    signal: context.signal,
  });
  let open = openOptions(given);
  let disk: OpenedDisk | undefined;
  try {
    disk = context.sync(() => openDisk(path, open));
    const typed = given === undefined && canAsk() ? await typedKeys(context, locked(disk, volume)) : undefined;
    if (typed !== undefined) {
      disk.close();
      open = openOptions(typed);
      disk = context.sync(() => openDisk(path, open));
    }
    return await work({ disk, problems, open, volume, started });
  } catch (error) {
    if (!(error instanceof FormatError) && isFileError(error)) throw new CliError('CLI_FILE', { value: path, hint: fileErrorText(error) });
    throw error;
  } finally {
    progress.end();
    disk?.close();
  }
}

/** Encrypted volumes that no key opened: the one asked for, or all when no Windows can be read without them. */
export function locked(disk: OpenedDisk, number: number | undefined): DiskVolume[] {
  const volumes = disk.volumes.filter((volume) => (number === undefined || volume.number === number) && volume.kind === 'bitlocker');
  const closed = volumes.filter((volume) => !volume.readable);
  return number === undefined && closed.length > 0 && disk.volumes.some(readableWindows) ? [] : closed;
}

function readableWindows(volume: DiskVolume): boolean {
  try {
    return hasWindows(volume);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Asks for the recovery key of each locked volume; an empty answer leaves it locked. The key id is named as Windows shows it. */
async function typedKeys(context: Context, volumes: readonly DiskVolume[]): Promise<DiskKeys | undefined> {
  const recovery: ReturnType<typeof typedRecoveryKeys> = [];
  for (const volume of volumes) {
    const ids = (volume.bitlocker?.protectors ?? []).filter(({ kind }) => kind === 'recovery-password').map(({ id }) => id);
    if (ids.length === 0) continue;
    shieldMemory();
    const line = await askLine(question(context, volume.number, ids), context.signal, true);
    if (line === undefined || line.trim() === '') continue;
    recovery.push(...typedRecoveryKeys(line, ids));
  }
  return recovery.length === 0 ? undefined : { recovery };
}

function question({ lang }: Context, number: number, ids: readonly string[]): string {
  const shown = ids
    .map((id) => id.replaceAll(/[{}]/g, '').toUpperCase())
    .map((id) => `${id.slice(0, 8)} (${id})`)
    .join(', ');
  return lang === 'ja'
    ? `ボリューム ${number} は BitLocker で保護されています。キー ID ${printable(shown)} の回復キー (Enter のみ: ロックのまま): `
    : `Volume ${number} is locked by BitLocker. Recovery key for key ID ${printable(shown)} (Enter leaves it locked): `;
}

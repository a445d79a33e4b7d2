import { lstatSync, opendirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOfFileError, type Problems } from './problems.ts';

/** A file to be looked at. */
export interface FoundFile {
  /** As the user gave it, or below the folder the user gave. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Modification time in ms since 1970. */
  readonly modifiedMs: number;
  /** Folder argument it was found below; absent for files named by the user. */
  readonly below?: string;
  /** A disk device that the user named; its size is not known yet. */
  readonly isDevice?: true;
}

/** More files than any collection of logs holds; beyond it a wrong folder was named. */
const MAX_FILES = 100_000;
/** Deeper than any collection; a loop of links ends earlier. */
const MAX_DEPTH = 64;

/** Names of devices of Windows (`\\\\.\\PhysicalDrive0`), which its file functions know nothing of. */
const WINDOWS_DEVICE = /^\\\\[.?]\\/;

/**
 * Files named or below the folders named, each once whatever links lead to it, in the order of names. Disk devices are taken when they were named. Other
 * devices, pipes and sockets are refused: reading them could block or never end.
 */
export function findFiles(paths: readonly string[], problems: Problems, maxFiles = MAX_FILES): FoundFile[] {
  const found: FoundFile[] = [];
  const seen = new Set<string>();
  let full = false;

  const visit = (path: string, depth: number, below: string | undefined): void => {
    if (full) return;
    if (process.platform === 'win32' && below === undefined && WINDOWS_DEVICE.test(path)) {
      if (!seen.has(path)) found.push({ path, sizeBytes: 0, modifiedMs: 0, isDevice: true });
      seen.add(path);
      return;
    }
    let real: string;
    let stat: ReturnType<typeof statSync>;
    try {
      real = realpathSync(path);
      stat = statSync(real);
    } catch (error) {
      const loop = (error as { code?: string }).code === 'ELOOP';
      const dangling = below !== undefined && isLink(path);
      // Inside a folder a link to nowhere is no evidence that was asked for.
      problems.add({ code: loop ? 'EVIDENCE_LINK_LOOP' : codeOfFileError(error), path, severity: dangling ? 'note' : 'unusable' });
      return;
    }
    if (seen.has(real)) return;
    seen.add(real);
    if (stat?.isDirectory() === true) {
      if (depth >= MAX_DEPTH) {
        problems.add({ code: 'EVIDENCE_TOO_DEEP', path, severity: 'partial', have: MAX_DEPTH });
        return;
      }
      for (const name of namesIn(path, problems)) visit(join(path, name), depth + 1, below ?? path);
      return;
    }
    if (below === undefined && isDisk(stat)) {
      found.push({ path, sizeBytes: 0, modifiedMs: 0, isDevice: true });
      return;
    }
    if (stat?.isFile() !== true) {
      problems.add({ code: 'EVIDENCE_SPECIAL_FILE', path, severity: below === undefined ? 'unusable' : 'note' });
      return;
    }
    if (found.length >= maxFiles) {
      problems.add({ code: 'EVIDENCE_TOO_MANY_FILES', path, severity: 'partial', have: maxFiles });
      full = true;
      return;
    }
    found.push({ path, sizeBytes: Number(stat.size), modifiedMs: Number(stat.mtimeMs), ...(below === undefined ? {} : { below }) });
  };

  for (const path of paths) visit(path, 0, undefined);
  return found;
}

function namesIn(path: string, problems: Problems): string[] {
  const names: string[] = [];
  try {
    const dir = opendirSync(path);
    try {
      for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) names.push(entry.name);
    } finally {
      dir.closeSync();
    }
  } catch (error) {
    problems.add({ code: codeOfFileError(error), path, severity: 'unusable' });
  }
  return names.sort();
}

/** Block devices; the raw disks of macOS and the BSDs are character devices, which on Linux are terminals and the like. */
function isDisk(stat: ReturnType<typeof statSync>): boolean {
  return stat?.isBlockDevice() === true || (process.platform !== 'linux' && stat?.isCharacterDevice() === true);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

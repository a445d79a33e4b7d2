import { type Damage, FormatError } from '@winmedic/bytes';
import { EvtxError } from '@winmedic/evtx';
import type { InputProblem } from '../model/observation.ts';

/** Problems of one code listed one by one; further ones are folded into the last, so that a folder of photos does not fill a screen. */
const MAX_LISTED = 1000;

/** Collects problems; the same damage in the same input is one problem with a count. */
export class Problems {
  readonly #list: InputProblem[] = [];
  readonly #folded = new Map<string, number>();
  readonly #perCode = new Map<string, number>();

  add(problem: InputProblem): void {
    const n = (this.#perCode.get(problem.code) ?? 0) + 1;
    this.#perCode.set(problem.code, n);
    if (n > MAX_LISTED) {
      const at = this.#list.findLastIndex((p) => p.code === problem.code);
      const last = this.#list[at] as InputProblem;
      this.#list[at] = { ...last, count: (last.count ?? 1) + 1 };
    } else this.#list.push(problem);
  }

  /** A damage the reader met: the first of each code and path is kept, the others counted. */
  damage(path: string, damage: Damage, severity: InputProblem['severity'] = 'partial'): void {
    const key = `${damage.code}\0${path}`;
    const at = this.#folded.get(key);
    if (at === undefined) {
      this.#folded.set(key, this.#list.length);
      this.#list.push({ ...damage, path, severity });
      return;
    }
    const first = this.#list[at] as InputProblem;
    this.#list[at] = { ...first, count: (first.count ?? 1) + 1 };
  }

  list(): readonly InputProblem[] {
    return this.#list;
  }
}

/** Damages of a disk by which nothing is lost: copies that stand in for each other, and hints that were wrong. */
const HARMLESS: ReadonlySet<string> = new Set([
  'PARTITION_SECTOR_SIZE',
  'PARTITION_PROTECTIVE',
  'PARTITION_GPT_COPY',
  'NTFS_BOOT',
  'NTFS_BOOT_COPY',
  'NTFS_MFT_MIRROR',
  'BITLOCKER_COPY',
  'CONTAINER_COPY',
  'LOGFILE_TAIL',
]);

/** A damage of the structures of a disk. */
export function diskDamage(problems: Problems, path: string, damage: Damage): void {
  problems.damage(path, damage, HARMLESS.has(damage.code) ? 'note' : 'partial');
}

/** A file without bytes. Windows leaves some of the log files beside a hive empty: those are no loss. */
export function emptyFile(path: string): InputProblem {
  return { code: 'EVIDENCE_EMPTY', path, severity: /\.log[12]?$/i.test(path) ? 'note' : 'unusable' };
}

/** Code of an error of the file system when opening or reading an input. */
export function codeOfFileError(error: unknown): string {
  const code = (error as { code?: string }).code;
  return code === 'ENOENT' || code === 'ENOTDIR' ? 'EVIDENCE_NOT_FOUND' : 'EVIDENCE_UNREADABLE';
}

/** An error of a reader or of the file system as a problem of the input. @throws anything else: a fault of the program. */
export function unreadable(error: unknown, path: string): InputProblem {
  if (error instanceof EvtxError) {
    const code = error.code === 'EVTX_EMPTY' ? 'EVIDENCE_EMPTY' : 'EVIDENCE_UNRECOGNISED';
    return { code, path, severity: 'unusable', what: error.message };
  }
  if (error instanceof FormatError) return { code: error.code as string, path, severity: 'unusable', what: error.what };
  if (isFileError(error)) return { code: codeOfFileError(error), path, severity: 'unusable', what: error.code };
  throw error;
}

function isFileError(error: unknown): error is Error & { readonly code: string } {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  return error instanceof Error && typeof code === 'string' && typeof syscall === 'string';
}

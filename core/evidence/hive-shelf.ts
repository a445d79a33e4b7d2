import type { FileSource } from './file-source.ts';

/** A hive or a transaction log that waits until everything that lies beside it was seen. */
export interface ShelvedFile {
  readonly label: string;
  readonly open: () => FileSource;
  readonly sizeBytes: number;
  readonly sourceId: string;
}

/** A hive with the logs that lay beside it. */
export interface HiveWithLogs {
  readonly hive: ShelvedFile;
  readonly logs: readonly ShelvedFile[];
}

/** Hives and their transaction logs are files of their own; they are read together when all inputs have been looked at. */
export class HiveShelf {
  readonly #hives: ShelvedFile[] = [];
  readonly #logs: ShelvedFile[] = [];

  addHive(file: ShelvedFile): void {
    this.#hives.push(file);
  }

  addLog(file: ShelvedFile): void {
    this.#logs.push(file);
  }

  /**
   * Every hive with the logs of its folder: those that bear its name (`SYSTEM.LOG1` beside `SYSTEM`), else those whose name fits no hive there
   * (renamed copies; the reader refuses logs of another hive). Logs no hive was found for are left over.
   */
  pairs(): { readonly pairs: readonly HiveWithLogs[]; readonly leftOver: readonly ShelvedFile[] } {
    const used = new Set<ShelvedFile>();
    const pairs = this.#hives.map((hive): HiveWithLogs => {
      const near = this.#logs.filter((log) => folderOf(log.label) === folderOf(hive.label));
      const own = near.filter((log) => bearsName(log, hive));
      const logs =
        own.length > 0
          ? own
          : near.filter((log) => !this.#hives.some((other) => folderOf(other.label) === folderOf(log.label) && bearsName(log, other)));
      for (const log of logs) used.add(log);
      return { hive, logs };
    });
    return { pairs, leftOver: this.#logs.filter((log) => !used.has(log)) };
  }
}

/** `SYSTEM.LOG1`, `SYSTEM_B.LOG2` or `system.log` of `SYSTEM`, `SYSTEM_B` or `system`, whatever the case. */
function bearsName(log: ShelvedFile, hive: ShelvedFile): boolean {
  return nameOf(log.label).replace(/\.log[12]?$/, '') === nameOf(hive.label);
}

function nameOf(label: string): string {
  return label.slice(folderOf(label).length).toLowerCase();
}

/** Folder of a path or of a member of an archive, with its separator. */
export function folderOf(label: string): string {
  return label.slice(0, Math.max(label.lastIndexOf('/'), label.lastIndexOf('\\')) + 1);
}

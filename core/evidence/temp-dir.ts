import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A private folder for members of archives. It is gone after {@link dispose}, at exit and after SIGINT, SIGTERM and SIGHUP. */
export class TempDir {
  readonly path: string;
  #next = 0;
  readonly #atExit = (): void => this.#remove();
  readonly #atSignal = (signal: NodeJS.Signals): void => {
    this.dispose();
    // Nobody else listens: die of the signal as if this folder had never been.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };

  constructor() {
    // mkdtemp makes the folder with mode 0700.
    this.path = mkdtempSync(join(tmpdir(), 'winmedic-'));
    process.once('exit', this.#atExit);
    for (const signal of SIGNALS) process.on(signal, this.#atSignal);
  }

  /** A new path in the folder; names of archive members never become file names. */
  newPath(): string {
    return join(this.path, String(++this.#next));
  }

  dispose(): void {
    process.off('exit', this.#atExit);
    for (const signal of SIGNALS) process.off(signal, this.#atSignal);
    this.#remove();
  }

  #remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

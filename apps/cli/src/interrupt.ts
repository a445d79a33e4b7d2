import { Script } from 'node:vm';

const WORK = Symbol.for('winmedic.synchronous-work');
let script: Script | undefined;

/**
 * Runs work that never returns to the event loop (the scan of a log, the diagnosis) so that Ctrl-C ends it at once: a handler of SIGINT
 * could only run afterwards. On Ctrl-C `abort` is aborted and its reason thrown. `finally` blocks inside `work` do not run then, so what
 * must be closed is closed outside.
 * @throws the reason of `abort`, or what `work` throws
 */
export function interruptible<T>(work: () => T, abort: AbortController): T {
  script ??= new Script("globalThis[Symbol.for('winmedic.synchronous-work')]()");
  const holder = globalThis as unknown as Record<symbol, unknown>;
  holder[WORK] = work;
  try {
    return script.runInThisContext({ breakOnSigint: true }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_INTERRUPTED') throw error;
    abort.abort();
    throw abort.signal.reason;
  } finally {
    delete holder[WORK];
  }
}

/** Ctrl-C and SIGTERM of one run. */
export class Interrupts {
  readonly abort = new AbortController();
  #held = false;
  #came = false;

  /** Handler of the signals: the first one asks for the end, the second one ends at once. */
  readonly handle = (): void => {
    if (this.#held) this.#came = true;
    else if (this.abort.signal.aborted) process.exit(130);
    else this.abort.abort();
  };

  /**
   * Runs work that must not stop half way (writing to a disk): an interrupt meanwhile changes nothing and is told.
   * What the system delivered during the work arrives on the next turn of the event loop.
   */
  async hold<T>(work: () => T): Promise<{ readonly value: T; readonly interrupted: boolean }> {
    this.#held = true;
    try {
      const value = work();
      await new Promise((resolve) => setImmediate(resolve));
      return { value, interrupted: this.#came };
    } finally {
      this.#held = false;
      this.#came = false;
    }
  }
}

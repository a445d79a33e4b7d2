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

import { Worker } from 'node:worker_threads';

/** Ends the process when an input is never done: a loop without end leaves no other way to tell which one it was. */
export interface Watchdog {
  /** An input begins and must be done, that is followed by the next one, within this time. */
  watch(seed: number, ms: number): void;
  /** Nothing is running any more. */
  rest(): void;
}

const BODY = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const state = new Float64Array(workerData);
setInterval(() => {
  const [seed, deadline] = state;
  if (deadline === 0 || Date.now() < deadline) return;
  writeSync(2, 'FAILED seed ' + seed + ': never done\\n');
  process.kill(process.pid, 'SIGKILL');
}, 500);
`;

/** Starts the watch in a thread of its own, which does not hold the process. */
export function watchdog(): Watchdog {
  const state = new Float64Array(new SharedArrayBuffer(16));
  new Worker(BODY, { eval: true, workerData: state.buffer }).unref();
  return {
    watch(seed, ms) {
      state[0] = seed;
      state[1] = Date.now() + ms;
    },
    rest() {
      state[1] = 0;
    },
  };
}

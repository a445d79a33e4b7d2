import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { undoRepair } from '../../core/recovery/index.ts';
import { repair } from './recipe.ts';

/**
 * A process of its own that repairs, undoes or finishes, and kills itself at a step of writing, whatever file it is to: `repair|undo|finish IMAGE STEP HOW`.
 * HOW: `before` the step of that number, or `in` the middle of it. Not killed, it says what the steps were.
 */
const [act, image = '', step = '-1', how = 'before'] = process.argv.slice(2);
const killAt = Number(step);
const steps: string[] = [];

/** Counts a call, and ends the process in it: SIGKILL comes at once, nothing runs behind it. */
function counted<A extends unknown[], R>(name: string, call: (...args: A) => R, half: (...args: A) => void): (...args: A) => R {
  return (...args) => {
    if (steps.length === killAt) {
      if (how === 'in') half(...args);
      process.kill(process.pid, 'SIGKILL');
    }
    steps.push(name);
    return call(...args);
  };
}

const { writeSync, fsyncSync, ftruncateSync } = fs;
const nothing = (): void => {};
type Write = (fd: number, bytes: Uint8Array, offset: number, length: number, at: number) => number;
const write: Write = writeSync;
fs.writeSync = counted<Parameters<Write>, number>('write', write, (fd, bytes, offset, length, at) => {
  write(fd, bytes, offset, (length >> 1) + 3, at);
}) as typeof fs.writeSync;
fs.fsyncSync = counted('flush', fsyncSync, nothing);
fs.ftruncateSync = counted('resize', ftruncateSync, nothing);
syncBuiltinESMExports();

if (act === 'repair') repair(image);
else undoRepair(image, { finish: act === 'finish' });
process.stdout.write(JSON.stringify(steps));

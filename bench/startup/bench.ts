/**
 * Start-up of the built command against bare Node: `winmedic --version` should stay below 3x of `node -e 0`.
 * Both are run alternately, so that noise of the machine meets both.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../apps/cli/bin/winmedic.mjs', import.meta.url));

function milliseconds(args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return performance.now() - start;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const bare: number[] = [];
const own: number[] = [];
milliseconds([command, '--version']);
for (let n = 0; n < 15; n++) {
  bare.push(milliseconds(['-e', '0']));
  own.push(milliseconds([command, '--version']));
}
const [floor, ours] = [median(bare), median(own)];
console.log(
  `start-up: node -e 0 ${floor.toFixed(0)} ms, winmedic --version ${ours.toFixed(0)} ms, ratio ${(ours / floor).toFixed(2)} (target < 3)`,
);

import { writeSync } from 'node:fs';
import { displayWidth, printable } from '@winmedic/report';
import type { Context } from './context.ts';

/** A progress line on stderr: drawn only on a terminal, at most ten times a second, and wiped when done. */
export interface Progress {
  update(done: number, total: number, label: string): void;
  end(): void;
}

/** Not through the stream of stderr: an interrupt inside its `write` would leave it waiting for ever, and the line could not be wiped. */
function draw(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // A terminal that takes nothing at the moment misses one drawing.
  }
}

/** The end of a text that fits into a number of columns, with `…` before it. */
function cutStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let end = text;
  while (end !== '' && displayWidth(end) > width - 1) end = end.slice(1);
  return `…${end}`;
}

/** Makes a progress line, or one that does nothing when stderr is no terminal or `--quiet` was given. */
export function makeProgress(context: Context): Progress {
  if (context.quiet || process.stderr.isTTY !== true) return { update: () => {}, end: () => {} };
  const started = Date.now();
  let last = 0;
  let drawn = false;
  return {
    update(done, total, label) {
      const now = Date.now();
      if (now - last < 100 || now - started < 300) return;
      last = now;
      drawn = true;
      const share = total > 0 ? Math.min(done / total, 1) : 0;
      const cells = 24;
      const full = Math.round(share * cells);
      const bar = context.unicode ? '█'.repeat(full) + '░'.repeat(cells - full) : '#'.repeat(full) + '.'.repeat(cells - full);
      const left = share > 0.02 ? ` ${Math.ceil(((now - started) / share - (now - started)) / 1000)} s` : '';
      const room = Math.max((process.stderr.columns ?? 80) - cells - 18, 10);
      const name = cutStart(printable(label), room);
      draw(`\r\x1b[2K${bar} ${(share * 100).toFixed(0).padStart(3)} %${left}  ${name}`);
    },
    end() {
      if (drawn) draw('\r\x1b[2K');
    },
  };
}

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND, environment, ROOT } from './test-command.ts';

/** Runs a script with real signals in a process of its own. */
function script(text: string): { readonly code: number | null; readonly out: string } {
  const [node = '', condition = ''] = COMMAND;
  const source = `import { Interrupts } from ${JSON.stringify(join(ROOT, 'apps/cli/src/interrupt.ts'))};
    const interrupts = new Interrupts();
    process.on('SIGINT', interrupts.handle);
    const { signal } = interrupts.abort;
    const ctrlC = () => { process.kill(process.pid, 'SIGINT'); const end = Date.now() + 50; while (Date.now() < end); };
    const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
    ${text}`;
  const { status, stdout } = spawnSync(node, [condition, '--input-type=module', '-e', source], { env: environment(), encoding: 'utf8' });
  return { code: status, out: stdout };
}

describe.skipIf(process.platform === 'win32')('work that must not stop half way', () => {
  it('is carried to its end when Ctrl-C comes meanwhile, and says so', () => {
    const { code, out } = script(`
      const { value, interrupted } = await interrupts.hold(() => { ctrlC(); ctrlC(); return 'written'; });
      await turn();
      console.log(JSON.stringify({ value, interrupted, aborted: signal.aborted }));`);
    expect({ code, out: out.trim() }).toEqual({ code: 0, out: JSON.stringify({ value: 'written', interrupted: true, aborted: false }) });
  });

  it('lets Ctrl-C end the run before and afterwards', () => {
    const { code, out } = script(`
      const { interrupted } = await interrupts.hold(() => 'written');
      ctrlC();
      await turn();
      console.log(JSON.stringify({ interrupted, aborted: signal.aborted }));
      ctrlC();
      await turn();`);
    expect({ code, out: out.trim() }).toEqual({ code: 130, out: JSON.stringify({ interrupted: false, aborted: true }) });
  });

  it('is held no longer when it fails', () => {
    const { out } = script(`
      await interrupts.hold(() => { throw new Error('disk'); }).catch(() => {});
      ctrlC();
      await turn();
      console.log(signal.aborted);`);
    expect(out.trim()).toBe('true');
  });
});

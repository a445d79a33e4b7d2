import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** A person can be asked: both ends of the conversation are a terminal. The question goes to stderr, so that stdout stays data. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks on the terminal.
 * @param hidden what is typed is not shown. @returns the line; undefined at the end of input (Ctrl-D). @throws the reason of the signal.
 */
export function askLine(question: string, signal: AbortSignal, hidden: boolean): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
    const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
    const stop = (): void => {
      reject(signal.reason);
      lines.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    // Raw mode keeps Ctrl-C from the process. Not process.kill: on Windows that ends it without its handlers.
    lines.on('SIGINT', () => process.emit('SIGINT', 'SIGINT'));
    // The end of input brings no line; after a line or the signal this comes too late to matter.
    lines.once('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(undefined);
    });
    // The terminal no longer echoes now: what is typed at once is not shown either. As a prompt the question survives the redrawing of an edited line.
    if (hidden) process.stderr.write(question);
    else {
      lines.setPrompt(question);
      lines.prompt();
    }
    lines.once('line', (line) => {
      if (hidden) process.stderr.write('\n');
      resolve(line);
      lines.close();
    });
  });
}

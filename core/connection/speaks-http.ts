import { dial } from './dial.ts';

/** An answer to it begins with `HTTP/` whatever the server thinks of the request (RFC 9112 section 4). */
const REQUEST = 'HEAD / HTTP/1.0\r\nUser-Agent: winmedic\r\n\r\n';
const BEGINNING = 'HTTP/';

/**
 * Does a port answer plain HTTP? Says nothing of the user and reads no more than the first bytes.
 * @returns undefined when nothing came within the time, or the connection broke.
 */
export async function speaksHttp(address: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean | undefined> {
  const dialled = await dial(address, port, timeoutMs, signal);
  if (dialled.result !== 'open') return undefined;
  const { socket } = dialled;
  return new Promise((resolve) => {
    let begun = '';
    const give = (answer: boolean | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => give(undefined), timeoutMs);
    socket.on('error', () => give(undefined));
    socket.on('end', () => give(undefined));
    socket.on('data', (piece: Buffer) => {
      begun += piece.toString('latin1', 0, BEGINNING.length);
      if (!BEGINNING.startsWith(begun.slice(0, BEGINNING.length))) give(false);
      else if (begun.length >= BEGINNING.length) give(true);
    });
    socket.write(REQUEST);
  });
}

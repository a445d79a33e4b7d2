import type { ConnectionAttempt } from '../model/connection.ts';
import { Ladder } from './ladder.ts';
import { nameRung, systemLookUp } from './name-rung.ts';
import type { ConnectOptions, ConnectTimes } from './options.ts';
import { parseTarget } from './target.ts';
import { OTHER_PORTS, reach } from './tcp-rung.ts';

const TIMES: ConnectTimes = { connectMs: 5000, answerMs: 10_000, hostMs: 60_000 };

/**
 * Walks the connection ladder to one host, from its name up to what shall be managed, and stops at the first rung that fails. What the host
 * does never makes it reject.
 * @param text target as typed, see {@link parseTarget}.
 * @throws ConnectError for a wrong call: an unreadable target, certificate or key file.
 */
export async function attemptConnection(text: string, options: ConnectOptions = {}): Promise<ConnectionAttempt> {
  const via = options.via ?? 'winrm';
  const ladder = new Ladder(parseTarget(text, { via, https: options.https ?? false }), via);
  const times = { ...TIMES, ...options.times };
  const addresses: string[] = [];
  if (!(await ladder.climb('name', () => nameRung(ladder, options.lookUp ?? systemLookUp, addresses)))) return ladder.finish();
  const open = await reach(ladder, addresses, { connectMs: times.connectMs, otherPorts: options.otherPorts ?? OTHER_PORTS });
  open?.socket.destroy();
  return ladder.finish();
}

import type { RdpPortFinding } from '../model/connection.ts';
import { ConnectError } from './connect-error.ts';
import { systemLookUp } from './name-rung.ts';
import type { ConnectTimes, LookUp } from './options.ts';
import { askRdp } from './rdp-questions.ts';
import { parseTarget } from './target.ts';

/** Where to look for RDP, and how gently. */
export interface FindRdpOptions {
  /** Ports of each host; only those given. */
  readonly ports: readonly number[];
  /** Pairs of host and port begun per second, over all hosts; default 10. A port that speaks RDP is asked at most three times. */
  readonly ratePerSecond?: number;
  /** Pairs at the same time; default 8. */
  readonly concurrency?: number;
  /** Most pairs of host and port allowed; default 1024. More must be asked for. */
  readonly limit?: number;
  readonly times?: Partial<ConnectTimes>;
  readonly lookUp?: LookUp;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was found, and what was not looked at. */
export interface RdpSearch {
  readonly findings: readonly RdpPortFinding[];
  /** Pairs of host and port that were tried; fewer than asked for when the signal stopped the search or a name gave no address. */
  readonly tried: number;
  /** Hosts whose name gave no address: none of their ports was asked. */
  readonly unresolved: readonly string[];
}

const DEFAULT_LIMIT = 1024;

/**
 * Looks for RDP on the ports given of the hosts given, slowly, without any logon. Hosts must be written out: a range or a network is refused.
 * @throws ConnectError `CONNECT_TARGET` for what is no host, `CONNECT_TOO_MANY` for more pairs than allowed.
 */
export async function findRdp(hosts: readonly string[], options: FindRdpOptions): Promise<RdpSearch> {
  const { ratePerSecond = 10, concurrency = 8, limit = DEFAULT_LIMIT, lookUp = systemLookUp, signal } = options;
  const names = [...new Set(hosts.map((host) => parseTarget(host, { via: 'rdp' }).host))];
  const ports = [...new Set(options.ports)];
  if (ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65535)) throw new ConnectError('CONNECT_TARGET', 'port');
  const total = names.length * ports.length;
  if (total > limit) throw new ConnectError('CONNECT_TOO_MANY', `${total} pairs of host and port, ${limit} allowed`);
  const addresses = new Map<string, Promise<string | undefined>>();
  const addressOf = (host: string) => {
    const known =
      addresses.get(host) ??
      lookUp(host).then(
        ([first]) => first?.address,
        () => undefined,
      );
    addresses.set(host, known);
    return known;
  };
  const findings: RdpPortFinding[] = [];
  const unresolved = new Set<string>();
  let tried = 0;
  let done = 0;
  const one = async (host: string, port: number) => {
    const address = await addressOf(host);
    if (address === undefined) {
      unresolved.add(host);
      return;
    }
    tried++;
    const { connectMs = 5000, answerMs = 5000 } = options.times ?? {};
    const { judgement } = await askRdp({
      address,
      port,
      host,
      connectMs,
      answerMs,
      ...(signal === undefined ? {} : { signal }),
    });
    if (judgement.nla !== undefined) findings.push({ host, port, nla: judgement.nla, logonScreen: judgement.logonScreen === true });
  };
  const running = new Set<Promise<void>>();
  // Port by port over all hosts, so that no single host gets all connections at once.
  for (const port of ports)
    for (const host of names) {
      while (running.size >= Math.max(1, concurrency)) await Promise.race(running);
      if (signal?.aborted) break;
      const task: Promise<void> = one(host, port).finally(() => {
        running.delete(task);
        options.onProgress?.(++done, total);
      });
      running.add(task);
      await pause(1000 / Math.max(0.1, ratePerSecond), signal);
    }
  await Promise.all(running);
  return {
    findings: findings.sort((a, b) => names.indexOf(a.host) - names.indexOf(b.host) || a.port - b.port),
    tried,
    unresolved: [...unresolved],
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    signal?.addEventListener('abort', go, { once: true });
  });
}

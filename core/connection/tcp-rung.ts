import type { Socket } from 'node:net';
import { type DialResult, dial } from './dial.ts';
import { bracketed, type Ladder, type RungEnd } from './ladder.ts';
import { say } from './text.ts';

/** Ports that tell what is wrong when the one asked for does not accept: the other listener, the old ports, RPC, SMB, RDP. */
export const OTHER_PORTS: readonly number[] = [5985, 5986, 80, 443, 135, 445, 3389];
/** More would be a scan of the host. */
const MAX_OTHER_PORTS = 16;

/** A way in: an address whose port accepted. */
export interface OpenPort {
  readonly address: string;
  readonly socket: Socket;
}

/**
 * Rungs `route` and `tcp`: tries the addresses in order until one accepts.
 * @returns the open connection; undefined when none accepted, the ladder then ends at one of the two rungs.
 */
export async function reach(
  ladder: Ladder,
  addresses: readonly string[],
  options: { readonly connectMs: number; readonly otherPorts: readonly number[]; readonly signal?: AbortSignal },
): Promise<OpenPort | undefined> {
  const since = ladder.begin('tcp');
  let results = await dialAll(ladder, addresses, options);
  let others: ReadonlyMap<number, DialResult['result']> = new Map();
  if (results.open === undefined) {
    others = await lookAround(
      addresses[0] as string,
      options.otherPorts.filter((port) => port !== ladder.port),
      options,
    );
    const [open, refused, silent] = (['open', 'refused', 'timeout'] as const).map((kind) =>
      [...others].filter(([, result]) => result === kind).map(([port]) => String(port)),
    ) as [string[], string[], string[]];
    ladder.set('tcp.open', open);
    ladder.set('tcp.refused', refused);
    ladder.set('tcp.silent', silent);
    results = rejectedByFilter(results, open.length + refused.length > 0);
    if (
      results.kind !== 'route' &&
      ladder.via === 'winrm' &&
      ladder.target.defaultPort &&
      ladder.transport === 'http' &&
      open.includes('5986')
    ) {
      ladder.notChecked.push(
        say(
          `port 5985 ${results.kind === 'refused' ? 'refused' : 'did not answer'}; 5986 accepted, so HTTPS was taken`,
          `ポート 5985 は${results.kind === 'refused' ? '拒否' : '応答なし'}。5986 が受け付けたため HTTPS を使いました`,
        ),
      );
      ladder.port = 5986;
      ladder.transport = 'https';
      results = await dialAll(ladder, addresses, options);
    }
  }
  ladder.set('tcp.result', results.kind === 'route' ? 'not-tried' : results.kind);
  if (results.ms !== undefined) ladder.set('tcp.ms', results.ms);
  const routeOk = await ladder.climb('route', () => routeEnd(ladder, results), results.kind === 'route' ? since : undefined);
  if (!routeOk) return undefined;
  await ladder.climb('tcp', () => tcpEnd(ladder, results, others), since);
  return results.open;
}

interface Dialled {
  readonly kind: DialResult['result'];
  readonly last: DialResult;
  readonly address: string;
  readonly open?: OpenPort;
  readonly ms?: number;
}

async function dialAll(
  ladder: Ladder,
  addresses: readonly string[],
  options: { connectMs: number; signal?: AbortSignal },
): Promise<Dialled> {
  let best: Dialled | undefined;
  for (const address of addresses) {
    const place = `${bracketed(address)}:${ladder.port}`;
    ladder.say({
      direction: 'sent',
      layer: 'tcp',
      text: say(`SYN to ${place}`, `${place} へ SYN`),
      fields: [
        ['address', address],
        ['port', String(ladder.port)],
      ],
    });
    const result = await dial(address, ladder.port, options.connectMs, options.signal);
    const observed = tcpWords(result);
    ladder.say({
      direction: 'received',
      layer: 'tcp',
      text: observed,
      fields: [
        ['result', result.result === 'route' ? result.route : result.result],
        ['ms', String(result.ms)],
      ],
    });
    if (result.result === 'open') return { kind: 'open', last: result, address, open: { address, socket: result.socket }, ms: result.ms };
    // A refusal tells more than silence, silence more than a missing route (of an IPv6 address, say).
    const worth = { refused: 3, reset: 3, timeout: 2, route: 1, open: 4 } as const;
    if (best === undefined || worth[result.result] > worth[best.kind]) best = { kind: result.result, last: result, address };
    if (options.signal?.aborted) break;
  }
  return best as Dialled;
}

/**
 * "Unreachable" for one port of a host whose other ports answer is a filter that rejects (ICMP administratively prohibited): the system gives the
 * same error for both.
 */
function rejectedByFilter(dialled: Dialled, othersAnswer: boolean): Dialled {
  const { last } = dialled;
  return othersAnswer && last.result === 'route' && last.route === 'host-unreachable'
    ? { ...dialled, last: { ...last, route: 'prohibited' } }
    : dialled;
}

async function lookAround(
  address: string,
  ports: readonly number[],
  options: { connectMs: number; signal?: AbortSignal },
): Promise<ReadonlyMap<number, DialResult['result']>> {
  const results = await Promise.all(
    ports.slice(0, MAX_OTHER_PORTS).map(async (port) => {
      const result = await dial(address, port, options.connectMs, options.signal);
      if (result.result === 'open') result.socket.destroy();
      return [port, result.result] as const;
    }),
  );
  return new Map(results);
}

function tcpWords(result: DialResult) {
  switch (result.result) {
    case 'open':
      return say(`accepted after ${result.ms} ms`, `${result.ms} ミリ秒で受け付け`);
    case 'refused':
      return say(`refused after ${result.ms} ms`, `${result.ms} ミリ秒で拒否`);
    case 'timeout':
      return say(`no answer within ${result.ms} ms`, `${result.ms} ミリ秒待っても応答なし`);
    case 'reset':
      return say(`reset after ${result.ms} ms (${result.code})`, `${result.ms} ミリ秒でリセット (${result.code})`);
    case 'route':
      return say(`no way there: ${result.route} (${result.code})`, `到達不能: ${result.route} (${result.code})`);
  }
}

function routeEnd(ladder: Ladder, { last, address }: Dialled): RungEnd {
  const tried = say(`packets to ${address}`, `${address} へのパケット`);
  if (last.result === 'route') {
    ladder.set('route.result', last.route);
    return {
      verdict: 'failed',
      tried,
      observed: tcpWords(last),
      expected: say('an answer of the host, be it a refusal', '拒否であってもホストからの応答'),
    };
  }
  if (last.result === 'timeout')
    return {
      verdict: 'warned',
      tried,
      observed: say('nothing came back: not known whether packets arrive', '応答がないため、パケットが届いているか不明'),
    };
  ladder.set('route.result', 'ok');
  return {
    verdict: 'passed',
    tried,
    observed: say('the host, or something in its place, answers', 'ホスト (またはその位置にある機器) が応答'),
  };
}

function tcpEnd(ladder: Ladder, { last }: Dialled, others: ReadonlyMap<number, DialResult['result']>): RungEnd {
  const tried = say(`connect to port ${ladder.port}`, `ポート ${ladder.port} へ接続`);
  const seen = tcpWords(last);
  if (last.result === 'open') return { verdict: 'passed', tried, observed: seen };
  const open = [...others].filter(([, result]) => result === 'open').map(([port]) => port);
  const around =
    others.size === 0
      ? seen
      : open.length === 0
        ? say(`${seen.en}; no other port looked at accepted`, `${seen.ja}。調べた他のポートもすべて受け付けない`)
        : say(`${seen.en}; open: ${open.join(', ')}`, `${seen.ja}。開いているポート: ${open.join(', ')}`);
  return { verdict: 'failed', tried, observed: around, expected: say('the port accepts', 'ポートが受け付ける') };
}

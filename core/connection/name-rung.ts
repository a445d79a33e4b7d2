import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Ladder, RungEnd } from './ladder.ts';
import type { LookUp } from './options.ts';
import { say } from './text.ts';

/** Addresses of one name that are tried: a host with more is a load balancer, and each silent one costs a connect time-out. */
const MAX_ADDRESSES = 4;
/** The resolver of the system gives up on its own after 5 to 30 seconds; a dead DNS server must not use up the host's whole budget. */
const LOOK_UP_MS = 15_000;

/** The resolver of the operating system: hosts file, DNS, whatever it is configured for. */
export const systemLookUp: LookUp = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

/**
 * Rung `name`: the name becomes an address.
 * @param found receives the addresses to try, best first.
 */
export async function nameRung(ladder: Ladder, lookUp: LookUp, found: string[]): Promise<RungEnd> {
  const { host } = ladder.target;
  if (isIP(host.split('%')[0] ?? '') > 0) {
    found.push(host);
    ladder.set('name.result', 'literal');
    ladder.set('name.addresses', [host]);
    return {
      verdict: 'passed',
      tried: say('nothing to look up', '名前解決は不要'),
      observed: say(`${host} is an address`, `${host} はアドレス`),
    };
  }
  const tried = say(`look up ${host}`, `${host} を名前解決`);
  const end = (result: string, en: string, ja: string): RungEnd => {
    ladder.set('name.result', result);
    ladder.say({ direction: 'received', layer: 'dns', text: say(en, ja), fields: [['result', result]] });
    return { verdict: 'failed', tried, observed: say(en, ja), expected: say('at least one address', '1 つ以上のアドレス') };
  };
  ladder.say({ direction: 'sent', layer: 'dns', text: say(`address of ${host}?`, `${host} のアドレスは?`), fields: [['name', host]] });
  let addresses: readonly string[];
  try {
    addresses = [...new Set((await within(lookUp(host), LOOK_UP_MS)).map(({ address }) => address))];
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOTFOUND') return end('not-found', `no such name (${code})`, `名前が存在しない (${code})`);
    if (code === 'ENODATA') return end('no-address', `the name has no address (${code})`, `名前にアドレスがない (${code})`);
    if (code === 'ETIMEOUT' || code === 'ETIMEDOUT')
      return end('timeout', 'the resolver did not answer in time', '名前解決の応答が時間内になかった');
    return end('server-failed', `the resolver failed (${code})`, `名前解決に失敗 (${code})`);
  }
  ladder.set('name.addresses', addresses);
  if (addresses.length === 0) return end('no-address', 'the name has no address', '名前にアドレスがない');
  ladder.set('name.result', 'resolved');
  found.push(...addresses.slice(0, MAX_ADDRESSES));
  const list = addresses.slice(0, 8).join(', ');
  ladder.say({
    direction: 'received',
    layer: 'dns',
    text: say(`${host} is ${list}`, `${host} は ${list}`),
    fields: addresses.slice(0, 32).map((a) => ['address', a]),
  });
  if (addresses.length > MAX_ADDRESSES)
    ladder.notChecked.push(
      say(
        `only the first ${MAX_ADDRESSES} of ${addresses.length} addresses were tried`,
        `${addresses.length} 個のアドレスのうち最初の ${MAX_ADDRESSES} 個だけを試しました`,
      ),
    );
  return { verdict: 'passed', tried, observed: say(list, list) };
}

/** Code of a system error, `unknown` without one. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'unknown';
}

/** Rejects with code `ETIMEOUT` after the time; the work itself cannot be called off. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('timed out'), { code: 'ETIMEOUT' })), Math.max(0, ms));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

import { attemptAll, type ConnectAllOptions, type ConnectRun, Secret } from '@winmedic/core/connection';
import { keytabFromPassword, writeKeytab } from '@winmedic/kerberos';
import { startKdc } from '@winmedic/labs/kdc';
import { startFleet, type WindowsHostSpec } from '@winmedic/labs/windows-host';
import { afterEach, describe, expect, it } from 'vitest';

const HOSTS = 200;
const PASSWORD = 'Fleet-Passw0rd!';
const REALM = 'CORP.EXAMPLE';
const KEY = 'key-of-every-host';
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

interface Fleet {
  /** Runs over all hosts, by names that stand for their addresses. */
  run(password: string, options?: Partial<ConnectAllOptions>): Promise<ConnectRun>;
  /** Credential checks at all hosts and the KDC: tried, and those that failed. */
  counted(): { readonly tried: number; readonly failed: number };
}

/** 200 hosts of one domain, of a workgroup each, or of a domain with a KDC. */
async function fleet(kind: 'domain' | 'workgroup' | 'kerberos'): Promise<Fleet> {
  const nameOf = (i: number) => `HV${String(i + 1).padStart(4, '0')}`;
  const service = (i: number) => `HTTP/${nameOf(i).toLowerCase()}.corp.example`;
  const hosts = await startFleet(HOSTS, (i): WindowsHostSpec => {
    const account = { user: 'alice', domain: kind === 'workgroup' ? nameOf(i) : 'CORP', password: PASSWORD, lockoutThreshold: 3 };
    return {
      name: nameOf(i),
      ...(kind === 'workgroup' ? { dnsDomain: '' } : {}),
      ...(kind === 'kerberos'
        ? { keytab: writeKeytab(keytabFromPassword({ realm: REALM, name: service(i).split('/'), password: KEY })) }
        : {}),
      accounts: [account],
    };
  });
  closing.push(...hosts);
  const kdc =
    kind === 'kerberos'
      ? await startKdc({
          realm: REALM,
          aliases: ['CORP'],
          principals: [
            { name: 'alice', password: PASSWORD, lockoutThreshold: 3 },
            ...hosts.map((_, i) => ({ name: service(i), password: KEY })),
          ],
        })
      : undefined;
  if (kdc !== undefined) closing.push(kdc);
  const addresses = new Map(hosts.map(({ address }, i) => [`${nameOf(i).toLowerCase()}.corp.example`, address]));
  return {
    run: (password, options = {}) =>
      attemptAll(
        hosts.map(({ listeners }, i) => `http://${nameOf(i).toLowerCase()}.corp.example:${listeners[0]?.port}`),
        {
          credential: { kind: 'password', typed: 'alice', password: () => new Secret(password) },
          lookUp: async (name) => [{ address: addresses.get(name) ?? '', family: 4 }],
          kerberos: {
            config: '[libdefaults]\ndns_lookup_kdc = false\n',
            ...(kdc === undefined ? {} : { kdcs: [`127.0.0.1:${kdc.port}`] }),
          },
          otherPorts: [],
          concurrency: 16,
          loginOnly: true,
          ...options,
        },
      ),
    counted: () => {
      const all = [...hosts.flatMap(({ counters }) => [...counters.checks.values()]), ...(kdc?.checks.values() ?? [])];
      return { tried: all.reduce((sum, { tried }) => sum + tried, 0), failed: all.reduce((sum, { failed }) => sum + failed, 0) };
    },
  };
}

const results = ({ attempts }: ConnectRun) => {
  const count = new Map<string, number>();
  for (const { properties } of attempts) {
    const result = properties.get('login.result')?.value ?? 'none';
    count.set(result, (count.get(result) ?? 0) + 1);
  }
  return Object.fromEntries(count);
};
const claimed = ({ checks }: ConnectRun) => [...checks.values()].reduce((sum, n) => sum + n, 0);

describe(`one account over ${HOSTS} hosts, counted at the servers`, () => {
  it.each(['domain', 'kerberos'] as const)('a wrong password is checked once, 16 hosts at a time: %s', async (kind) => {
    const { run, counted } = await fleet(kind);
    const made = await run('wrong-password');
    expect(counted()).toEqual({ tried: 1, failed: 1 });
    expect(claimed(made)).toBe(1);
    expect(results(made)).toEqual({ rejected: 1, 'not-tried': HOSTS - 1 });
  });

  it('a wrong password is checked once also when the account is another one on each host', async () => {
    const { run, counted } = await fleet('workgroup');
    await run('wrong-password');
    expect(counted()).toEqual({ tried: 1, failed: 1 });
  });

  it.each([
    ['domain', 1],
    ['domain', 2],
    ['kerberos', 2],
  ] as const)('further forms cost no more than was said: %s, --try-forms %i', async (kind, tryForms) => {
    const { run, counted } = await fleet(kind);
    const made = await run('wrong-password', { tryForms });
    const { tried, failed } = counted();
    expect(tried).toBeLessThanOrEqual(tryForms + 1);
    expect(failed).toBe(tried);
    expect(claimed(made)).toBeGreaterThanOrEqual(tried);
  });

  it.each(['domain', 'kerberos', 'workgroup'] as const)('the right password logs in everywhere: %s', async (kind) => {
    const { run, counted } = await fleet(kind);
    expect(results(await run(PASSWORD))).toEqual({ accepted: HOSTS });
    expect(counted().failed).toBe(0);
  });
});

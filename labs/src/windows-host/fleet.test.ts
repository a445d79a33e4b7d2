import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { STATES, startFleet, startHost } from './index.ts';
import { OneConnection } from './test-http.ts';

describe('a fleet', () => {
  it('is hundreds of hosts in one process, each with an address or port, names and counters of its own', async () => {
    const hosts = await startFleet(300, (i) => (i % 2 === 0 ? {} : { fault: 'service-503' }));
    try {
      const places = hosts.map((host) => `${host.address}:${host.listeners[0]?.port}`);
      expect(new Set(places).size).toBe(300);
      const statuses = await Promise.all(
        hosts.map(async (host) => {
          const connection = new OneConnection(host.address, host.listeners[0]?.port ?? 0);
          const { status } = await connection.post();
          connection.close();
          return status;
        }),
      );
      expect(statuses.filter((status) => status === 401)).toHaveLength(150);
      expect(statuses.filter((status) => status === 503)).toHaveLength(150);
      expect(hosts.every((host) => host.counters.requests === 1)).toBe(true);
    } finally {
      await Promise.all(hosts.map((host) => host.close()));
    }
  });

  it('leaves nothing listening when one host cannot start', async () => {
    const taken = await startHost({});
    const port = taken.listeners[0]?.port ?? 0;
    const spec = (i: number) => ({ address: '127.0.0.1', listeners: [{ transport: 'HTTP' as const, port: i === 2 ? port : 0 }] });
    await expect(startFleet(3, spec)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await taken.close();
  });

  it.each([...STATES.keys()])('the state %s starts', async (name) => {
    const host = await startHost(STATES.get(name)?.() ?? {});
    expect(host.listeners.length).toBeGreaterThan(0);
    await host.close();
  });
});

describe('the command', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const start = (...args: string[]) => spawn(process.execPath, ['--conditions=@winmedic/source', '--no-warnings', main, ...args]);

  it('prints one JSON line per host and ends when it is told to', async () => {
    const child = start('--count', '3', '--state', 'healthy-https', '--rdp', 'optional');
    const lines: { address: string; listeners: { transport: string; port: number }[]; rdpPort: number; state: string }[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(JSON.parse(line));
      if (lines.length === 3) break;
    }
    expect(lines[0]).toMatchObject({ state: 'healthy-https', rdpPort: expect.any(Number) });
    const connection = new OneConnection(lines[2]?.address ?? '', lines[2]?.listeners[0]?.port ?? 0);
    expect((await connection.post()).challenges).toEqual(['Negotiate', 'Kerberos']);
    connection.close();
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });

  it('says which states there are when it does not know one', async () => {
    const child = start('--state', 'nonsense');
    let err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    const [code] = await once(child, 'exit');
    expect([code, err]).toEqual([1, expect.stringContaining('no state nonsense: healthy')]);
  });
});

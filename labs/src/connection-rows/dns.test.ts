import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type DnsAnswer, type NameServer, startNameServer } from './dns.ts';

const NAMES: ReadonlyMap<string, DnsAnswer> = new Map<string, DnsAnswer>([
  ['hv01.corp.example', ['192.0.2.10', '192.0.2.11']],
  ['empty.corp.example', []],
  ['broken.corp.example', 'server-failed'],
  ['silent.corp.example', 'silent'],
]);
let server: NameServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function resolver(): Promise<Resolver> {
  server = await startNameServer('127.0.0.1', 0, NAMES);
  const asked = new Resolver({ timeout: 200, tries: 1 });
  asked.setServers([`127.0.0.1:${server.port}`]);
  return asked;
}

describe('the name server', () => {
  it('gives the addresses of a name, whatever its case', async () => {
    const asked = await resolver();
    expect(await asked.resolve4('HV01.corp.example')).toEqual(['192.0.2.10', '192.0.2.11']);
  });

  it.each([
    ['nowhere.corp.example', 'ENOTFOUND'],
    ['empty.corp.example', 'ENODATA'],
    ['broken.corp.example', 'ESERVFAIL'],
    ['silent.corp.example', 'ETIMEOUT'],
  ])('%s: %s', async (name, code) => {
    const asked = await resolver();
    await expect(asked.resolve4(name)).rejects.toMatchObject({ code });
  });

  it('has no addresses of another kind', async () => {
    const asked = await resolver();
    await expect(asked.resolve6('hv01.corp.example')).rejects.toMatchObject({ code: 'ENODATA' });
  });

  it('says nothing to what is no question, and goes on', async () => {
    const asked = await resolver();
    const client = createSocket('udp4');
    for (const bytes of [[], [1, 2, 3], new Array(17).fill(0xff), [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 200, 65, 65, 0, 0]])
      await new Promise<void>((resolve, reject) =>
        client.send(Uint8Array.from(bytes as number[]), server?.port ?? 0, '127.0.0.1', (error) =>
          error === null ? resolve() : reject(error),
        ),
      );
    client.close();
    expect(await asked.resolve4('hv01.corp.example')).toHaveLength(2);
  });
});

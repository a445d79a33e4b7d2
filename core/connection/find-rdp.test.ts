import { createServer, type Server } from 'node:net';
import { answerNegotiation, parseRdpNegotiation, type RdpPolicy, writeConnectionConfirm } from '@winmedic/rdp';
import { afterEach, describe, expect, it } from 'vitest';
import { findRdp } from './find-rdp.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

function rdpServer(policy: RdpPolicy, seen: number[] = []): Promise<number> {
  return listen(
    createServer((socket) => {
      seen.push(Date.now());
      socket.on('error', () => {});
      socket.once('data', (bytes) => {
        const request = parseRdpNegotiation(bytes);
        const answer = request.kind === 'request' ? answerNegotiation(request, policy) : undefined;
        if (answer === undefined) socket.end();
        else socket.end(writeConnectionConfirm(answer));
      });
    }),
  );
}

const quick = { times: { connectMs: 2000, answerMs: 1000 }, ratePerSecond: 1000 };

describe('looking for RDP', () => {
  it('finds ports that speak RDP and tells which show a logon screen', async () => {
    const [nla, open, other] = [
      await rdpServer({ nla: 'required' }),
      await rdpServer({ nla: 'optional' }),
      await listen(createServer((socket) => socket.end('SSH-2.0-x\r\n'))),
    ] as const;
    const search = await findRdp(['127.0.0.1'], { ...quick, ports: [nla, open, other] });
    expect(search.tried).toBe(3);
    expect(search.findings).toEqual(
      [
        { host: '127.0.0.1', port: nla, nla: 'required', logonScreen: false },
        { host: '127.0.0.1', port: open, nla: 'optional', logonScreen: true },
      ].sort((a, b) => a.port - b.port),
    );
  });

  it('keeps to the rate', async () => {
    const seen: number[] = [];
    const port = await rdpServer({ nla: 'required' }, seen);
    await findRdp(['127.0.0.1', 'localhost', 'localhost.'], {
      ...quick,
      ports: [port],
      ratePerSecond: 10,
      lookUp: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect((seen.at(-1) as number) - (seen[0] as number)).toBeGreaterThanOrEqual(190);
  });

  it.each(['10.0.0.0/24', '10.0.0.1-10.0.0.9', '10.0.0.*', 'a b', ''])('refuses what is no single host: %j', async (host) => {
    await expect(findRdp([host], { ...quick, ports: [3389], lookUp: async () => [] })).rejects.toMatchObject({ code: 'CONNECT_TARGET' });
  });

  it('refuses more than the limit before anything is sent', async () => {
    const hosts = Array.from({ length: 40 }, (_, i) => `127.0.0.${i + 1}`);
    await expect(findRdp(hosts, { ports: Array.from({ length: 30 }, (_, i) => 3389 + i) })).rejects.toMatchObject({
      code: 'CONNECT_TOO_MANY',
    });
  });

  it('names hosts without an address, whose ports nobody asked', async () => {
    const search = await findRdp(['nobody'], { ...quick, ports: [3389, 3390], lookUp: async () => [] });
    expect(search).toEqual({ findings: [], tried: 0, unresolved: ['nobody'] });
  });

  it('stops when told', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await findRdp(['127.0.0.1'], { ...quick, ports: [1], signal: stop.signal })).toEqual({ findings: [], tried: 0, unresolved: [] });
  });
});

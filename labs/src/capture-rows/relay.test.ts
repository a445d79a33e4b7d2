import { createSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { captureOf, type Relay, startRelay } from './index.ts';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

async function target(serve: (socket: Socket) => void): Promise<{ address: string; port: number }> {
  const server: Server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closing.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function relayTo(where: { address: string; port: number }, udp = false): Promise<Relay> {
  const relay = await startRelay(where, { udp });
  closing.push(relay);
  return relay;
}

/** Sends a text and gives what came back until the end, and how it ended. */
function exchange(port: number, text: string): Promise<{ text: string; error?: string }> {
  return new Promise((resolve) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      got += data.toString();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ text: got, error: error.code ?? '' }));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve({ text: got }));
  });
}

const settled = async (relay: Relay, ends: number) => {
  for (let i = 0; i < 200 && (relay.connections[0]?.ends.length ?? 0) < ends; i++) await new Promise((next) => setTimeout(next, 5));
  return relay.connections[0];
};
const flags = (relay: Relay) =>
  captureOf([{ relay, server: { address: '192.0.2.10', port: 5985 } }]).map(({ bytes, source }) => `${source} ${bytes[47]}`);

describe('a relay', () => {
  it('passes both sides on and writes them down with the closing', async () => {
    const relay = await relayTo(await target((socket) => socket.once('data', (data) => socket.end(`<${data}>`))));
    expect(await exchange(relay.port, 'hello')).toEqual({ text: '<hello>' });
    const seen = await settled(relay, 2);
    expect(seen?.opened).toBe('open');
    expect(seen?.data.map(({ from, bytes }) => [from, Buffer.from(bytes).toString()])).toEqual([
      ['client', 'hello'],
      ['server', '<hello>'],
    ]);
    expect(seen?.ends.map(({ from, how }) => [from, how])).toEqual([
      ['server', 'fin'],
      ['client', 'fin'],
    ]);
    // SYN, SYN-ACK, ACK; data with PSH and their acknowledgements; two FINs.
    expect(flags(relay)).toEqual([
      '192.0.2.50 2',
      '192.0.2.10 18',
      '192.0.2.50 16',
      '192.0.2.50 24',
      '192.0.2.10 16',
      '192.0.2.10 24',
      '192.0.2.50 16',
      '192.0.2.10 17',
      '192.0.2.50 16',
      '192.0.2.50 17',
      '192.0.2.10 16',
    ]);
  });

  it('passes a reset on', async () => {
    const relay = await relayTo(await target((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect((await exchange(relay.port, 'hello')).error).toBe('ECONNRESET');
    expect((await settled(relay, 1))?.ends[0]).toMatchObject({ from: 'server', how: 'rst' });
    expect(flags(relay).at(-1)).toBe('192.0.2.10 20');
  });

  it('shows a target that refuses as a refusal, without data', async () => {
    const where = await target(() => {});
    await closing.pop()?.close();
    const relay = await relayTo(where);
    expect((await exchange(relay.port, 'hello')).error).toBe('ECONNRESET');
    expect(relay.connections[0]).toMatchObject({ opened: 'refused', data: [] });
    expect(flags(relay)).toEqual(['192.0.2.50 2', '192.0.2.10 20']);
  });

  it('passes datagrams on', async () => {
    const echo = createSocket('udp4');
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', () => resolve()));
    closing.push({ close: () => echo.close() });
    echo.on('message', (data, from) => echo.send(`<${data}>`, from.port, from.address));
    const relay = await relayTo({ address: '127.0.0.1', port: echo.address().port }, true);
    const client = createSocket('udp4');
    closing.push({ close: () => client.close() });
    const answer = new Promise((resolve) => client.on('message', (data) => resolve(data.toString())));
    client.send('ping', relay.port, '127.0.0.1');
    expect(await answer).toBe('<ping>');
    expect(relay.connections[0]).toMatchObject({ protocol: 'udp', opened: 'open' });
    expect(relay.connections[0]?.data.map(({ from }) => from)).toEqual(['client', 'server']);
  });
});

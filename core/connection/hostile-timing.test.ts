import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Secret } from '@winmedic/gss';
import { afterEach, describe, expect, it } from 'vitest';
import { attemptConnection } from './attempt.ts';
import { CredentialBudget } from './credential-budget.ts';
import { type DialResult, dial } from './dial.ts';
import { HttpAnswerReader } from './http-answer.ts';
import { SocketTransport } from './http-transport.ts';
import { SocketRpcTransport } from './rpc-transport.ts';
import { TestServers } from './test-servers.ts';

const servers = new TestServers();
afterEach(() => servers.close());

const request = {
  method: 'POST',
  path: '/wsman',
  headers: {},
  body: new Uint8Array(),
  headerTimeoutMs: 5000,
  timeoutMs: 5000,
} as const;
/** One fragment of RPC of 64 KiB begins so; what follows may be anything. */
const LONG_FRAGMENT = Buffer.from('05000c0310000000ffff000001000000', 'hex');

async function open(serve: (socket: Socket) => void): Promise<Extract<DialResult, { result: 'open' }>> {
  const dialled = await dial('127.0.0.1', await servers.tcp(serve), 2000);
  if (dialled.result !== 'open') throw new Error(dialled.result);
  return dialled;
}

/** Sends a beginning, then a byte now and then, for ever. */
function drip(start: Uint8Array): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', () => {
      socket.write(start);
      const timer = setInterval(() => socket.write(Buffer.of(0)), 20);
      socket.on('close', () => clearInterval(timer));
    });
  };
}

describe('a connection that was reset before anybody used it', () => {
  it('is told when it is used, and ends nothing else', async () => {
    const { socket } = await open((peer) => setTimeout(() => peer.resetAndDestroy(), 20));
    await new Promise((resolve) => socket.once('close', resolve));
    const http = new SocketTransport(socket, { hostHeader: 'hv01:5985', secure: false });
    await expect(http.send(request)).rejects.toMatchObject({ name: 'ConnectionLost', how: 'reset' });
    await expect(new SocketRpcTransport(socket, 5000).receive()).rejects.toMatchObject({ name: 'ConnectionLost', how: 'reset' });
  });
});

describe('a server that talks without having been asked', () => {
  const flood = (socket: Socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
    };
    socket.on('drain', more);
    more();
  };

  it('is cut off (HTTP)', async () => {
    const { socket } = await open(flood);
    const http = new SocketTransport(socket, { hostHeader: 'hv01:5985', secure: false });
    await once(socket, 'close');
    expect(socket.bytesRead).toBeLessThan(16 << 20);
    await expect(http.send(request)).rejects.toMatchObject({ how: 'not-http' });
  });

  it('is cut off (RPC)', async () => {
    const { socket } = await open(flood);
    new SocketRpcTransport(socket, 5000);
    await once(socket, 'close');
    expect(socket.bytesRead).toBeLessThan(16 << 20);
  });
});

describe('an answer that comes byte by byte', () => {
  it('takes time with its length, not with the square of it', () => {
    const reader = new HttpAnswerReader();
    const headers = `${'a: b\r\n'.repeat(200)}c: ${'d'.repeat(60_000)}\r\n`;
    const chunks = Array.from({ length: 50_000 }, (_, i) => `1\r\n${i % 10}\r\n`).join('');
    const text = `HTTP/1.1 200 OK\r\n${headers}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
    const from = performance.now();
    const done = [...Buffer.from(text)].map((byte) => reader.push(Buffer.of(byte)));
    expect(performance.now() - from).toBeLessThan(4000);
    expect(done.indexOf(true)).toBe(text.length - 1);
    const { headers: read, body } = reader.answer();
    expect(read.at(-2)?.[1]).toHaveLength(60_000);
    expect(Buffer.from(body).toString('latin1')).toBe('0123456789'.repeat(5000));
  });
});

describe('a server that never comes to an end', () => {
  it.each([
    ['dcom', LONG_FRAGMENT],
    ['rdp', Buffer.from('03000100', 'hex')],
  ] as const)('is left when the time of the host is over: %s', async (via, start) => {
    const port = await servers.tcp(drip(start));
    const from = performance.now();
    const attempt = await attemptConnection(`127.0.0.1:${port}`, {
      via,
      otherPorts: [],
      times: { connectMs: 2000, answerMs: 20_000, hostMs: 300 },
      credential: { kind: 'password', typed: 'alice', password: () => new Secret('never asked for') },
    });
    expect(performance.now() - from).toBeLessThan(5000);
    expect(attempt.notChecked.map(({ en }) => en)).toContain('more than 300 ms went by; the rest was left');
  });
});

describe('a wrong option that shows late', () => {
  it('leaves no connection behind', async () => {
    const ended = Promise.withResolvers<void>();
    const port = await servers.tcp((socket) => socket.resume().on('end', () => ended.resolve()));
    const certificate = { kind: 'certificate', certificate: 'none', key: () => new Secret('none') } as const;
    await expect(attemptConnection(`https://127.0.0.1:${port}`, { otherPorts: [], credential: certificate })).rejects.toMatchObject({
      code: 'CONNECT_CERTIFICATE',
    });
    await ended.promise;
  });
});

describe('waiting for leave to check an account', () => {
  it('leaves nothing behind on the signal', async () => {
    const stop = new AbortController();
    let listeners = 0;
    const { signal } = stop;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const budget = new CredentialBudget();
    const first = await budget.acquire(['alice'], 'a', signal);
    const second = budget.acquire(['alice'], 'b', signal);
    expect(listeners).toBe(1);
    if ('held' in first) throw new Error('held');
    first.release();
    expect('held' in (await second)).toBe(false);
    expect(listeners).toBe(0);
  });
});

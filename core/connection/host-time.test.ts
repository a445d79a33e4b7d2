import { createServer } from 'node:net';
import { Secret } from '@winmedic/gss';
import { startHost } from '@winmedic/labs/windows-host';
import { describe, expect, it, vi } from 'vitest';
import { attemptConnection } from './attempt.ts';
import { HostTime } from './host-time.ts';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the time of a host', () => {
  it('ends once, and not after it was stopped', async () => {
    const ended = vi.fn();
    new HostTime().start(5, ended);
    const stopped = vi.fn();
    const time = new HostTime();
    time.start(5, stopped);
    time.stop();
    await later(40);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(stopped).not.toHaveBeenCalled();
  });

  it('stands still while a person is waited for, and goes on afterwards', async () => {
    const ended = vi.fn();
    const time = new HostTime();
    time.start(60, ended);
    await time.without(() => later(150));
    expect(ended).not.toHaveBeenCalled();
    expect(time.stoodMs).toBeGreaterThan(100);
    await later(150);
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('does not begin again after it was stopped in the meantime', async () => {
    const ended = vi.fn();
    const time = new HostTime();
    time.start(10, ended);
    await time.without(async () => {
      time.stop();
      await later(5);
    });
    await later(40);
    expect(ended).not.toHaveBeenCalled();
  });
});

it('a password that is typed slowly uses up nothing of the time of the host', async () => {
  const host = await startHost({ accounts: [{ user: 'alice', domain: 'CORP', password: 'S3cret-typed' }] });
  try {
    const slowly = async () => {
      await later(2500);
      return new Secret('S3cret-typed');
    };
    const attempt = await attemptConnection(`127.0.0.1:${host.listeners[0]?.port}`, {
      credential: { kind: 'password', typed: 'CORP\\alice', password: slowly },
      times: { hostMs: 2000 },
    });
    expect(attempt.rungs.find(({ name }) => name === 'login')).toMatchObject({ verdict: 'passed' });
    expect(attempt.rungs.find(({ name }) => name === 'login')?.ms).toBeLessThan(2000);
  } finally {
    await host.close();
  }
});

it('a host that is silent still ends in time', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const started = performance.now();
  await attemptConnection(`127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, { times: { hostMs: 300 } });
  expect(performance.now() - started).toBeLessThan(5000);
  server.close();
});

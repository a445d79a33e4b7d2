import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { srvRecords } from './srv-records.ts';

const NAME = '_kerberos._udp.corp.example';

/** A DNS server that answers what it is told to, and a resolver that asks it. */
async function serve(answer: (question: Buffer) => Buffer | undefined): Promise<Resolver> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const bytes = answer(question);
    if (bytes !== undefined) socket.send(bytes, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  opened.push(socket);
  const resolver = new Resolver({ timeout: 5000, tries: 1 });
  resolver.setServers([`127.0.0.1:${(socket.address() as AddressInfo).port}`]);
  return resolver;
}
const opened: ReturnType<typeof createSocket>[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

/** The question without what stands behind it (EDNS), as the head of an answer. */
function head(question: Buffer, records: number, code = 0): Buffer {
  const out = Buffer.from(question.subarray(0, question.indexOf(Buffer.of(0, 0, 33, 0, 1), 12) + 5));
  out.writeUInt16BE(0x8580 | code, 2);
  out.writeUInt16BE(records, 6);
  out.writeUInt16BE(0, 10);
  return out;
}
/** A record of the name asked for. */
function record(priority: number, port: number, target: Buffer, type = 33): Buffer {
  const fixed = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, 6 + target.length, 0, priority, 0, 100, port >> 8, port & 255]);
  return Buffer.concat([fixed, target]);
}
const label = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
/** Offset of `corp.example` in the question. */
const DOMAIN = 12 + 10 + 5;
const compressed = (host: string): Buffer => Buffer.concat([label(host), Buffer.of(0xc0, DOMAIN)]);
const whole = (host: string): Buffer => Buffer.concat([label(host), label('corp'), label('example'), Buffer.of(0)]);

describe('SRV records', () => {
  it("are those of Node's resolver", async () => {
    const resolver = await serve((question) => Buffer.concat([head(question, 1), record(5, 88, whole('dc1'))]));
    expect(await srvRecords(NAME, resolver)).toEqual([expect.objectContaining({ name: 'dc1.corp.example', port: 88, priority: 5 })]);
  });

  it("are read from answers with compressed targets, as Samba's DNS server gives them", async () => {
    let asked = 0;
    const resolver = await serve((question) => {
      asked++;
      return Buffer.concat([head(question, 2), record(0, 88, compressed('dc1')), record(10, 1088, compressed('dc2'))]);
    });
    await expect(resolver.resolveSrv(NAME)).rejects.toMatchObject({ code: 'EBADRESP' });
    asked = 0;
    expect(await srvRecords(NAME, resolver)).toEqual([
      { name: 'dc1.corp.example', port: 88, priority: 0 },
      { name: 'dc2.corp.example', port: 1088, priority: 10 },
    ]);
    expect(asked).toBe(2);
  });

  it('do not exist: rejects as the resolver does', async () => {
    const resolver = await serve((question) => head(question, 0, 3));
    await expect(srvRecords(NAME, resolver)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  const dc = compressed('dc1');
  it.each([
    ['a pointer to itself', (q: Buffer) => Buffer.concat([head(q, 1), record(0, 88, Buffer.of(0xc0, head(q, 1).length + 18))])],
    ['a pointer forwards', (q: Buffer) => Buffer.concat([head(q, 1), record(0, 88, Buffer.of(0xc0, 0xff))])],
    ['a target behind its record', (q: Buffer) => Buffer.concat([head(q, 1), record(0, 88, dc).subarray(0, -1)])],
    ['a reserved length', (q: Buffer) => Buffer.concat([head(q, 1), record(0, 88, Buffer.of(0x80, 0))])],
    ['a name with a blank', (q: Buffer) => Buffer.concat([head(q, 1), record(0, 88, compressed('d c'))])],
    ['fewer records than told', (q: Buffer) => Buffer.concat([head(q, 9), record(0, 88, dc)])],
  ])('are not made up from %s', async (_, answer) => {
    const { getServers } = await serve(answer).then((resolver) => ({ getServers: () => resolver.getServers() }));
    const refused = Object.assign(new Error('refused'), { code: 'EBADRESP' });
    await expect(srvRecords(NAME, { resolveSrv: () => Promise.reject(refused), getServers })).rejects.toBe(refused);
  });

  it('are taken from the answer to the question alone', async () => {
    const good = (question: Buffer) => Buffer.concat([head(question, 1), record(0, 88, dc)]);
    const forged = (question: Buffer) => {
      const out = Buffer.concat([head(question, 1), record(0, 99, dc)]);
      out.writeUInt16BE(question.readUInt16BE(0) ^ 1, 0);
      return out;
    };
    const socket = createSocket('udp4');
    opened.push(socket);
    socket.on('message', (question, from) => {
      socket.send(forged(question), from.port, from.address);
      socket.send(good(question), from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const refused = Object.assign(new Error('refused'), { code: 'EBADRESP' });
    const servers = [`127.0.0.1:${(socket.address() as AddressInfo).port}`];
    const answers = await srvRecords(NAME, { resolveSrv: () => Promise.reject(refused), getServers: () => servers });
    expect(answers).toEqual([{ name: 'dc1.corp.example', port: 88, priority: 0 }]);
  });

  it('come out whole or not at all, whatever the server sends behind the question', async () => {
    let behind: Uint8Array = new Uint8Array();
    const server = await serve((question) => Buffer.concat([head(question, 3), behind]));
    const refused = Object.assign(new Error('refused'), { code: 'EBADRESP' });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (bytes) => {
        behind = bytes;
        const answers = await srvRecords(NAME, { resolveSrv: () => Promise.reject(refused), getServers: () => server.getServers() }).catch(
          (error: unknown) => error,
        );
        if (Array.isArray(answers)) for (const { name } of answers) expect(name).toMatch(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/);
        else expect(answers).toBe(refused);
      }),
      { numRuns: 200 },
    );
  });
});

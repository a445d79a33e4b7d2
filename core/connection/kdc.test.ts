import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { parseKrb5Conf } from '@winmedic/kerberos';
import { startKdc } from '@winmedic/labs/kdc';
import { afterEach, describe, expect, it } from 'vitest';
import { kdcsOf, kdcTransport } from './kdc.ts';
import { kerberosConfig, ticketCachePath } from './kerberos-settings.ts';
import { TestServers } from './test-servers.ts';

const servers = new TestServers();
const closing: { close(): unknown }[] = [];
afterEach(async () => {
  servers.close();
  for (const each of closing.splice(0)) await each.close();
});

const REALM = 'CORP.EXAMPLE';

/** An AS-REQ of a user nobody knows, as it went over the wire: the answer is KRB-ERROR 6. */
async function asRequest(): Promise<Uint8Array> {
  const { kerberosInitiator } = await import('@winmedic/kerberos');
  const { Secret } = await import('@winmedic/gss');
  let request: Uint8Array | undefined;
  const context = kerberosInitiator({
    credential: { kind: 'password', user: 'nobody', realm: REALM, password: new Secret('x') },
    servicePrincipalName: 'HTTP/hv01',
    kdc: async (_, message) => {
      request = message;
      throw new Error('recorded');
    },
  });
  await context.step().catch(() => undefined);
  return request as Uint8Array;
}

describe('finding KDCs', () => {
  const conf = parseKrb5Conf('[realms]\nCORP.EXAMPLE = {\n kdc = dc1.corp.example\n kdc = tcp/dc2.corp.example:8888\n}\n');
  const srv = async (name: string) =>
    name.includes('_udp')
      ? [{ name: 'b.example', port: 88, priority: 10 }]
      : [
          { name: 'a.example', port: 89, priority: 0 },
          { name: 'B.example', port: 88, priority: 10 },
        ];

  it('takes those given, then krb5.conf, then DNS', async () => {
    expect(await kdcsOf(REALM, { kdcs: ['192.0.2.1:8888'] }, conf)).toEqual([{ host: '192.0.2.1', port: 8888 }]);
    expect(await kdcsOf('corp.example', {}, conf)).toEqual([
      { host: 'dc1.corp.example', port: 88 },
      { host: 'dc2.corp.example', port: 8888, protocol: 'tcp' },
    ]);
    const asked: string[] = [];
    const lookUpSrv = (name: string) => {
      asked.push(name);
      return srv(name);
    };
    expect(await kdcsOf('OTHER.EXAMPLE', { lookUpSrv }, conf)).toEqual([
      { host: 'a.example', port: 89, protocol: 'tcp' },
      { host: 'B.example', port: 88 },
    ]);
    expect(asked).toEqual(['_kerberos._udp.other.example', '_kerberos._tcp.other.example']);
  });

  it('asks no DNS when krb5.conf forbids it, nor for what is no name, and lives with its failures', async () => {
    const lookUpSrv = async () => {
      throw new Error('must not be asked');
    };
    expect(await kdcsOf('X.EXAMPLE', { lookUpSrv }, parseKrb5Conf('[libdefaults]\ndns_lookup_kdc = false\n'))).toEqual([]);
    expect(await kdcsOf('a b', { lookUpSrv }, conf)).toEqual([]);
    expect(await kdcsOf('X.EXAMPLE', { lookUpSrv }, conf)).toEqual([]);
  });

  it('reads no configuration where there is none', () => {
    expect(kerberosConfig({ env: { KRB5_CONFIG: '/nonexistent/krb5.conf' } }).defaultRealm).toBeUndefined();
  });

  it('uses ticket caches that are files', () => {
    const path = (name: string | undefined, text = '') => ticketCachePath({ env: { KRB5CCNAME: name } }, parseKrb5Conf(text));
    expect(path('FILE:/x/cc')).toBe('/x/cc');
    expect(path('/x/cc')).toBe('/x/cc');
    for (const name of ['KEYRING:persistent:0', 'KCM:', 'DIR:/x', 'MEMORY:x']) expect(path(name)).toBeUndefined();
    expect(path(undefined, '[libdefaults]\ndefault_ccache_name = FILE:/y/%{uid}\n')).toBe(`/y/${process.getuid?.() ?? ''}`);
  });
});

describe('asking KDCs', () => {
  it('asks over UDP, and over TCP when the answer does not fit', async () => {
    for (const maxUdpReply of [undefined, 10]) {
      const kdc = await startKdc({ realm: REALM, principals: [], ...(maxUdpReply === undefined ? {} : { maxUdpReply }) });
      closing.push(kdc);
      const ask = kdcTransport(async () => [{ host: '127.0.0.1', port: kdc.port }]);
      const { readKerberosMessage } = await import('@winmedic/kerberos');
      expect(readKerberosMessage(await ask(REALM, await asRequest()))).toMatchObject({ kind: 'KRB-ERROR', error: 6 });
    }
  });

  it('goes over to TCP, and to the next KDC, after silence', async () => {
    // A port that is free for UDP may be taken for TCP: the next one then.
    let port = 0;
    for (let tries = 0; port === 0; tries++) {
      const silent: UdpSocket = createSocket('udp4');
      await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
      closing.push({ close: () => silent.close() });
      const reply = Buffer.from([0, 0, 0, 2, 0x7e, 0x00]);
      port = await servers
        .tcp((socket) => socket.once('data', () => socket.write(reply)), silent.address().port)
        .catch((error: unknown) => {
          if (tries > 20) throw error;
          return 0;
        });
    }
    const start = performance.now();
    const ask = kdcTransport(async () => [
      { host: '127.0.0.1', port: 1, protocol: 'tcp' },
      { host: '127.0.0.1', port },
    ]);
    expect(await ask(REALM, new Uint8Array([1]))).toEqual(new Uint8Array([0x7e, 0x00]));
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('rejects when nobody answers', async () => {
    const ask = kdcTransport(async () => [
      { host: '127.0.0.1', port: 1 },
      { host: 'name.invalid', port: 88 },
    ]);
    await expect(ask(REALM, new Uint8Array(4))).rejects.toMatchObject({ code: 'CONNECT_KDC' });
  });

  it('takes no endless answer', async () => {
    const port = await servers.tcp((socket) => socket.once('data', () => socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))));
    await expect(kdcTransport(async () => [{ host: '127.0.0.1', port, protocol: 'tcp' }])(REALM, new Uint8Array(4))).rejects.toMatchObject({
      code: 'CONNECT_KDC',
    });
  });
});

import {
  bindingPort,
  CLSID_WBEM_LEVEL1_LOGIN,
  type CreateInstanceReply,
  ENDPOINT_MAPPER,
  IID_WBEM_LEVEL1_LOGIN,
  listEndpoints,
  mapEndpoint,
  NdrReader,
  NdrWriter,
  REM_UNKNOWN2,
  type RpcAuth,
  RpcConnection,
  remoteCreateInstance,
  SCM_ACTIVATOR,
  serverAlive2,
} from '@winmedic/dcerpc';
import { Secret } from '@winmedic/gss';
import { ntlmInitiator } from '@winmedic/ntlm';
import { afterEach, describe, expect, it } from 'vitest';
import { type DcomEvent, type DcomHost, type DcomHostSpec, startDcomHost } from './index.ts';
import { dial } from './test-dial.ts';

const PASSWORD = 'Pa55-of-the-lab';
const ACCOUNTS = [
  { user: 'admin', domain: 'CORP', password: PASSWORD },
  { user: 'local', domain: 'HV01', password: PASSWORD, rights: 'filtered' },
  { user: 'off', domain: 'CORP', password: PASSWORD, state: 'disabled' },
] as const;

let host: DcomHost | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function start(spec: DcomHostSpec = {}): Promise<DcomHost> {
  host = await startDcomHost({ accounts: ACCOUNTS, ...spec });
  return host;
}

async function open(port: number): Promise<RpcConnection> {
  return new RpcConnection(await dial('127.0.0.1', port));
}

function auth(level: RpcAuth['level'], user = 'admin', domain = 'CORP', password = PASSWORD): RpcAuth {
  return { type: 'ntlm', level, context: ntlmInitiator({ credential: { user, domain, password: new Secret(password) } }) };
}

async function activate(
  to: DcomHost,
  login?: RpcAuth,
  clsid = CLSID_WBEM_LEVEL1_LOGIN,
  iids = [IID_WBEM_LEVEL1_LOGIN],
): Promise<CreateInstanceReply> {
  const connection = await open(to.port);
  try {
    return await remoteCreateInstance(connection, { clsid, iids, ...(login === undefined ? {} : { auth: login }) });
  } finally {
    connection.close();
  }
}

describe('a healthy host', () => {
  it('tells names, addresses and security packages without a login', async () => {
    const { port } = await start({ name: 'HV07' });
    const { version, bindings } = await serverAlive2(await open(port));
    expect(version).toEqual({ major: 5, minor: 7 });
    expect(bindings.strings.map(({ address }) => address)).toEqual(['HV07', '127.0.0.1']);
    expect(bindings.security.map(({ service }) => service)).toEqual([10, 9, 16]);
  });

  it('names its ports at the endpoint mapper, and none for what it has not', async () => {
    const { port, dynamicPort } = await start();
    expect((await mapEndpoint(await open(port), ENDPOINT_MAPPER)).map((tower) => tower.port)).toEqual([port]);
    expect(await mapEndpoint(await open(port), SCM_ACTIVATOR)).toEqual([]);
    expect((await listEndpoints(await open(port))).map(({ tower }) => tower.port)).toEqual([dynamicPort, port]);
  });

  it.each(['connect', 'packet', 'integrity', 'privacy'] as const)(
    'activates WMI at level %s and is reached at the port it names',
    async (level) => {
      const running = await start();
      const reply = await activate(running, auth(level));
      expect(reply.hresult).toBe(0);
      expect(reply.properties?.interfaces).toMatchObject([
        { iid: IID_WBEM_LEVEL1_LOGIN, hresult: 0, objref: { kind: 'standard', iid: IID_WBEM_LEVEL1_LOGIN } },
      ]);
      expect(reply.properties?.bindings.strings.map(bindingPort)).toEqual([
        { host: 'HV01', port: running.dynamicPort },
        { host: '127.0.0.1', port: running.dynamicPort },
      ]);
      const object = await open(running.dynamicPort);
      await object.bind(REM_UNKNOWN2, auth('privacy'));
      const released = await object.call(5, new NdrWriter().u32(0).finish(), { object: reply.properties!.ipidRemUnknown });
      expect(new NdrReader(released.subarray(8)).u32('HRESULT')).toBe(0);
    },
  );

  it('activates by a principal name too', async () => {
    const running = await start();
    expect((await activate(running, auth('privacy', 'admin@corp.example', ''))).hresult).toBe(0);
  });

  it('counts what was called', async () => {
    const running = await start();
    await activate(running, auth('privacy'));
    expect(running.counters.connections).toBe(1);
    expect([...running.counters.calls]).toEqual([[`${SCM_ACTIVATOR.uuid}/4`, 1]]);
  });
});

describe('a refusal', () => {
  it('of a wrong password, an unknown user and a disabled account is a fault with status 5, and each check is told', async () => {
    const checks: string[] = [];
    const running = await start({ onCheck: ({ user, outcome }) => checks.push(`${user} ${outcome}`) });
    for (const login of [auth('privacy', 'admin', 'CORP', 'wrong'), auth('privacy', 'nobody'), auth('privacy', 'off')]) {
      await expect(activate(running, login)).rejects.toMatchObject({ code: 'DCERPC_FAULT', status: 5 });
    }
    expect(checks).toEqual(['admin wrong-password', 'nobody unknown-user', 'off refused']);
  });

  it('of rights is E_ACCESSDENIED: by the specification, by a filtered token, without a login', async () => {
    expect(await activate(await start({ activation: 'access-denied' }), auth('privacy'))).toEqual({ hresult: 0x80070005 });
    await host?.close();
    const running = await start();
    expect(await activate(running, auth('privacy', 'local', 'HV01'))).toEqual({ hresult: 0x80070005 });
    expect(await activate(running)).toEqual({ hresult: 0x80070005 });
  });

  it('of a class that is not registered, and of interfaces an object has not', async () => {
    expect(await activate(await start({ activation: 'class-not-registered' }), auth('privacy'))).toEqual({ hresult: 0x80040154 });
    await host?.close();
    const running = await start();
    expect(await activate(running, auth('privacy'), ENDPOINT_MAPPER.uuid)).toEqual({ hresult: 0x80040154 });
    expect(await activate(running, auth('privacy'), CLSID_WBEM_LEVEL1_LOGIN, [ENDPOINT_MAPPER.uuid])).toEqual({ hresult: 0x80004002 });
    const mixed = await activate(running, auth('privacy'), CLSID_WBEM_LEVEL1_LOGIN, [ENDPOINT_MAPPER.uuid, IID_WBEM_LEVEL1_LOGIN]);
    expect(mixed.properties?.interfaces.map(({ hresult }) => hresult)).toEqual([0x80004002, 0]);
  });

  it('by hardening takes every level below packet integrity, and is written down as event 10036', async () => {
    const events: DcomEvent[] = [];
    const running = await start({ hardening: true, onEvent: (event) => events.push(event) });
    expect(await activate(running, auth('connect'))).toEqual({ hresult: 0x80070005 });
    expect(await activate(running, auth('packet'))).toEqual({ hresult: 0x80070005 });
    expect((await activate(running, auth('integrity'))).hresult).toBe(0);
    expect((await activate(running, auth('privacy'))).hresult).toBe(0);
    expect(events).toEqual(Array.from({ length: 2 }, () => ({ id: 10036, domain: 'CORP', user: 'admin', address: '127.0.0.1' })));
  });

  it('by hardening can be a fault', async () => {
    const running = await start({ hardening: true, hardeningAnswer: 'fault' });
    await expect(activate(running, auth('connect'))).rejects.toMatchObject({ code: 'DCERPC_FAULT', status: 5 });
  });

  it('of the bind itself: bind_nak, no such interface, no such security package', async () => {
    await expect(activate(await start({ refusals: { nakReason: 2 } }), auth('privacy'))).rejects.toMatchObject({
      code: 'DCERPC_BIND_NAK',
      status: 2,
    });
    await host?.close();
    await expect(activate(await start({ refusals: { withoutActivation: true } }), auth('privacy'))).rejects.toMatchObject({
      code: 'DCERPC_REJECTED',
      status: 1,
    });
    await host?.close();
    const kerberosOnly = await start({ login: () => undefined });
    await expect(activate(kerberosOnly, auth('privacy'))).rejects.toMatchObject({ code: 'DCERPC_BIND_NAK', status: 8 });
  });

  it('of a newer client is a version mismatch', async () => {
    const running = await start();
    const connection = await open(running.port);
    const version = { major: 5, minor: 8 };
    const options = { clsid: CLSID_WBEM_LEVEL1_LOGIN, iids: [IID_WBEM_LEVEL1_LOGIN], auth: auth('privacy'), version };
    expect(await remoteCreateInstance(connection, options)).toEqual({ hresult: 0x80010110 });
    connection.close();
  });

  it('of the dynamic port comes from the network: it is named and closed', async () => {
    const running = await start({ dynamicPortClosed: true });
    const reply = await activate(running, auth('privacy'));
    const port = bindingPort(reply.properties!.bindings.strings[1]!)?.port;
    expect(port).toBe(running.dynamicPort);
    await expect(dial('127.0.0.1', port!)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('of bytes that are no RPC is the end of the connection', async () => {
    const running = await start();
    const transport = await dial('127.0.0.1', running.port);
    await transport.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(await transport.receive()).toHaveLength(0);
  });
});

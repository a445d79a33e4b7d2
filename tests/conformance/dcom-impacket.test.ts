import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DcomEvent, type DcomHost, type DcomHostSpec, startDcomHost } from '@winmedic/labs/dcom-host';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

/**
 * Impacket's DCOM client (Debian package python3-impacket) against our double: its own path from ServerAlive2 over the activation to the
 * object's dynamic port. It only knows port 135, which needs root; an address of loopback that nobody else uses keeps it apart.
 */
const PYTHON = '/usr/bin/python3';
const ADDRESS = '127.45.135.1';
const PASSWORD = 'Pa55-of-the-lab';

async function obstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'needs Linux: another address of loopback';
  if (spawnSync(PYTHON, ['-c', 'import impacket.dcerpc.v5.dcomrt']).status !== 0) return 'python3-impacket is not installed';
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(`port 135 of ${ADDRESS}: ${error.message}`));
    probe.listen(135, ADDRESS, () => probe.close(() => resolve(undefined)));
  });
}

const why = await obstacle();
if (why !== undefined) console.log(`skipped: ${why}`);

/** Impacket's NTLM needs MD4 and RC4, which OpenSSL 3 has in its legacy provider only. */
const OPENSSL = `openssl_conf = settings
[settings]
providers = list
[list]
default = on
legacy = on
[on]
activate = 1
`;

/** Arguments as JSON on standard input, so that the password stands in no command line. */
const CLIENT = `
import json, sys
from impacket.dcerpc.v5 import epm, rpcrt, transport
from impacket.dcerpc.v5.dcom import wmi
from impacket.dcerpc.v5.dcomrt import DCOMConnection, IObjectExporter
from impacket.uuid import uuidtup_to_bin
a = json.load(sys.stdin)
def out(**k):
    print(json.dumps(k)); sys.stdout.flush()
try:
    if a['what'] == 'alive':
        t = transport.DCERPCTransportFactory('ncacn_ip_tcp:' + a['host'])
        d = t.get_dce_rpc(); d.set_auth_level(rpcrt.RPC_C_AUTHN_LEVEL_NONE); d.connect()
        out(addresses=[b['aNetworkAddr'].rstrip('\\0') for b in IObjectExporter(d).ServerAlive2()])
    elif a['what'] == 'map':
        out(binding=epm.hept_map(a['host'], uuidtup_to_bin(('f6beaff7-1e19-4fbb-9f8f-b89e2018337c', '1.0')), protocol='ncacn_ip_tcp'))
    else:
        c = DCOMConnection(a['host'], a['user'], a['password'], 'CORP', authLevel=a['level'], oxidResolver=True)
        i = c.CoCreateInstanceEx(wmi.CLSID_WbemLevel1Login, wmi.IID_IWbemLevel1Login)
        released = i.RemRelease()['ErrorCode']
        out(hresult=0, released=released, bindings=[b['aNetworkAddr'].rstrip('\\0') for b in i.get_cinstance().get_string_bindings()])
except Exception as e:
    code = e.get_error_code() if hasattr(e, 'get_error_code') else None
    out(error=type(e).__name__, code=code, text=str(e))
import os
os._exit(0)
`;

interface Answer {
  readonly hresult?: number;
  readonly released?: number;
  readonly bindings?: readonly string[];
  readonly addresses?: readonly string[];
  readonly binding?: string;
  readonly error?: string;
  readonly code?: number | null;
  readonly text?: string;
}

describe.skipIf(why !== undefined)("impacket's DCOM client", () => {
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-impacket-'));
  const config = join(folder, 'openssl.cnf');
  writeFileSync(config, OPENSSL);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let host: DcomHost | undefined;
  const events: DcomEvent[] = [];
  afterEach(async () => {
    await host?.close();
    host = undefined;
    events.length = 0;
  });

  async function start(spec: DcomHostSpec = {}): Promise<DcomHost> {
    host = await startDcomHost({
      address: ADDRESS,
      port: 135,
      accounts: [{ user: 'admin', domain: 'CORP', password: PASSWORD }],
      onEvent: (event) => events.push(event),
      ...spec,
    });
    return host;
  }

  async function ask(what: 'alive' | 'map' | 'activate', level = 6, password = PASSWORD): Promise<Answer> {
    const run = promisify(execFile)(PYTHON, ['-c', CLIENT], { env: { ...process.env, OPENSSL_CONF: config }, timeout: 60_000 });
    run.child.stdin?.end(JSON.stringify({ what, host: ADDRESS, user: 'admin', password, level }));
    const { stdout } = await run;
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Answer;
  }

  it('reads the addresses of ServerAlive2', async () => {
    await start({ name: 'HV07' });
    expect(await ask('alive')).toEqual({ addresses: ['HV07', ADDRESS] });
  });

  it('finds an interface at the endpoint mapper', async () => {
    const { dynamicPort } = await start();
    expect(await ask('map')).toEqual({ binding: `ncacn_ip_tcp:${ADDRESS}[${dynamicPort}]` });
  });

  it.each([
    ['packet integrity', 5],
    ['packet privacy', 6],
  ])('activates WMI at %s and releases it at the dynamic port', async (_, level) => {
    const { dynamicPort, counters } = await start({ hardening: true });
    expect(await ask('activate', level)).toEqual({
      hresult: 0,
      released: 0,
      bindings: [`HV01[${dynamicPort}]`, `${ADDRESS}[${dynamicPort}]`],
    });
    expect(counters.calls.get('{00000131-0000-0000-c000-000000000046}/5')).toBe(1);
    expect(events).toEqual([]);
  });

  it('is told E_ACCESSDENIED where the account may not activate', async () => {
    await start({ activation: 'access-denied' });
    expect(await ask('activate')).toMatchObject({ error: 'DCERPCSessionError', code: 0x80070005 });
  });

  it('is told that the class is not registered', async () => {
    await start({ activation: 'class-not-registered' });
    expect(await ask('activate')).toMatchObject({ error: 'DCERPCSessionError', code: 0x80040154 });
  });

  it('is refused below packet integrity when the host is hardened, and the host writes event 10036', async () => {
    await start({ hardening: true });
    expect(await ask('activate', 2)).toMatchObject({ error: 'DCERPCSessionError', code: 0x80070005 });
    expect(events).toEqual([{ id: 10036, domain: 'CORP', user: 'admin', address: '127.0.0.1' }]);
    await host?.close();
    await start({ hardening: true, hardeningAnswer: 'fault' });
    expect(await ask('activate', 2)).toMatchObject({ error: 'DCERPCException', text: 'rpc_s_access_denied' });
  });

  it('activates below packet integrity where the host is not hardened', async () => {
    await start();
    expect(await ask('activate', 2)).toMatchObject({ hresult: 0, released: 0 });
  });

  it('is told access denied after a wrong password', async () => {
    await start();
    expect(await ask('activate', 6, 'wrong')).toMatchObject({ error: 'DCERPCException', text: 'rpc_s_access_denied' });
  });

  it('is told that there is no activation, and why a bind was refused', async () => {
    await start({ refusals: { withoutActivation: true } });
    expect((await ask('activate')).text).toContain('abstract_syntax_not_supported');
    await host?.close();
    await start({ refusals: { nakReason: 8 } });
    expect((await ask('activate')).text).toContain('0x8');
  });
});

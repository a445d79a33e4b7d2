import { Secret } from '@winmedic/gss';
import { ntlmInitiator } from '@winmedic/ntlm';
import { ConnectionLost, type HttpTransport, RESOURCE, textOf, WsmanClient, type WsmanInstance, WsmanSession, wmi } from '@winmedic/wsman';
import { describe, expect, it } from 'vitest';
import type { HostDouble, WindowsHostSpec } from './index.ts';
import { OneConnection, withHost } from './test-http.ts';

const PASSWORD = 'Unit-Passw0rd!';
const accounts = [{ user: 'alice', domain: 'CORP', password: PASSWORD }] as const;

/** The project's client over one connection of the double, logged in with NTLM. */
async function logIn(host: HostDouble, options: ConstructorParameters<typeof WsmanClient>[1] = {}): Promise<[WsmanClient, () => void]> {
  const connection = new OneConnection(host.address, host.listeners[0]?.port ?? 0);
  const transport: HttpTransport = {
    secure: false,
    async send({ method, path, headers, body }) {
      try {
        const got = await connection.post({ method, path, headers, body });
        const others = Object.entries(got.headers).filter(([name]) => name !== 'www-authenticate');
        const list = [
          ...got.challenges.map((value) => ['WWW-Authenticate', value] as const),
          ...others.map(([n, v]) => [n, String(v)] as const),
        ];
        return { status: got.status, statusText: '', headers: list, body: got.body };
      } catch (error) {
        throw new ConnectionLost('reset', { cause: error });
      }
    },
    close: () => connection.close(),
  };
  const credential = { user: 'alice', domain: 'CORP', password: new Secret(PASSWORD) };
  const session = new WsmanSession(transport, { login: { scheme: 'Negotiate', context: () => ntlmInitiator({ credential }) } });
  expect(await session.login()).toMatchObject({ outcome: 'accepted' });
  return [new WsmanClient(session, { sleep: () => Promise.resolve(), ...options }), () => session.close()];
}

async function withClient(spec: WindowsHostSpec, use: (client: WsmanClient, host: HostDouble) => Promise<void>): Promise<void> {
  await withHost({ accounts, ...spec }, async (host) => {
    const [client, close] = await logIn(host);
    await use(client, host);
    close();
    expect(host.counters.clearBodies).toBe(0);
    expect([...host.counters.checks]).toEqual([['corp\\alice', { tried: 1, failed: 0 }]]);
  });
}

async function all(rows: AsyncIterable<WsmanInstance>): Promise<WsmanInstance[]> {
  const list: WsmanInstance[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

describe('the project’s own client against the double', () => {
  it('reads everything of an inventory in one round trip per class', async () => {
    await withClient({ virtualMachines: 40, services: 200 }, async (client) => {
      expect((await all(client.query('root/cimv2', 'select Name, State from Win32_Service'))).length).toBe(200);
      const machines = await all(client.query('root/virtualization/v2', 'select * from Msvm_ComputerSystem'));
      expect(machines).toHaveLength(41);
      expect(client.counters).toMatchObject({ roundTrips: 2, instances: 241, halvings: 0 });
      const summary = await client.invoke(
        { resourceUri: wmi('root/virtualization/v2', 'Msvm_VirtualSystemManagementService'), selectors: new Map([['Name', 'vmms']]) },
        'GetSummaryInformation',
        new Map([['RequestedInformation', ['0', '1', '4', '100', '103']]]),
      );
      expect(summary.properties.get('SummaryInformation')).toHaveLength(40);
    });
  });

  it('goes on over several answers of a host that fits little into one', async () => {
    await withClient({ services: 400, limits: { maxEnvelopeSizeKb: 32 } }, async (client, host) => {
      const rows = await all(client.query('root/cimv2', 'select * from Win32_Service'));
      expect(new Set(rows.map((row) => textOf(row, 'Name'))).size).toBe(400);
      expect(client.counters.roundTrips).toBeGreaterThan(5);
      expect(host.counters.openEnumerations).toBe(0);
    });
  });

  it('releases an enumeration it leaves', async () => {
    await withClient({ services: 100, limits: { maxBatchItems: 20 } }, async (client, host) => {
      for await (const row of client.query('root/cimv2', 'select Name from Win32_Service')) if (textOf(row, 'Name') === 'Netlogon') break;
      expect(host.counters.openEnumerations).toBe(0);
    });
  });

  it('repeats after the operation time-out, and reads faults by their codes', async () => {
    await withClient({ fault: 'operation-timeout' }, async (client) => {
      expect(await all(client.query('root/cimv2', 'select Name from Win32_ComputerSystem'))).toHaveLength(1);
      expect(client.counters.timeoutRepeats).toBe(2);
      await expect(all(client.query('root/cimv2', 'select Name from Win32_None'))).rejects.toMatchObject({
        fault: { wsmanCode: 0x8033801a },
      });
    });
  });

  it('runs a command, reads the configuration, and takes events', async () => {
    await withClient({}, async (client, host) => {
      const shell = await client.openShell();
      const output = await shell.receive(await shell.command('echo', ['hello']));
      expect([output.exitCode, Buffer.concat(output.pieces.map((piece) => piece.data)).toString()]).toEqual([0, 'hello\r\n']);
      await shell.delete();
      expect(host.counters.openShells).toBe(0);
      expect(textOf(await client.get({ resourceUri: RESOURCE.config }), 'MaxEnvelopeSizekb')).toBe('500');
      const subscription = await client.subscribe({ resourceUri: RESOURCE.eventLog });
      expect((await subscription.pull(10)).events).toHaveLength(3);
      await subscription.unsubscribe();
    });
  });

  it('gives up on a quota that stays', async () => {
    await withClient({ fault: 'operations-quota' }, async (client) => {
      await expect(all(client.query('root/cimv2', 'select Name from Win32_Service'))).rejects.toMatchObject({
        fault: { wsmanCode: 0x803381a6 },
      });
      expect(client.counters.quotaRepeats).toBe(5);
    });
  });
});

import { spawnSync } from 'node:child_process';
import { keytabFromPassword, writeKeytab } from '@winmedic/kerberos';
import { startDcomHost } from '../dcom-host/index.ts';
import { type Kdc, startKdc } from '../kdc/index.ts';
import { type HostDouble, type LogonRecord, startHost } from '../windows-host/index.ts';
import { startNameServer } from './dns.ts';
import { type RunningServer, startInspection, startOtherServer } from './servers.ts';
import type { RowWorld, RunningPlace } from './types.ts';

/** Realm, service and key of the worlds with a KDC. */
export const ROW_REALM = { realm: 'CORP.EXAMPLE', service: 'HTTP/hv01.corp.example', key: 'key-of-the-host' } as const;

/** A world that runs. */
export interface RunningWorld {
  readonly place: RunningPlace;
  /** PEM of the certificate a client sees, when there is HTTPS. */
  readonly cert?: string;
  /** `host:port` of the KDC. */
  readonly kdc?: string;
  /** Credential checks at host and KDC so far. */
  checks(): number;
  /** Logons the host saw so far, oldest first. */
  logons(): readonly LogonRecord[];
  close(): Promise<void>;
}

/** Starts the parts of a world; nothing is left running when one of them cannot be started. */
export async function startWorld(world: RowWorld): Promise<RunningWorld> {
  const open: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    open.push(part);
    return part;
  };
  const close = async () => {
    await Promise.all(open.map((part) => part.close()));
  };
  try {
    if (world.filter !== undefined) keep(filterPackets(world.filter));
    if (world.names !== undefined) keep(await startNameServer('127.0.0.1', 53, world.names));
    const kdc = world.kdc === undefined ? undefined : keep(await startKdc({ realm: ROW_REALM.realm, aliases: ['CORP'], ...world.kdc }));
    const host = world.host === undefined ? undefined : keep(await startHost(withKey(world, kdc !== undefined)));
    const server = world.server === undefined ? undefined : keep(await startOtherServer(world.server, '127.0.0.1'));
    const mapper = world.dcom === undefined ? undefined : keep(await startDcomHost(world.dcom));
    const front = host === undefined || !world.inspected ? undefined : keep(await startInspection('127.0.0.1', addressOf(host)));
    const cert = front?.cert ?? certificateOf(host);
    return {
      place: placeOf(host, server ?? mapper ?? front ?? (await closedPort())),
      ...(cert === undefined ? {} : { cert }),
      ...(kdc === undefined ? {} : { kdc: `127.0.0.1:${kdc.port}` }),
      checks: () => checksOf(host, kdc),
      logons: () => host?.counters.logons ?? [],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function withKey({ host = {}, hostKey }: RowWorld, kerberos: boolean): NonNullable<RowWorld['host']> {
  if (!kerberos || host.keytab !== undefined) return host;
  const { realm, service, key } = ROW_REALM;
  return { ...host, keytab: writeKeytab(keytabFromPassword({ realm, name: service.split('/'), password: hostKey ?? key })) };
}

function addressOf(host: HostDouble): { readonly address: string; readonly port: number } {
  return { address: host.address, port: host.listeners[0]?.port ?? 0 };
}

function placeOf(host: HostDouble | undefined, other: Pick<RunningServer, 'port' | 'cert'>): RunningPlace {
  const listener = host?.listeners[0];
  const inFront = other.cert !== undefined || listener === undefined;
  return {
    transport: listener?.transport === 'HTTPS' ? 'https' : 'http',
    address: host?.address ?? '127.0.0.1',
    port: inFront ? other.port : listener.port,
    ...(host?.rdpPort === undefined ? {} : { rdpPort: host.rdpPort }),
    ...(host?.dcomPort === undefined ? {} : { dcomPort: host.dcomPort }),
    ...(host?.dcomDynamicPort === undefined ? {} : { dcomDynamicPort: host.dcomDynamicPort }),
  };
}

function certificateOf(host: HostDouble | undefined): string | undefined {
  const der = host?.listeners.find(({ transport }) => transport === 'HTTPS')?.certificate;
  if (der === undefined) return undefined;
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A port of loopback on which nothing listens: one that was free a moment ago. */
async function closedPort(): Promise<{ readonly port: number }> {
  const server = await startOtherServer('banner', '127.0.0.1');
  await server.close();
  return { port: server.port };
}

function checksOf(host: HostDouble | undefined, kdc: Kdc | undefined): number {
  const tried = [...(host?.counters.checks.values() ?? []), ...(kdc?.checks.values() ?? [])];
  return tried.reduce((sum, count) => sum + count.tried, 0);
}

/** Lays a packet filter over the namespace this process is in. */
function filterPackets(statements: readonly string[]): { close(): Promise<void> } {
  const rules = `table inet winmedic_rows {\n chain arriving {\n  type filter hook input priority 0; policy accept;\n  ${statements.join('\n  ')}\n }\n}\n`;
  const { status, stderr, error } = spawnSync('nft', ['-f', '-'], { input: rules, encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw new Error(`nft: ${error?.message ?? stderr}`);
  return {
    close: async () => {
      spawnSync('nft', ['delete', 'table', 'inet', 'winmedic_rows']);
    },
  };
}

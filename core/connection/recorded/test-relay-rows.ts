import {
  CAPTURE_DC,
  CAPTURE_SERVER,
  type CaptureMaking,
  captureOf,
  nameExchange,
  type Relay,
  type RelayMapping,
  startRelay,
} from '@winmedic/labs/capture-rows';
import { inOrder, type WritePacket } from '@winmedic/labs/capture-writer';
import { ROW_HOST, ROW_PASSWORD, type RowConnect, type RunningPlace, type RunningWorld, startWorld } from '@winmedic/labs/connection-rows';
import type { ConnectionAttempt } from '../../model/connection.ts';
import { attemptConnection } from '../attempt.ts';
import { attemptAll } from '../attempt-all.ts';
import { CredentialBudget } from '../credential-budget.ts';
import { type ConnectCredential, type ConnectOptions, parseTarget, Secret } from '../index.ts';

/** What a row gave. */
export interface RelayedRow {
  readonly packets: readonly WritePacket[];
  /** What the live doctor saw; absent for rows whose frames are written by hand. */
  readonly live?: ConnectionAttempt;
  /** Logons the double saw, for the events of its log. */
  readonly logons: ReturnType<RunningWorld['logons']>;
  /** Milliseconds since 1970, on the clock of the host, when the attempt ended: the time of its log entries. */
  readonly endedAtMs: number;
}

const SETTLE_MS = 100;

/** Addresses of 127.0.0.0/8 for relays: one for each world, so that worlds that run at the same time have the ports of Windows each. */
let relays = 0;
function ownAddress(): string {
  relays++;
  return `127.${128 + (process.pid % 100)}.${relays >> 7}.${2 + (relays & 127)}`;
}

/** Makes the capture of a row: runs the live doctor over relays, or has the frames written. Relays need Linux: the whole of 127.0.0.0/8 is loopback. */
export async function captureOfRow(making: CaptureMaking): Promise<RelayedRow> {
  if (making.by === 'frames') {
    const packets = await making.frames();
    const last = packets.reduce((latest, { at }) => (at > latest ? at : latest), 0n);
    return { packets, logons: [], endedAtMs: Number(last / 1_000_000n) };
  }
  const world = await startWorld(making.world());
  const open: Relay[] = [];
  try {
    const { place, mappings, kdc } = await relayed(world, open, making.connect.via ?? 'winrm');
    const target = targetOf(place, making.connect);
    const live = await attempt({ ...world, place, ...(kdc === undefined ? {} : { kdc }) }, target, making.connect);
    await settled(open);
    const { host, kind } = parseTarget(target, { via: making.connect.via ?? 'winrm', https: false });
    // HTTP says which host was asked: an address in it has to be the one the packets go to.
    const shown = mappings.map((mapping) =>
      kind === 'address' && mapping.server.address === CAPTURE_SERVER
        ? { ...mapping, server: { ...mapping.server, address: host } }
        : mapping,
    );
    const packets = captureOf(making.connect.via === undefined ? shown : mappings);
    const [first] = packets;
    const named = kind === 'address' || first === undefined ? [] : nameExchange(first.at - 20_000_000n, host);
    const skewMs = (live.portrait.clock?.skewSeconds ?? 0) * 1000;
    return {
      packets: inOrder(named, packets),
      live,
      logons: [...world.logons()],
      endedAtMs: Number(live.endedAt / 1_000_000n) + skewMs,
    };
  } finally {
    await Promise.all(open.map((relay) => relay.close()));
    await world.close();
  }
}

/** Waits until the connections have ended, those a host keeps open not longer than a moment: their ends belong into the capture. */
async function settled(open: readonly Relay[]): Promise<void> {
  const until = Date.now() + SETTLE_MS;
  const running = () => open.some(({ connections }) => connections.some(({ protocol, ends }) => protocol === 'tcp' && ends.length < 2));
  while (running() && Date.now() < until) await new Promise((next) => setTimeout(next, 5));
}

/** Puts a relay before everything that runs, at the ports of Windows where a client names them on the wire. */
async function relayed(
  world: RunningWorld,
  open: Relay[],
  via: NonNullable<RowConnect['via']>,
): Promise<{ place: RunningPlace; mappings: readonly RelayMapping[]; kdc?: string }> {
  const { place } = world;
  const address = ownAddress();
  const mappings: RelayMapping[] = [];
  const relay = async (port: number, shown: number, own: number, server = CAPTURE_SERVER, udp = false): Promise<Relay> => {
    const made = await startRelay({ address: server === CAPTURE_SERVER ? place.address : '127.0.0.1', port }, { address, port: own, udp });
    open.push(made);
    mappings.push({ relay: made, server: { address: server, port: shown } });
    return made;
  };
  // A world without a host has one port alone, whatever is meant to be there.
  const winrm = via === 'rdp' && place.rdpPort === undefined ? 3389 : via === 'dcom' && place.dcomPort === undefined ? 135 : 0;
  const shown = winrm === 0 ? (place.transport === 'https' ? 5986 : 5985) : winrm;
  // Ports below 1024 are for root alone: they are only shown.
  const main = await relay(place.port, shown, shown > 1024 ? shown : 0);
  const rdp = place.rdpPort === undefined ? undefined : await relay(place.rdpPort, 3389, 3389);
  const dcom = place.dcomPort === undefined ? undefined : await relay(place.dcomPort, 135, 0);
  // The client takes the number out of an answer: it cannot be another one.
  if (place.dcomDynamicPort !== undefined) await relay(place.dcomDynamicPort, place.dcomDynamicPort, place.dcomDynamicPort);
  const kdcPort = world.kdc?.split(':')[1];
  const kdc = kdcPort === undefined ? undefined : await relay(Number(kdcPort), 88, 0, CAPTURE_DC, true);
  return {
    place: {
      ...place,
      address,
      port: main.port,
      ...(rdp === undefined ? {} : { rdpPort: rdp.port }),
      ...(dcom === undefined ? {} : { dcomPort: dcom.port }),
    },
    mappings,
    ...(kdc === undefined ? {} : { kdc: `${kdc.address}:${kdc.port}` }),
  };
}

function targetOf(place: RunningPlace, connect: RowConnect): string {
  return connect.target?.(place) ?? `${place.transport}://${ROW_HOST}:${place.port}`;
}

async function attempt(world: RunningWorld, target: string, connect: RowConnect): Promise<ConnectionAttempt> {
  const options = optionsOf(world, connect);
  if (connect.together !== undefined) {
    const { attempts } = await attemptAll(new Array<string>(connect.together).fill(target), { ...options, concurrency: connect.together });
    const failed = attempts.find(({ properties }) => properties.get('parallel.failedTogether')?.value === 'true');
    return failed ?? (attempts[0] as ConnectionAttempt);
  }
  if (connect.after === undefined) return attemptConnection(target, options);
  const budget = new CredentialBudget(connect.tryForms);
  const sound = { withoutSealing: false, withoutChannelBinding: false };
  await attemptConnection(target, { ...options, ...sound, ...passwordOf(connect, connect.after.password), budget });
  return attemptConnection(target, { ...options, budget });
}

function optionsOf(world: RunningWorld, connect: RowConnect): ConnectOptions {
  const { place } = world;
  const { trust = true, auth, via, ntlmLevel, tryForms } = connect;
  return {
    ...passwordOf(connect, connect.password ?? ROW_PASSWORD),
    ...(auth === undefined ? {} : { auth }),
    ...(via === undefined ? {} : { via }),
    ...(ntlmLevel === undefined ? {} : { ntlmLevel }),
    ...(tryForms === undefined ? {} : { tryForms }),
    ...(trust && world.cert !== undefined ? { ca: [world.cert] } : {}),
    allowCleartext: connect.allowCleartext === true,
    withoutSealing: connect.withoutSealing === true,
    withoutChannelBinding: connect.withoutChannelBinding === true,
    times: { connectMs: 2000, answerMs: 3000 },
    kerberos: { config: '[libdefaults]\ndns_lookup_kdc = false\n', ...(world.kdc === undefined ? {} : { kdcs: [world.kdc] }) },
    otherPorts: connect.otherPorts ?? [],
    lookUp: async () => [{ address: connect.resolvesTo ?? place.address, family: 4 as const }],
  };
}

function passwordOf({ typed, certificate }: RowConnect, password: string): { credential?: ConnectCredential } {
  if (certificate !== undefined)
    return { credential: { kind: 'certificate', certificate: certificate.cert, key: () => new Secret(certificate.key) } };
  return typed === undefined ? {} : { credential: { kind: 'password', typed, password: () => new Secret(password) } };
}

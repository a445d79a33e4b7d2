import { type DcomHost, startDcomHost } from '../dcom-host/index.ts';
import { Listener } from './listener.ts';
import { RdpListener } from './rdp.ts';
import { HostState } from './state.ts';
import type { HostDouble, WindowsHostSpec } from './types.ts';

/** Security providers of RPC (MS-RPCE 2.2.1.1.7): RPC_C_AUTHN_GSS_NEGOTIATE, _WINNT, _GSS_KERBEROS. */
const RPC_NEGOTIATE = 9;
const RPC_NTLM = 10;
const RPC_KERBEROS = 16;
/** Hosts of a fleet that are started at the same time. */
const STARTED_TOGETHER = 64;

/** Starts a host double on loopback. Rejects when a port cannot be had; nothing is left listening then. */
export async function startHost(spec: WindowsHostSpec): Promise<HostDouble> {
  const state = new HostState(spec);
  const listeners = state.spec.listeners.map((listener) => new Listener(state, listener));
  const rdp = spec.rdp === undefined ? undefined : new RdpListener(state.spec, spec.rdp);
  const open: { close(): Promise<void> }[] = [];
  let dcom: DcomHost | undefined;
  try {
    for (const part of [...listeners, ...(rdp === undefined ? [] : [rdp])]) {
      await part.listen();
      open.push(part);
    }
    if (spec.dcom !== undefined) {
      dcom = await startDcom(state, spec.dcom);
      open.push(dcom);
    }
  } catch (error) {
    await Promise.all(open.map((part) => part.close()));
    throw error;
  }
  return {
    listeners: listeners.map((listener) => ({
      transport: listener.transport,
      port: listener.port,
      // Made when it is asked for: thousands of hosts need no certificate.
      get certificate() {
        return listener.certificate;
      },
    })) as HostDouble['listeners'],
    ...(rdp === undefined ? {} : { rdpPort: rdp.port }),
    ...(dcom === undefined ? {} : { dcomPort: dcom.port, dcomDynamicPort: dcom.dynamicPort }),
    address: state.spec.address,
    counters: state.counters,
    close: async () => {
      await Promise.all(open.map((part) => part.close()));
    },
  };
}

function startDcom(state: HostState, spec: NonNullable<WindowsHostSpec['dcom']>): Promise<DcomHost> {
  const { name, domain, dnsDomain, address } = state.spec;
  return startDcomHost({
    ...spec,
    name,
    domain,
    dnsDomain,
    address,
    login: (type) => {
      if (type === RPC_NTLM) return state.spec.auth.ntlmBlocked ? undefined : state.security.ntlm({});
      if (type === RPC_NEGOTIATE) return state.security.negotiate({});
      return type === RPC_KERBEROS ? state.security.kerberos({}) : undefined;
    },
    mayActivate: (peer) => {
      const account = state.accounts.find(peer.user, peer.domain) ?? state.accounts.principal(peer.user, peer.domain);
      return account !== undefined && (account.spec.rights ?? 'admin') === 'admin';
    },
  });
}

/**
 * Starts many hosts in one process: they share the HTTP parser, the TLS key and nothing else; what a host shows is made when it is asked.
 * On Linux host `i` gets an address of its own in 127.0.0.0/8 unless its specification names one, elsewhere only a port of its own.
 * @param specOf the specification of host `i`, from 0; its name defaults to `HV0001` and following.
 */
export async function startFleet(count: number, specOf: (i: number) => WindowsHostSpec): Promise<HostDouble[]> {
  const hosts: HostDouble[] = [];
  try {
    for (let from = 0; from < count; from += STARTED_TOGETHER) {
      const size = Math.min(STARTED_TOGETHER, count - from);
      const started = await Promise.allSettled(Array.from({ length: size }, (_, i) => startHost(fleetSpec(from + i, specOf(from + i)))));
      for (const result of started) if (result.status === 'fulfilled') hosts.push(result.value);
      const failed = started.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
    return hosts;
  } catch (error) {
    await Promise.all(hosts.map((host) => host.close()));
    throw error;
  }
}

function fleetSpec(i: number, spec: WindowsHostSpec): WindowsHostSpec {
  // 127.64.0.1 and following, without the last octets 0 and 255.
  const own =
    process.platform === 'linux' ? `127.${64 + Math.floor(i / 64_516)}.${Math.floor(i / 254) % 254}.${1 + (i % 254)}` : '127.0.0.1';
  return { name: `HV${String(i + 1).padStart(4, '0')}`, address: own, ...spec };
}

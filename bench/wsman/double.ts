/** Host doubles in a process of their own, forked by the bench: says their addresses once they listen, and the counters whenever it is asked. */
import { type HostDouble, startFleet, startHost, type WindowsHostSpec } from '@winmedic/labs/windows-host';

/** Account of every double; it opens nothing but a double on loopback. */
export const USER = 'alice';
export const DOMAIN = 'CORP';
export const PASSWORD = 'Bench-Passw0rd!';

/** What is started: `fleet` hosts, or one for each number of services. */
export interface DoubleSpec {
  readonly services?: readonly number[];
  readonly latencyMs?: number;
  readonly fleet?: number;
}

/** What is told to the bench. */
export interface DoubleState {
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** HTTP requests of all hosts so far, logins included. */
  readonly requests: number;
  readonly clearBodies: number;
  readonly failedLogins: number;
}

function stateOf(hosts: readonly HostDouble[]): DoubleState {
  const sum = (of: (host: HostDouble) => number): number => hosts.reduce((total, host) => total + of(host), 0);
  return {
    addresses: hosts.map(({ address, listeners }) => ({ address, port: listeners[0]?.port ?? 0 })),
    requests: sum(({ counters }) => counters.requests),
    clearBodies: sum(({ counters }) => counters.clearBodies),
    failedLogins: sum(({ counters }) => [...counters.checks.values()].reduce((total, { failed }) => total + failed, 0)),
  };
}

if (process.send !== undefined) {
  const { services = [], latencyMs = 0, fleet } = JSON.parse(process.argv[2] ?? '{}') as DoubleSpec;
  const common: WindowsHostSpec = { accounts: [{ user: USER, domain: DOMAIN, password: PASSWORD }], latencyMs };
  const hosts =
    fleet === undefined
      ? await Promise.all(services.map((count) => startHost({ ...common, services: count })))
      : await startFleet(fleet, () => common);
  process.on('message', () => process.send?.(stateOf(hosts)));
  // Never outlives the bench.
  process.on('disconnect', () => process.exit());
  process.send(stateOf(hosts));
}

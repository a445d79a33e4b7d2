import { Accounts } from './accounts.ts';
import { type ResolvedSpec, resolveSpec } from './resolved.ts';
import { HostSecurity } from './security.ts';
import { WsmanService } from './service.ts';
import type { HostCounters, WindowsHostSpec } from './types.ts';

/** Fractional part of the golden ratio: the multiples of it spread evenly over 0 to 1, so that a share of losses is even and repeatable. */
const GOLDEN = 0.618_033_988_749_895;

/** Everything one host knows while it runs. The service behind the login is made with the first request that reaches it. */
export class HostState {
  readonly spec: ResolvedSpec;
  readonly accounts: Accounts;
  readonly security: HostSecurity;
  readonly places: Places;
  connections = 0;
  requests = 0;
  clearBodies = 0;
  #service: WsmanService | undefined;
  readonly #startedAt = new Date();
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor(spec: WindowsHostSpec) {
    this.spec = resolveSpec(spec);
    this.accounts = new Accounts(this.spec);
    this.security = new HostSecurity(this.spec, this.accounts);
    this.places = new Places(this.spec.limits);
    this.#onError = spec.onError;
  }

  get service(): WsmanService {
    this.#service ??= new WsmanService(this.spec, this.#startedAt);
    return this.#service;
  }

  /** Counts a new connection and tells whether it is one of those that are lost. */
  loses(): boolean {
    this.connections++;
    return (this.connections * GOLDEN) % 1 < (this.spec.loss ?? 0);
  }

  onError(error: unknown): void {
    this.#onError?.(error);
  }

  /** A live view. */
  get counters(): HostCounters {
    const state = this;
    return {
      get connections() {
        return state.connections;
      },
      get requests() {
        return state.requests;
      },
      get checks() {
        return state.accounts.checks;
      },
      get clearBodies() {
        return state.clearBodies;
      },
      get openEnumerations() {
        return state.#service?.enumerations.size ?? 0;
      },
      get openShells() {
        return state.#service?.shells.size ?? 0;
      },
      get logons() {
        return state.accounts.log;
      },
    };
  }
}

/** MaxConnections: a connection holds a place from its first request until it ends or was idle for too long (MS-WSMV note 22). */
class Places {
  readonly #usedAt = new Map<object, number>();
  readonly #max: number;
  readonly #idleMs: number;

  constructor(limits: { readonly maxConnections: number; readonly connectionIdleMs: number }) {
    this.#max = limits.maxConnections;
    this.#idleMs = limits.connectionIdleMs;
  }

  /** @returns false when all places are taken. */
  enter(connection: object): boolean {
    if (!this.#usedAt.has(connection) && this.#usedAt.size >= this.#max) {
      const oldest = Date.now() - this.#idleMs;
      for (const [other, at] of this.#usedAt) if (at < oldest) this.#usedAt.delete(other);
      if (this.#usedAt.size >= this.#max) return false;
    }
    this.used(connection);
    return true;
  }

  used(connection: object): void {
    if (this.#usedAt.has(connection) || this.#usedAt.size < this.#max) this.#usedAt.set(connection, Date.now());
  }

  leave(connection: object): void {
    this.#usedAt.delete(connection);
  }
}

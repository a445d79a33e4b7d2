import { randomUUID } from 'node:crypto';
import type { EnumerationMode, WsmanInstance } from '@winmedic/wsman';
import { type Caller, userKey } from './caller.ts';
import { refuse } from './soap/faults.ts';

/** What an enumeration still has to give. */
export interface OpenEnumeration {
  readonly id: string;
  readonly user: string;
  readonly mode: EnumerationMode;
  /** Items, made when they are sent. */
  readonly item: (index: number) => WsmanInstance;
  readonly count: number;
  at: number;
  usedAt: number;
}

/**
 * Open enumerations of a host: at most MaxConcurrentOperationsPerUser of one user (MS-WSMV 3.1.4.1.19), each forgotten when it was not asked for
 * longer than EnumerationTimeoutms.
 */
export class Enumerations {
  readonly #open = new Map<string, OpenEnumeration>();
  readonly #timeoutMs: number;
  readonly #perUser: number;

  constructor(limits: { readonly enumerationTimeoutMs: number; readonly maxConcurrentOperationsPerUser: number }) {
    this.#timeoutMs = limits.enumerationTimeoutMs;
    this.#perUser = limits.maxConcurrentOperationsPerUser;
  }

  /** How many are open now. */
  get size(): number {
    this.#forget();
    return this.#open.size;
  }

  /** Refuses a user who has as many operations as are allowed. @param further operations of the user of other kinds. */
  admit(caller: Caller, further: number): void {
    this.#forget();
    const user = userKey(caller);
    let count = further;
    for (const each of this.#open.values()) if (each.user === user) count++;
    if (count >= this.#perUser) throw refuse.operations(this.#perUser);
  }

  /** Starts an enumeration; it is kept by {@link keep} alone, when something is left of it. */
  begin(caller: Caller, mode: EnumerationMode, count: number, item: OpenEnumeration['item']): OpenEnumeration {
    return { id: `uuid:${randomUUID().toUpperCase()}`, user: userKey(caller), mode, item, count, at: 0, usedAt: Date.now() };
  }

  keep(enumeration: OpenEnumeration): void {
    this.#open.set(enumeration.id, enumeration);
  }

  /** The enumeration of a context; only its own user may go on with it. */
  find(id: string, caller: Caller): OpenEnumeration {
    this.#forget();
    const found = this.#open.get(id);
    if (found === undefined || found.user !== userKey(caller)) throw refuse.context();
    found.usedAt = Date.now();
    return found;
  }

  drop(id: string): void {
    this.#open.delete(id);
  }

  #forget(): void {
    const oldest = Date.now() - this.#timeoutMs;
    for (const [id, each] of this.#open) if (each.usedAt < oldest) this.#open.delete(id);
  }
}

import type { EnumerateOptions, Target } from './client-types.ts';
import { WsmanError } from './errors.ts';
import { faultClass } from './fault-codes.ts';
import { LIMITS } from './limits.ts';
import type { Messenger } from './messenger.ts';
import { ACTION } from './namespaces.ts';
import type { Operation } from './request.ts';
import { type EnumerationPage, readEnumerationPage } from './responses.ts';
import type { WsmanInstance } from './values.ts';

/** MaxBatchItems of hosts before 2008 R2 (MS-WSMV note 9). */
const OLD_BATCH = 20;

/** Batch size of a client, learned over its enumerations. */
export class BatchSize {
  #size: number;
  #oldPages = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns false when it cannot be halved any more. */
  halve(): boolean {
    if (this.#size <= 1) return false;
    this.#size = Math.floor(this.#size / 2);
    return true;
  }

  /** Two full pages of exactly twenty in a row, of more that was asked for: an old host. */
  learn(page: EnumerationPage): void {
    this.#oldPages = page.items.length === OLD_BATCH && !page.end && this.#size > OLD_BATCH ? this.#oldPages + 1 : 0;
    if (this.#oldPages >= 2) this.#size = OLD_BATCH;
  }
}

/** Reads an enumeration page by page; what is still open at the end is released. */
export async function* enumerate(
  messenger: Messenger,
  batch: BatchSize,
  target: Target,
  options: EnumerateOptions,
): AsyncGenerator<WsmanInstance, void, undefined> {
  messenger.begin();
  const run = new Enumeration(messenger, batch, target, options);
  try {
    let page: EnumerationPage | undefined = await run.first();
    for (; page !== undefined; page = await run.next()) {
      messenger.counters.instances += page.items.length;
      yield* page.items;
    }
  } finally {
    await run.release();
    messenger.end();
  }
}

class Enumeration {
  readonly #messenger: Messenger;
  readonly #batch: BatchSize;
  readonly #target: Target;
  readonly #options: EnumerateOptions;
  #context: string | undefined;
  #pages = 0;
  #items = 0;
  /** Since the enumeration was (re)started: it is started again at most once per halving. */
  #halved = false;

  constructor(messenger: Messenger, batch: BatchSize, target: Target, options: EnumerateOptions) {
    this.#messenger = messenger;
    this.#batch = batch;
    this.#target = target;
    this.#options = options;
  }

  first(): Promise<EnumerationPage> {
    const { filter, mode = 'object', maxElements } = this.#options;
    this.#halved = false;
    return this.#page(() => ({
      kind: 'enumerate',
      optimize: true,
      maxElements: Math.min(maxElements ?? this.#batch.size, this.#batch.size),
      ...(filter === undefined ? {} : { filter }),
      mode,
    }));
  }

  async next(): Promise<EnumerationPage | undefined> {
    if (this.#context === undefined) return undefined;
    if (this.#pages >= LIMITS.pulls) throw new WsmanError('WSMAN_ENDLESS', 'end of an enumeration', { have: `${this.#pages} answers` });
    try {
      return await this.#page(() => ({ kind: 'pull', context: this.#context ?? '', maxElements: this.#batch.size }));
    } catch (error) {
      if (!(error instanceof WsmanError) || error.fault === undefined || faultClass(error.fault) !== 'invalid-context') throw error;
      this.#context = undefined;
      // Some hosts drop the enumeration with the answer that was too large. Nothing was given out yet: start again, in smaller pieces.
      if (this.#items > 0 || !this.#halved) throw error;
      return this.first();
    }
  }

  /** Tells the host that nothing more is wanted; what it answers no longer matters. */
  async release(): Promise<void> {
    if (this.#context === undefined || !this.#messenger.usable) return;
    try {
      await this.#messenger.send({ ...this.#target, action: ACTION.release, operation: { kind: 'release', context: this.#context } });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }

  async #page(operation: () => Operation): Promise<EnumerationPage> {
    for (;;) {
      const asked = operation();
      try {
        const action = asked.kind === 'pull' ? ACTION.pull : ACTION.enumerate;
        const page = readEnumerationPage(await this.#messenger.send({ ...this.#target, action, operation: asked, repeatable: true }));
        this.#pages++;
        this.#items += page.items.length;
        this.#batch.learn(page);
        this.#context = page.end ? undefined : (page.context ?? this.#context);
        return page;
      } catch (error) {
        const tooLarge = error instanceof WsmanError && error.fault !== undefined && faultClass(error.fault) === 'too-large';
        if (!tooLarge || !this.#batch.halve()) throw error;
        this.#halved = true;
        this.#messenger.counters.halvings++;
      }
    }
  }
}

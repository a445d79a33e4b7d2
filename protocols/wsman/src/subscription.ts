import type { EventBatch, SubscriptionApi } from './client-types.ts';
import { WsmanError } from './errors.ts';
import { faultClass } from './fault-codes.ts';
import type { Messenger } from './messenger.ts';
import { ACTION } from './namespaces.ts';
import { readEventPage } from './responses.ts';

/** A pull-mode subscription to events (DSP0226 section 10, MS-WSMV 3.1.4.1.30). Unsubscribe: it counts as an operation of the user. */
export class WsmanSubscription implements SubscriptionApi {
  readonly identifier: string;
  readonly #messenger: Messenger;
  readonly #resourceUri: string;
  #context: string;

  constructor(messenger: Messenger, resourceUri: string, subscribed: { readonly identifier: string; readonly context: string }) {
    this.#messenger = messenger;
    this.#resourceUri = resourceUri;
    this.identifier = subscribed.identifier;
    this.#context = subscribed.context;
  }

  async pull(maxElements?: number): Promise<EventBatch> {
    const operation = { kind: 'pull', context: this.#context, ...(maxElements === undefined ? {} : { maxElements }) } as const;
    try {
      const envelope = await this.#messenger.exclusive(() =>
        this.#messenger.send({ action: ACTION.pull, resourceUri: this.#resourceUri, operation }),
      );
      const page = readEventPage(envelope);
      this.#context = page.context ?? this.#context;
      return { events: page.events, ...(page.bookmark === undefined ? {} : { bookmark: page.bookmark }) };
    } catch (error) {
      // Nothing happened within the operation time-out: that is an answer here.
      if (error instanceof WsmanError && error.fault !== undefined && faultClass(error.fault) === 'timed-out') return { events: [] };
      throw error;
    }
  }

  async unsubscribe(): Promise<void> {
    await this.#messenger.exclusive(() =>
      this.#messenger.send({
        action: ACTION.unsubscribe,
        resourceUri: this.#resourceUri,
        operation: { kind: 'unsubscribe', identifier: this.identifier },
      }),
    );
  }
}

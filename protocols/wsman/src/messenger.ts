import type { ClientCounters, ClientOptions } from './client-types.ts';
import { type Envelope, parseEnvelope } from './envelope.ts';
import { WsmanError } from './errors.ts';
import { readFault } from './fault.ts';
import { faultClass } from './fault-codes.ts';
import type { Operation, Selectors } from './request.ts';
import { writeRequest } from './request-write.ts';
import type { SessionApi } from './session-types.ts';

/** What is sent, without the headers every request has. */
export interface Message {
  readonly action: string;
  readonly resourceUri?: string;
  readonly selectors?: Selectors;
  readonly options?: ReadonlyMap<string, string>;
  readonly operation: Operation;
  /** May it be sent again after a time-out? Not when it changes something. Default false. */
  readonly repeatable?: boolean;
}

/** Windows' default MaxEnvelopeSize since 2012, and before. */
const ENVELOPE = 512_000;
const OLD_ENVELOPE = 153_600;
const LONGEST_PAUSE_MS = 60_000;

/** Sends envelopes of one client: message ids, sizes, repeats after time-outs and quotas; one at a time. */
export class Messenger {
  readonly #session: SessionApi;
  readonly #options: ClientOptions;
  readonly counters = { roundTrips: 0, instances: 0, timeoutRepeats: 0, quotaRepeats: 0, halvings: 0 } satisfies ClientCounters;
  #maxEnvelopeSize: number;
  #busy = false;

  constructor(session: SessionApi, options: ClientOptions) {
    this.#session = session;
    this.#options = options;
    this.#maxEnvelopeSize = options.maxEnvelopeSize ?? ENVELOPE;
  }

  /** Is the login still there? */
  get usable(): boolean {
    return this.#session.state === 'accepted' || this.#session.state === 'new';
  }

  /** @throws WsmanError `WSMAN_BUSY` while another operation runs. */
  begin(): void {
    if (this.#busy) throw new WsmanError('WSMAN_BUSY', 'one operation at a time');
    this.#busy = true;
  }

  end(): void {
    this.#busy = false;
  }

  async exclusive<Result>(run: () => Promise<Result>): Promise<Result> {
    this.begin();
    try {
      return await run();
    } finally {
      this.end();
    }
  }

  /**
   * Sends a message and gives its answer.
   * @throws WsmanError `WSMAN_FAULT` for a fault that repeating does not help; what the session throws.
   */
  async send(message: Message): Promise<Envelope> {
    const { timeoutRepeats = 30, quotaRepeats = 5 } = this.#options;
    let timeouts = 0;
    let quotas = 0;
    let internal = 0;
    for (;;) {
      const envelope = await this.#once(message);
      const fault = readFault(envelope);
      if (fault === undefined) return envelope;
      const kind = faultClass(fault);
      if (kind === 'timed-out' && message.repeatable === true && timeouts < timeoutRepeats) {
        timeouts++;
        this.counters.timeoutRepeats++;
      } else if (kind === 'quota' && quotas < quotaRepeats) {
        await this.#pause(quotas++);
        this.counters.quotaRepeats++;
      } else if (kind === 'internal' && message.repeatable === true && internal === 0) {
        // Also how a host without codes says that it has too much to do (MS-WSMV 3.1.4.1.19); mostly it means something else.
        await this.#pause(internal++);
        this.counters.quotaRepeats++;
      } else if (kind === 'server-limit' && this.#maxEnvelopeSize > OLD_ENVELOPE) this.#maxEnvelopeSize = OLD_ENVELOPE;
      else throw new WsmanError('WSMAN_FAULT', `answer to ${message.operation.kind}`, { fault });
    }
  }

  async #once(message: Message): Promise<Envelope> {
    const { locale = 'en-US', to = 'http://localhost/wsman', operationTimeoutMs = 20_000, uuid } = this.#options;
    const request = writeRequest({
      action: message.action,
      ...(message.resourceUri === undefined ? {} : { resourceUri: message.resourceUri }),
      selectors: message.selectors ?? new Map(),
      options: message.options ?? new Map(),
      to,
      messageId: `uuid:${uuid?.() ?? crypto.randomUUID().toUpperCase()}`,
      maxEnvelopeSize: this.#maxEnvelopeSize,
      operationTimeoutMs,
      locale,
      operation: message.operation,
    });
    this.counters.roundTrips++;
    return parseEnvelope((await this.#session.post(request, { operationTimeoutMs })).envelope);
  }

  /** 1, 2, 4 … 60 s, at least half of it, the rest by chance: clients that failed together do not come back together. */
  #pause(count: number): Promise<void> {
    const { random = Math.random, sleep = defaultSleep } = this.#options;
    return sleep(Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** count) * (0.5 + random() / 2));
  }
}

function defaultSleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

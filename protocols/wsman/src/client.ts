import type {
  ClientApi,
  ClientCounters,
  ClientOptions,
  EnumerateOptions,
  ShellApi,
  SubscribeOptions,
  SubscriptionApi,
  Target,
} from './client-types.ts';
import { BatchSize, enumerate } from './enumeration.ts';
import { WsmanError } from './errors.ts';
import { type Message, Messenger } from './messenger.ts';
import { ACTION, DELIVERY_PULL, DIALECT, RESOURCE, wmi } from './namespaces.ts';
import type { ShellSpec } from './request.ts';
import { readCreated, readIdentity, readInstanceAnswer, readSubscribed, type WsmanIdentity } from './responses.ts';
import type { SessionApi } from './session-types.ts';
import { WsmanShell } from './shell.ts';
import { WsmanSubscription } from './subscription.ts';
import type { WsmanInstance, WsmanValue } from './values.ts';
import type { XmlElement } from './xml-element.ts';

/** Windows' MaxBatchItems since 2008 R2 (MS-WSMV note 9). */
const BATCH = 32_000;

/**
 * WS-Management over a session that is logged in. All methods reject with WsmanError: `WSMAN_FAULT` with the fault, `WSMAN_BUSY`, or what
 * the session throws.
 */
export class WsmanClient implements ClientApi {
  readonly #messenger: Messenger;
  readonly #batch: BatchSize;

  constructor(session: SessionApi, options: ClientOptions = {}) {
    this.#messenger = new Messenger(session, options);
    this.#batch = new BatchSize(options.maxElements ?? BATCH);
  }

  get counters(): ClientCounters {
    return { ...this.#messenger.counters };
  }

  /** Instances asked for per answer, as learned so far. */
  get maxElements(): number {
    return this.#batch.size;
  }

  async identify(): Promise<WsmanIdentity> {
    return readIdentity(await this.#send({ action: '', operation: { kind: 'identify' }, repeatable: true }));
  }

  async get(target: Target): Promise<WsmanInstance> {
    return readInstanceAnswer(await this.#send({ ...target, action: ACTION.get, operation: { kind: 'get' }, repeatable: true }));
  }

  async put(target: Target, instance: WsmanInstance): Promise<WsmanInstance | undefined> {
    const envelope = await this.#send({ ...target, action: ACTION.put, operation: { kind: 'put', instance } });
    return envelope.content === undefined ? undefined : readInstanceAnswer(envelope);
  }

  async create(target: Target, instance: WsmanInstance): Promise<XmlElement> {
    const envelope = await this.#send({ ...target, action: ACTION.create, operation: { kind: 'create', instance } });
    if (envelope.content === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'ResourceCreated');
    return envelope.content;
  }

  async delete(target: Target): Promise<void> {
    await this.#send({ ...target, action: ACTION.delete, operation: { kind: 'delete' } });
  }

  enumerate(target: Target, options: EnumerateOptions = {}): AsyncIterable<WsmanInstance> {
    return enumerate(this.#messenger, this.#batch, target, options);
  }

  query(namespace: string, wql: string): AsyncIterable<WsmanInstance> {
    return this.enumerate({ resourceUri: wmi(namespace, '*') }, { filter: { dialect: DIALECT.wql, text: wql } });
  }

  async invoke(target: Target, method: string, parameters: ReadonlyMap<string, WsmanValue> = new Map()): Promise<WsmanInstance> {
    const operation = { kind: 'invoke', method, parameters: { properties: parameters } } as const;
    return readInstanceAnswer(await this.#send({ ...target, action: `${target.resourceUri}/${method}`, operation }));
  }

  async subscribe(target: Target, options: SubscribeOptions = {}): Promise<SubscriptionApi> {
    const { options: switches, ...rest } = options;
    const operation = { kind: 'subscribe', deliveryMode: DELIVERY_PULL, ...rest } as const;
    const message: Message = { ...target, action: ACTION.subscribe, operation, ...(switches === undefined ? {} : { options: switches }) };
    return new WsmanSubscription(this.#messenger, target.resourceUri, readSubscribed(await this.#send(message)));
  }

  async openShell(spec: Partial<ShellSpec> = {}, options: ReadonlyMap<string, string> = new Map()): Promise<ShellApi> {
    const shell: ShellSpec = { inputStreams: 'stdin', outputStreams: 'stdout stderr', ...spec };
    const resourceUri = RESOURCE.commandShell;
    const envelope = await this.#send({ action: ACTION.create, resourceUri, options, operation: { kind: 'createShell', shell } });
    const { selectors } = readCreated(envelope);
    const [, shellId] = [...selectors].find(([name]) => name.toLowerCase() === 'shellid') ?? [];
    if (typeof shellId !== 'string') throw new WsmanError('WSMAN_ENVELOPE', 'ShellId of a created shell');
    return new WsmanShell(this.#messenger, resourceUri, shellId.trim(), shell.outputStreams.split(' '));
  }

  #send(message: Message) {
    return this.#messenger.exclusive(() => this.#messenger.send(message));
  }
}

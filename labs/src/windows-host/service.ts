import { randomUUID } from 'node:crypto';
import {
  type AnswerContext,
  NS,
  parseRequest,
  RESOURCE,
  type ReceivedRequest,
  WsmanError,
  writeCommandAnswer,
  writeCreated,
  writeEmptyAnswer,
  writeEnumerateAnswer,
  writeEventPage,
  writeIdentity,
  writeInstanceAnswer,
  writeInvokeAnswer,
  writePullAnswer,
  writeReceiveAnswer,
  writeSendAnswer,
  writeSignalAnswer,
  writeSubscribed,
} from '@winmedic/wsman';
import type { Caller } from './caller.ts';
import { Configuration } from './configuration.ts';
import { Enumerations, type OpenEnumeration } from './enumerations.ts';
import { Events } from './events.ts';
import { Repository } from './repository.ts';
import type { ResolvedSpec } from './resolved.ts';
import { Shells } from './shells.ts';
import { faultEnvelope, Refusal, refuse } from './soap/faults.ts';
import { type TextSelectors, WmiProvider } from './wmi-provider.ts';

/** An answer to a SOAP request: HTTP status and envelope. */
export interface SoapAnswer {
  readonly status: 200 | 500;
  readonly xml: string;
}

/** Instances of one answer when the request does not say (DSP0226 section 8.3: MaxElements defaults to 1). */
const DEFAULT_ELEMENTS = 1;
/** MaxTimeoutms of the configuration: no request waits longer. */
const MAX_TIMEOUT_MS = 60_000;
/** An answer must be allowed this much (DSP0226 section 6.2, rule R6.2-2). */
const MIN_ENVELOPE = 8192;
/** Answers with the operation time-out that the fault `operation-timeout` gives before it lets the request through. */
const TIMEOUTS = 2;

/** The WS-Management service of one host behind its login: requests in, answers out. Its parts are made when they are first needed. */
export class WsmanService {
  readonly #spec: ResolvedSpec;
  readonly #startedAt: Date;
  readonly enumerations: Enumerations;
  readonly shells: Shells;
  #events: Events | undefined;
  #configuration: Configuration | undefined;
  #wmi: WmiProvider | undefined;
  #timeouts = 0;

  constructor(spec: ResolvedSpec, startedAt: Date) {
    this.#spec = spec;
    this.#startedAt = startedAt;
    this.enumerations = new Enumerations(spec.limits);
    this.shells = new Shells(spec);
  }

  /** IdentifyResponse; without a login the version of Windows is blanked (reference winrm.md, section 6). */
  identify(loggedIn: boolean): string {
    const { auth, build } = this.#spec;
    const profiles = [...(auth.basic ? ['http/basic'] : []), ...(auth.kerberos || auth.negotiate ? ['http/spnego-kerberos'] : [])];
    const stack = /^6\.0/.test(build) ? '1.1' : /^6\.1/.test(build) ? '2.0' : '3.0';
    return writeIdentity({
      protocolVersion: NS.w,
      productVendor: 'Microsoft Corporation',
      productVersion: `OS: ${loggedIn ? build : '0.0.0'} SP: 0.0 Stack: ${stack}`,
      securityProfiles: loggedIn ? profiles.map((profile) => `http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/${profile}`) : [],
    });
  }

  /** Is the body a login-free Identify? */
  static isIdentify(body: Uint8Array): boolean {
    try {
      return parseRequest(body).operation.kind === 'identify';
    } catch (error) {
      if (error instanceof WsmanError) return false;
      throw error;
    }
  }

  /**
   * Answers a request of a caller who is logged in.
   * @param quota the connection got no place among MaxConnections: only a fault is answered.
   */
  async answer(body: Uint8Array, caller: Caller, quota: boolean): Promise<SoapAnswer> {
    let request: ReceivedRequest | undefined;
    try {
      request = parseRequest(body);
      if (request.operation.kind === 'identify') return { status: 200, xml: this.identify(true) };
      if (quota) throw refuse.connections();
      if (caller.rights === 'none' || caller.rights === 'filtered') throw refuse.accessDenied();
      if (request.notUnderstood.length > 0) throw refuse.notUnderstood();
      const limit = this.#limit(request);
      const xml = await this.#dispatch(request, caller, limit);
      if (Buffer.byteLength(xml) > limit) throw this.#tooLarge(request);
      return { status: 200, xml };
    } catch (error) {
      const refusal = error instanceof Refusal ? error : error instanceof WsmanError ? refuse.schema() : undefined;
      if (refusal === undefined) throw error;
      const context = contextOf(request);
      return { status: 500, xml: faultEnvelope(context, refusal.parts, this.#spec.faultShape, this.#spec.dnsName) };
    }
  }

  /** Bytes the answer may have. */
  #limit(request: ReceivedRequest): number {
    const server = this.#serverLimit();
    if (request.maxEnvelopeSize !== undefined && request.maxEnvelopeSize < MIN_ENVELOPE) throw refuse.envelope(0x80338047);
    return Math.min(server, request.maxEnvelopeSize ?? server);
  }

  #serverLimit(): number {
    const { maxAnswerKb, maxEnvelopeSizeKb } = this.#spec.limits;
    return (maxAnswerKb ?? maxEnvelopeSizeKb) * 1024;
  }

  #tooLarge(request: ReceivedRequest): Refusal {
    return refuse.envelope((request.maxEnvelopeSize ?? Number.POSITIVE_INFINITY) < this.#serverLimit() ? 0x80338048 : 0x80338049);
  }

  async #dispatch(request: ReceivedRequest, caller: Caller, limit: number): Promise<string> {
    const { operation } = request;
    const context = contextOf(request);
    const uri = request.resourceUri ?? '';
    switch (operation.kind) {
      case 'enumerate':
        return this.#enumerate(request, operation, caller, limit);
      case 'pull':
        return this.#pull(request, operation, caller, limit);
      case 'release':
        this.enumerations.find(operation.context, caller);
        this.enumerations.drop(operation.context);
        return writeEmptyAnswer(context);
      case 'subscribe': {
        if (uri !== RESOURCE.eventLog) throw refuse.resourceUri();
        this.enumerations.admit(caller, this.shells.running(caller));
        const made = this.#eventLog().subscribe(caller, operation.filter?.text);
        return writeSubscribed(context, { address: request.to ?? '', ...made });
      }
      case 'unsubscribe':
        this.#eventLog().unsubscribe(caller, operation.identifier);
        return writeEmptyAnswer(context);
      case 'acknowledge':
        return writeEmptyAnswer(context);
      default:
        if (uri.startsWith(RESOURCE.config)) return this.#configure(request, caller);
        if (uri === RESOURCE.commandShell) return this.#shell(request, caller);
        return this.#instance(request, caller);
    }
  }

  #enumerate(
    request: ReceivedRequest,
    operation: Extract<ReceivedRequest['operation'], { kind: 'enumerate' }>,
    caller: Caller,
    limit: number,
  ): string {
    if (this.#spec.fault === 'operations-quota') throw refuse.operations(this.#spec.limits.maxConcurrentOperationsPerUser);
    this.enumerations.admit(caller, this.shells.running(caller));
    this.#delay();
    const uri = request.resourceUri ?? '';
    if (!WmiProvider.owns(uri)) throw refuse.resourceUri();
    const { count, item } = this.#provider().enumerate(caller, uri, textSelectors(request), operation);
    const enumeration = this.enumerations.begin(caller, operation.mode, count, item);
    if (operation.optimize) return this.#page(request, enumeration, operation.maxElements, limit, writeEnumerateAnswer);
    this.enumerations.keep(enumeration);
    return writeEnumerateAnswer(contextOf(request), { items: [], mode: operation.mode, context: enumeration.id, end: false });
  }

  #pull(
    request: ReceivedRequest,
    operation: Extract<ReceivedRequest['operation'], { kind: 'pull' }>,
    caller: Caller,
    limit: number,
  ): string {
    const { context, maxElements } = operation;
    if (this.#events?.has(context) === true) {
      const page = this.#events.pull(caller, context, this.#batch(maxElements));
      return writeEventPage(contextOf(request), { context, ...page });
    }
    const enumeration = this.enumerations.find(context, caller);
    this.#delay();
    return this.#page(request, enumeration, maxElements, limit, writePullAnswer);
  }

  /** The next items, as many as were asked for, are allowed and fit; one that does not fit alone is a fault. */
  #page(
    request: ReceivedRequest,
    enumeration: OpenEnumeration,
    maxElements: number | undefined,
    limit: number,
    write: typeof writePullAnswer,
  ): string {
    const from = enumeration.at;
    let size = Math.min(this.#batch(maxElements), enumeration.count - from);
    for (;;) {
      const items = Array.from({ length: size }, (_, i) => enumeration.item(from + i));
      const end = from + size >= enumeration.count;
      const xml = write(contextOf(request), { items, mode: enumeration.mode, context: end ? '' : enumeration.id, end });
      const bytes = Buffer.byteLength(xml);
      if (bytes <= limit) {
        enumeration.at = from + size;
        if (end) this.enumerations.drop(enumeration.id);
        else this.enumerations.keep(enumeration);
        return xml;
      }
      if (size <= 1) {
        this.enumerations.drop(enumeration.id);
        throw this.#tooLarge(request);
      }
      // A first guess by the average size; the loop ends because the size falls each time.
      size = Math.max(1, Math.min(size - 1, Math.floor((size * limit * 0.95) / bytes)));
    }
  }

  #batch(maxElements: number | undefined): number {
    return Math.max(1, Math.min(maxElements ?? DEFAULT_ELEMENTS, this.#spec.limits.maxBatchItems));
  }

  /** The fault `operation-timeout`: the first requests find no answer in time, as with a slow provider. */
  #delay(): void {
    if (this.#spec.fault !== 'operation-timeout' || this.#timeouts >= TIMEOUTS) return;
    this.#timeouts++;
    throw refuse.timedOut();
  }

  #configure(request: ReceivedRequest, caller: Caller): string {
    if (caller.rights !== 'admin') throw refuse.accessDenied();
    this.#configuration ??= new Configuration(this.#spec);
    const path = (request.resourceUri ?? '').slice(RESOURCE.config.length);
    if (request.operation.kind === 'put') this.#configuration.change(path, request.operation.instance.properties);
    else if (request.operation.kind !== 'get') throw refuse.action();
    return writeInstanceAnswer(contextOf(request), this.#configuration.read(path));
  }

  #instance(request: ReceivedRequest, caller: Caller): string {
    const { operation } = request;
    const uri = request.resourceUri ?? '';
    if (!WmiProvider.owns(uri)) throw refuse.resourceUri();
    const selectors = textSelectors(request);
    if (operation.kind === 'get') return writeInstanceAnswer(contextOf(request), this.#provider().get(caller, uri, selectors));
    if (operation.kind !== 'invoke') throw refuse.action();
    const output = this.#provider().invoke(caller, uri, selectors, operation.method, operation.parameters);
    return writeInvokeAnswer(contextOf(request), operation.method, output);
  }

  async #shell(request: ReceivedRequest, caller: Caller): Promise<string> {
    const { operation } = request;
    const context = contextOf(request);
    const id = textSelectors(request).get('ShellId') ?? '';
    switch (operation.kind) {
      case 'createShell':
        return this.#createShell(request, operation.shell, caller);
      case 'command': {
        this.enumerations.admit(caller, this.shells.running(caller));
        const line = [operation.command, ...operation.arguments].join(' ');
        return writeCommandAnswer(context, this.shells.run(caller, id, line, operation.commandId));
      }
      case 'receive': {
        const timeout = Math.min(request.operationTimeoutMs ?? MAX_TIMEOUT_MS, MAX_TIMEOUT_MS);
        const { id: commandId, ...output } = await this.shells.receive(caller, id, operation.commandId, timeout);
        return writeReceiveAnswer(context, commandId, output);
      }
      case 'send':
        this.shells.send(caller, id, operation.commandId, operation.data, operation.end);
        return writeSendAnswer(context);
      case 'signal':
        this.shells.signal(caller, id, operation.commandId);
        return writeSignalAnswer(context);
      case 'delete':
        this.shells.delete(caller, id);
        return writeEmptyAnswer(context);
      default:
        throw refuse.action();
    }
  }

  #createShell(request: ReceivedRequest, shell: { readonly inputStreams: string; readonly outputStreams: string }, caller: Caller): string {
    const id = this.shells.create(caller);
    const resourceUri = RESOURCE.commandShell;
    return writeCreated(contextOf(request), { address: request.to ?? '', resourceUri, selectors: new Map([['ShellId', id]]) }, [
      ['ShellId', id],
      ['ResourceUri', resourceUri],
      ['Owner', caller.name],
      ['ClientIP', caller.address],
      ['IdleTimeOut', 'PT7200.000S'],
      ['InputStreams', shell.inputStreams],
      ['OutputStreams', shell.outputStreams],
      ['ShellRunTime', 'P0DT0H0M0S'],
      ['ShellInactivity', 'P0DT0H0M0S'],
    ]);
  }

  #provider(): WmiProvider {
    this.#wmi ??= new WmiProvider(this.#spec, new Repository(this.#spec, this.#startedAt));
    return this.#wmi;
  }

  #eventLog(): Events {
    this.#events ??= new Events(this.#spec, this.#startedAt);
    return this.#events;
  }
}

function contextOf(request: ReceivedRequest | undefined): AnswerContext {
  return { request: request ?? { action: '' }, messageId: `uuid:${randomUUID().toUpperCase()}` };
}

function textSelectors(request: ReceivedRequest): TextSelectors {
  return new Map([...request.selectors].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])));
}

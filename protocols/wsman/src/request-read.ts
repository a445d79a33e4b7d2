import { parseDurationMs } from './durations.ts';
import { elementMarkup, parseEnvelope } from './envelope.ts';
import { WsmanError } from './errors.ts';
import { readInstance } from './instance.ts';
import { ACTION, NS } from './namespaces.ts';
import { fromBase64 } from './octets.ts';
import { readSelectors } from './reference.ts';
import type { EnumerationMode, Filter, Operation, ReceivedRequest, ShellSpec } from './request.ts';
import { XML_NAMESPACE, type XmlElement } from './xml-element.ts';

/** Headers this package understands, by namespace: any other one marked mustUnderstand is reported. */
const KNOWN: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [NS.a, new Set(['To', 'Action', 'MessageID', 'ReplyTo', 'FaultTo', 'From', 'RelatesTo'])],
  [
    NS.w,
    new Set([
      'ResourceURI',
      'SelectorSet',
      'OptionSet',
      'MaxEnvelopeSize',
      'OperationTimeout',
      'Locale',
      'RequestEPR',
      'Bookmark',
      'AckRequested',
    ]),
  ],
  [NS.p, new Set(['DataLocale', 'SessionId', 'ActivityId', 'OperationID', 'SequenceId'])],
  [NS.e, new Set(['Identifier'])],
]);

/**
 * Reads a request as a service does. Any prefix, any order of headers.
 * @throws WsmanError what `parseEnvelope` throws; `WSMAN_ENVELOPE` without an action (Identify excepted) or when the body does not fit it.
 */
export function parseRequest(source: string | Uint8Array): ReceivedRequest {
  const { headers, content, action = '', messageId } = parseEnvelope(source);
  const header = (name: string, namespace: string) => headers.find((element) => element.name === name && element.namespace === namespace);
  const text = (name: string, namespace: string) => header(name, namespace)?.text.trim();
  const resourceUri = text('ResourceURI', NS.w);
  const to = text('To', NS.a);
  const maxEnvelopeSize = count(text('MaxEnvelopeSize', NS.w));
  const timeout = text('OperationTimeout', NS.w);
  const operationTimeoutMs = timeout === undefined ? undefined : parseDurationMs(timeout);
  const locale = header('Locale', NS.w)?.attribute('lang', XML_NAMESPACE);
  return {
    action,
    ...(resourceUri === undefined ? {} : { resourceUri }),
    selectors: readSelectors(header('SelectorSet', NS.w)),
    options: readOptions(header('OptionSet', NS.w)),
    ...(to === undefined ? {} : { to }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(maxEnvelopeSize === undefined ? {} : { maxEnvelopeSize }),
    ...(operationTimeoutMs === undefined ? {} : { operationTimeoutMs }),
    ...(locale === undefined ? {} : { locale }),
    ...(content === undefined ? {} : { body: content }),
    notUnderstood: headers.filter(mustUnderstand).map((element) => element.name),
    operation: readOperation(action, content, header('Identifier', NS.e), text('RelatesTo', NS.a)),
  };
}

function mustUnderstand(element: XmlElement): boolean {
  const must = element.attribute('mustUnderstand', NS.s);
  return (must === 'true' || must === '1') && KNOWN.get(element.namespace)?.has(element.name) !== true;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}

function readOptions(set: XmlElement | undefined): Map<string, string> {
  const options = new Map<string, string>();
  for (const option of set?.childrenOf('Option', NS.w) ?? []) {
    const name = option.attribute('Name') ?? option.attribute('Name', NS.w);
    if (name !== undefined) options.set(name, option.text);
  }
  return options;
}

function readOperation(
  action: string,
  content: XmlElement | undefined,
  identifier: XmlElement | undefined,
  relatesTo: string | undefined,
): Operation {
  if (content?.name === 'Identify' && content.namespace === NS.id) return { kind: 'identify' };
  switch (action) {
    case '':
      throw new WsmanError('WSMAN_ENVELOPE', 'action of a request');
    case ACTION.get:
      return { kind: 'get' };
    case ACTION.delete:
      return { kind: 'delete' };
    case ACTION.put:
      return { kind: 'put', instance: readInstance(need(content, 'instance')) };
    case ACTION.create:
      return readCreate(need(content, 'instance'));
    case ACTION.enumerate:
      return readEnumerate(need(content, 'Enumerate', NS.n));
    case ACTION.pull:
      return readPull(need(content, 'Pull', NS.n));
    case ACTION.release:
      return { kind: 'release', context: need(content, 'Release', NS.n).child('EnumerationContext', NS.n)?.text.trim() ?? '' };
    case ACTION.subscribe:
      return readSubscribe(need(content, 'Subscribe', NS.e));
    case ACTION.unsubscribe:
      return { kind: 'unsubscribe', identifier: identifier?.text.trim() ?? '' };
    case ACTION.acknowledge:
      return { kind: 'acknowledge', relatesTo: relatesTo ?? '' };
    default:
      return action.startsWith(`${NS.rsp}/`) ? readShellOperation(action, content) : readInvoke(action, content);
  }
}

function need(content: XmlElement | undefined, name: string, namespace?: string): XmlElement {
  if (content === undefined || (namespace !== undefined && (content.name !== name || content.namespace !== namespace))) {
    throw new WsmanError('WSMAN_ENVELOPE', `${name} in the body`);
  }
  return content;
}

function readCreate(content: XmlElement): Operation {
  if (content.name !== 'Shell' || content.namespace !== NS.rsp) return { kind: 'create', instance: readInstance(content) };
  const text = (name: string) => content.child(name, NS.rsp)?.text.trim();
  const variables = content.child('Environment', NS.rsp)?.childrenOf('Variable', NS.rsp) ?? [];
  const workingDirectory = text('WorkingDirectory');
  const idleTimeout = text('IdleTimeOut') ?? text('IdleTimeout');
  const shell: ShellSpec = {
    inputStreams: text('InputStreams') ?? '',
    outputStreams: text('OutputStreams') ?? '',
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    ...(variables.length === 0 ? {} : { environment: new Map(variables.map((each) => [each.attribute('Name') ?? '', each.text])) }),
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
  };
  return { kind: 'createShell', shell };
}

function readEnumerate(content: XmlElement): Operation {
  const maxElements = count(content.child('MaxElements')?.text);
  const filter = readFilter(content.child('Filter'));
  return {
    kind: 'enumerate',
    optimize: content.child('OptimizeEnumeration', NS.w) !== undefined,
    ...(maxElements === undefined ? {} : { maxElements }),
    ...(filter === undefined ? {} : { filter }),
    mode: readMode(content.child('EnumerationMode', NS.w)?.text.trim()),
  };
}

function readMode(name: string | undefined): EnumerationMode {
  return name === 'EnumerateEPR' ? 'reference' : name === 'EnumerateObjectAndEPR' ? 'objectAndReference' : 'object';
}

function readFilter(element: XmlElement | undefined): Filter | undefined {
  if (element === undefined) return undefined;
  const [markup] = element.elements;
  return { dialect: element.attribute('Dialect') ?? '', text: markup === undefined ? element.text : elementMarkup(markup) };
}

function readPull(content: XmlElement): Operation {
  const maxElements = count(content.child('MaxElements', NS.n)?.text);
  const context = content.child('EnumerationContext', NS.n)?.text.trim() ?? '';
  return { kind: 'pull', context, ...(maxElements === undefined ? {} : { maxElements }) };
}

function readSubscribe(content: XmlElement): Operation {
  const delivery = content.child('Delivery', NS.e);
  const filter = readFilter(content.child('Filter'));
  const bookmark = content.child('Bookmark', NS.w);
  const expires = content.child('Expires', NS.e)?.text.trim();
  const heartbeats = delivery?.child('Heartbeats', NS.w)?.text.trim();
  return {
    kind: 'subscribe',
    deliveryMode: delivery?.attribute('Mode') ?? '',
    ...(filter === undefined ? {} : { filter }),
    ...(bookmark === undefined ? {} : { bookmark: elementMarkup(bookmark) }),
    ...(expires === undefined ? {} : { expires }),
    ...(heartbeats === undefined ? {} : { heartbeats }),
  };
}

function readShellOperation(action: string, content: XmlElement | undefined): Operation {
  const id = (element: XmlElement | undefined) => {
    const commandId = element?.attribute('CommandId');
    return commandId === undefined ? {} : { commandId };
  };
  switch (action) {
    case ACTION.command: {
      const line = need(content, 'CommandLine', NS.rsp);
      const command = line.child('Command', NS.rsp)?.text ?? '';
      return { kind: 'command', command, arguments: line.childrenOf('Arguments', NS.rsp).map((each) => each.text), ...id(line) };
    }
    case ACTION.send: {
      const stream = need(content, 'Send', NS.rsp).child('Stream', NS.rsp);
      const data = fromBase64(stream?.text ?? '');
      if (data === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'base64 of a stream');
      return { kind: 'send', stream: stream?.attribute('Name') ?? '', data, end: stream?.attribute('End') === 'true', ...id(stream) };
    }
    case ACTION.receive: {
      const desired = need(content, 'Receive', NS.rsp).child('DesiredStream', NS.rsp);
      return { kind: 'receive', streams: desired?.text.split(/\s+/).filter((name) => name !== '') ?? [], ...id(desired) };
    }
    case ACTION.signal: {
      const signal = need(content, 'Signal', NS.rsp);
      return { kind: 'signal', code: signal.child('Code', NS.rsp)?.text.trim() ?? '', ...id(signal) };
    }
    default:
      return readInvoke(action, content);
  }
}

/** Any other action is a method: its name is what follows the last slash (DSP0227 section 9.2). */
function readInvoke(action: string, content: XmlElement | undefined): Operation {
  const method = action.slice(action.lastIndexOf('/') + 1);
  return { kind: 'invoke', method, parameters: content === undefined ? { properties: new Map() } : readInstance(content) };
}

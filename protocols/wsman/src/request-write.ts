import { formatDuration } from './durations.ts';
import { elementMarkup, writeEnvelope } from './envelope.ts';
import { writeInstance } from './instance.ts';
import { ANONYMOUS, type NamespacePrefix } from './namespaces.ts';
import { toBase64 } from './octets.ts';
import { writeSelectors } from './reference.ts';
import type { EnumerationMode, Filter, Operation, ShellSpec, WsmanRequest } from './request.ts';
import { parseXml } from './xml.ts';
import type { XmlWriter } from './xml-write.ts';

const MUST = ['s:mustUnderstand', 'true'] as const;
const NEED_NOT = ['s:mustUnderstand', 'false'] as const;

/** Names of the modes that are not the default (DSP0226 section 8.7). */
const MODE_NAMES: Readonly<Record<EnumerationMode, string>> = {
  object: '',
  reference: 'EnumerateEPR',
  objectAndReference: 'EnumerateObjectAndEPR',
};

/**
 * Writes a request. Headers in the order Windows' own client uses; Identify has none (DSP0226 section 11).
 * @throws WsmanError `WSMAN_VALUE` for text XML does not have; what `parseXml` throws for filters and bookmarks that are no XML.
 */
export function writeRequest(request: WsmanRequest): string {
  const { operation } = request;
  if (operation.kind === 'identify') {
    return writeEnvelope(
      ['id'],
      () => {},
      (writer) => writer.leaf('id:Identify'),
    );
  }
  return writeEnvelope(
    ['a', 'w', 'p', ...prefixesOf(operation)],
    (writer) => writeHeader(writer, request),
    (writer) => writeOperation(writer, operation, request.resourceUri ?? ''),
  );
}

function prefixesOf({ kind }: Operation): NamespacePrefix[] {
  if (kind === 'enumerate' || kind === 'pull' || kind === 'release') return ['n'];
  if (kind === 'subscribe' || kind === 'unsubscribe') return ['e'];
  return ['createShell', 'command', 'send', 'receive', 'signal'].includes(kind) ? ['rsp'] : [];
}

function writeHeader(writer: XmlWriter, request: WsmanRequest): void {
  writer.leaf('a:To', request.to ?? ANONYMOUS);
  if (request.resourceUri !== undefined) writer.leaf('w:ResourceURI', request.resourceUri, [MUST]);
  writer.open('a:ReplyTo').leaf('a:Address', ANONYMOUS, [MUST]).close();
  writer.leaf('a:Action', request.action, [MUST]);
  if (request.maxEnvelopeSize !== undefined) writer.leaf('w:MaxEnvelopeSize', String(request.maxEnvelopeSize), [MUST]);
  writer.leaf('a:MessageID', request.messageId);
  if (request.operation.kind === 'acknowledge') writer.leaf('a:RelatesTo', request.operation.relatesTo);
  if (request.locale !== undefined) {
    writer.leaf('w:Locale', undefined, [['xml:lang', request.locale], NEED_NOT]);
    writer.leaf('p:DataLocale', undefined, [['xml:lang', request.locale], NEED_NOT]);
  }
  if (request.operation.kind === 'unsubscribe') writer.leaf('e:Identifier', request.operation.identifier);
  writeSelectors(writer, request.selectors);
  if (request.options.size > 0) {
    writer.open('w:OptionSet');
    for (const [name, value] of request.options) writer.leaf('w:Option', value, [['Name', name]]);
    writer.close();
  }
  if (request.operationTimeoutMs !== undefined) writer.leaf('w:OperationTimeout', formatDuration(request.operationTimeoutMs));
}

function writeOperation(writer: XmlWriter, operation: Operation, resourceUri: string): void {
  switch (operation.kind) {
    case 'put':
    case 'create':
      writeInstance(writer, operation.instance, { resourceUri });
      return;
    case 'enumerate':
      writeEnumerate(writer, operation);
      return;
    case 'pull':
      writer.open('n:Pull').leaf('n:EnumerationContext', operation.context);
      if (operation.maxElements !== undefined) writer.leaf('n:MaxElements', String(operation.maxElements));
      writer.close();
      return;
    case 'release':
      writer.open('n:Release').leaf('n:EnumerationContext', operation.context).close();
      return;
    case 'subscribe':
      writeSubscribe(writer, operation);
      return;
    case 'unsubscribe':
      writer.leaf('e:Unsubscribe');
      return;
    case 'createShell':
      writeShell(writer, operation.shell);
      return;
    case 'command':
      writer.open('rsp:CommandLine', [['CommandId', operation.commandId]]).leaf('rsp:Command', operation.command);
      for (const argument of operation.arguments) writer.leaf('rsp:Arguments', argument);
      writer.close();
      return;
    case 'send':
      writer.open('rsp:Send');
      writer.leaf('rsp:Stream', toBase64(operation.data), [
        ['Name', operation.stream],
        ['CommandId', operation.commandId],
        ['End', operation.end ? 'true' : undefined],
      ]);
      writer.close();
      return;
    case 'receive':
      writer.open('rsp:Receive');
      writer.leaf('rsp:DesiredStream', operation.streams.join(' '), [['CommandId', operation.commandId]]);
      writer.close();
      return;
    case 'signal':
      writer
        .open('rsp:Signal', [['CommandId', operation.commandId]])
        .leaf('rsp:Code', operation.code)
        .close();
      return;
    case 'invoke':
      writeInstance(writer, { class: `${operation.method}_INPUT`, ...operation.parameters }, { resourceUri });
      return;
    case 'identify':
    case 'get':
    case 'delete':
    case 'acknowledge':
      return;
  }
}

function writeEnumerate(writer: XmlWriter, operation: Extract<Operation, { kind: 'enumerate' }>): void {
  writer.open('n:Enumerate');
  if (operation.optimize) writer.leaf('w:OptimizeEnumeration');
  if (operation.maxElements !== undefined) writer.leaf('w:MaxElements', String(operation.maxElements));
  if (operation.mode !== 'object') writer.leaf('w:EnumerationMode', MODE_NAMES[operation.mode]);
  writeFilter(writer, operation.filter);
  writer.close();
}

/** A filter is text (WQL) or, when it starts with `<`, markup (event queries, selector filters). */
function writeFilter(writer: XmlWriter, filter: Filter | undefined): void {
  if (filter === undefined) return;
  writer.open('w:Filter', [['Dialect', filter.dialect]]);
  if (filter.text.trimStart().startsWith('<')) writer.markup(elementMarkup(parseXml(filter.text)));
  else writer.text(filter.text);
  writer.close();
}

function writeSubscribe(writer: XmlWriter, operation: Extract<Operation, { kind: 'subscribe' }>): void {
  writer.open('e:Subscribe').open('e:Delivery', [['Mode', operation.deliveryMode]]);
  if (operation.heartbeats !== undefined) writer.leaf('w:Heartbeats', operation.heartbeats);
  writer.close();
  if (operation.expires !== undefined) writer.leaf('e:Expires', operation.expires);
  writeFilter(writer, operation.filter);
  if (operation.bookmark !== undefined) writer.markup(elementMarkup(parseXml(operation.bookmark)));
  writer.leaf('w:SendBookmarks').close();
}

function writeShell(writer: XmlWriter, shell: ShellSpec): void {
  writer.open('rsp:Shell');
  if (shell.environment !== undefined && shell.environment.size > 0) {
    writer.open('rsp:Environment');
    for (const [name, value] of shell.environment) writer.leaf('rsp:Variable', value, [['Name', name]]);
    writer.close();
  }
  if (shell.workingDirectory !== undefined) writer.leaf('rsp:WorkingDirectory', shell.workingDirectory);
  if (shell.idleTimeout !== undefined) writer.leaf('rsp:IdleTimeOut', shell.idleTimeout);
  writer.leaf('rsp:InputStreams', shell.inputStreams).leaf('rsp:OutputStreams', shell.outputStreams).close();
}

import { writeEnvelope } from './envelope.ts';
import { writeInstance } from './instance.ts';
import { ACTION, ANONYMOUS, type NamespacePrefix, NS, RESOURCE } from './namespaces.ts';
import { toBase64 } from './octets.ts';
import { writeReferenceParts } from './reference.ts';
import type { EnumerationMode, ReceivedRequest } from './request.ts';
import type { ShellOutput, WsmanIdentity } from './responses.ts';
import type { WsmanInstance, WsmanReference } from './values.ts';
import type { XmlWriter } from './xml-write.ts';

/** What every answer needs: the request it answers, and its own message id (`uuid:…`). */
export interface AnswerContext {
  readonly request: Pick<ReceivedRequest, 'action' | 'messageId' | 'resourceUri'>;
  readonly messageId: string;
}

/** Writes an IdentifyResponse (DSP0226 section 11): no headers. */
export function writeIdentity(identity: WsmanIdentity): string {
  return writeEnvelope(
    ['id'],
    () => {},
    (writer) => {
      writer.open('id:IdentifyResponse');
      if (identity.protocolVersion !== undefined) writer.leaf('id:ProtocolVersion', identity.protocolVersion);
      if (identity.productVendor !== undefined) writer.leaf('id:ProductVendor', identity.productVendor);
      if (identity.productVersion !== undefined) writer.leaf('id:ProductVersion', identity.productVersion);
      if (identity.securityProfiles.length > 0) {
        writer.open('id:SecurityProfiles');
        for (const profile of identity.securityProfiles) writer.leaf('id:SecurityProfileName', profile);
        writer.close();
      }
      writer.close();
    },
    'en-US',
  );
}

/** Writes any answer: action of the request with `Response` behind it, unless another is given. */
export function writeAnswer(
  context: AnswerContext,
  prefixes: readonly NamespacePrefix[],
  body: (writer: XmlWriter) => void,
  options: { readonly action?: string; readonly header?: (writer: XmlWriter) => void } = {},
): string {
  return writeEnvelope(
    ['a', 'x', 'w', 'p', ...prefixes],
    (writer) => {
      writer
        .leaf('a:Action', options.action ?? `${context.request.action}Response`)
        .leaf('a:MessageID', context.messageId)
        .leaf('a:To', ANONYMOUS);
      options.header?.(writer);
      if (context.request.messageId !== undefined) writer.leaf('a:RelatesTo', context.request.messageId);
    },
    body,
    'en-US',
  );
}

/** Answer to Get and Put with an instance, typed as Windows writes it. */
export function writeInstanceAnswer(context: AnswerContext, instance: WsmanInstance): string {
  return writeAnswer(context, [], (writer) => writeInstance(writer, instance, { typed: isCim(instance) }));
}

/** Answer to a method: output parameters in `Method_OUTPUT` (DSP0227 section 9.2). */
export function writeInvokeAnswer(context: AnswerContext, method: string, output: WsmanInstance['properties']): string {
  const resourceUri = context.request.resourceUri ?? '';
  const instance: WsmanInstance = { class: `${method}_OUTPUT`, resourceUri, properties: output };
  return writeAnswer(context, [], (writer) => writeInstance(writer, instance, { typed: isCim(instance) }));
}

/** Windows types WMI and CIM elements, not those of its configuration. */
function isCim({ resourceUri = '' }: WsmanInstance): boolean {
  return resourceUri.startsWith(RESOURCE.wmi) || resourceUri.startsWith(RESOURCE.cim);
}

/** Items and state of one answer of an enumeration. */
export interface PageToWrite {
  readonly items: readonly WsmanInstance[];
  readonly mode: EnumerationMode;
  /** Empty when nothing is left, as Windows writes it. */
  readonly context: string;
  readonly end: boolean;
}

/** Answer to Enumerate; without OptimizeEnumeration give no items. */
export function writeEnumerateAnswer(context: AnswerContext, page: PageToWrite): string {
  return writeAnswer(context, ['n'], (writer) => {
    writer.open('n:EnumerateResponse').leaf('n:EnumerationContext', page.context);
    if (page.items.length > 0 || page.end) writeItems(writer, 'w:Items', page);
    if (page.end) writer.leaf('w:EndOfSequence');
    writer.close();
  });
}

/** Answer to Pull. */
export function writePullAnswer(context: AnswerContext, page: PageToWrite): string {
  return writeAnswer(context, ['n'], (writer) => {
    writer.open('n:PullResponse');
    if (!page.end) writer.leaf('n:EnumerationContext', page.context);
    writeItems(writer, 'n:Items', page);
    if (page.end) writer.leaf('n:EndOfSequence');
    writer.close();
  });
}

function writeItems(writer: XmlWriter, name: string, { items, mode }: PageToWrite): void {
  writer.open(name);
  for (const item of items) {
    const { reference } = item;
    if (mode === 'objectAndReference') writer.open('w:Item');
    if (mode !== 'reference') writeInstance(writer, item, { typed: isCim(item) });
    if (mode !== 'object' && reference !== undefined) {
      writer.open('a:EndpointReference');
      writeReferenceParts(writer, reference);
      writer.close();
    }
    if (mode === 'objectAndReference') writer.close();
  }
  writer.close();
}

/** Answer with an empty body: Release, Delete, Unsubscribe. */
export function writeEmptyAnswer(context: AnswerContext): string {
  return writeAnswer(context, [], () => {});
}

/** Answer to Create: the reference, and for shells a description (`rsp:Shell`, names and texts in order). */
export function writeCreated(
  context: AnswerContext,
  reference: WsmanReference,
  shell: readonly (readonly [name: string, text: string])[] = [],
): string {
  return writeAnswer(context, ['rsp'], (writer) => {
    writer.open('x:ResourceCreated');
    writeReferenceParts(writer, reference);
    writer.close();
    if (shell.length === 0) return;
    writer.open('rsp:Shell');
    for (const [name, text] of shell) writer.leaf(`rsp:${name}`, text);
    writer.close();
  });
}

/** Answer to Command. */
export function writeCommandAnswer(context: AnswerContext, commandId: string): string {
  return writeAnswer(context, ['rsp'], (writer) => writer.open('rsp:CommandResponse').leaf('rsp:CommandId', commandId).close());
}

/** Answer to Receive. */
export function writeReceiveAnswer(context: AnswerContext, commandId: string, output: ShellOutput): string {
  return writeAnswer(context, ['rsp'], (writer) => {
    writer.open('rsp:ReceiveResponse');
    for (const { stream, data, end } of output.pieces) {
      writer.leaf('rsp:Stream', toBase64(data), [
        ['Name', stream],
        ['CommandId', commandId],
        ['End', end ? 'true' : undefined],
      ]);
    }
    if (output.state !== undefined) {
      writer.open('rsp:CommandState', [
        ['CommandId', commandId],
        ['State', `${NS.rsp}/CommandState/${output.state}`],
      ]);
      if (output.exitCode !== undefined) writer.leaf('rsp:ExitCode', String(output.exitCode));
      writer.close();
    }
    writer.close();
  });
}

/** Answer to Send. */
export function writeSendAnswer(context: AnswerContext): string {
  return writeAnswer(context, ['rsp'], (writer) => writer.leaf('rsp:SendResponse'));
}

/** Answer to Signal. */
export function writeSignalAnswer(context: AnswerContext): string {
  return writeAnswer(context, ['rsp'], (writer) => writer.leaf('rsp:SignalResponse'));
}

/** Answer to Subscribe in pull mode. */
export function writeSubscribed(
  context: AnswerContext,
  subscription: { readonly address: string; readonly identifier: string; readonly context: string; readonly expires?: string },
): string {
  return writeAnswer(context, ['e', 'n'], (writer) => {
    writer.open('e:SubscribeResponse').open('e:SubscriptionManager').leaf('a:Address', subscription.address);
    writer
      .open('a:ReferenceParameters')
      .leaf('w:ResourceURI', context.request.resourceUri)
      .leaf('e:Identifier', subscription.identifier)
      .close()
      .close();
    writer
      .leaf('e:Expires', subscription.expires ?? 'PT0.000S')
      .leaf('n:EnumerationContext', subscription.context)
      .close();
  });
}

/** Answer to a subscription's Pull: events and bookmark as markup. */
export function writeEventPage(
  context: AnswerContext,
  page: { readonly context: string; readonly events: readonly string[]; readonly bookmark?: string },
): string {
  return writeAnswer(
    context,
    ['n'],
    (writer) => {
      writer.open('n:PullResponse').leaf('n:EnumerationContext', page.context).open('n:Items');
      for (const event of page.events) writer.markup(event);
      writer.close().close();
    },
    { action: `${ACTION.pull}Response`, header: (writer) => writer.markup(page.bookmark ?? '') },
  );
}

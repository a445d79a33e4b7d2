import type { Envelope } from './envelope.ts';
import { elementMarkup } from './envelope.ts';
import { WsmanError } from './errors.ts';
import { readInstance } from './instance.ts';
import { NS } from './namespaces.ts';
import { fromBase64 } from './octets.ts';
import { readReference } from './reference.ts';
import type { WsmanInstance, WsmanReference } from './values.ts';
import type { XmlElement } from './xml-element.ts';

/** What an IdentifyResponse says (DSP0226 section 11). */
export interface WsmanIdentity {
  readonly protocolVersion?: string;
  /** `Microsoft Corporation`, `Openwsman Project`, `Open Management Infrastructure` … */
  readonly productVendor?: string;
  /** `OS: 10.0.20348 SP: 0.0 Stack: 3.0`; Windows writes `OS: 0.0.0 …` without login. */
  readonly productVersion?: string;
  /** URIs of the security profiles; only after login. */
  readonly securityProfiles: readonly string[];
}

/** Output of a command (MS-WSMV 2.2.4.27). */
export interface ShellOutput {
  /** Pieces in order, by stream name. */
  readonly pieces: readonly { readonly stream: string; readonly data: Uint8Array; readonly end: boolean }[];
  /** `Done`, `Pending`, `Running`: last part of the state's URI; absent without a state. */
  readonly state?: string;
  readonly exitCode?: number;
}

/** One answer of an enumeration. */
export interface EnumerationPage {
  /** Instances; in mode `reference` instances without properties that carry a reference. */
  readonly items: readonly WsmanInstance[];
  /** For the next Pull; absent: the last one stays in force, or there is nothing more when `end`. */
  readonly context?: string;
  readonly end: boolean;
}

/** One answer of a subscription's Pull. */
export interface EventPage {
  readonly events: readonly XmlElement[];
  readonly context?: string;
  readonly bookmark?: string;
  readonly end: boolean;
}

/** Reads an IdentifyResponse. @throws WsmanError `WSMAN_ENVELOPE` when it is none. */
export function readIdentity(envelope: Envelope): WsmanIdentity {
  const { content } = envelope;
  if (content?.name !== 'IdentifyResponse' || content.namespace !== NS.id) throw new WsmanError('WSMAN_ENVELOPE', 'IdentifyResponse');
  const text = (name: string) => content.child(name, NS.id)?.text.trim();
  const protocolVersion = text('ProtocolVersion');
  const productVendor = text('ProductVendor');
  const productVersion = text('ProductVersion');
  const profiles = content.child('SecurityProfiles', NS.id)?.childrenOf('SecurityProfileName', NS.id) ?? [];
  return {
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(productVendor === undefined ? {} : { productVendor }),
    ...(productVersion === undefined ? {} : { productVersion }),
    securityProfiles: profiles.map((each) => each.text.trim()),
  };
}

/**
 * Reads an EnumerateResponse or PullResponse (DSP0226 section 8; items of an optimised answer stand in `w:Items`, others in `n:Items`).
 * @throws WsmanError `WSMAN_ENVELOPE`.
 */
export function readEnumerationPage(envelope: Envelope): EnumerationPage {
  const { content } = envelope;
  if (content?.namespace !== NS.n || (content.name !== 'EnumerateResponse' && content.name !== 'PullResponse')) {
    throw new WsmanError('WSMAN_ENVELOPE', 'EnumerateResponse or PullResponse');
  }
  const context = content.child('EnumerationContext', NS.n)?.text.trim() ?? '';
  return {
    items: content.child('Items')?.elements.map(readItem) ?? [],
    ...(context === '' ? {} : { context }),
    end: content.child('EndOfSequence') !== undefined,
  };
}

function readItem(element: XmlElement): WsmanInstance {
  if (element.name === 'EndpointReference' && element.namespace === NS.a) {
    const reference = readReference(element);
    if (reference === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'address of an endpoint reference');
    return referenceOnly(reference);
  }
  if (element.name !== 'Item' || element.namespace !== NS.w) return readInstance(element);
  const epr = element.child('EndpointReference', NS.a);
  const object = element.elements.find((child) => child !== epr);
  const reference = epr === undefined ? undefined : readReference(epr);
  const instance = object === undefined ? { properties: new Map() } : readInstance(object);
  return reference === undefined ? instance : { ...instance, reference };
}

function referenceOnly(reference: WsmanReference): WsmanInstance {
  return { properties: new Map(), reference };
}

/** Reads an instance out of the answer to Get, Put or Invoke. @throws WsmanError `WSMAN_ENVELOPE` for an empty body. */
export function readInstanceAnswer(envelope: Envelope): WsmanInstance {
  if (envelope.content === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'instance in the body');
  return readInstance(envelope.content);
}

/** Reference to what Create made (`x:ResourceCreated`). @throws WsmanError `WSMAN_ENVELOPE`. */
export function readCreated(envelope: Envelope): WsmanReference {
  const created = envelope.body.child('ResourceCreated', NS.x);
  const reference = created === undefined ? undefined : readReference(created);
  if (reference === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'ResourceCreated');
  return reference;
}

/** Id of a command. @throws WsmanError `WSMAN_ENVELOPE`. */
export function readCommandId(envelope: Envelope): string {
  const id = envelope.body.child('CommandResponse', NS.rsp)?.child('CommandId', NS.rsp)?.text.trim() ?? '';
  if (id === '') throw new WsmanError('WSMAN_ENVELOPE', 'CommandId');
  return id;
}

/** Output of a command. @throws WsmanError `WSMAN_ENVELOPE`. */
export function readShellOutput(envelope: Envelope): ShellOutput {
  const answer = envelope.body.child('ReceiveResponse', NS.rsp);
  if (answer === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'ReceiveResponse');
  const command = answer.child('CommandState', NS.rsp);
  const uri = command?.attribute('State');
  const exit = command?.child('ExitCode', NS.rsp)?.text.trim() ?? '';
  return {
    pieces: answer.childrenOf('Stream', NS.rsp).map((stream) => ({
      stream: stream.attribute('Name') ?? '',
      data: octets(stream.text),
      end: stream.attribute('End') === 'true' || stream.attribute('End') === '1',
    })),
    ...(uri === undefined ? {} : { state: uri.slice(uri.lastIndexOf('/') + 1) }),
    // Exit codes are 32 bits; NTSTATUS values come negative or as unsigned numbers.
    ...(/^-?\d{1,10}$/.test(exit) ? { exitCode: Number(exit) } : {}),
  };
}

function octets(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'base64 of a stream');
  return bytes;
}

/** Identifier and context of a pull subscription. @throws WsmanError `WSMAN_ENVELOPE`. */
export function readSubscribed(envelope: Envelope): { readonly identifier: string; readonly context: string } {
  const answer = envelope.body.child('SubscribeResponse', NS.e);
  const manager = answer?.child('SubscriptionManager', NS.e);
  const parameters = manager?.child('ReferenceParameters', NS.a) ?? manager?.child('ReferenceProperties', NS.a);
  const context = answer?.child('EnumerationContext', NS.n)?.text.trim() ?? '';
  if (context === '') throw new WsmanError('WSMAN_ENVELOPE', 'EnumerationContext of a SubscribeResponse');
  return { identifier: parameters?.child('Identifier', NS.e)?.text.trim() ?? '', context };
}

/** Events of a subscription's Pull; the bookmark stands in the header. @throws WsmanError `WSMAN_ENVELOPE`. */
export function readEventPage(envelope: Envelope): EventPage {
  const { content } = envelope;
  if (content?.name !== 'PullResponse' || content.namespace !== NS.n) throw new WsmanError('WSMAN_ENVELOPE', 'PullResponse');
  const context = content.child('EnumerationContext', NS.n)?.text.trim() ?? '';
  const bookmark = envelope.headers.find((element) => element.name === 'Bookmark' && element.namespace === NS.w);
  return {
    events: content.child('Items')?.elements ?? [],
    ...(context === '' ? {} : { context }),
    ...(bookmark === undefined ? {} : { bookmark: elementMarkup(bookmark) }),
    end: content.child('EndOfSequence') !== undefined,
  };
}

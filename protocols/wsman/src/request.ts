import type { WsmanInstance, WsmanReference } from './values.ts';
import type { XmlElement } from './xml-element.ts';

/** Selector values: text, or a reference (DSP0226 section 5.1.2.2). */
export type Selectors = ReadonlyMap<string, string | WsmanReference>;

/** How an enumeration answers (DSP0226 section 8.7). */
export type EnumerationMode = 'object' | 'reference' | 'objectAndReference';

/** A filter with its dialect URI (see DIALECT); the text is a WQL query or an event query as XML. */
export interface Filter {
  readonly dialect: string;
  readonly text: string;
}

/** What is asked for, by action; `Invoke` is every action that is not a standard one. */
export type Operation =
  | { readonly kind: 'identify' }
  | { readonly kind: 'get' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'put'; readonly instance: WsmanInstance }
  | { readonly kind: 'create'; readonly instance: WsmanInstance }
  | {
      readonly kind: 'enumerate';
      readonly optimize: boolean;
      readonly maxElements?: number;
      readonly filter?: Filter;
      readonly mode: EnumerationMode;
    }
  | { readonly kind: 'pull'; readonly context: string; readonly maxElements?: number }
  | { readonly kind: 'release'; readonly context: string }
  | {
      readonly kind: 'subscribe';
      readonly deliveryMode: string;
      readonly filter?: Filter;
      /** `w:Bookmark` as markup. */
      readonly bookmark?: string;
      /** XML Schema duration. */
      readonly expires?: string;
      readonly heartbeats?: string;
    }
  | { readonly kind: 'unsubscribe'; readonly identifier: string }
  | { readonly kind: 'acknowledge'; readonly relatesTo: string }
  | { readonly kind: 'createShell'; readonly shell: ShellSpec }
  | { readonly kind: 'command'; readonly command: string; readonly arguments: readonly string[]; readonly commandId?: string }
  | {
      readonly kind: 'send';
      readonly stream: string;
      readonly commandId?: string;
      readonly data: Uint8Array;
      readonly end: boolean;
    }
  | { readonly kind: 'receive'; readonly streams: readonly string[]; readonly commandId?: string }
  | { readonly kind: 'signal'; readonly commandId?: string; readonly code: string }
  | { readonly kind: 'invoke'; readonly method: string; readonly parameters: WsmanInstance };

/** What a shell is created with (MS-WSMV 2.2.4.37). */
export interface ShellSpec {
  readonly inputStreams: string;
  readonly outputStreams: string;
  readonly workingDirectory?: string;
  readonly environment?: ReadonlyMap<string, string>;
  /** XML Schema duration. */
  readonly idleTimeout?: string;
}

/** A request envelope, read or to be written. */
export interface WsmanRequest {
  readonly action: string;
  /** Absent for Identify. */
  readonly resourceUri?: string;
  readonly selectors: Selectors;
  readonly options: ReadonlyMap<string, string>;
  readonly to?: string;
  /** `uuid:…`; absent for Identify. */
  readonly messageId?: string;
  /** Bytes the answer may have. */
  readonly maxEnvelopeSize?: number;
  readonly operationTimeoutMs?: number;
  readonly locale?: string;
  readonly operation: Operation;
}

/** A request as a service reads it. */
export interface ReceivedRequest extends WsmanRequest {
  /** First element of the body. */
  readonly body?: XmlElement;
  /** Header elements marked mustUnderstand that this package does not know, by local name. */
  readonly notUnderstood: readonly string[];
}

import type { Secrets } from './secrets.ts';
import type { KeptKind } from './types.ts';

/** What the scanners of one conversation share. */
export interface ScanContext {
  readonly secrets: Secrets;
  readonly names: 'keep' | 'mask';
  /** RPC: interface by context identifier, and operation by call. */
  readonly rpcInterfaces: Map<number, string>;
  readonly rpcCalls: Map<number, { readonly interfaceId: string; readonly opnum: number }>;
  count(kind: KeptKind): void;
}

/** Writes bytes at a place counted from the first byte of the piece that is being scanned; it may lie behind the piece, within the message. Places only grow. */
export type Keep = (at: number, bytes: Uint8Array) => void;

/** Reads one side of a stream from its beginning and says what of it is kept. */
export interface Scanner {
  /**
   * Looks at the next message, whose first byte is `bytes[0]`.
   * @returns how many bytes it has (may be more than are there: the rest passes and becomes zero); 0: more bytes are needed; -1: none of this protocol;
   * -2: none of this protocol from here on, look anew what it is.
   */
  scan(bytes: Uint8Array, keep: Keep): number;
}

/** Bytes of one message that are waited for; larger ones are understood by their beginning or not at all. */
export const MAX_UNIT_BYTES = 512 * 1024;

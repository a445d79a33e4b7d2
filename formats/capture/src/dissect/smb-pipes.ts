import { remember } from './bounded-map.ts';
import { rpcFraming } from './rpc-framing.ts';
import { RpcReader, type RpcSink } from './rpc-reader.ts';
import type { Place, Side } from './types.ts';
import { UnitReader } from './unit-reader.ts';

/** Pipes open at the same time in one conversation: tools open a handful. */
const MAX_PIPES = 64;

/** Named pipes of one SMB conversation and the DCE RPC in them (MS-RPCE 2.1.1.2). */
export class SmbPipes {
  readonly #sink: RpcSink;
  /** By file identifier. */
  readonly #names = new Map<string, string>();
  readonly #readers = new Map<string, UnitReader | undefined>();

  constructor(sink: RpcSink) {
    this.#sink = sink;
  }

  /** A pipe was opened. @param name without the leading backslash. */
  open(id: string, name: string): void {
    remember(this.#names, id, name.replace(/^\\(pipe\\)?/i, ''), MAX_PIPES);
    this.#readers.delete(id);
  }

  /** A file of another share was opened under this identifier: what passes through it is no RPC. */
  openOther(id: string): void {
    this.#names.delete(id);
    remember(this.#readers, id, undefined, MAX_PIPES);
  }

  close(id: string): void {
    this.#names.delete(id);
    this.#readers.delete(id);
  }

  /**
   * Bytes went through a file. Of a file whose opening was not seen they are RPC when they begin so.
   * @param missing bytes behind them that are not there.
   */
  data(id: string, side: Side, bytes: Uint8Array, missing: number, place: Place): void {
    if (bytes.length === 0) return;
    let reader = this.#readers.get(id);
    if (reader === undefined) {
      if (this.#readers.has(id) || rpcFraming.plausible(bytes, 0) !== true) return;
      const rpc = new RpcReader(this.#sink, this.#names.get(id) ?? '');
      // Nothing is skipped by itself: the outer message decides what is handed over.
      reader = new UnitReader(rpcFraming, { skip: () => undefined }, (unit) =>
        rpc.unit(unit.side, unit.bytes, unit.length, unit.partial, unit.place),
      );
      remember(this.#readers, id, reader, MAX_PIPES);
    }
    reader.data(side, bytes, place);
    if (missing > 0) reader.gap(side, missing, place);
  }
}

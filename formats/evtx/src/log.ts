import type { ByteSource } from '@winmedic/bytes';
import { EvtxError } from './errors.ts';
import { ABSENT_HEADER } from './file-header.ts';
import { DEFAULT_WINDOW_BYTES, withDefaults } from './limits.ts';
import { Pass, type PassCollectors } from './pass.ts';
import { eventId } from './query.ts';
import { Resolver } from './resolve.ts';
import { findStart } from './resync.ts';
import { SpanCollector, TextNumbers } from './spans.ts';
import type { EvtxFileHeader, EvtxLimits, EvtxLog, EvtxOptions, EvtxQuery, EvtxRecord, ScanSummary } from './types.ts';
import { Walker, type WalkOptions } from './walker.ts';
import { type AnsiDecoder, ansiDecoder, Window } from './window.ts';

/**
 * Opens an event log.
 * @param source where its bytes are.
 * @throws {EvtxError} EVTX_EMPTY without bytes; EVTX_NOT_EVTX when neither a file header nor a chunk is found.
 * @source [MS-EVEN6] 2.2.12 for BinXML; the file layout is not published and follows what logs of Windows Vista to 11 hold
 */
export function openEvtx(source: ByteSource, options: EvtxOptions = {}): EvtxLog {
  const probe = new Uint8Array(1);
  if (source.readAt(0, probe) === 0) throw new EvtxError('EVTX_EMPTY', 'no bytes');
  const start = findStart(source);
  if (start === undefined) throw new EvtxError('EVTX_NOT_EVTX', 'neither a file header nor a chunk');
  return new Log(source, options, start);
}

/** Bytes looked at when a log is opened: the file header and the first chunk lie in them. */
const HEAD_BYTES = 1 << 17;

/** Tables and window of a pass, kept for the next one. */
interface Decoder {
  readonly resolver: Resolver;
  readonly window: Window;
}

class Log implements EvtxLog {
  readonly source: ByteSource;
  readonly #options: EvtxOptions;
  readonly #limits: EvtxLimits;
  readonly #start: number;
  readonly #ansi: AnsiDecoder;
  readonly #headers = new Map<number, EvtxFileHeader>();
  readonly #idle: Decoder[] = [];

  constructor(source: ByteSource, options: EvtxOptions, start: number) {
    this.source = source;
    this.#options = options;
    this.#limits = withDefaults(options.limits);
    this.#start = start;
    this.#ansi = ansiDecoder(options.ansiEncoding);
    // The first header is known right after opening; a log without any chunk is not walked to its end for that.
    const head: ByteSource = {
      sizeBytes: Math.min(source.sizeBytes, start + HEAD_BYTES),
      readAt: (offset, into) => source.readAt(offset, into.subarray(0, Math.max(0, start + HEAD_BYTES - offset))),
    };
    const walker = new Walker(head, { ...this.#walk(), quiet: true }, new Window(new Uint8Array(HEAD_BYTES)));
    walker.nextChunk();
  }

  get headers(): readonly EvtxFileHeader[] {
    const found = [...this.#headers].sort(([a], [b]) => a - b).map(([, header]) => header);
    return found.length === 0 ? [ABSENT_HEADER] : found;
  }

  records(): IterableIterator<EvtxRecord> {
    return this.#iterate(undefined, (pass) => pass.record);
  }

  select(queries: readonly EvtxQuery[]): IterableIterator<{ record: EvtxRecord; queryIndex: number }> {
    return this.#iterate(queries, (pass) => ({ record: pass.record, queryIndex: pass.queryIndex }));
  }

  scan(
    queries: readonly EvtxQuery[],
    // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing is the usual one.
    onMatch: (record: EvtxRecord, queryIndex: number) => boolean | void,
    options: { readonly spans?: boolean } = {},
  ): ScanSummary {
    const spans = options.spans === true ? new SpanCollector() : undefined;
    const decoder = this.#take();
    const pass = this.#pass(queries, { spans }, decoder);
    let stopped = false;
    while (!stopped && pass.advance()) stopped = onMatch(pass.record, pass.queryIndex) === false;
    this.#idle.push(decoder);
    const { walker } = pass;
    return {
      bytes: walker.bytes,
      slots: walker.slots,
      chunks: walker.chunks,
      records: pass.records,
      matched: pass.matched,
      recovered: pass.recovered,
      damagedRecords: walker.damagedRecords,
      damages: walker.damages,
      spans: spans?.result() ?? [],
    };
  }

  countBy(key: 'id' | 'provider' | 'channel', queries?: readonly EvtxQuery[]): Map<string, number> {
    const counts: number[] = [];
    const decoder = this.#take();
    const texts = key === 'id' ? undefined : new TextNumbers(key);
    const pass = this.#pass(
      queries,
      {
        count: (template, plan, system) => {
          const number = texts === undefined ? eventId(plan, system) + 1 : texts.of(template, template.get(texts), system);
          counts[number] = (counts[number] ?? 0) + 1;
        },
      },
      decoder,
    );
    while (pass.advance());
    this.#idle.push(decoder);
    const out = new Map<string, number>();
    counts.forEach((count, number) => {
      const name = texts === undefined ? (number === 0 ? '' : String(number - 1)) : texts.texts[number]!;
      out.set(name, (out.get(name) ?? 0) + count);
    });
    return out;
  }

  #iterate<T>(queries: readonly EvtxQuery[] | undefined, give: (pass: Pass) => T): IterableIterator<T> {
    const decoder = this.#take();
    const pass = this.#pass(queries, {}, decoder);
    let done = false;
    const finish = (): IteratorResult<T> => {
      if (!done) this.#idle.push(decoder);
      done = true;
      return { done: true, value: undefined };
    };
    return {
      next: () => (!done && pass.advance() ? { done: false, value: give(pass) } : finish()),
      return: finish,
      [Symbol.iterator]() {
        return this;
      },
    };
  }

  #pass(queries: readonly EvtxQuery[] | undefined, collectors: PassCollectors, decoder: Decoder): Pass {
    return new Pass(this.source, this.#walk(), decoder.resolver, this.#limits, queries, collectors, decoder.window);
  }

  #walk(): WalkOptions {
    return { options: this.#options, start: this.#start, onHeader: (header, offset) => this.#headers.set(offset, header) };
  }

  #take(): Decoder {
    return (
      this.#idle.pop() ?? { resolver: new Resolver(this.#limits), window: new Window(new Uint8Array(DEFAULT_WINDOW_BYTES), this.#ansi) }
    );
  }
}

import { type ByteSource, type DamageReport, damageReporter, readUpTo, wholeReads } from '@winmedic/bytes';
import { type Clock, traceClock } from './clock.ts';
import type { EtlDamageCode } from './errors.ts';
import { RecordView } from './event.ts';
import { readTraceStart, type TraceStart } from './header.ts';
import { EXPANSION, FREE_EXPANSION_BYTES, MAX_DAMAGES, MAX_PLANNED_BUFFERS } from './limits.ts';
import { Losses } from './losses.ts';
import { type Emit, TimeMerge } from './merge.ts';
import { Plan } from './plan.ts';
import { Providers } from './providers.ts';
import { LoadedBuffer, RecordReader } from './records.ts';
import { type BufferPlace, BufferScanner, type ScannedBuffer } from './scan.ts';
import { Tables } from './tables.ts';
import type { EtlEvent, EtlFile, EtlHeader, EtlOptions, EtlReadOptions, EtlSummary } from './types.ts';

/** Bytes read to open: the header buffer's records; its names end long before. */
const START_BYTES = 8192;

/**
 * Opens a trace: reads its header, nothing else.
 *
 * @throws EtlError ETL_FORMAT when it is none. Everything else that is wrong with a trace is a damage.
 */
export function openEtl(source: ByteSource, options: EtlOptions = {}): EtlFile {
  const whole = wholeReads(source);
  const damage = damageReporter<EtlDamageCode>(options.onDamage, MAX_DAMAGES);
  const start = readTraceStart(readUpTo(whole, 0, START_BYTES), damage);
  return new Trace(whole, start, options);
}

class Trace implements EtlFile {
  readonly header: EtlHeader;
  readonly #source: ByteSource;
  readonly #start: TraceStart;
  readonly #options: EtlOptions;
  readonly #clock: Clock;
  readonly #tables: Tables;

  constructor(source: ByteSource, start: TraceStart, options: EtlOptions) {
    this.header = start.header;
    this.#source = source;
    this.#start = start;
    this.#options = options;
    this.#clock = traceClock(start);
    this.#tables = new Tables(options.provider);
  }

  read(visit: (event: EtlEvent) => unknown, options: EtlReadOptions = {}): EtlSummary {
    const damage: DamageReport<EtlDamageCode> = damageReporter(this.#options.onDamage, MAX_DAMAGES);
    const providers = new Providers(options.providers);
    const selection = {
      providers,
      kinds: options.kinds,
      onlyProviders: options.providers !== undefined,
      firstStamp: this.#start.firstStamp,
    };
    const expansion = FREE_EXPANSION_BYTES + EXPANSION * this.#source.sizeBytes;
    const reader = new RecordReader(this.#source, selection, expansion, damage);
    const scanner = new BufferScanner(this.#source, this.header.bufferBytes, damage);
    const losses = new Losses();
    const event = new RecordView(this.#clock, this.#tables, providers, this.header.pointerBytes);
    const emit: Emit = (buffer) => {
      event.show(buffer);
      return visit(event) !== false;
    };
    const loading = (place: BufferPlace): void => {
      options.signal?.throwIfAborted();
      options.onProgress?.(place.offset);
    };
    const note = ({ header }: ScannedBuffer): void => losses.note(header);
    const whole =
      options.order === 'file'
        ? readInFileOrder(scanner, reader, emit, loading, note)
        : readInTimeOrder(scanner, reader, emit, loading, note, damage);
    // Ended by the visitor: what was not reached is not known.
    const stamp = (high: number, low: number): bigint => this.#clock(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
    const records = new Map<number, number>();
    let total = 0;
    for (const [type, count] of reader.types.entries()) {
      if (count === 0) continue;
      records.set(type, count);
      total += count;
    }
    return {
      buffers: losses.buffers,
      compressedBuffers: losses.compressed,
      records,
      total,
      byProvider: providers.byProvider(),
      eventsLost: Math.max(this.header.eventsLost, losses.markedEvents, reader.lostEvents),
      buffersLost: Math.max(
        this.header.buffersLost,
        losses.markedBuffers,
        reader.lostBuffers,
        whole ? losses.gaps(this.header.endTime === 0n ? undefined : this.header.buffersWritten) : 0,
      ),
      ...(reader.stamped
        ? { first: stamp(reader.earliestHigh, reader.earliestLow), last: stamp(reader.latestHigh, reader.latestLow) }
        : {}),
      cut: scanner.cut,
      framingErrors: reader.framingErrors,
    };
  }
}

type Step<T> = (place: T) => void;

function readInFileOrder(
  scanner: BufferScanner,
  reader: RecordReader,
  emit: Emit,
  loading: Step<BufferPlace>,
  note: Step<ScannedBuffer>,
): boolean {
  const buffer = new LoadedBuffer();
  for (let place = scanner.next(); place !== undefined; place = scanner.next()) {
    loading(place);
    note(place);
    reader.load(place, buffer);
    for (; buffer.cursor < buffer.count; buffer.cursor++) if (!emit(buffer)) return false;
  }
  return true;
}

function readInTimeOrder(
  scanner: BufferScanner,
  reader: RecordReader,
  emit: Emit,
  loading: Step<BufferPlace>,
  note: Step<ScannedBuffer>,
  damage: DamageReport<EtlDamageCode>,
): boolean {
  for (;;) {
    const plan = new Plan();
    let found: ScannedBuffer | undefined;
    while (!plan.full) {
      found = scanner.next();
      if (found === undefined) break;
      note(found);
      plan.add(found);
    }
    plan.sort();
    if (!new TimeMerge(reader, damage).run(plan, emit, loading)) return false;
    if (found === undefined) return true;
    damage('ETL_ORDER', found.offset + found.there, 'buffers ordered at once', MAX_PLANNED_BUFFERS);
  }
}

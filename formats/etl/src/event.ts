import { formatSid } from '@winmedic/bytes';
import type { Clock } from './clock.ts';
import { readPayload } from './decode.ts';
import { ExtendedItems } from './extended.ts';
import { EVENT_FLAG, LAYOUTS, partsOfMessage, RECORD, type RecordLayout } from './layout.ts';
import { guidText, type Providers } from './providers.ts';
import { headerBytesOf, LoadedBuffer } from './records.ts';
import type { Tables } from './tables.ts';
import { utf8, wide } from './text.ts';
import { readSchema, schemaName } from './tracelogging.ts';
import type { EtlEvent, EtlFields, EtlRecordKind } from './types.ts';

const NO_ID = '00000000-0000-0000-0000-000000000000';
const UNKNOWN: EtlFields = { fields: new Map(), known: false, restBytes: 0 };

/** The one object that visitors get, pointed at one record after the other. */
export class RecordView implements EtlEvent {
  readonly #clock: Clock;
  readonly #tables: Tables;
  readonly #providers: Providers;
  readonly #headerPointerBytes: 4 | 8;
  readonly #items = new ExtendedItems();
  #buffer = new LoadedBuffer();
  #bytes = this.#buffer.bytes;
  #view = this.#buffer.view;
  #at = 0;
  #entry = 0;
  #type = 0;
  #layout: RecordLayout = LAYOUTS[RECORD.event64]!;
  #itemsRead = false;

  constructor(clock: Clock, tables: Tables, providers: Providers, headerPointerBytes: 4 | 8) {
    this.#clock = clock;
    this.#tables = tables;
    this.#providers = providers;
    this.#headerPointerBytes = headerPointerBytes;
  }

  /** Points at the record a buffer's cursor stands at. */
  show(buffer: LoadedBuffer): void {
    this.#buffer = buffer;
    this.#bytes = buffer.bytes;
    this.#view = buffer.view;
    this.#entry = buffer.cursor;
    this.#at = buffer.offsets[buffer.cursor]!;
    this.#type = this.#bytes[this.#at + 2]!;
    this.#layout = LAYOUTS[this.#type]!;
    this.#itemsRead = false;
  }

  get kind(): EtlRecordKind {
    return this.#layout.kind === 'event' && (this.#flags & EVENT_FLAG.classic) !== 0 ? 'classic' : this.#layout.kind;
  }

  get fileOffset(): number {
    const place = this.#buffer.place;
    return place === undefined ? 0 : place.compressed ? place.offset : place.offset + this.#at;
  }

  get buffer(): number {
    return this.#buffer.place?.index ?? 0;
  }

  get index(): number {
    return this.#buffer.numbers[this.#entry]!;
  }

  get processor(): number {
    return this.#buffer.place?.processor ?? 0;
  }

  get ticks(): bigint {
    return this.#clock(this.rawTime);
  }

  get rawTime(): bigint {
    return BigInt.asIntN(64, (BigInt(this.#buffer.highs[this.#entry]!) << 32n) | BigInt(this.#buffer.lows[this.#entry]!));
  }

  get pid(): number {
    const at = this.#threadAt;
    return at < 0 ? -1 : this.#view.getUint32(at + 4, true);
  }

  get tid(): number {
    const at = this.#threadAt;
    return at < 0 ? -1 : this.#view.getUint32(at, true);
  }

  get provider(): string {
    const at = this.#guidAt;
    if (at < 0) return '';
    const slot = this.#providers.slot(this.#view, this.#bytes, this.#at + at);
    return slot < 0 ? guidText(this.#bytes, this.#at + at) : this.#providers.name(slot);
  }

  get id(): number {
    switch (this.#layout.kind) {
      case 'event':
        return this.kind === 'classic' ? this.opcode : this.#u16(0x28);
      case 'classic':
      case 'instance':
        return this.#u8(4);
      case 'message':
        return this.#u16(4);
      default:
        return this.#u16(6);
    }
  }

  get version(): number {
    switch (this.#layout.kind) {
      case 'event':
        return this.#u8(0x2a);
      case 'classic':
      case 'instance':
        return this.#u16(6);
      case 'message':
        return 0;
      default:
        // Only its low half is one; the high half has flags.
        return this.#u8(0);
    }
  }

  get channel(): number {
    return this.#layout.kind === 'event' ? this.#u8(0x2b) : 0;
  }

  get level(): number {
    const { kind } = this.#layout;
    return kind === 'event' ? this.#u8(0x2c) : kind === 'classic' || kind === 'instance' ? this.#u8(5) : 0;
  }

  get opcode(): number {
    switch (this.#layout.kind) {
      case 'event':
        return this.#u8(0x2d);
      case 'classic':
      case 'instance':
        return this.#u8(4);
      case 'message':
        return 0;
      default:
        return this.#u8(6);
    }
  }

  get task(): number {
    return this.#layout.kind === 'event' ? this.#u16(0x2e) : 0;
  }

  get keyword(): bigint {
    return this.#layout.kind === 'event' ? this.#view.getBigUint64(this.#at + 0x30, true) : 0n;
  }

  get activityId(): string {
    return this.#layout.kind === 'event' ? this.#idText(this.#at + 0x40) : '';
  }

  get relatedActivityId(): string {
    const at = this.#extended.relatedAt;
    return at < 0 ? '' : this.#idText(at);
  }

  get userSid(): string {
    const { sidAt, sidEnd } = this.#extended;
    return sidAt < 0 ? '' : (formatSid(this.#bytes, sidAt, sidEnd) ?? '');
  }

  get sessionId(): number {
    const at = this.#extended.sessionAt;
    return at < 0 ? -1 : this.#view.getUint32(at, true);
  }

  get processStartKey(): bigint {
    const at = this.#extended.keyAt;
    return at < 0 ? 0n : this.#view.getBigUint64(at, true);
  }

  get pointerBytes(): 4 | 8 {
    if (this.#layout.kind === 'event') {
      const flags = this.#flags;
      if ((flags & EVENT_FLAG.pointer32) !== 0) return 4;
      if ((flags & EVENT_FLAG.pointer64) !== 0) return 8;
    }
    if (this.#type === RECORD.message) return partsOfMessage(this.#u16(6)).pointerBytes || this.#headerPointerBytes;
    return this.#layout.pointerBytes;
  }

  get payload(): Uint8Array {
    const end = this.#end;
    const start = this.#layout.kind === 'event' ? this.#extended.end : this.#at + headerBytesOf(this.#type, this.#view, this.#at);
    return this.#bytes.subarray(Math.min(start, end), end);
  }

  get traceLogging(): boolean {
    return this.#extended.schemaAt >= 0;
  }

  get providerName(): string {
    const { traitsAt, traitsEnd } = this.#extended;
    if (traitsAt >= 0) {
      const nul = this.#bytes.indexOf(0, traitsAt + 2);
      if (nul > traitsAt + 2 && nul < traitsEnd) return utf8(this.#bytes, traitsAt + 2, nul);
    }
    return this.#tables.providerName(this.provider);
  }

  get name(): string {
    return this.traceLogging ? schemaName(this.#schema) : this.#tables.eventName(this.provider, this.id, this.version);
  }

  decode(): EtlFields {
    if (this.#layout.kind === 'event' && (this.#flags & EVENT_FLAG.stringOnly) !== 0) {
      const text = this.payload;
      return { fields: new Map([['string', wide(text, 0, text.length)]]), known: true, restBytes: 0 };
    }
    if (this.traceLogging) return this.#selfDescribed();
    const { kind } = this;
    // What a message or kernel record says is only known to symbols and kernel classes.
    if (kind !== 'event' && kind !== 'classic' && kind !== 'instance') return UNKNOWN;
    const { version } = this;
    const found = this.#tables.decode(this.provider, this.id, version, this.payload, this.pointerBytes);
    return found === undefined ? UNKNOWN : { ...found.payload, known: true, templateVersion: found.version };
  }

  #selfDescribed(): EtlFields {
    const schema = readSchema(this.#schema);
    const read = readPayload(this.payload, schema.fields, this.pointerBytes);
    const cutAt = read.cutAt ?? schema.brokenAt;
    return { ...read, known: true, templateVersion: this.version, ...(cutAt === undefined ? {} : { cutAt }) };
  }

  get #schema(): Uint8Array {
    return this.#bytes.subarray(this.#extended.schemaAt, this.#extended.schemaEnd);
  }

  get #flags(): number {
    return this.#u16(4);
  }

  get #end(): number {
    return this.#at + this.#u16(this.#layout.sizeAt);
  }

  /** Extended items; records other than events have none. */
  get #extended(): ExtendedItems {
    if (!this.#itemsRead) {
      const start = this.#at + this.#layout.headerBytes;
      const some = this.#layout.kind === 'event' && (this.#flags & EVENT_FLAG.extended) !== 0;
      this.#items.read(this.#view, start, some ? this.#end : start);
      this.#itemsRead = true;
    }
    return this.#items;
  }

  /** Offset of the thread id, in front of the process id; -1 when the record has none. */
  get #threadAt(): number {
    if (this.#layout.kind === 'perfinfo') return -1;
    if (this.#layout.kind !== 'message') return this.#at + 8;
    const { threadAt } = partsOfMessage(this.#u16(6));
    return threadAt < 0 ? -1 : this.#at + threadAt;
  }

  get #guidAt(): number {
    return this.#type === RECORD.message ? partsOfMessage(this.#u16(6)).guidAt : this.#layout.guidAt;
  }

  #idText(at: number): string {
    const text = guidText(this.#bytes, at);
    return text === NO_ID ? '' : text;
  }

  #u8(offset: number): number {
    return this.#bytes[this.#at + offset]!;
  }

  #u16(offset: number): number {
    return this.#view.getUint16(this.#at + offset, true);
  }
}

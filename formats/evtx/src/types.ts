import type { ByteSource, Damage } from '@winmedic/bytes';

/** Where a record was found: `live` = reached by walking the chunk; `slack` = carved from free space or a broken chunk (lower trust). */
export type RecordTrust = 'live' | 'slack';

/** Options of {@link EvtxLog}. Every limit has a documented default with its reason in `limits.ts`. */
export interface EvtxOptions {
  /** Hardware CRC-32 (for example `zlib.crc32`); without it a table-driven one is used. */
  readonly crc32?: (bytes: Uint8Array) => number;
  /** Verify checksums and report `EVTX_*_CRC` damages (default true). A bad checksum never stops parsing. */
  readonly verifyCrc?: boolean;
  /** Also carve records from slack, zeroed or broken chunks, de-duplicated against live ones (default false). */
  readonly recover?: boolean;
  readonly limits?: Partial<EvtxLimits>;
  /** Code page of ANSI string values as a WHATWG label (default `windows-1252`; Japanese hosts: `shift_jis`). */
  readonly ansiEncoding?: string;
  /** Called for every damage as it is met, in file order. */
  readonly onDamage?: (damage: Damage) => void;
  /** Called about every 4 MiB with bytes done, for progress display. */
  readonly onProgress?: (bytesDone: number) => void;
}

/** Caps against hostile files; defaults and reasons in `limits.ts`. */
export interface EvtxLimits {
  /** Deepest BinXML nesting of templates or fragments. */
  readonly maxNesting: number;
  /** Most open elements. */
  readonly maxElements: number;
  /** Most substitution values in one template instance. */
  readonly maxValues: number;
  /** Most bytes of rendered output one record may produce (a small template can repeat one large value). */
  readonly maxRecordOutputBytes: number;
}

/** Parsed file header. Its counts are shown, never trusted. */
export interface EvtxFileHeader {
  readonly present: boolean;
  readonly majorVersion: number;
  readonly minorVersion: number;
  /** Chunk count the header claims. */
  readonly chunkCount: number;
  readonly nextRecordId: bigint;
  readonly dirty: boolean;
  readonly full: boolean;
  readonly noCrc: boolean;
  readonly crcValid: boolean;
}

/** A typed BinXML value. 64-bit integers are `bigint`; times are {@link Filetime} ticks; binary is a copy. */
export type EvtxValue = null | string | number | bigint | boolean | Uint8Array | Filetime | HexInt | readonly EvtxValue[] | EvtxElement;

/** 100 ns ticks since 1601-01-01 UTC (FILETIME or SYSTEMTIME converted). */
export interface Filetime {
  readonly kind: 'filetime';
  readonly ticks: bigint;
}
/** HexInt32, HexInt64 or size_t: printed `0x…`, lower case, no padding. */
export interface HexInt {
  readonly kind: 'hex';
  readonly value: bigint;
}
/** An element of a nested fragment (complex UserData, nested BinXML). */
export interface EvtxElement {
  readonly kind: 'element';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, EvtxValue>;
  readonly children: readonly (EvtxElement | string)[];
}

/** The fields of Event/System. Absent elements are `undefined`. */
export interface EvtxSystem {
  readonly provider: string;
  readonly providerGuid?: string | undefined;
  readonly eventSourceName?: string | undefined;
  readonly eventId: number;
  readonly qualifiers?: number | undefined;
  readonly version?: number | undefined;
  readonly level?: number | undefined;
  readonly task?: number | undefined;
  readonly opcode?: number | undefined;
  /** `0x…` */
  readonly keywords?: string | undefined;
  /** FILETIME ticks of TimeCreated/@SystemTime; falls back to the record header's time. */
  readonly timeCreated: bigint;
  readonly eventRecordId: bigint;
  readonly activityId?: string | undefined;
  readonly relatedActivityId?: string | undefined;
  readonly processId?: number | undefined;
  readonly threadId?: number | undefined;
  readonly channel: string;
  readonly computer: string;
  /** `S-1-…` of Security/@UserID. */
  readonly userSid?: string | undefined;
}

/**
 * One record, decoded on demand. A record is valid only until the iterator that gave it moves on;
 * call {@link EvtxRecord.detach} (or any of the `to…` methods) to keep something.
 */
export interface EvtxRecord {
  readonly trust: RecordTrust;
  /** Record id of the record header. */
  readonly recordId: bigint;
  /** FILETIME ticks of the record header. */
  readonly writtenTime: bigint;
  /** Byte offset of the record in the source, its size, and its 0-based 64 KiB slot. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly chunk: number;
  readonly system: EvtxSystem;
  /**
   * Value of a data field as canonical text, `undefined` when absent. Names: `Name` of `<Data Name="X">`; unnamed Data are
   * `Data[0]`, `Data[1]` …; `Binary`; leaf elements of UserData by local name (`Param1`); a repeated name gives its first value.
   */
  field(name: string): string | undefined;
  /** All data fields in order as canonical text: numbers decimal, HexInt `0x…`, times ISO with 7 digits and `Z`, binary as upper-case hex. */
  fields(): Map<string, string>;
  /** All data fields in order, typed. */
  typedFields(): Map<string, EvtxValue>;
  /** Whole event as a plain object (shape: README, "Objects and JSON"); keys never touch Object.prototype; repeated names become arrays. */
  toObject(): Record<string, unknown>;
  /** One line of JSON of {@link toObject}: 64-bit integers beyond 2^53 as decimal strings, RenderingInfo kept. */
  toJson(): string;
  /** The event as XML text, without declaration. */
  toXml(): string;
  /** A copy that stays valid. */
  detach(): EvtxRecord;
}

/** A condition on one field, with Sigma's modifier names. Several values are OR (`all`: AND). Text compares case-insensitively unless `cased`. */
export interface FieldCondition {
  /** `System` fields: `Provider`, `EventID`, `Channel`, `Computer`, `Level`, `UserSid`, `RecordId`; anything else is a data field as in {@link EvtxRecord.field}. */
  readonly field: string;
  readonly op:
    | 'equals' // with Sigma's * and ? wildcards in values
    | 'contains'
    | 'startswith'
    | 'endswith'
    | 're'
    | 'cidr'
    | 'gt'
    | 'gte'
    | 'lt'
    | 'lte'
    | 'exists'
    | 'null';
  readonly values: readonly string[];
  readonly all?: boolean;
  readonly cased?: boolean;
  readonly not?: boolean;
}

/** What to select: everything given must hold. An empty query selects every record. */
export interface EvtxQuery {
  /** Any of these event ids. */
  readonly ids?: readonly number[];
  /** Any of these providers / channels / computers, case-insensitive. */
  readonly providers?: readonly string[];
  readonly channels?: readonly string[];
  readonly computers?: readonly string[];
  readonly levels?: readonly number[];
  /** FILETIME ticks, inclusive / exclusive, compared with TimeCreated (with the record header's time when there is none). */
  readonly since?: bigint;
  readonly until?: bigint;
  /** All must hold. */
  readonly where?: readonly FieldCondition[];
}

/** What one pass saw of one (channel, computer): enough to judge coverage without decoding records. */
export interface ChannelSpan {
  readonly channel: string;
  readonly computer: string;
  readonly records: number;
  /** FILETIME ticks, smallest and largest of the record headers. */
  readonly firstTime: bigint;
  readonly lastTime: bigint;
  /** Maximal runs of consecutive record ids in file order; capped at `maxRuns` of the scan, then `runsTruncated`. */
  readonly runs: readonly RecordRun[];
  readonly runsTruncated: boolean;
}
/** Consecutive record ids, with the smallest and largest time of their headers. */
export interface RecordRun {
  readonly firstId: bigint;
  readonly lastId: bigint;
  readonly firstTime: bigint;
  readonly lastTime: bigint;
}

/** Totals of one pass: `records + damagedRecords` is what the walk met. */
export interface ScanSummary {
  readonly bytes: number;
  readonly slots: number;
  /** Chunks with a valid magic. */
  readonly chunks: number;
  /** Live records read: matched or not. */
  readonly records: number;
  /** Records given to `onMatch`, live and recovered. */
  readonly matched: number;
  /** Slack records that hold together and repeat no live one (with `recover`); not in `records` and not in `spans`. */
  readonly recovered: number;
  /**
   * Live records rejected with a damage. A scan looks into a record only as far as its queries ask: in a chunk whose checksum
   * holds, a fault inside event data that no condition asks about is not noticed.
   */
  readonly damagedRecords: number;
  readonly damages: number;
  readonly spans: readonly ChannelSpan[];
}

/** An opened log. Each call makes its own pass over the source with a reused window; memory does not grow with the file. */
export interface EvtxLog {
  readonly source: ByteSource;
  /** Headers met so far (more than one in concatenated files). */
  readonly headers: readonly EvtxFileHeader[];
  /** Every record in file order; with `recover`, the slack records come after all live ones. */
  records(): IterableIterator<EvtxRecord>;
  /** Records that match any of the queries, decided on the binary record; `queryIndex` = first query that matched. */
  select(queries: readonly EvtxQuery[]): IterableIterator<{ record: EvtxRecord; queryIndex: number }>;
  /**
   * One pass with a callback for matches: the fastest form. `spans: true` also collects {@link ChannelSpan}s.
   * `onMatch` may return false to stop. `queryIndex` = first query that matched.
   */
  scan(
    queries: readonly EvtxQuery[],
    // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing is the usual one.
    onMatch: (record: EvtxRecord, queryIndex: number) => boolean | void,
    options?: { readonly spans?: boolean },
  ): ScanSummary;
  /** Counts by event id, provider or channel, without materialising records. */
  countBy(key: 'id' | 'provider' | 'channel', queries?: readonly EvtxQuery[]): Map<string, number>;
}

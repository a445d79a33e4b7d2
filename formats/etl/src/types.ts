import type { ByteSource, Damage } from '@winmedic/bytes';

/** How records of a trace are timed (ReservedFlags of TRACE_LOGFILE_HEADER). */
export type EtlClock = 'qpc' | 'filetime' | 'cycles';

/** TRACE_LOGFILE_HEADER: the first record of every trace. */
export interface EtlHeader {
  readonly bufferBytes: number;
  readonly osMajor: number;
  readonly osMinor: number;
  /** Build of Windows: 7601, 14393, 26100 … */
  readonly build: number;
  readonly processors: number;
  /** 4 or 8: size of pointers of the machine that recorded. */
  readonly pointerBytes: 4 | 8;
  /** FILETIME ticks; 0 when the trace was not stopped in order. */
  readonly startTime: bigint;
  readonly endTime: bigint;
  readonly bootTime: bigint;
  readonly clock: EtlClock;
  /** Ticks per second of the QPC clock. */
  readonly frequency: bigint;
  readonly cpuMhz: number;
  readonly logFileMode: number;
  readonly buffersWritten: number;
  /** As the header says; lost ones told in buffers and records are counted in {@link EtlSummary}. */
  readonly eventsLost: number;
  readonly buffersLost: number;
  readonly loggerName: string;
  readonly logFileName: string;
  /** TIME_ZONE_INFORMATION.Bias: minutes to add to local time for UTC (Japan: -540), the bias of the season not included. */
  readonly biasMinutes: number;
}

/** Header types of records, see {@link EtlEvent.kind}. `event`: manifest and TraceLogging; `classic`: MOF; `message`: WPP. */
export type EtlRecordKind = 'event' | 'classic' | 'instance' | 'message' | 'system' | 'compact' | 'perfinfo';

/**
 * One record. ONE object is reused and filled anew for each visit: whoever keeps something copies it. Getters decode on demand. GUIDs lower case without
 * braces.
 */
export interface EtlEvent {
  readonly kind: EtlRecordKind;
  /** Offset in the file of the record; of a compressed buffer: of the buffer. */
  readonly fileOffset: number;
  /** Index of its buffer in the file, and of the record in the buffer. */
  readonly buffer: number;
  readonly index: number;
  readonly processor: number;
  /** FILETIME ticks (100 ns), exact by the clock of the trace. */
  readonly ticks: bigint;
  /** Stamp as it stands in the record. */
  readonly rawTime: bigint;
  /** -1 when the record has none (perfinfo, some messages). */
  readonly pid: number;
  readonly tid: number;
  /** Provider, or class GUID of a MOF record; empty for system, compact and perfinfo records. */
  readonly provider: string;
  /** Event id; message number of WPP; class type (opcode) of MOF; HookId of system and perfinfo. */
  readonly id: number;
  readonly version: number;
  readonly channel: number;
  readonly level: number;
  readonly opcode: number;
  readonly task: number;
  readonly keyword: bigint;
  /** Empty without one. */
  readonly activityId: string;
  readonly relatedActivityId: string;
  /** Extended item 2. */
  readonly userSid: string;
  /** Session of Terminal Services; -1 without one. */
  readonly sessionId: number;
  /** Number that names the process even when its id is used again; 0 without one (extended item 0xD). */
  readonly processStartKey: bigint;
  /** 4 or 8, by the flags of the record, else of the header. */
  readonly pointerBytes: 4 | 8;
  /** Bytes behind the headers; a view valid during the visit only. */
  readonly payload: Uint8Array;
  /** TraceLogging: name of the event and fields are in the record. */
  readonly traceLogging: boolean;
  /** Name out of TraceLogging, provider traits or the table handed in; empty without. */
  readonly providerName: string;
  readonly name: string;
  /** The payload by TraceLogging's own description or by the table handed in. */
  decode(): EtlFields;
}

/** A decoded payload. */
export interface EtlFields {
  /**
   * In order; values as text: numbers decimal, hex types and pointers `0x…`, `true` and `false`, times ISO 8601 UTC with 7 digits, GUIDs, SIDs, binary as
   * hex. Members of structs `outer.inner`, of arrays `name[2]`. A record whose payload is one text (STRING_ONLY) has the one field `string`.
   */
  readonly fields: ReadonlyMap<string, string>;
  /** No table for this event: `fields` is empty. */
  readonly known: boolean;
  /** Template version that was used when the table has no template for this version, else that of the event. */
  readonly templateVersion?: number;
  /** The payload was shorter than its fields, or a field could not be read: name of the first that is missing. */
  readonly cutAt?: string;
  /** Bytes left over behind the last field. */
  readonly restBytes: number;
  /** Names of binary values of which only the first 16 KiB are shown. */
  readonly shortened?: readonly string[];
}

/** Types of fields in manifests (winmeta inTypes) and TraceLogging. */
export type EtlFieldType =
  | 'UnicodeString'
  | 'AnsiString'
  | 'Int8'
  | 'UInt8'
  | 'Int16'
  | 'UInt16'
  | 'Int32'
  | 'UInt32'
  | 'Int64'
  | 'UInt64'
  | 'Float'
  | 'Double'
  | 'Boolean'
  | 'Binary'
  | 'GUID'
  | 'Pointer'
  | 'SizeT'
  | 'FILETIME'
  | 'SYSTEMTIME'
  | 'SID'
  | 'HexInt32'
  | 'HexInt64'
  | 'CountedUnicodeString'
  | 'CountedAnsiString'
  | 'CountedBinary'
  | 'Struct';

/** One field of a template. */
export interface EtlField {
  readonly name: string;
  readonly type: EtlFieldType;
  /** Length of a string (characters) or binary (bytes): fixed, or the name of an earlier field. */
  readonly length?: number | string;
  /** Number of elements: fixed, or the name of an earlier field. */
  readonly count?: number | string;
  /** Members of a struct; absent when they are not known: reading stops there, unless its count is 0. */
  readonly fields?: readonly EtlField[];
  /** How to show it, when that decides the text: `ipv4`, `ipv6`, `port`, `socket-address`, `hex`, `ntstatus`, `win32`, `hresult`. */
  readonly out?: string;
}

/** Fields of one version of an event. */
export interface EtlTemplate {
  readonly id: number;
  readonly version: number;
  readonly name?: string;
  readonly fields: readonly EtlField[];
}

/** What is known of a provider. */
export interface EtlProviderTable {
  /** Lower case without braces. */
  readonly guid: string;
  readonly name: string;
  readonly templates: readonly EtlTemplate[];
}

/** How a trace is opened. */
export interface EtlOptions {
  readonly onDamage?: (damage: Damage) => void;
  /** Tables by provider; asked once for each. */
  readonly provider?: (guid: string) => EtlProviderTable | undefined;
}

/** How a trace is read. */
export interface EtlReadOptions {
  /**
   * `time` puts the records of all processors into one order (the default; memory for the buffers that overlap in time); `file` gives them as they stand: fast,
   * and each processor's in order.
   */
  readonly order?: 'time' | 'file';
  /** Visit records of these providers only (GUIDs lower case); records without provider are then left out. */
  readonly providers?: ReadonlySet<string>;
  readonly kinds?: ReadonlySet<EtlRecordKind>;
  readonly onProgress?: (fileOffset: number) => void;
  readonly signal?: AbortSignal;
}

/** What a whole read saw. */
export interface EtlSummary {
  readonly buffers: number;
  readonly compressedBuffers: number;
  /** Records by header type (19 = EVENT64 …), all of them, visited or not. */
  readonly records: ReadonlyMap<number, number>;
  readonly total: number;
  /** Records by provider GUID; the first 4,096 providers. */
  readonly byProvider: ReadonlyMap<string, number>;
  /** Events and buffers lost, the highest of what header, buffers and sequence numbers say. */
  readonly eventsLost: number;
  readonly buffersLost: number;
  /** FILETIME ticks of the earliest and latest record behind the header; absent without any. */
  readonly first?: bigint;
  readonly last?: bigint;
  /** The file ends in the middle of a buffer. */
  readonly cut: boolean;
  /** Framing errors: places where records of a buffer could not be followed any further. */
  readonly framingErrors: number;
}

/** An opened trace. */
export interface EtlFile {
  readonly header: EtlHeader;
  /** Visits records, synchronously; a visitor that returns `false` ends the read. */
  read(visit: (event: EtlEvent) => unknown, options?: EtlReadOptions): EtlSummary;
}

/** Opens a trace. @throws EtlError ETL_FORMAT when it is none. */
export type OpenEtl = (source: ByteSource, options?: EtlOptions) => EtlFile;

/** A packet out of a trace (netsh trace, pktmon), fragments put together. ONE object is reused. */
export interface EtlPacket {
  readonly ticks: bigint;
  /** `ethernet` 1, `ieee80211` 105, raw IP 101 (LINKTYPE_ numbers). */
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  /** Interface: MiniportIfIndex, or component of PktMon. */
  readonly interfaceIndex: number;
  readonly direction: 'sent' | 'received' | 'unknown';
  readonly fileOffset: number;
  /** PktMon: reason it was dropped, 0 when it was not. */
  readonly dropReason: number;
}

/** How packets are read. */
export interface EtlPacketOptions {
  /** As in {@link EtlReadOptions}; `time` by default. */
  readonly order?: 'time' | 'file';
  readonly onProgress?: (fileOffset: number) => void;
  readonly signal?: AbortSignal;
}

/** What reading packets saw. */
export interface EtlPacketSummary {
  /** Packets visited. */
  readonly packets: number;
  /** PktMon shows a packet once for each component it passes: later appearances, left out. */
  readonly duplicates: number;
  /** Packets whose start or end is missing: left out. */
  readonly incomplete: number;
  /** Packets that the recorder itself cut short. */
  readonly truncated: number;
  /** PktMon: dropped packets by reason. */
  readonly drops: ReadonlyMap<number, number>;
  /** Records of packet providers that could not be read, the first 64 of them. */
  readonly damages: readonly Damage[];
  /** What the read underneath saw: losses, framing. */
  readonly trace: EtlSummary;
}

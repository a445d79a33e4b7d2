/** Types of fields a payload can be made of: in-types of manifests (winmeta.xml) and of TraceLogging. */
export type WriteFieldType =
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

/** One field of a payload, see {@link encodePayload}. */
export interface WriteField {
  readonly name: string;
  readonly type: WriteFieldType;
  /** Length of a string (characters) or binary (bytes): fixed, or the name of an earlier field. Absent: strings end with NUL, binary is written as it is. */
  readonly length?: number | string;
  /** Number of elements: fixed, or the name of an earlier field. */
  readonly count?: number | string;
  /** Members of a struct. */
  readonly fields?: readonly WriteField[];
}

/**
 * Value of a field: numbers and bigints for numbers, pointers, hex types and FILETIME (ticks of 100 ns since 1601); strings for strings, GUIDs
 * (`xxxxxxxx-…`, no braces) and SIDs (`S-1-…`); bytes for binary and, 16 of them, SYSTEMTIME; an array where the field has a count; an object for a struct.
 */
export type WriteFieldValue = number | bigint | boolean | string | Uint8Array | readonly WriteFieldValue[] | WriteFieldValues;
/** Values by name of field. */
export interface WriteFieldValues {
  readonly [name: string]: WriteFieldValue;
}

/** What every record has. */
interface WriteRecordCommon {
  /** FILETIME ticks; turned into the clock of the trace. */
  readonly at: bigint;
  /** The stamp as it shall stand in the record, instead of {@link at}. */
  readonly rawTime?: bigint;
  readonly processor?: number;
  readonly payload?: Uint8Array;
}

/** An in-memory description of an event that tells its own fields (TraceLogging, extended item 0xB). */
export interface WriteTraceLogging {
  readonly name: string;
  readonly fields: readonly WriteField[];
  /** Tag of the event (28 bits at most), 7 bits a byte from the top; absent: one zero byte. */
  readonly tag?: number;
}

/** A record of a manifest or TraceLogging provider: header type 0x12 or 0x13. */
export interface WriteEventRecord extends WriteRecordCommon {
  readonly kind: 'event';
  /** GUIDs lower case without braces. */
  readonly provider: string;
  readonly id: number;
  readonly version?: number;
  readonly channel?: number;
  readonly level?: number;
  readonly opcode?: number;
  readonly task?: number;
  readonly keyword?: bigint;
  readonly pid?: number;
  readonly tid?: number;
  readonly activityId?: string;
  readonly relatedActivityId?: string;
  readonly userSid?: string;
  readonly sessionId?: number;
  readonly traceLogging?: WriteTraceLogging;
  /** Name of the provider in its traits (extended item 0xC). */
  readonly providerName?: string;
  /** Extended items with other numbers, as they are. */
  readonly items?: readonly { readonly type: number; readonly data: Uint8Array }[];
  /** Flag of the pointer size in the record; default that of the machine, `none` leaves it out. */
  readonly pointerBytes?: 4 | 8 | 'none';
}

/** A MOF record: header type 0x0A or 0x14 (`classic`), 0x0B or 0x15 (`instance`). */
export interface WriteClassicRecord extends WriteRecordCommon {
  readonly kind: 'classic' | 'instance';
  /** GUID of the event class. */
  readonly provider: string;
  /** Class.Type. */
  readonly id: number;
  readonly version?: number;
  readonly level?: number;
  readonly pid?: number;
  readonly tid?: number;
  readonly instance?: { readonly id: number; readonly parentId: number; readonly parent: string };
}

/** A record of WPP: header type 0x0F. What is absent is left out of the record, and its flag is not set. */
export interface WriteMessageRecord extends WriteRecordCommon {
  readonly kind: 'message';
  /** Message number. */
  readonly id: number;
  readonly sequence?: number;
  /** GUID of the message. */
  readonly provider?: string;
  readonly componentId?: number;
  readonly pid?: number;
  readonly tid?: number;
  /** False leaves out the time stamp. */
  readonly timed?: boolean;
}

/** A record of the kernel: header types 1 to 4, 0x10 and 0x11. */
export interface WriteKernelRecord extends WriteRecordCommon {
  readonly kind: 'system' | 'compact' | 'perfinfo';
  /** HookId: type and group. */
  readonly id: number;
  readonly version?: number;
  readonly pid?: number;
  readonly tid?: number;
}

/** One record to be written. */
export type WriteRecord = WriteEventRecord | WriteClassicRecord | WriteMessageRecord | WriteKernelRecord;

/** What a trace is to look like; everything has a default. */
export interface WriteEtlOptions {
  /** Build of Windows; default 26100. */
  readonly build?: number;
  readonly osMajor?: number;
  readonly osMinor?: number;
  /** Size of pointers of the recording machine; default 8. */
  readonly pointerBytes?: 4 | 8;
  /** Default `qpc`. */
  readonly clock?: 'qpc' | 'filetime' | 'cycles';
  /** Ticks per second of the QPC clock; default 10,000,000. */
  readonly frequency?: bigint;
  /** Default 2,400. */
  readonly cpuMhz?: number;
  /** FILETIME ticks of the first record; default: a fixed moment. */
  readonly startTime?: bigint;
  /** Default: the time of the last record; 0n as in a trace that was not stopped. */
  readonly endTime?: bigint;
  readonly bootTime?: bigint;
  /** Size of a buffer on disk; default 65,536. */
  readonly bufferBytes?: number;
  readonly processors?: number;
  readonly loggerName?: string;
  readonly logFileName?: string;
  /** Default 0x1 (sequential), with 0x04000000 when {@link compress} is set. */
  readonly logFileMode?: number;
  /** TIME_ZONE_INFORMATION.Bias in minutes; default 0. */
  readonly biasMinutes?: number;
  readonly eventsLost?: number;
  readonly buffersLost?: number;
  /** Buffers behind the first are written compressed (plain LZXPRESS). */
  readonly compress?: boolean;
  /** Indexes of buffers (in the file) that say events, or a buffer, were lost before them. */
  readonly lostEventsAt?: readonly number[];
  readonly lostBuffersAt?: readonly number[];
  /** Buffers of the processors alternate (default), or those of the last processor come first: no order by time. */
  readonly bufferOrder?: 'alternate' | 'last-processor-first';
}

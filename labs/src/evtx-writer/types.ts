import type { BinXmlNode } from './binxml.ts';

/** A typed value as it is stored in a BinXML value array ([MS-EVEN6] 2.2.12.5 value types; layouts checked on real logs). */
export type WriteValue =
  | { readonly type: 'null' }
  /** UTF-16 text. `nul` appends the trailing NUL some providers store (Security 4624 has it, other builds do not). */
  | { readonly type: 'string'; readonly value: string; readonly nul?: boolean }
  /** One byte per character (code points up to 0xFF). */
  | { readonly type: 'ansi'; readonly value: string; readonly nul?: boolean }
  | { readonly type: 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64' | 'hex32'; readonly value: number }
  | { readonly type: 'i64' | 'u64' | 'hex64'; readonly value: bigint }
  /** Usually 4 bytes wide; 1-byte ones occur in the wild. */
  | { readonly type: 'bool'; readonly value: boolean; readonly width?: 1 | 4 }
  | { readonly type: 'binary'; readonly value: Uint8Array }
  /** `{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}`, braces optional, any case. */
  | { readonly type: 'guid'; readonly value: string }
  /** Pointer-sized number, 8 bytes unless `width` is 4. */
  | { readonly type: 'sizeT'; readonly value: bigint; readonly width?: 4 | 8 }
  /** 100 ns ticks since 1601-01-01 UTC. */
  | { readonly type: 'filetime'; readonly ticks: bigint }
  /** Same unit; a SYSTEMTIME keeps whole milliseconds only, the rest is cut. */
  | { readonly type: 'systemtime'; readonly ticks: bigint }
  /** `S-1-…`. */
  | { readonly type: 'sid'; readonly value: string }
  /** Array of one scalar type, `of` names it (needed when `items` is empty). String items must hold no NUL. */
  | { readonly type: 'array'; readonly of: ArrayItemType; readonly items: readonly WriteValue[] }
  /** Nested BinXML (type 0x21): with `template` as a nested template instance, otherwise as a plain token stream. */
  | {
      readonly type: 'binxml';
      readonly element: XmlElement;
      readonly template?: boolean;
      /** Write the 4-byte fragment header (default true). Values starting directly with 0x0c exist in real logs. */
      readonly fragmentHeader?: boolean;
    };

/** Scalar types that may form an array (type code 0x80 + scalar code). */
export type ArrayItemType = Exclude<WriteValue['type'], 'null' | 'binary' | 'array' | 'binxml'>;

/** An element of UserData or nested BinXML. A non-string child or attribute value becomes a typed slot, which needs a template. */
export interface XmlElement {
  readonly name: string;
  readonly attributes?: readonly (readonly [name: string, value: string | WriteValue])[];
  readonly children?: readonly (XmlElement | string | WriteValue)[];
}

/** Event/System of a record. What is left out is absent in the record. */
export interface WriteSystem {
  readonly provider: string;
  readonly providerGuid?: string;
  readonly eventSourceName?: string;
  readonly eventId: number;
  readonly qualifiers?: number;
  readonly version?: number;
  readonly level?: number;
  readonly task?: number;
  readonly opcode?: number;
  readonly keywords?: bigint;
  /** FILETIME ticks of TimeCreated/@SystemTime; default: the time of the record header. */
  readonly timeCreated?: bigint;
  readonly activityId?: string;
  readonly relatedActivityId?: string;
  readonly processId?: number;
  readonly threadId?: number;
  readonly channel: string;
  readonly computer: string;
  readonly userSid?: string;
}

/** One `Data` element. Without a name it is written as unnamed Data. */
export interface WriteDataItem {
  readonly name?: string;
  readonly value: WriteValue;
  /** Written with a dependency id and the optional token 0x0e: the element disappears when the value is null. */
  readonly optional?: boolean;
}

/** The part of the event after System. */
export type WriteData =
  | { readonly kind: 'none' }
  /** `EventData` in a nested template, one slot per item; `name` is the Name attribute of EventData itself. */
  | { readonly kind: 'eventData'; readonly name?: string; readonly items: readonly WriteDataItem[]; readonly binary?: Uint8Array }
  /**
   * `EventData` of the classic event API as EventLog writes it: slot 0 one NUL-separated string array, slot 1 the length of the binary,
   * slot 2 the binary (measured on 6009 and 6005 of Server 2016).
   */
  | { readonly kind: 'classic'; readonly strings: readonly string[]; readonly binary?: Uint8Array }
  /** `UserData` around one element; `template: false` writes it as plain tokens, as CAPI2 and BITS do. */
  | { readonly kind: 'userData'; readonly element: XmlElement; readonly template?: boolean }
  /** Any template with any values: for hostile and odd shapes. Written as the nested template. */
  | { readonly kind: 'custom'; readonly nodes: readonly BinXmlNode[]; readonly values: readonly WriteValue[] };

/** RenderingInfo of a forwarded event. */
export interface WriteRenderingInfo {
  readonly culture: string;
  readonly message?: string;
  readonly level?: string;
  readonly task?: string;
  readonly opcode?: string;
  readonly channel?: string;
  readonly provider?: string;
  readonly keywords?: readonly string[];
}

/** One record to write. */
export interface WriteRecord {
  /** Default: one more than the record before (first: 1). */
  readonly recordId?: bigint;
  /** FILETIME ticks of the record header. */
  readonly timeTicks: bigint;
  readonly system: WriteSystem;
  readonly data: WriteData;
  /**
   * `modern` (default): all System elements. `classic`: without Version, Opcode, Correlation and Execution, as the EventLog provider
   * writes up to Server 2016. `plain`: the whole event as tokens without any template, as some collectors write forwarded events.
   */
  readonly shape?: 'modern' | 'classic' | 'plain';
  readonly renderingInfo?: WriteRenderingInfo;
}

/** Options of `writeEvtx`. */
export interface WriteOptions {
  /** Minor format version: 1 up to Windows 10 1607 / Server 2016, 2 after (default 1). */
  readonly minorVersion?: 1 | 2;
  /**
   * `literal` (default): Provider, Channel and Computer are text in the outer template, as Server 2016 writes. `slot`: they are values
   * 14 to 17, as older and forwarded logs have them.
   */
  readonly provider?: 'literal' | 'slot';
  /** Flag 1 of the file header: the log was not closed. */
  readonly dirty?: boolean;
  /** Flag 2 of the file header: the log is full. */
  readonly full?: boolean;
  /** Flag 4: checksums are left out (written as 0). */
  readonly noCrc?: boolean;
  /** Bytes between the end of the BinXML and the trailing size: zeros (default) or noise, as Windows leaves old memory there. */
  readonly padding?: 'zero' | 'noise';
  /** Chunks are closed after this many records even when there is room (tests of many chunks); default no limit. */
  readonly recordsPerChunk?: number;
  /** Zeroed 64 KiB slots appended, as a preallocated log file has. */
  readonly emptySlots?: number;
}

/**
 * Shapes of the tables of trace events: which fields the payload of an event of a provider has, by id, version and build of Windows. The shapes of fields are
 * those of `formats/etl` (this room imports no format; a test in tests/ compares both).
 */

/** Types of fields: in-types of instrumentation manifests (winmeta.xml), as `formats/etl` names them. */
export type TraceFieldType =
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
  | 'Struct';

/** One field of a payload. */
export interface TraceField {
  readonly name: string;
  readonly type: TraceFieldType;
  /** Length of a string (characters) or binary (bytes): fixed, or the name of an earlier field. */
  readonly length?: number | string;
  /** Number of elements: fixed, or the name of an earlier field. */
  readonly count?: number | string;
  /** Members of a struct; absent when they are not known: what follows can then be read only if there are 0 of them. */
  readonly fields?: readonly TraceField[];
  /** How to show it, when that decides the text: `socket-address`, `ntstatus`, `win32`, `hresult`. */
  readonly out?: string;
}

/** Fields of one version of an event. */
export interface TraceTemplate {
  readonly id: number;
  readonly version: number;
  /** Short English name; absent when neither the manifest nor we have one. */
  readonly name?: string;
  /** Builds of Windows it was seen in, ascending; the same id and version has other fields in other builds. */
  readonly builds: readonly number[];
  /** Keywords that tell the side or kind of an event (WinRM: `Client`, `Server`, `SoapTrace` …); absent where the tables keep none. */
  readonly keywords?: readonly string[];
  readonly fields: readonly TraceField[];
}

/** What is known of a provider. */
export interface TraceProviderTable {
  /** Lower case without braces. */
  readonly guid: string;
  readonly name: string;
  /** Builds whose manifests were read, ascending. */
  readonly builds: readonly number[];
  /** Ascending by id and version; of several of these the newest first. */
  readonly templates: readonly TraceTemplate[];
}

/** A provider as it is stored: its events one a line in the notation of `trace-notation.ts`, parsed when the provider is asked for. */
export interface StoredTraceProvider {
  readonly name: string;
  readonly builds: readonly number[];
  readonly events: string;
}

/** All tables: providers by GUID (lower case without braces), see {@link StoredTraceProvider}. */
export interface TraceTables {
  readonly providers: ReadonlyMap<string, StoredTraceProvider>;
}

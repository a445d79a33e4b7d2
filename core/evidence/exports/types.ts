import type { TraceProviderTable } from '@winmedic/knowledge';
import type { MessageTemplate } from '@winmedic/knowledge/model';
import type { EventObservation, InputProblem, InstantNs } from '../../model/observation.ts';
import type { StateExtent, StateObservation } from '../../model/state.ts';
import type { ExportKind } from './kinds.ts';

/** The text of an export and where it came from. */
export interface ExportInput {
  /** Shown in origins and problems. */
  readonly path: string;
  readonly sourceId: string;
  /** Zone of printed times that state none: IANA name, `UTC` or an offset (`+09:00`). */
  readonly zone: string;
  /** Modification time of the file. Never a time at which something held: a copy is newer than the output in it. Only {@link ExportReading.madeAt}. */
  readonly modified?: InstantNs;
  /**
   * Registry addresses of interest (`*` stands for one component or the name): of registry text only these are kept, and extents say so.
   * Absent: every value.
   */
  readonly wanted?: readonly string[];
  /** Message texts of Windows, for traces in words. */
  readonly templates?: readonly MessageTemplate[];
  /** Fields of trace events by provider name, for traces as CSV. */
  readonly traceTables?: (provider: string) => TraceProviderTable | undefined;
}

/** What an export of a known tool says about a host. */
export interface ExportReading {
  /** The tool whose output it is; `transcript` when the text holds the output of several. */
  readonly kind: ExportKind;
  readonly state: readonly StateObservation[];
  readonly extents: readonly StateExtent[];
  /** Times without a zone are in the zone given. Trust `text`. */
  readonly events: readonly EventObservation[];
  /** The one host that the text names as the one it speaks of; absent when it names none or several. */
  readonly host?: string;
  /** When the text was made: printed in it (see `madeAtFrom`), else the modification time of the file, which can only be later. */
  readonly madeAt?: InstantNs;
  readonly madeAtFrom?: 'text' | 'file';
  /** There is text besides that of known tools: perhaps pasted events. */
  readonly otherText?: true;
  /** What was recognised only in part, with its line; codes `EXPORT_…`. */
  readonly problems: readonly InputProblem[];
}

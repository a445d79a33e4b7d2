import type { BlameKnowledge, EventPattern, FactDefinition, MessageTemplate, StateAddress } from '@winmedic/knowledge/model';
import type { FactObservation } from '../model/observation.ts';
import type { KeepLimits } from './collector.ts';
import type { DiskEvidenceOptions } from './disk-evidence.ts';
import type { ZipLimits } from './zip.ts';

/** How evidence is gathered. */
export interface CollectOptions {
  /** Also carve deleted records (lower trust). Default false. */
  readonly recover?: boolean;
  /** SHA-256 of every source. Default true. */
  readonly hash?: boolean;
  /** Zone of times in pasted text and facts that carry none: IANA name, `UTC` or an offset. Default the zone of this machine. */
  readonly zone?: string;
  /** Bytes done of all, and the input being read. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly path: string }) => void;
  readonly signal?: AbortSignal;
  /** Runs the scan of a log, which does not return to the event loop: a command can make it end at Ctrl-C. Default: a plain call. */
  readonly runSync?: <T>(work: () => T) => T;
  /** Facts stated on the command line ({@link parseFact}). */
  readonly facts?: readonly FactObservation[];
  /** Files that are facts whatever they look like (`--facts FILE`). */
  readonly factsFiles?: readonly string[];
  /** Known facts, for facts files. Default those of the bundled knowledge base. */
  readonly factDefinitions?: readonly FactDefinition[];
  /** Windows' message texts, for pasted text. Default those of the bundled knowledge base. */
  readonly templates?: readonly MessageTemplate[];
  /** Events that causes look at ({@link patternsOf}), kept in addition to the built-in interest. */
  readonly patterns?: readonly EventPattern[];
  /** Places of host state looked up in registry hives. Default those of the settings of the bundled knowledge base. */
  readonly stateAddresses?: readonly StateAddress[];
  /** Tables that say which module a crash dump points at. Default those of the bundled knowledge base. */
  readonly blame?: BlameKnowledge;
  readonly keepLimits?: KeepLimits;
  readonly zipLimits?: ZipLimits;
  /** Keys of disks among the evidence, and which of their volumes is meant. */
  readonly disk?: DiskEvidenceOptions;
}

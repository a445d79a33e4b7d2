/** Evidence: from files, folders and archives to observations with their coverage. */
export { collectEvidence } from './collect.ts';
export type { CollectOptions } from './collect-options.ts';
export { DEFAULT_KEEP_LIMITS, type KeepLimits } from './collector.ts';
export type { DiskEvidenceOptions } from './disk-evidence.ts';
export { type EachLogOptions, eachLog } from './each-log.ts';
export { FactTimeError, parseFactTime, zoneOffsetMs } from './fact-time.ts';
export { type FactContext, FactError, parseFact, type StatedFact, toFact } from './facts.ts';
export { parseFactsFile } from './facts-file.ts';
export { type FileSource, fileSource } from './file-source.ts';
export { instantOfTicks, ticksOfInstant } from './instant.ts';
export { INTEREST, type Interest, interestQueries } from './interest.ts';
export { patternsOf } from './patterns.ts';
export { Problems } from './problems.ts';
export { blameTables, readDump } from './read-dump.ts';
export { observationOf } from './read-evtx.ts';
export { type ContentKind, decodeText, recognise, recogniseHead } from './recognise.ts';
export { DEFAULT_ZIP_LIMITS, type ZipLimits } from './zip.ts';

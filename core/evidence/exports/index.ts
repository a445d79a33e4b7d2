export { EXPORT_KINDS, type ExportKind } from './kinds.ts';
export { readExport } from './read-export.ts';
export type { ExportInput, ExportReading } from './types.ts';
export { utf16WithoutMark } from './utf16.ts';
export { VMM_PROVIDER } from './vmm-log.ts';

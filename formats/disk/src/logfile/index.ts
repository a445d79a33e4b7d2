export { type LogFileOptions, openLogFile } from './open-log-file.ts';
export type * from './types.ts';

export type * from './audit.ts';
export type * from './connection.ts';
export type * from './conversation.ts';
export type * from './disk.ts';
export type * from './observation.ts';
export type * from './state.ts';
export type * from './timeline.ts';
export type * from './verdict.ts';

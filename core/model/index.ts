export type * from './observation.ts';
export type * from './timeline.ts';
export type * from './verdict.ts';

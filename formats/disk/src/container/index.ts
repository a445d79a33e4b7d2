export { type ChainOptions, openContainerChain } from './chain.ts';
export { openContainer } from './open.ts';
export { recogniseContainer } from './recognise.ts';
export type * from './types.ts';

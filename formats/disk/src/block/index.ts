export { type CacheOptions, cached } from './cache.ts';
export { asDevice, counting, readExactly, slice, writeExactly } from './devices.ts';
export { type FetchOptions, withFetchedBlocks } from './fetched.ts';
export { Overlay, type OverlayOptions } from './overlay.ts';
export type * from './types.ts';

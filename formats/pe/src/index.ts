export { type ByteSource, type Damage, memorySource } from '@winmedic/bytes';
export { PE_DAMAGE_CODES, PE_ERROR_CODES, type PeDamageCode, PeError, type PeErrorCode } from './errors.ts';
export { recogniseImage } from './headers.ts';
export { readImage } from './read-image.ts';
export type { ImageInfo, ImageOptions, VersionInfo } from './types.ts';

/** Event traces of Windows (ETL). */
export { ETL_DAMAGE_CODES, ETL_ERROR_CODES, type EtlDamageCode, EtlError, type EtlErrorCode } from './errors.ts';
export { recogniseEtl } from './header.ts';
export { openEtl } from './open.ts';
export { readEtlPackets } from './packets.ts';
export type * from './types.ts';

import type { ByteSource } from '@winmedic/bytes';
import { EtlError } from './errors.ts';
import type { EtlFile, EtlOptions } from './types.ts';

/** Opens a trace. @throws EtlError ETL_FORMAT when it is none. */
export function openEtl(_source: ByteSource, _options: EtlOptions = {}): EtlFile {
  throw new EtlError('ETL_FORMAT', 'trace');
}

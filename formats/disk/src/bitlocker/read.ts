import type { BlockDevice } from '../block/types.ts';
import type { BitLockerOptions, BitLockerVolume } from './types.ts';

export function readBitLocker(device: BlockDevice, options: BitLockerOptions = {}): BitLockerVolume {
  throw new Error(`not there yet ${device.sizeBytes} ${options}`);
}

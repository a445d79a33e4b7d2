import type { BlockDevice } from '../block/types.ts';
import type { DiskCrypto, UnlockedVolume, UnlockOptions, VolumeSecret } from './types.ts';

export function unlockBitLocker(
  device: BlockDevice,
  secret: VolumeSecret | undefined,
  crypto: DiskCrypto,
  options: UnlockOptions = {},
): UnlockedVolume {
  throw new Error(`not there yet ${device.sizeBytes} ${secret?.kind} ${crypto} ${options}`);
}

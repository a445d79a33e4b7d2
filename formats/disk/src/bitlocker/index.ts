export { parseKeyList, RecoveryKey, recoveryKeyFor } from './key-list.ts';
export { readBitLocker } from './read.ts';
export { parseRecoveryPassword } from './recovery-password.ts';
export { parseStartupKey } from './startup-key.ts';
export type * from './types.ts';
export { unlockBitLocker } from './unlock.ts';

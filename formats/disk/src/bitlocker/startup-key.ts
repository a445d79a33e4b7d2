import type { StartupKeyInfo } from './types.ts';

export function parseStartupKey(file: Uint8Array): StartupKeyInfo {
  throw new Error(`not there yet ${file.length}`);
}

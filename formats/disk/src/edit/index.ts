export { checkRename, checkVolume } from './check.ts';
export { CHECK_CODES } from './codes.ts';
export { overwriteData } from './data.ts';
export { encodeRuns } from './encode-runs.ts';
export { growFile } from './grow.ts';
export { quarantineFile, quarantineName, undeleteFile } from './quarantine.ts';
export { renameInPlace } from './rename.ts';
export * from './types.ts';
export { resetLogFile, setVolumeDirty } from './volume.ts';

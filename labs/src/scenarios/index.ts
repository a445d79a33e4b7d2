/** Scenarios: hosts whose event logs are made from a description, with the event shapes of real Windows. */
export type { WindowsBuild } from './builds.ts';
export type { HostDescription, ScenarioFile } from './host.ts';
export { Host } from './host.ts';
export { jaRdsPowerOff } from './ja-rds-power-off.ts';

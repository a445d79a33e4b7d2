/** Exposure: settings of hosts against their defaults, what they mean together, what changed, and what they tell the diagnosis. */
export { type AuditOptions, auditHosts } from './audit.ts';
export { compareHosts } from './compare.ts';
export { factsOfState, type StateFacts } from './facts.ts';
export { type HiveSet, type HostState, hostsOfState, type StateEvidence } from './hosts.ts';
export { withStateFacts } from './with-facts.ts';

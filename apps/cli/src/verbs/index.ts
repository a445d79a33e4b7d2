import type { VerbGroup, VerbSpec } from '../spec.ts';
import { audit } from './audit-spec.ts';
import { completion } from './completion-spec.ts';
import { connect } from './connect-spec.ts';
import { diagnose } from './diagnose-spec.ts';
import { DISK_GROUP, DISK_VERBS } from './disk/specs.ts';
import { events } from './events-spec.ts';
import { experiment } from './experiment-spec.ts';
import { explain } from './explain-spec.ts';
import { redact } from './redact-spec.ts';
import { timeline } from './timeline-spec.ts';

/** Words that several verbs begin with. */
export const GROUPS: readonly VerbGroup[] = [DISK_GROUP];

/** Every verb, in the order of the help. */
export const VERBS: readonly VerbSpec[] = [
  diagnose,
  ...DISK_VERBS,
  connect,
  audit,
  events,
  timeline,
  redact,
  explain,
  experiment,
  completion,
];

/** The derived observations of the knowledge base by name: definitions in `DERIVED`, one file per group here. */
import type { DerivedName } from '@winmedic/knowledge/model';
import type { Stop } from '../../model/timeline.ts';
import type { Evaluation } from '../../model/verdict.ts';
import type { Case } from '../case.ts';
import type { Looked } from '../window.ts';
import { rdpConnection, sameClient, unfinishedRdpConnection } from './connections.ts';
import { consoleTypedFailure, nlaFailure, screenTypedFailure, screenTypedFailureAny } from './failures.ts';
import { hypervisorCleanRequest, hypervisorGuestCrash, hypervisorHardStop } from './hypervisor.ts';
import { bugcheckSeriesAfterInstall } from './installs.ts';
import { clockStep, definitionUpdate, logLoss, quietBeforeStop } from './log-state.ts';
import type { OccurrenceKind } from './occurrence.ts';
import { otherHostStop, otherHostUp } from './other-hosts.ts';
import { officeHoursCluster, regularTimes } from './repetition.ts';
import { noSession, sessionPresent, userLogoff } from './sessions.ts';

/** A derived observation about the stop itself, not counted in a window. */
export interface StopKind {
  readonly form: 'stop';
  evaluate(theCase: Case, stop: Stop, looked: Looked): Evaluation;
  /** The same about a host over a stretch, where that has a meaning. */
  evaluateHost?(theCase: Case, host: string, looked: Looked): Evaluation;
}

/** Every derived observation. */
export const DERIVATIONS: Readonly<Record<DerivedName, OccurrenceKind | StopKind>> = {
  'screen-typed-failure': screenTypedFailure,
  'screen-typed-failure-any': screenTypedFailureAny,
  'console-typed-failure': consoleTypedFailure,
  'nla-failure': nlaFailure,
  'rdp-connection': rdpConnection,
  'unfinished-rdp-connection': unfinishedRdpConnection,
  'user-logoff': userLogoff,
  'session-present': aboutStop(sessionPresent),
  'no-session': aboutStop(noSession),
  'same-client-before-several-stops': aboutStop((theCase, stop) => sameClient(theCase, stop)),
  'office-hours-cluster': aboutStop(officeHoursCluster),
  'regular-times': aboutStop(regularTimes),
  'other-host-stop': aboutStop(otherHostStop),
  'other-host-up': aboutStop(otherHostUp),
  'bugcheck-series-after-install': aboutStop(bugcheckSeriesAfterInstall),
  'quiet-before-stop': aboutStop(quietBeforeStop),
  'definition-update': definitionUpdate,
  'clock-step': clockStep,
  'log-loss': {
    form: 'stop',
    evaluate: (theCase, stop, looked) => logLoss(theCase, stop.host, looked, stop),
    evaluateHost: (theCase, host, looked) => logLoss(theCase, host, looked),
  },
  'hypervisor-clean-request': hypervisorCleanRequest,
  'hypervisor-hard-stop': hypervisorHardStop,
  'hypervisor-guest-crash': hypervisorGuestCrash,
};

function aboutStop(evaluate: (theCase: Case, stop: Stop) => Evaluation): StopKind {
  return { form: 'stop', evaluate };
}

export { HYPERVISOR_WINDOWS } from './hypervisor.ts';

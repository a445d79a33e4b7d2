/** The connection doctor's eyes: walks the ladder to a host, live, and writes down what it saw. Judging is core/diagnosis' matter. */

export { Secret } from '@winmedic/gss';
export { attemptConnection } from './attempt.ts';
export { attemptAll, type ConnectRun } from './attempt-all.ts';
export { ConnectError, type ConnectErrorCode } from './connect-error.ts';
export { accountKey, type CheckOutcome, CredentialBudget, type CredentialLease, type Held, type HeldWhy } from './credential-budget.ts';
export { type FindRdpOptions, findRdp, type RdpSearch } from './find-rdp.ts';
export type { KerberosSettings } from './kerberos-settings.ts';
export { type Recording, RUNGS_OF, type SeenAt } from './ladder.ts';
export type { ConnectAllOptions, ConnectCredential, ConnectOptions, ConnectTimes, LookUp } from './options.ts';
export * from './recorded/index.ts';
export { parseTarget, type Target } from './target.ts';
export {
  authorityOf,
  type ChallengeNames,
  type DomainMeaning,
  domainMeaning,
  isDomainMember,
  type UserNameChoice,
  type UserNameForms,
  userNameForms,
} from './user-name-forms.ts';

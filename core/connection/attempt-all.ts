import type { ConnectionAttempt } from '../model/connection.ts';
import { attemptConnection } from './attempt.ts';
import { CredentialBudget } from './credential-budget.ts';
import type { ConnectAllOptions } from './options.ts';

/** What a run over hosts gives. */
export interface ConnectRun {
  /** In the order of the targets. */
  readonly attempts: readonly ConnectionAttempt[];
  /** Credential checks by account (user, lower case), successful ones included. */
  readonly checks: ReadonlyMap<string, number>;
}

/** Attempts all targets, some at a time, with one {@link CredentialBudget} for all. @throws ConnectError as {@link attemptConnection} does. */
export async function attemptAll(targets: readonly string[], options: ConnectAllOptions = {}): Promise<ConnectRun> {
  const budget = options.budget ?? new CredentialBudget(options.tryForms);
  const attempts = await Promise.all(targets.map((target) => attemptConnection(target, { ...options, budget })));
  return { attempts, checks: budget.checks };
}

import type { ConnectionAttempt } from '../model/connection.ts';
import type { FactObservation } from '../model/observation.ts';
import { attemptConnection } from './attempt.ts';
import { CredentialBudget } from './credential-budget.ts';
import type { ConnectAllOptions, ConnectOptions } from './options.ts';
import { parseTarget } from './target.ts';

/** What a run over hosts gives. */
export interface ConnectRun {
  /** In the order of the targets. */
  readonly attempts: readonly ConnectionAttempt[];
  /** Credential checks by account (user, lower case), successful ones included. */
  readonly checks: ReadonlyMap<string, number>;
}

const CONCURRENCY = 16;
/** Hosts that fail alone as well: after so many the load is not the reason, and each silent one would cost a connect time-out more. */
const MAX_FAILED_ALONE = 3;
/** Quota faults of WinRM (reference: codes wsman-errors); a host that gave one was busy, not broken. */
const QUOTA = /(^|,)0x803381(a[5-8b]|e[4-9a])(,|$)|(^|,)0x8033803f(,|$)/;

/**
 * Attempts all targets, some at a time, with one {@link CredentialBudget} for all: until the credential was accepted once the attempts wait for
 * each other at the login. Hosts that failed at `tcp`, `http` or with a quota while others ran are tried once more alone; without a login when
 * the account was not accepted by then, since that would be a further check.
 * @throws ConnectError as {@link attemptConnection} does; targets are read before anything is sent.
 */
export async function attemptAll(targets: readonly string[], options: ConnectAllOptions = {}): Promise<ConnectRun> {
  const { concurrency = CONCURRENCY, onProgress, ...each } = options;
  for (const target of targets) parseTarget(target, { via: each.via ?? 'winrm', https: each.https ?? false });
  const budget = each.budget ?? new CredentialBudget(each.tryForms);
  const shared: ConnectOptions = { ...each, budget };
  const attempts: ConnectionAttempt[] = [];
  const together: number[] = [];
  const running = new Set<number>();
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let index = next++; index < targets.length; index = next++) {
      if (each.signal?.aborted) return;
      running.add(index);
      // Those that run already have one more beside them now.
      for (const other of running) together[other] = Math.max(together[other] ?? 0, running.size);
      const attempt = await attemptConnection(targets[index] as string, shared).finally(() => running.delete(index));
      attempts[index] = attempt;
      onProgress?.(++done, targets.length, attempt);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, targets.length)) }, worker));
  let failedAlone = 0;
  for (const [index, attempt] of attempts.entries()) {
    if (attempt === undefined) continue;
    const hosts = together[index] ?? 1;
    const crowded = hosts > 1 && failedByLoad(attempt);
    let alone: ConnectionAttempt | undefined;
    if (crowded && failedAlone < MAX_FAILED_ALONE && !each.signal?.aborted) {
      alone = await attemptConnection(attempt.target, { ...withoutCheck(shared, budget), otherPorts: [] });
      if (aloneResult(attempt, alone) === 'failed') failedAlone++;
    }
    attempts[index] = withProperties(attempt, {
      'parallel.hosts': String(hosts),
      ...(hosts > 1 ? { 'parallel.failedTogether': String(crowded) } : {}),
      ...(alone === undefined ? {} : { 'parallel.alone': aloneResult(attempt, alone) }),
    });
  }
  return { attempts: attempts.filter((attempt) => attempt !== undefined), checks: budget.checks };
}

function failedByLoad(attempt: ConnectionAttempt): boolean {
  const failed = attempt.properties.get('failedRung')?.value;
  return failed === 'tcp' || failed === 'http' || QUOTA.test(attempt.properties.get('fault.codes')?.value ?? '');
}

function withoutCheck(options: ConnectOptions, budget: CredentialBudget): ConnectOptions {
  const { credential, ...rest } = options;
  const free =
    credential === undefined ||
    credential.kind === 'certificate' ||
    credential.kind === 'ticket-cache' ||
    budget.isAccepted(credential.typed);
  return free && credential !== undefined ? { ...rest, credential } : rest;
}

/** `ok` when the rung that failed, and whatever could be walked again above it, passed alone. */
function aloneResult(before: ConnectionAttempt, alone: ConnectionAttempt): 'ok' | 'failed' {
  const rung = before.rungs.find(({ verdict }) => verdict === 'failed')?.name;
  const again = alone.rungs.find(({ name }) => name === rung);
  return again?.verdict === 'passed' || again?.verdict === 'warned' ? 'ok' : 'failed';
}

function withProperties(attempt: ConnectionAttempt, values: Readonly<Record<string, string>>): ConnectionAttempt {
  const sample = attempt.properties.get('via') as FactObservation;
  const added = Object.entries(values).map(([name, value]) => [name, { ...sample, name: `connection.${name}`, value }] as const);
  return { ...attempt, properties: new Map([...attempt.properties, ...added]) };
}

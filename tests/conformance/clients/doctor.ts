import { attemptAll, type ConnectCredential, CredentialBudget, Secret } from '../../../core/connection/index.ts';
import type { ConnectionAttempt } from '../../../core/model/connection.ts';
import { giveResult, readInput } from './input.ts';

/** One run of the connection doctor's eyes. */
export interface DoctorRun {
  readonly targets: readonly string[];
  /** Login with this name and password; without it, with tickets; without both, none. */
  readonly user?: string;
  readonly password?: string;
  readonly ticketCache?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Runs with the same number share one budget of credential checks. */
  readonly budget?: number;
}

/** An attempt as the suite looks at it. */
export interface DoctorAttempt {
  /** Verdicts by rung. */
  readonly rungs: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly checks: number | undefined;
  readonly sent: { readonly user: string; readonly domain: string } | undefined;
  readonly portrait: Readonly<Record<string, unknown>>;
  /** Layer and decoded fields of every message, in order. */
  readonly messages: readonly {
    readonly layer: string;
    readonly direction: string;
    readonly fields: readonly (readonly [string, string])[];
  }[];
}

/** What a run gave. */
export interface DoctorResult {
  readonly attempts: readonly DoctorAttempt[];
  /** Credential checks of the run by account. */
  readonly checks: Readonly<Record<string, number>>;
  /** Everything the attempts hold, as text: to look for secrets in it. */
  readonly text: string;
}

/** Numbers beyond JSON as text. */
function plain(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}`;
    if (part instanceof Uint8Array) return Buffer.from(part).toString('latin1');
    return part instanceof Map ? Object.fromEntries(part) : part;
  });
}

function summary(attempt: ConnectionAttempt): DoctorAttempt {
  return {
    rungs: Object.fromEntries(attempt.rungs.map(({ name, verdict }) => [name, verdict])),
    properties: Object.fromEntries([...attempt.properties].map(([name, { value }]) => [name, `${value}`])),
    checks: attempt.account?.checks,
    sent: attempt.account?.sent,
    portrait: JSON.parse(plain(attempt.portrait)) as Record<string, unknown>,
    messages: attempt.conversation.map(({ layer, direction, fields }) => ({ layer, direction, fields })),
  };
}

function credentialOf({ user, password, ticketCache }: DoctorRun): ConnectCredential | undefined {
  if (ticketCache !== undefined) return { kind: 'ticket-cache', path: ticketCache };
  return user === undefined ? undefined : { kind: 'password', typed: user, password: () => new Secret(password ?? '') };
}

const budgets = new Map<number, CredentialBudget>();
const results: DoctorResult[] = [];
for (const run of readInput<readonly DoctorRun[]>()) {
  const credential = credentialOf(run);
  const budget = run.budget === undefined ? undefined : (budgets.get(run.budget) ?? new CredentialBudget());
  if (run.budget !== undefined && budget !== undefined) budgets.set(run.budget, budget);
  const { attempts, checks } = await attemptAll(run.targets, {
    ...run.options,
    ...(credential === undefined ? {} : { credential }),
    ...(budget === undefined ? {} : { budget }),
  });
  results.push({ attempts: attempts.map(summary), checks: Object.fromEntries(checks), text: plain(attempts) });
}
giveResult(results);

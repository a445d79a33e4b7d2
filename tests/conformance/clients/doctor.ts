import { md4 } from '@winmedic/ciphers';
import { attemptAll, type ConnectCredential, CredentialBudget, Secret } from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import type { ConnectionAttempt } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import { giveResult, readInput } from './input.ts';

/** One run of the connection doctor's eyes. */
export interface DoctorRun {
  readonly targets: readonly string[];
  /** Login with this name and password, with tickets, or with none of them not at all. */
  readonly user?: string;
  readonly password?: string;
  readonly ticketCache?: string;
  /** Login with this name and the keys of this file. */
  readonly keytab?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Runs with the same number share one budget of credential checks. */
  readonly budget?: number;
}

/** An attempt as the suite looks at it. */
export interface DoctorAttempt {
  /** What the diagnosis says: cause (`''` for none) and its grade. */
  readonly cause: string;
  readonly grade: string;
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
  /** Characters in all that the attempts hold, bytes included. */
  readonly size: number;
  /** What of the secrets of the run is in there: the password in any of its encodings, its NT hash. */
  readonly leaks: readonly string[];
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
  const { verdict } = diagnoseConnection(attempt, loadKnowledge());
  return {
    cause: verdict.cause?.cause.id ?? '',
    grade: verdict.grade,
    rungs: Object.fromEntries(attempt.rungs.map(({ name, verdict }) => [name, verdict])),
    properties: Object.fromEntries([...attempt.properties].map(([name, { value }]) => [name, `${value}`])),
    checks: attempt.account?.checks,
    sent: attempt.account?.sent,
    portrait: JSON.parse(plain(attempt.portrait)) as Record<string, unknown>,
    messages: attempt.conversation.map(({ layer, direction, fields }) => ({ layer, direction, fields })),
  };
}

function credentialOf({ user, password, ticketCache, keytab }: DoctorRun): ConnectCredential | undefined {
  if (ticketCache !== undefined) return { kind: 'ticket-cache', path: ticketCache };
  if (user !== undefined && keytab !== undefined) return { kind: 'keytab', typed: user, path: keytab };
  return user === undefined ? undefined : { kind: 'password', typed: user, password: () => new Secret(password ?? '') };
}

function leaksOf(text: string, { user = '', password = '' }: DoctorRun): string[] {
  if (password === '') return [];
  const utf16 = Buffer.from(password, 'utf16le');
  const hash = Buffer.from(md4(utf16));
  const basic = Buffer.from(`${user}:${password}`);
  const secrets = {
    password,
    escaped: JSON.stringify(password).slice(1, -1),
    utf16: utf16.toString('latin1'),
    // As JSON writes bytes below 0x20.
    utf16Escaped: JSON.stringify(utf16.toString('latin1')).slice(1, -1),
    hash: JSON.stringify(hash.toString('latin1')).slice(1, -1),
    hashHex: hash.toString('hex'),
    basic: basic.toString('base64'),
    base64: Buffer.from(password).toString('base64'),
    hex: Buffer.from(password).toString('hex'),
  };
  return Object.entries(secrets).flatMap(([name, secret]) => (text.toLowerCase().includes(secret.toLowerCase()) ? [name] : []));
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
  const text = plain(attempts);
  results.push({ attempts: attempts.map(summary), checks: Object.fromEntries(checks), size: text.length, leaks: leaksOf(text, run) });
}
giveResult(results);

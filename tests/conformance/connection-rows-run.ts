import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attemptAll,
  attemptConnection,
  type ConnectCredential,
  type ConnectOptions,
  CredentialBudget,
  Secret,
} from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import { collectEvidence, patternsOf } from '@winmedic/core/evidence';
import { withStateFacts } from '@winmedic/core/exposure';
import type { ConnectionAttempt, ConnectionDiagnosis, FactObservation, Timeline } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { loadKnowledge, RUNGS } from '@winmedic/knowledge';
import {
  type ConnectionRow,
  evidenceFiles,
  type RecordedAttempt,
  ROW_HOST,
  ROW_PASSWORD,
  type RowConnect,
  type RowEvidence,
  type RowWorld,
  type RunningWorld,
  startWorld,
} from '@winmedic/labs/connection-rows';

/** What the doctor said about one row, small enough to be handed from one process to another. */
export interface RowVerdict {
  readonly cause: string | null;
  readonly grade: string;
  readonly sentence: { readonly en: string; readonly ja: string };
  readonly outcome: string;
  readonly failed: string;
  readonly beside: readonly string[];
  /** Counted at host and KDC. */
  readonly checks: number;
  /** Counted by the attempt itself. */
  readonly claimed: number;
  /** Remedies of the cause: command, risk and undo there in both languages. */
  readonly remedies: number;
  /** For reports of a failure: every rung and property. */
  readonly seen: string;
}

/** Starts the world of a row, makes the attempt with the product's own client and judges it with the evidence of the row. */
export async function runRow(row: ConnectionRow, inNamespace = false): Promise<RowVerdict> {
  if (row.attempt !== undefined) return verdictOf(await diagnose(recorded(row.attempt), row.evidence, undefined), 0);
  return runWorld(row.world?.() ?? {}, row.connect ?? {}, row.evidence, inNamespace);
}

/** The same for any world. */
export async function runWorld(
  spec: RowWorld,
  connect: RowConnect,
  evidence: RowEvidence | undefined,
  inNamespace = false,
): Promise<RowVerdict> {
  const world = await startWorld(spec);
  try {
    const attempt = await attemptOf(world, connect, inNamespace);
    return verdictOf(await diagnose(attempt, evidence, world), world.checks());
  } finally {
    await world.close();
  }
}

async function attemptOf(world: RunningWorld, connect: RowConnect, inNamespace: boolean): Promise<ConnectionAttempt> {
  const { place } = world;
  const target = connect.target?.(place) ?? `${place.transport}://${ROW_HOST}:${place.port}`;
  const options = optionsOf(world, connect, inNamespace);
  if (connect.together !== undefined) {
    const { attempts } = await attemptAll(new Array<string>(connect.together).fill(target), { ...options, concurrency: connect.together });
    const failed = attempts.find(({ properties }) => properties.get('parallel.failedTogether')?.value === 'true');
    return failed ?? (attempts[0] as ConnectionAttempt);
  }
  if (connect.after === undefined) return attemptConnection(target, options);
  const budget = new CredentialBudget(connect.tryForms);
  const sound = { withoutSealing: false, withoutChannelBinding: false };
  await attemptConnection(target, { ...options, ...sound, ...passwordOf(connect, connect.after.password), budget });
  return attemptConnection(target, { ...options, budget });
}

function optionsOf(world: RunningWorld, connect: RowConnect, inNamespace: boolean): ConnectOptions {
  const { place } = world;
  const { trust = true, auth, via, ntlmLevel, tryForms } = connect;
  return {
    ...passwordOf(connect, connect.password ?? ROW_PASSWORD),
    ...(auth === undefined ? {} : { auth }),
    ...(via === undefined ? {} : { via }),
    ...(ntlmLevel === undefined ? {} : { ntlmLevel }),
    ...(tryForms === undefined ? {} : { tryForms }),
    ...(trust && world.cert !== undefined ? { ca: [world.cert] } : {}),
    allowCleartext: connect.allowCleartext === true,
    withoutSealing: connect.withoutSealing === true,
    withoutChannelBinding: connect.withoutChannelBinding === true,
    // A filter that drops is told by time alone.
    times: inNamespace ? { connectMs: 700, answerMs: 2000 } : { connectMs: 2000, answerMs: 3000 },
    kerberos: { config: '[libdefaults]\ndns_lookup_kdc = false\n', ...(world.kdc === undefined ? {} : { kdcs: [world.kdc] }) },
    ...(inNamespace
      ? {}
      : {
          otherPorts: connect.otherPorts ?? [],
          lookUp: async () => [{ address: connect.resolvesTo ?? place.address, family: 4 as const }],
        }),
  };
}

function passwordOf({ typed, certificate }: RowConnect, password: string): { credential?: ConnectCredential } {
  if (certificate !== undefined)
    return { credential: { kind: 'certificate', certificate: certificate.cert, key: () => new Secret(certificate.key) } };
  return typed === undefined ? {} : { credential: { kind: 'password', typed, password: () => new Secret(password) } };
}

async function diagnose(
  attempt: ConnectionAttempt,
  evidence: RowEvidence | undefined,
  world: RunningWorld | undefined,
): Promise<ConnectionDiagnosis> {
  const knowledge = loadKnowledge();
  if (evidence === undefined) return diagnoseConnection(attempt, knowledge);
  const skewMs = (attempt.portrait.clock?.skewSeconds ?? 0) * 1000;
  const files = evidenceFiles(evidence, world?.logons() ?? [], Number(attempt.endedAt / 1_000_000n) + skewMs);
  return diagnoseConnection(attempt, knowledge, { timeline: await timelineOf(files) });
}

/** Reads files as `--evidence` does. */
async function timelineOf(files: ReturnType<typeof evidenceFiles>): Promise<Timeline> {
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-rows-'));
  try {
    for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
    const knowledge = loadKnowledge();
    const evidence = await collectEvidence([folder], { zone: 'UTC', hash: false, patterns: patternsOf(knowledge.causes) });
    // Settings alone are evidence of a connection, though not of a host that stopped.
    const [problem] = evidence.problems.filter(({ code }) => code !== 'EVIDENCE_NO_LOGS');
    if (problem !== undefined) throw new Error(`evidence of the row cannot be read: ${problem.code} ${problem.path} ${problem.what ?? ''}`);
    return buildTimeline(withStateFacts(evidence, knowledge));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function verdictOf({ attempt, verdict, outcome, beside }: ConnectionDiagnosis, checks: number): RowVerdict {
  const properties = [...attempt.properties].map(([name, { value }]) => `${name}=${value}`);
  const rungs = attempt.rungs.map((rung) => `${rung.name}:${rung.verdict} ${rung.observed.en}`);
  return {
    cause: verdict.cause?.cause.id ?? null,
    grade: verdict.grade,
    sentence: verdict.sentence,
    outcome,
    failed: attempt.rungs.find((rung) => rung.verdict === 'failed')?.name ?? '',
    beside: beside.map((judged) => judged.cause.id),
    checks,
    claimed: attempt.account?.checks ?? 0,
    remedies: (verdict.cause?.cause.remedies ?? []).filter(
      ({ text, risk, undo }) => text.en !== '' && text.ja !== '' && risk.en !== '' && risk.ja !== '' && undo.en !== '' && undo.ja !== '',
    ).length,
    seen: [...rungs, ...properties].join('\n'),
  };
}

/** An attempt as it was recorded: its properties and the rung that failed, nothing else. */
function recorded({ from, via = 'winrm', properties }: RecordedAttempt): ConnectionAttempt {
  const at = BigInt(Date.now()) * 1_000_000n;
  const failed = RUNGS.indexOf(properties['failedRung'] as (typeof RUNGS)[number]);
  return {
    target: ROW_HOST,
    host: ROW_HOST,
    port: via === 'dcom' ? 135 : 5985,
    via,
    transport: 'http',
    from,
    startedAt: at,
    endedAt: at,
    rungs: RUNGS.map((name, i) => ({
      name,
      verdict: failed < 0 || i < failed ? ('passed' as const) : i === failed ? ('failed' as const) : ('unreached' as const),
      tried: { en: '-', ja: '-' },
      observed: { en: '-', ja: '-' },
      messages: [],
    })),
    portrait: {},
    properties: new Map(
      Object.entries({ via, ...properties }).map(([name, value]): [string, FactObservation] => [
        name,
        {
          type: 'fact',
          id: '',
          name: `connection.${name}`,
          value,
          host: ROW_HOST,
          time: { kind: 'instant', at },
          origin: { sourceId: '', path: from },
          trust: 'record',
        },
      ]),
    ),
    conversation: [],
    notChecked: [],
  };
}

import { attemptConnection, CredentialBudget, Secret } from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import { loadKnowledge } from '@winmedic/knowledge';
import { ntHash, ntlmAcceptor } from '@winmedic/ntlm';
import { MECHANISM_OID, spnegoAcceptor } from '@winmedic/spnego';
import { startHostileServer } from './hostile-server.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';
import { type Counts, checkSane, randomBytes, run, wireKind } from './wire.ts';

const PASSWORD = 'Pass-w0rd-of-this-run!';
/** Time limits that let a slow server be slow without making the run slow. */
const TIMES = { connectMs: 150, answerMs: 120, hostMs: 500 };
/** What an attempt may take beyond its limits on a busy machine. */
const GRACE_MS = 6000;
const knowledge = loadKnowledge();

/** Whole attempts against a hostile server: in time, with a verdict, with one proof of the password at most, and without showing it. */
export function attemptKind(): Kind {
  const seeds = ['plain', 'plain again', 'HTTPS'].map((name) => run(name, (random) => attempt(random, name === 'HTTPS')));
  return wireKind('attempt', seeds, { maxMs: TIMES.hostMs + GRACE_MS, atLeast: 50 });
}

async function attempt(random: Random, https: boolean): Promise<Counts> {
  const right = random.below(2) === 0;
  // Each connection would need a context of its own; a hostile server mixes them up.
  let acceptor = newAcceptor(random, right);
  const server = await startHostileServer({
    random,
    https,
    honest: random.below(7),
    login: async (authorization) => {
      const [scheme = '', token = ''] = authorization.split(' ');
      if (scheme === 'Basic') return { accepted: right };
      try {
        const answer = await acceptor.step(Buffer.from(token, 'base64'));
        return { accepted: acceptor.complete, ...(answer && { challenge: `${scheme} ${Buffer.from(answer).toString('base64')}` }) };
      } catch {
        acceptor = newAcceptor(random, right);
        return { accepted: false };
      }
    },
  });
  const started = performance.now();
  try {
    const budget = new CredentialBudget();
    const typed = random.pick(['CORP\\alice', 'alice', 'alice@corp.example', '.\\alice']);
    const found = await attemptConnection(`${https ? 'https' : 'http'}://127.0.0.1:${server.port}/wsman`, {
      credential: { kind: 'password', typed, password: () => new Secret(PASSWORD) },
      auth: random.pick(['auto', 'Negotiate', 'NTLM', 'Basic', 'CredSSP'] as const),
      allowCleartext: random.below(2) === 0,
      insecure: true,
      budget,
      times: TIMES,
      otherPorts: [],
      kerberos: { kdcs: [] },
    });
    const took = performance.now() - started;
    if (took > TIMES.hostMs + GRACE_MS) throw new Error(`an attempt of ${took.toFixed(0)} ms`);
    if (server.proofs > 1) throw new Error(`${server.proofs} proofs of one password`);
    for (const [account, checks] of budget.checks) if (checks > 1) throw new Error(`${checks} checks of ${account}`);
    const failed = found.rungs.filter(({ verdict }) => verdict === 'failed');
    checkSane(found, 400_000);
    const text = JSON.stringify(found, (_, value) =>
      typeof value === 'bigint'
        ? String(value)
        : value instanceof Uint8Array
          ? Buffer.from(value).toString('latin1')
          : value instanceof Map
            ? [...value]
            : value,
    );
    for (const shape of [PASSWORD, Buffer.from(`alice:${PASSWORD}`).toString('base64')])
      if (text.includes(shape)) throw new Error('an attempt that shows the password');
    const verdict = diagnoseConnection(found, knowledge);
    checkSane(verdict, 2_000_000);
    return {
      failed: failed.length > 0 ? 1 : 0,
      reached: found.rungs.filter(({ verdict: each }) => each === 'passed').length,
      proofs: server.proofs,
    };
  } finally {
    await server.close();
  }
}

function newAcceptor(random: Random, right: boolean) {
  const hash = ntHash(new Secret(right ? PASSWORD : 'Other-w0rd!'));
  return spnegoAcceptor({
    allowRaw: true,
    mechanisms: [
      {
        oid: MECHANISM_OID.ntlm,
        context: () =>
          ntlmAcceptor({
            target: { netbiosComputer: 'HV01', netbiosDomain: 'CORP', dnsComputer: 'hv01.corp.example', dnsDomain: 'corp.example' },
            lookUp: () => ({ ntHash: hash }),
            random: randomBytes(random),
          }),
      },
    ],
  });
}

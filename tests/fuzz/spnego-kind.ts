import { Secret } from '@winmedic/gss';
import { NtlmError, ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';
import {
  MECHANISM_OID,
  parseSpnegoToken,
  recogniseToken,
  SpnegoError,
  spnegoAcceptor,
  spnegoInitiator,
  writeSpnegoToken,
} from '@winmedic/spnego';
import { tokenWords } from '../../core/connection/token-words.ts';
import { mutateDer } from './der-mutations.ts';
import type { Kind } from './kind.ts';
import { mutateBinary } from './ntlm-kind.ts';
import { Random } from './random.ts';
import { talkChanged } from './sides.ts';
import { checkSane, corpusFiles, isDocumented, randomBytes, run, survives, type WireSeed, wireKind } from './wire.ts';

const CREDENTIAL = { user: 'alice', domain: 'CORP', password: new Secret('Pass-w0rd!') };
const TARGET = { netbiosComputer: 'HV01', netbiosDomain: 'CORP', dnsComputer: 'hv01.corp.example', dnsDomain: 'corp.example' };
const HASH = ntHash(CREDENTIAL.password);
const OTHER_HASH = ntHash(new Secret('Other-w0rd!'));
const OTHER_OID = '1.2.840.48018.1.2.2';

/** Two sides of SPNEGO with NTLM inside. */
export function spnegoSides(random: Random, wrongPassword = false) {
  const bytes = randomBytes(random);
  const other = { oid: OTHER_OID, context: () => ntlmInitiator({ credential: CREDENTIAL, random: bytes }) };
  return {
    initiator: spnegoInitiator({
      mechanisms: [
        ...(random.below(3) === 0 ? [other] : []),
        { oid: MECHANISM_OID.ntlm, context: () => ntlmInitiator({ credential: CREDENTIAL, random: bytes }) },
      ],
    }),
    acceptor: spnegoAcceptor({
      mechanisms: [
        {
          oid: MECHANISM_OID.ntlm,
          context: () => ntlmAcceptor({ target: TARGET, lookUp: () => ({ ntHash: wrongPassword ? OTHER_HASH : HASH }), random: bytes }),
        },
      ],
      allowRaw: random.below(2) === 0,
    }),
  };
}

/** SPNEGO: tokens, and logins with changed tokens. */
export async function spnegoKind(): Promise<Kind> {
  const tokens: { name: string; bytes: Uint8Array }[] = [];
  for (const seed of [1, 2, 3, 4]) {
    const { initiator, acceptor } = spnegoSides(new Random(seed));
    let token = await initiator.step();
    for (let n = 0; token !== undefined; n++) {
      tokens.push({ name: `token ${seed}.${n}`, bytes: token });
      token = await (n % 2 === 0 ? acceptor : initiator).step(token);
    }
  }
  tokens.push({ name: 'hints', bytes: (await spnegoSides(new Random(1)).acceptor.step()) as Uint8Array });
  const seeds: WireSeed[] = [...tokens, ...corpusFiles('pyspnego', (name) => /^(neg_|initial_)/.test(name))].map(({ name, bytes }) => ({
    name,
    bytes,
    change: mutateDer,
    read: readToken,
  }));
  return wireKind('spnego', [...seeds, run('login', login), run('login, again', login), run('raw NTLM against SPNEGO', raw)]);
}

function readToken(bytes: Uint8Array) {
  recogniseToken(bytes);
  checkSane(tokenWords(bytes), bytes.length);
  return survives(
    () => {
      const token = parseSpnegoToken(bytes);
      // What was read can be written, and is read the same.
      const again = parseSpnegoToken(writeSpnegoToken(token));
      if (again.kind !== token.kind) throw new Error('a token that changes its kind when it is written');
      return token;
    },
    bytes.length,
    SpnegoError,
  );
}

function documented(error: unknown): boolean {
  return isDocumented(error, [SpnegoError, NtlmError]);
}

function login(random: Random) {
  const wrongPassword = random.below(2) === 0;
  const change = (token: Uint8Array, by: Random) => (by.below(4) === 0 ? mutateBinary(token, by) : mutateDer(token, by));
  return talkChanged({ ...spnegoSides(random, wrongPassword), wrongPassword, change, isDocumented: documented }, random);
}

/** An NTLM client without SPNEGO before an acceptor that may or may not take it. */
function raw(random: Random) {
  const wrongPassword = random.below(2) === 0;
  const { acceptor } = spnegoSides(random, wrongPassword);
  const initiator = ntlmInitiator({ credential: CREDENTIAL, random: randomBytes(random) });
  return talkChanged({ initiator, acceptor, wrongPassword, change: mutateBinary, isDocumented: documented }, random);
}

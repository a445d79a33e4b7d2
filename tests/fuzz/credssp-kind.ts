import {
  CredsspError,
  credsspAcceptor,
  credsspInitiator,
  parseTsCredentials,
  parseTsRequest,
  writeTsCredentials,
  writeTsRequest,
} from '@winmedic/credssp';
import { Secret } from '@winmedic/gss';
import { issueCertificate } from '@winmedic/labs/windows-host';
import { NtlmError, ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';
import { SpnegoError } from '@winmedic/spnego';
import { credsspWords } from '../../core/connection/token-words.ts';
import { mutateRange } from './binary-mutations.ts';
import { mutateDer } from './der-mutations.ts';
import type { Kind, Mutated } from './kind.ts';
import { mutateBinary } from './ntlm-kind.ts';
import type { Random } from './random.ts';
import { talkChanged } from './sides.ts';
import { spnegoSides } from './spnego-kind.ts';
import { checkSane, corpusFiles, isDocumented, run, survives, type WireSeed, wireKind } from './wire.ts';

const CREDENTIAL = { user: 'alice', domain: 'CORP', password: new Secret('Pass-w0rd!') };
const HASH = ntHash(CREDENTIAL.password);
const OTHER_HASH = ntHash(new Secret('Other-w0rd!'));

/** CredSSP: messages, and logins with changed TLS records. */
export function credsspKind(): Kind {
  const requests = [
    { name: 'login', bytes: writeTsRequest({ version: 6, negoTokens: [new Uint8Array(40)], clientNonce: new Uint8Array(32) }) },
    { name: 'proof', bytes: writeTsRequest({ version: 3, negoTokens: [], pubKeyAuth: new Uint8Array(60), errorCode: 0xc000006d }) },
    { name: 'credential', bytes: writeTsRequest({ version: 2, negoTokens: [], authInfo: new Uint8Array(100) }) },
    ...corpusFiles('pyspnego', (name) => name === 'credssp_ts_request'),
  ];
  const credentials = [
    { name: 'password', bytes: writeTsCredentials({ type: 'password', credential: CREDENTIAL }) },
    ...corpusFiles('pyspnego', (name) => /^credssp_ts_(cred|remote)/.test(name)),
  ];
  const hellos = corpusFiles('pyspnego', (name) => name.startsWith('tls1'));
  const seeds: WireSeed[] = [
    ...requests.map(({ name, bytes }) => ({
      name: `TSRequest ${name}`,
      bytes,
      change: mutateDer,
      read: (input: Uint8Array) => survives(() => parseTsRequest(input), input.length, CredsspError),
    })),
    ...credentials.map(({ name, bytes }) => ({
      name: `TSCredentials ${name}`,
      bytes,
      change: mutateDer,
      read: (input: Uint8Array) => survives(() => parseTsCredentials(input), input.length, CredsspError),
    })),
    ...hellos.map(({ name, bytes }) => ({
      name,
      bytes,
      change: mutateBinary,
      read: (input: Uint8Array) => {
        checkSane(credsspWords(input), input.length);
        return undefined;
      },
    })),
  ];
  return wireKind('credssp', [...seeds, run('login with NTLM', login), run('login with SPNEGO', spnegoLogin)], { maxMs: 10_000 });
}

const certificate = issueCertificate({ commonName: 'hv01.corp.example' });
/** Changes TLS records: mostly inside of one, so that the frame is right and the record is looked at. */
function mutateRecords(bytes: Uint8Array, random: Random): Mutated {
  if (random.below(4) > 0 && bytes.length > 24) {
    const copy = bytes.slice();
    return { bytes: copy, names: [mutateRange(copy, 5, copy.length, random)] };
  }
  return mutateBinary(bytes, random);
}

function sides(
  random: Random,
  contexts: { client: () => ReturnType<typeof ntlmInitiator>; server: () => ReturnType<typeof ntlmAcceptor> },
) {
  const maxVersion = random.pick(['TLSv1.2', 'TLSv1.3'] as const);
  return {
    initiator: credsspInitiator({ credential: CREDENTIAL, context: contexts.client, tls: { maxVersion }, minimumVersion: 2 }),
    acceptor: credsspAcceptor({
      context: contexts.server,
      tls: { key: certificate.key, cert: certificate.cert },
      version: random.pick([2, 3, 4, 5, 6] as const),
    }),
  };
}

function documented(error: unknown): boolean {
  return isDocumented(error, [CredsspError, NtlmError, SpnegoError]);
}

function login(random: Random) {
  const wrongPassword = random.below(2) === 0;
  const contexts = {
    client: () => ntlmInitiator({ credential: CREDENTIAL }),
    server: () =>
      ntlmAcceptor({
        target: { netbiosComputer: 'HV01', netbiosDomain: 'CORP' },
        lookUp: () => ({ ntHash: wrongPassword ? OTHER_HASH : HASH }),
      }),
  };
  return talkChanged({ ...sides(random, contexts), wrongPassword, change: mutateRecords, isDocumented: documented }, random);
}

function spnegoLogin(random: Random) {
  const wrongPassword = random.below(2) === 0;
  const inner = spnegoSides(random, wrongPassword);
  const maxVersion = random.pick(['TLSv1.2', 'TLSv1.3'] as const);
  return talkChanged(
    {
      initiator: credsspInitiator({ credential: CREDENTIAL, context: () => inner.initiator, tls: { maxVersion } }),
      acceptor: credsspAcceptor({ context: () => inner.acceptor, tls: { key: certificate.key, cert: certificate.cert } }),
      wrongPassword,
      change: mutateRecords,
      isDocumented: documented,
    },
    random,
  );
}

import { Secret } from '@winmedic/gss';
import {
  decodeAvPairs,
  flagNames,
  isNtlmMessage,
  NtlmError,
  ntHash,
  ntlmAcceptor,
  ntlmInitiator,
  parseNtlmMessage,
  readAvPairs,
  redactNtlmMessage,
} from '@winmedic/ntlm';
import { tokenWords } from '../../core/connection/token-words.ts';
import { mutateRange } from './binary-mutations.ts';
import type { Kind, Mutated } from './kind.ts';
import { Random } from './random.ts';
import { talkChanged } from './sides.ts';
import { checkSane, corpusFiles, isDocumented, randomBytes, run, survives, type WireSeed, wireKind } from './wire.ts';

const CREDENTIAL = { user: 'alice', domain: 'CORP', password: new Secret('Pass-w0rd!') };
const TARGET = {
  netbiosComputer: 'HV01',
  netbiosDomain: 'CORP',
  dnsComputer: 'hv01.corp.example',
  dnsDomain: 'corp.example',
  forest: 'corp.example',
};
const HASH = ntHash(CREDENTIAL.password);
const OTHER_HASH = ntHash(new Secret('Other-w0rd!'));
const LEVELS = [0, 1, 2, 3, 4, 5] as const;

/** Changes a message of little-endian fields with a table of descriptors in front. */
export function mutateBinary(bytes: Uint8Array, random: Random): Mutated {
  const copy = bytes.slice();
  const names: string[] = [];
  for (let n = 1 + random.below(3); n > 0; n--) names.push(mutateRange(copy, 0, random.below(2) ? 80 : copy.length, random));
  const how = random.below(12);
  if (how === 0) return { bytes: copy.subarray(0, random.below(copy.length + 1)), names: [...names, 'truncate'] };
  if (how === 1) return { bytes: Buffer.concat([copy, new Uint8Array(random.below(100))]), names: [...names, 'more behind it'] };
  return { bytes: copy, names };
}

/** NTLM: messages, AV pairs, and logins with changed messages. */
export async function ntlmKind(): Promise<Kind> {
  const messages: WireSeed[] = [...(await recorded()), ...corpusFiles('pyspnego', (name) => name.startsWith('ntlm_'))].map(
    ({ name, bytes }) => ({
      name,
      bytes,
      change: mutateBinary,
      read: readMessage,
    }),
  );
  const pairs: WireSeed = {
    name: 'AV pairs',
    bytes: Buffer.from(
      '0200080043004f005200500001000800480056003000310003000a0068002e0063002e006500060004000200000007000800005ce2f3a1c2d90100000000',
      'hex',
    ),
    change: mutateBinary,
    read: (bytes) => {
      const damages: unknown[] = [];
      return survives(
        () => {
          const read = readAvPairs(bytes, 0, (...damage) => damages.push(damage));
          return [read, decodeAvPairs(read.pairs), damages];
        },
        bytes.length,
        NtlmError,
      );
    },
  };
  return wireKind('ntlm', [...messages, pairs, ...LEVELS.map((level) => run(`login at level ${level}`, (random) => login(level, random)))]);
}

async function recorded(): Promise<{ name: string; bytes: Uint8Array }[]> {
  const found: { name: string; bytes: Uint8Array }[] = [];
  for (const level of [0, 1, 3] as const) {
    const random = new Random(level);
    const a = ntlmInitiator({
      credential: CREDENTIAL,
      level,
      random: randomBytes(random),
      workstation: 'CLIENT',
      servicePrincipalName: 'HTTP/hv01',
    });
    const b = ntlmAcceptor({ target: TARGET, lookUp: () => ({ ntHash: HASH }), random: randomBytes(random) });
    const first = (await a.step()) as Uint8Array;
    const second = (await b.step(first)) as Uint8Array;
    const third = (await a.step(second)) as Uint8Array;
    found.push(
      { name: `negotiate ${level}`, bytes: first },
      { name: `challenge ${level}`, bytes: second },
      { name: `authenticate ${level}`, bytes: third },
    );
  }
  return found;
}

function readMessage(bytes: Uint8Array) {
  isNtlmMessage(bytes);
  const shown = redactNtlmMessage(bytes);
  if (shown.length !== bytes.length) throw new Error('a redacted message of another length');
  checkSane(tokenWords(bytes), bytes.length);
  return survives(
    () => {
      const message = parseNtlmMessage(bytes);
      flagNames(message.flags);
      if (message.kind === 'authenticate' && message.damages.length === 0)
        hides(bytes, shown, message.ntResponse, message.response === 'v2' ? 16 : 24);
      return message;
    },
    bytes.length,
    NtlmError,
  );
}

/** What proves the password must not stand in the copy that is shown. */
function hides(bytes: Uint8Array, shown: Uint8Array, response: Uint8Array, length: number): void {
  const proof = Buffer.from(response.subarray(0, length));
  // A mutation may have copied the proof to a place where no message has one.
  const whole = Buffer.from(bytes);
  if (proof.length < 16 || new Set(proof).size < 8 || whole.indexOf(proof) !== whole.lastIndexOf(proof)) return;
  if (Buffer.from(shown).includes(proof)) throw new Error('a redacted message with its response');
}

function login(level: 0 | 1 | 2 | 3 | 4 | 5, random: Random) {
  const wrongPassword = random.below(2) === 0;
  const bindings = random.below(2) ? randomBytes(random)(16) : undefined;
  return talkChanged(
    {
      initiator: ntlmInitiator({
        credential: CREDENTIAL,
        level,
        random: randomBytes(random),
        ...(bindings && { channelBindings: bindings }),
        ...(random.below(2) && { servicePrincipalName: 'HTTP/hv01' }),
        requireEss: random.below(4) === 0,
        require128: random.below(4) === 0,
      }),
      acceptor: ntlmAcceptor({
        target: TARGET,
        lookUp: () => ({ ntHash: wrongPassword ? OTHER_HASH : HASH }),
        random: randomBytes(random),
        timestamp: random.below(2) === 0,
        lmKeys: random.below(2) === 0,
        ...(bindings && { channelBindings: bindings, bindings: random.pick(['none', 'relaxed', 'strict'] as const) }),
      }),
      wrongPassword,
      change: mutateBinary,
      isDocumented: (error) => isDocumented(error, [NtlmError]),
    },
    random,
  );
}

import { Secret } from '@winmedic/gss';
import { type NtlmChallenge, ntlmInitiator } from '@winmedic/ntlm';
import { hasFlag, isNtlmMessage, NtlmError, parseNtlmMessage } from '@winmedic/ntlm/messages';
import { parseSpnegoToken, SpnegoError } from '@winmedic/spnego/messages';
import { ConnectionLost, headerOf, schemesOf, tokenOf } from '@winmedic/wsman';
import { setClock } from './clock.ts';
import { filetimeMs } from './filetime.ts';
import type { Ladder } from './ladder.ts';
import type { ConnectTimes } from './options.ts';
import type { ChallengeNames } from './user-name-forms.ts';
import type { Way } from './way.ts';

/** Answer to an NTLM type 1 message: what a host tells anybody. */
export interface ChallengeSeen {
  readonly names: ChallengeNames;
  /** Absent when the answer held no challenge: NTLM is not accepted, or the service is none. */
  readonly message?: NtlmChallenge;
  readonly status: number;
  readonly server: string;
  readonly offered: readonly string[];
}

/**
 * Sends an NTLM type 1 message on a connection of its own and reads the challenge; nothing is proved and nothing is checked. Portrait and
 * properties are filled from it.
 * @returns undefined when no answer came at all.
 */
export async function readChallenge(ladder: Ladder, way: Way, times: ConnectTimes): Promise<ChallengeSeen | undefined> {
  const context = ntlmInitiator({ credential: { user: '', domain: '', password: new Secret('') } });
  const token = await context.step();
  if (token === undefined) return undefined;
  try {
    const transport = await way.connect();
    const response = await transport.send({
      method: 'POST',
      path: ladder.target.path,
      headers: {
        'Content-Type': 'application/soap+xml;charset=UTF-8',
        'User-Agent': 'winmedic',
        Authorization: `Negotiate ${Buffer.from(token).toString('base64')}`,
        Connection: 'close',
      },
      body: new Uint8Array(),
      headerTimeoutMs: times.answerMs,
      timeoutMs: 2 * times.answerMs,
    });
    transport.close();
    const answer = tokenOf(response, 'Negotiate') ?? tokenOf(response, 'NTLM');
    const message = answer === undefined ? undefined : challengeIn(answer);
    const names = message === undefined ? {} : namesOf(message);
    if (message !== undefined) notePortrait(ladder, message, names);
    return {
      names,
      status: response.status,
      server: headerOf(response, 'server'),
      offered: schemesOf(response),
      ...(message === undefined ? {} : { message }),
    };
  } catch (error) {
    if (error instanceof ConnectionLost) return undefined;
    throw error;
  }
}

/** The NTLM challenge of a token, bare or within SPNEGO; undefined for anything else. */
function challengeIn(token: Uint8Array): NtlmChallenge | undefined {
  try {
    if (!isNtlmMessage(token)) {
      const outer = parseSpnegoToken(token);
      const inner = outer.kind === 'response' ? outer.responseToken : undefined;
      return inner !== undefined && isNtlmMessage(inner) ? challengeIn(inner) : undefined;
    }
    const message = parseNtlmMessage(token);
    return message.kind === 'challenge' ? message : undefined;
  } catch (error) {
    if (error instanceof NtlmError || error instanceof SpnegoError) return undefined;
    throw error;
  }
}

/** Names a host gives itself; empty ones are left out. */
export function namesOf(message: NtlmChallenge): ChallengeNames {
  const info = message.targetInfo;
  const put = <K extends keyof ChallengeNames>(key: K, value: string | undefined) =>
    value === undefined || value === '' ? {} : { [key]: value };
  return {
    ...put('computerName', info?.netbiosComputer),
    ...put('dnsComputerName', info?.dnsComputer),
    ...put('domain', info?.netbiosDomain),
    ...put('dnsDomain', info?.dnsDomain),
    ...put('forest', info?.forest),
    ...put('targetType', targetType(message)),
  };
}

function targetType(message: NtlmChallenge): 'domain' | 'server' | undefined {
  if (hasFlag(message.flags, 'NTLMSSP_TARGET_TYPE_DOMAIN')) return 'domain';
  return hasFlag(message.flags, 'NTLMSSP_TARGET_TYPE_SERVER') ? 'server' : undefined;
}

/** Takes a challenge over into portrait and properties. */
export function notePortrait(ladder: Ladder, message: NtlmChallenge, names: ChallengeNames): void {
  const { targetType: _, ...known } = names;
  Object.assign(ladder.portrait, known);
  // Servers other than Windows leave the version zero.
  if (message.version !== undefined && message.version.build > 0)
    ladder.portrait.build = `${message.version.major}.${message.version.minor}.${message.version.build}`;
  if (message.targetInfo?.timestamp !== undefined) setClock(ladder, filetimeMs(message.targetInfo.timestamp), 'ntlm');
  ladder.set('ntlm.128', hasFlag(message.flags, 'NTLMSSP_NEGOTIATE_128'));
  ladder.set('ntlm.ess', hasFlag(message.flags, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY'));
  const isTarget = isTheTarget(ladder.target.host, ladder.target.kind, names);
  if (isTarget !== undefined) ladder.set('name.isTarget', isTarget);
}

/** Does the host call itself as the name used says? An address says nothing; a single label is compared with the first label only. */
function isTheTarget(host: string, kind: 'address' | 'name' | 'fqdn', names: ChallengeNames): boolean | undefined {
  const name = host.replace(/\.$/, '').toLowerCase();
  const [computer, dns] = [names.computerName?.toLowerCase(), names.dnsComputerName?.toLowerCase()];
  if (kind === 'address' || name === 'localhost' || (computer === undefined && dns === undefined)) return undefined;
  if (kind === 'fqdn' && dns?.includes('.')) return name === dns;
  const label = name.split('.')[0] as string;
  // NetBIOS names have at most 15 characters.
  return label === computer || label === dns?.split('.')[0] || (computer?.length === 15 && label.startsWith(computer));
}

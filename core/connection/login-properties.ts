import { CredsspError, type CredsspInitiator } from '@winmedic/credssp';
import { isNtlmMessage, type NtlmAuthenticate, NtlmError, parseNtlmMessage } from '@winmedic/ntlm/messages';
import { parseSpnegoToken, SpnegoError } from '@winmedic/spnego/messages';
import type { LoginResult } from '@winmedic/wsman';
import type { Ladder } from './ladder.ts';
import type { LoginWay } from './scheme-choice.ts';

/** Properties of how a login ended. */
export function noteResult(
  ladder: Ladder,
  result: LoginResult,
  by: LoginWay,
  more: { readonly lastStepSent: boolean; readonly credssp?: CredsspInitiator },
): void {
  ladder.set('login.mechanism', by.mechanism);
  ladder.set(
    'login.result',
    {
      accepted: 'accepted',
      rejected: 'rejected',
      'not-offered': 'refused-scheme',
      failed: 'failed',
      dropped: 'dropped',
      unexpected: 'failed',
    }[result.outcome],
  );
  const last = result.steps.at(-1);
  if (result.status !== undefined) ladder.set('login.status', result.status);
  if (last !== undefined) ladder.set('login.token', last.received !== undefined && last.received.length > 0);
  if (result.outcome === 'accepted') ladder.set('login.step', '');
  else {
    const stage = more.credssp?.stage;
    // The last token of the login inside goes together with the proof of the key: a status of the server speaks of the login.
    const refused = result.error instanceof CredsspError && result.error.code === 'CREDSSP_ERROR_CODE';
    const own = refused ? undefined : stage === 'tls' || stage === 'public-key' || stage === 'credentials' ? stage : undefined;
    ladder.set('login.step', own ?? (more.lastStepSent ? 'last' : 'first'));
  }
  if (more.credssp?.serverVersion !== undefined) ladder.set('credssp.version', more.credssp.serverVersion);
  if (result.error instanceof CredsspError && result.error.ntstatus !== undefined)
    ladder.set('login.ntstatus', `0x${result.error.ntstatus.toString(16)}`);
  const scheme = by.scheme;
  if (ladder.account !== undefined) {
    ladder.account.scheme = scheme;
    ladder.account.mechanism = by.mechanism;
  }
}

/** Properties of the type 3 message that went out. Within CredSSP it cannot be seen. */
export function noteNtlmToken(ladder: Ladder, result: LoginResult): void {
  const message = result.steps.flatMap(({ sent }) => (sent === undefined ? [] : (authenticateIn(sent) ?? []))).at(-1);
  if (message === undefined) return;
  ladder.set('ntlm.response', message.response === 'v1-ess' ? 'v1' : message.response);
  ladder.set('ntlm.mic', message.hasMic);
  ladder.set('ntlm.cbt', message.channelBinding);
}

function authenticateIn(token: Uint8Array): NtlmAuthenticate | undefined {
  try {
    if (isNtlmMessage(token)) {
      const message = parseNtlmMessage(token);
      return message.kind === 'authenticate' ? message : undefined;
    }
    const outer = parseSpnegoToken(token);
    const inner = outer.kind === 'init' ? outer.mechToken : outer.responseToken;
    return inner !== undefined && isNtlmMessage(inner) ? authenticateIn(inner) : undefined;
  } catch (error) {
    if (error instanceof NtlmError || error instanceof SpnegoError) return undefined;
    throw error;
  }
}

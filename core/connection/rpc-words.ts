import { DcerpcError, type RpcPdu } from '@winmedic/dcerpc';
import type { Localized } from '@winmedic/knowledge/model';
import { ConnectionLost } from '@winmedic/wsman';
import type { WireMessage } from '../model/connection.ts';
import type { Ladder } from './ladder.ts';
import { hex } from './login.ts';
import { say } from './text.ts';
import { type TokenWords, tokenWords } from './token-words.ts';

/** Properties of how an RPC exchange ended. */
export function noteRpcError(ladder: Ladder, error: unknown): void {
  if (!(error instanceof DcerpcError)) return;
  if (error.code === 'DCERPC_BIND_NAK' || error.code === 'DCERPC_REJECTED') {
    ladder.set('dcom.bind', error.code === 'DCERPC_BIND_NAK' ? 'nak' : 'provider-rejection');
    if (error.status !== undefined) ladder.set('dcom.bindReason', error.status);
  }
  if (error.code === 'DCERPC_FAULT' && error.status !== undefined) {
    ladder.set('dcom.bind', 'ack');
    ladder.set('dcom.fault', hex(error.status));
  }
}

/** Units in words; bytes are not shown, since bodies are encrypted and trailers hold tokens. */
export function sayPdu(ladder: Ladder, place: string, direction: 'sent' | 'received', pdu: RpcPdu): void {
  const token = 'auth' in pdu && pdu.auth !== undefined && /bind|alter|auth3/.test(pdu.type) ? tokenWords(pdu.auth.token) : undefined;
  ladder.say({ direction, ...pduWords(pdu.type, token, [['at', place]]) });
}

/** A unit in words. @param type name of the PDU type in C706: `bind`, `bind_ack`, `fault` … */
export function pduWords(
  type: string,
  token: Pick<TokenWords, 'text' | 'fields'> | undefined,
  fields: readonly (readonly [string, string])[],
  more: Localized = say('', ''),
): Omit<WireMessage, 'at' | 'rung' | 'direction'> {
  return {
    layer: 'rpc',
    text: say(
      `RPC ${type}${more.en}${token === undefined ? '' : `: ${token.text.en}`}`,
      `RPC ${type}${more.ja}${token === undefined ? '' : `: ${token.text.ja}`}`,
    ),
    fields: [['type', type], ...fields, ...(token?.fields ?? [])],
  };
}

/** How the connection below was lost; undefined for another error. */
export function lostHow(error: unknown): ConnectionLost['how'] | undefined {
  if (error instanceof ConnectionLost) return error.how;
  return error instanceof DcerpcError && error.cause instanceof ConnectionLost ? error.cause.how : undefined;
}

/** What went wrong, in words; undefined for an error of another kind. */
export function rpcWords(error: unknown): Localized | undefined {
  const how = lostHow(error);
  if (how !== undefined) {
    const texts = {
      timeout: say('no answer in time', '時間内に応答なし'),
      reset: say('the connection was reset (RST)', '接続がリセットされた (RST)'),
      closed: say('the connection was closed', '接続が閉じられた'),
      'not-http': say('the connection broke', '接続が切れた'),
    };
    return texts[how];
  }
  if (!(error instanceof DcerpcError)) return undefined;
  const status = error.status === undefined ? '' : ` ${hex(error.status)}`;
  return say(`${error.code}${status}`, `${error.code}${status}`);
}

import type { Localized, RungName } from '@winmedic/knowledge/model';
import type { WireMessage } from '../../../model/connection.ts';
import type { EventObservation } from '../../../model/observation.ts';
import { faultWords, operationWords } from '../../soap-words.ts';
import { say } from '../../text.ts';
import type { AttemptDraft } from '../draft.ts';
import type { TracedEnvelope } from './envelopes.ts';
import { PROVIDERS, placeOfRecord, textOf, winrmRecord } from './records.ts';

/** Longest text of a record that is put into a sentence. */
const MAX_TEXT = 200;

type Words = (event: EventObservation) => Localized;
interface Told {
  readonly direction: WireMessage['direction'];
  readonly rung: RungName;
  readonly words: Words;
}

function told(direction: WireMessage['direction'], rung: RungName, words: Words): Told {
  return { direction, rung, words };
}

const shown = (event: EventObservation, name: string): string => textOf(event, name).slice(0, MAX_TEXT);
const plain =
  (en: string, ja: string): Words =>
  () =>
    say(en, ja);

/** Events of WinRM in words, by today's numbers. Others say nothing an attempt is judged by. */
const WINRM: ReadonlyMap<number, Told> = new Map([
  [6, told('sent', 'name', (e) => say(`a session to ${shown(e, 'connection')}`, `${shown(e, 'connection')} へのセッション`))],
  [
    85,
    told('received', 'rights', (e) =>
      say(`${shown(e, 'senderName')} has too many shells`, `${shown(e, 'senderName')} のシェル数が上限を超過`),
    ),
  ],
  [131, told('received', 'http', (e) => say(`HTTP 302, to ${shown(e, 'location')}`, `HTTP 302、${shown(e, 'location')} へのリダイレクト`))],
  [132, told('received', 'rights', (e) => say(`${shown(e, 'operationName')} succeeded`, `${shown(e, 'operationName')} は成功`))],
  [137, told('received', 'name', plain('the name cannot be resolved', '名前を解決できない'))],
  [138, told('received', 'http', plain('no answer in time', '時間内に応答なし'))],
  [139, told('received', 'login', plain('the login failed', 'ログオンに失敗'))],
  [
    142,
    told('received', 'rights', (e) =>
      say(`${shown(e, 'operationName')} failed: ${hexOf(e, 'errorCode')}`, `${shown(e, 'operationName')} は失敗: ${hexOf(e, 'errorCode')}`),
    ),
  ],
  [162, told('received', 'login', plain('the credentials were not accepted', '資格情報が受け入れられなかった'))],
  [
    163,
    told('received', 'schemes', (e) => {
      const offered = offeredBy(e).join(', ');
      return say(
        `${shown(e, 'authClient')} is not among the schemes offered: ${offered}`,
        `${shown(e, 'authClient')} は提示された認証方式にない: ${offered}`,
      );
    }),
  ],
  [164, told('received', 'rights', plain('the destination answered "access denied"', '接続先が「アクセス拒否」を返した'))],
  [172, told('received', 'tls', plain('the certificate of the host has errors', 'ホストの証明書にエラーがある'))],
  [192, told('received', 'rights', (e) => say(`not authorised: ${hexOf(e, 'errorCode')}`, `承認の失敗: ${hexOf(e, 'errorCode')}`))],
  [
    774,
    told('received', 'rights', (e) =>
      say(`${shown(e, 'senderName')} has too many operations`, `${shown(e, 'senderName')} の操作数が上限を超過`),
    ),
  ],
  [
    787,
    told('sent', 'http', (e) =>
      say(`the request goes to ${shown(e, 'url')}:${shown(e, 'port')}`, `${shown(e, 'url')}:${shown(e, 'port')} へ要求を送信`),
    ),
  ],
  [1048, told('received', 'http', (e) => say(`HTTP ${shown(e, 'httpStatus')} was sent`, `HTTP ${shown(e, 'httpStatus')} を送信`))],
  [1049, told('received', 'rights', plain('an answer "not finished in time" was sent', '「時間内に未完了」の応答を送信'))],
  [1051, told('received', 'http', (e) => say(`HTTP ${shown(e, 'status')} came`, `HTTP ${shown(e, 'status')} を受信`))],
  [1293, told('sent', 'login', (e) => say(`scheme ${shown(e, 'auth')}`, `認証方式 ${shown(e, 'auth')}`))],
  [1294, told('received', 'login', plain('401 was sent', '401 を送信'))],
  [
    1295,
    told('received', 'login', (e) =>
      say(
        `${shown(e, 'username')} was let in (${shown(e, 'authenticationMechanism')})`,
        `${shown(e, 'username')} のログオン成功 (${shown(e, 'authenticationMechanism')})`,
      ),
    ),
  ],
  [1296, told('received', 'login', plain('a certificate was let in', '証明書でのログオン成功'))],
]);

/** Schemes a server offers, as event 163 lists them. */
export function offeredBy(event: EventObservation): string[] {
  // Converted to text they all stand in the first.
  return [1, 2, 3, 4, 5].flatMap((n) => shown(event, `authServer${n}`).split(/[\s,]+/)).filter((name) => name !== '');
}

function hexOf(event: EventObservation, name: string): string {
  const text = shown(event, name);
  return /^\d{1,10}$/.test(text) ? `0x${Number(text).toString(16)}` : text;
}

/** Puts a record into the conversation of an attempt, with its number; an envelope it ends is told as what it carries. */
export function tellRecord(draft: AttemptDraft, event: EventObservation, envelope?: TracedEnvelope): void {
  const seen = placeOfRecord(event);
  const fields: [string, string][] = [['event', String(event.eventId)]];
  if (envelope !== undefined) {
    draft.see(seen);
    const { view, kind } = envelope;
    const direction = kind === 'request' ? 'sent' : 'received';
    if (view === undefined)
      draft.say('rights', {
        direction,
        layer: 'soap',
        text: say('a message that is not whole in the trace', 'トレースに全体が含まれていないメッセージ'),
        fields,
      });
    else if (view.fault !== undefined) {
      const words = faultWords(view.fault);
      draft.say('rights', { direction, layer: 'soap', text: words.text, fields: [...words.fields, ...fields] });
    } else {
      const words = kind === 'request' ? operationWords(view.action, view.resourceUri) : { text: say(view.body, view.body), fields: [] };
      draft.say('rights', { direction, layer: 'soap', text: words.text, fields: [...words.fields, ...fields] });
    }
    return;
  }
  const told = event.provider.toLowerCase() === PROVIDERS.winrm ? WINRM.get(winrmRecord(event, undefined).id) : undefined;
  if (told === undefined) return;
  draft.see(seen);
  draft.say(told.rung, { direction: told.direction, layer: 'trace', text: told.words(event), fields });
}

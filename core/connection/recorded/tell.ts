import type { Conversation, HttpRequestMessage, Message } from '@winmedic/capture';
import type { RungName } from '@winmedic/knowledge/model';
import type { WireMessage } from '../../model/connection.ts';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';
import { exchangesOf } from './exchanges.ts';
import type { Surroundings } from './lower-rungs.ts';
import { placeOf, type Talk } from './place.ts';
import type { Stretch } from './stretches.ts';
import { type Words, wordsOf } from './words.ts';

/** One thing that was said, and when. */
interface Told {
  readonly at: bigint;
  readonly frame: number;
  readonly words: Words;
  readonly message?: Message;
}

/** Why something of a conversation is not known. */
const UNKNOWN_WORDS = {
  'client-side-missing': say('only packets of the server were recorded', 'サーバーのパケットだけが記録されている'),
  'server-side-missing': say('only packets of the client were recorded', 'クライアントのパケットだけが記録されている'),
  'late-start': say('the beginning is not in the capture', '開始部分がキャプチャに含まれていない'),
  sliced: say('packets were cut when they were recorded', '記録時にパケットが途中で切られている'),
  gap: say('bytes are missing from the capture', 'キャプチャに欠落がある'),
  limit: say('too large to be read to the end', '大きすぎるため最後まで読み取っていない'),
  cut: say('the capture ends before it does', '通信の途中でキャプチャが終わっている'),
} as const satisfies Record<Conversation['unknown'][number], unknown>;

/** What TCP itself did: how it opened, what was lost, how it ended. */
function tcpEvents({ conversation }: Talk): Told[] {
  const { tcp, unknown } = conversation;
  if (tcp === undefined) return [];
  const out: Told[] = [];
  // Only the first frame of a flow is known by its number.
  const add = (at: bigint, direction: WireMessage['direction'], text: Words['text'], fields: Words['fields'] = []) =>
    out.push({ at, frame: tcp.firstFrame, words: { direction, layer: 'tcp', text, fields } });
  const { address, port } = conversation.server;
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const ms = tcp.handshakeNs === undefined ? undefined : Math.round(tcp.handshakeNs / 1e6);
  const spent = Math.round(Number(tcp.last - tcp.first) / 1e6);
  if (tcp.syn > 0)
    add(tcp.first, 'sent', say(`SYN to ${place}`, `${place} へ SYN`), [
      ['syn', String(tcp.syn)],
      ['frame', String(tcp.firstFrame)],
    ]);
  if (tcp.opening === 'open')
    add(tcp.first, 'received', ms === undefined ? say('accepted', '受け付け') : say(`accepted after ${ms} ms`, `${ms} ミリ秒で受け付け`));
  else if (tcp.opening === 'refused') add(tcp.last, 'received', say(`refused after ${spent} ms (RST)`, `${spent} ミリ秒で拒否 (RST)`));
  else if (tcp.opening === 'unreachable') add(tcp.last, 'received', say('unreachable (ICMP)', '到達不能 (ICMP)'));
  else if (tcp.opening === 'silent')
    add(tcp.last, 'received', say(`no answer to ${tcp.syn} SYN within ${spent} ms`, `SYN ${tcp.syn} 回、${spent} ミリ秒応答なし`));
  for (const each of unknown) add(tcp.first, 'received', UNKNOWN_WORDS[each], [['unknown', each]]);
  const again = tcp.retransmissions - tcp.duplicates;
  if (again > 0) add(tcp.last, 'received', say(`${again} segments were sent again`, `再送されたセグメント ${again} 個`));
  if (tcp.lost > 0)
    add(
      tcp.last,
      'received',
      say(`${tcp.lost} holes: segments the capture does not have`, `欠落 ${tcp.lost} か所 (キャプチャにないセグメント)`),
    );
  if (tcp.zeroWindow > 0)
    add(tcp.last, 'received', say(`a full receive buffer, ${tcp.zeroWindow} times`, `受信バッファーの満杯 ${tcp.zeroWindow} 回`));
  for (const side of ['client', 'server'] as const) {
    const direction = side === 'client' ? 'sent' : 'received';
    const who = side === 'client' ? say('the client', 'クライアント') : say('the server', 'サーバー');
    if (tcp.opening !== 'refused' && tcp.rst[side] > 0)
      add(tcp.last, direction, say(`${who.en} reset the connection (RST)`, `${who.ja}が接続をリセット (RST)`));
    if (tcp.fin[side] > 0) add(tcp.last, direction, say(`${who.en} closed the connection (FIN)`, `${who.ja}が接続を閉じた (FIN)`));
  }
  return out;
}

function toldOf(talk: Talk): Told[] {
  const requests = new Map<Message, HttpRequestMessage>();
  for (const { request, response } of exchangesOf(talk))
    if (request !== undefined && response !== undefined) requests.set(response, request);
  const said = talk.conversation.messages.flatMap((message) =>
    wordsOf(message, requests.get(message)).map((words): Told => ({ at: message.at, frame: message.frame, words, message })),
  );
  const tcp = tcpEvents(talk);
  const last = talk.conversation.tcp?.last;
  const isEnd = (told: Told) => told.at === last && said.length > 0 && told.at !== talk.conversation.tcp?.first;
  return [...tcp.filter((told) => !isEnd(told)), ...said, ...tcp.filter(isEnd)];
}

/** Puts conversations into words, in time order. @param rungOf the rung a message belongs to. */
export function tell(draft: AttemptDraft, talks: readonly Talk[], rungOf: (message: Message | undefined, talk: Talk) => RungName): void {
  const all = talks.flatMap((talk) => toldOf(talk).map((told) => ({ ...told, talk })));
  // Stable: what has the same time stays in the order of its conversation.
  all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (const { at, frame, words, message, talk } of all) {
    draft.see(placeOf(talk, { at, frame }));
    draft.say(rungOf(message, talk), words);
  }
}

/** Look-ups of the host's name by this client, within ten minutes before the attempt. */
export function besideTalks(stretch: Stretch, draft: AttemptDraft, { lookUps }: Surroundings): Talk[] {
  const { target, targetKnown } = draft.start;
  if (!targetKnown || target.kind === 'address') return [];
  const name = target.host.toLowerCase();
  return (lookUps.get(stretch.client) ?? [])
    .filter(
      ({ conversation }) =>
        conversation.first <= stretch.to &&
        conversation.last >= stretch.from - 600_000_000_000n &&
        conversation.messages.some((message) => message.layer === 'dns' && message.name.replace(/\.$/, '').toLowerCase() === name),
    )
    .slice(-MAX_LOOK_UPS)
    .map((talk) => ({
      ...talk,
      conversation: {
        ...talk.conversation,
        messages: talk.conversation.messages.filter(
          (message) => message.layer === 'dns' && message.name.replace(/\.$/, '').toLowerCase() === name,
        ),
      },
    }));
}

/** Look-ups that are shown: a resolver asks again every few minutes. */
const MAX_LOOK_UPS = 8;

/** Rungs by layer, for a conversation without an attempt around it. */
const RUNG_OF_LAYER: Readonly<Record<string, RungName>> = {
  dns: 'name',
  icmp: 'route',
  tcp: 'tcp',
  tls: 'tls',
  rdp: 'tls',
  http: 'http',
  soap: 'rights',
};

/**
 * One conversation of any protocol in words, with what TCP did: opened, refused, silent, sent again, reset. Secrets are in none of them.
 */
export function followStream(conversation: Conversation): WireMessage[] {
  return toldOf({ sourceId: '', path: '', conversation }).map(({ at, words }) => ({
    ...words,
    at,
    rung: RUNG_OF_LAYER[words.layer] ?? 'login',
  }));
}

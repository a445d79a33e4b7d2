import { isIP } from 'node:net';
import type { IcmpMessage, Message } from '@winmedic/capture';
import type { CaptureObservation } from '../../model/conversation.ts';
import type { InstantNs } from '../../model/observation.ts';
import { bracketed } from '../ladder.ts';
import { OTHER_PORTS } from '../tcp-rung.ts';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';
import { isOneSided, msBetween, placeOf, startOf, type Talk } from './place.ts';
import type { Stretch } from './stretches.ts';

/** Without an answer for so long, TCP has sent its SYN at least twice more (RFC 6298 section 2: first after one second). */
const SILENT_NS = 3_000_000_000n;
/**
 * SYNs repeated for longer than that were not answered at all: Windows repeats a refused one twice within a second (seen in public recordings),
 * and where only the client's packets were recorded both look the same.
 */
const REPEATED_NS = 2_500_000_000n;
/** Before and after an attempt, in which other ports of the host speak for it. */
const AROUND_NS = 120_000_000_000n;

/** How the opening of a connection went, as the property `tcp.result`; undefined when the capture does not show it. */
export type Opened = 'open' | 'refused' | 'timeout' | 'route' | undefined;

/** What of all recordings stands beside an attempt. */
export interface Surroundings {
  /** All conversations once, in time order. */
  readonly talks: readonly Talk[];
  /** Look-ups by address of the client. */
  readonly lookUps: ReadonlyMap<string, readonly Talk[]>;
  /** Conversations with a KDC by address of the client. */
  readonly kdc: ReadonlyMap<string, readonly Talk[]>;
  /** Conversations by address of the server. */
  readonly servers: ReadonlyMap<string, readonly Talk[]>;
  readonly captures: ReadonlyMap<string, CaptureObservation>;
  /** Captures in which some server answered something: they have both directions. */
  readonly answeredIn: ReadonlySet<string>;
}

/** Puts conversations where they are looked for: a scan has as many attempts as conversations, and each asks for its own few. */
export function surroundingsOf(talks: readonly Talk[], captures: readonly CaptureObservation[]): Surroundings {
  const has = (layer: Message['layer']) =>
    talks.filter(({ conversation }) => conversation.messages.some((message) => message.layer === layer));
  const byClient = (list: readonly Talk[]) => Map.groupBy(list, ({ conversation }) => conversation.client.address);
  return {
    talks,
    lookUps: byClient(has('dns')),
    kdc: byClient(has('kerberos')),
    servers: Map.groupBy(talks, ({ conversation }) => conversation.server.address),
    captures: new Map(captures.map((capture) => [capture.sourceId, capture])),
    answeredIn: new Set(talks.filter(hasAnswer).map(({ sourceId }) => sourceId)),
  };
}

/** Has anything a server sent been recorded of it? */
function hasAnswer({ conversation: { tcp, messages } }: Talk): boolean {
  return (
    messages.some(({ from }) => from === 'server') || (tcp !== undefined && (tcp.synAck > 0 || tcp.rst.server > 0 || tcp.bytes.server > 0))
  );
}

/** How the opening of one connection went. */
export function openingOf(talk: Talk, { captures, answeredIn }: Surroundings): Opened {
  const { tcp, messages, last, first } = talk.conversation;
  if (tcp?.opening === 'open' || messages.some(({ layer }) => layer !== 'icmp')) return 'open';
  switch (tcp?.opening) {
    case 'refused':
      return 'refused';
    case 'unreachable':
      return 'route';
    case 'silent': {
      // A client that keeps repeating its SYN got no answer, also where only its own packets were recorded.
      if (tcp.syn >= 2 && last - first >= REPEATED_NS) return 'timeout';
      // One SYN at the end of the capture, or a capture of one direction, shows nothing.
      const end = captures.get(talk.sourceId)?.capture.last;
      return end !== undefined && end - last >= SILENT_NS && !isOneSided(talk) && answeredIn.has(talk.sourceId) ? 'timeout' : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Rungs `name`, `route` and `tcp` of a stretch.
 * @returns false when the ladder ends there.
 */
export function lowerRungs(draft: AttemptDraft, stretch: Stretch, around: Surroundings): boolean {
  nameRung(draft, stretch, around);
  const openings = stretch.talks.map((talk) => ({ talk, result: openingOf(talk, around) }));
  const best =
    openings.find(({ result }) => result === 'open') ??
    openings.find(({ result }) => result === 'refused') ??
    openings.find(({ result }) => result === 'timeout') ??
    openings.find(({ result }) => result === 'route');
  if (best === undefined) {
    const why = say('the capture does not show how the connection was opened', 'キャプチャに接続の開始が含まれていない');
    draft.hide('route', why);
    draft.hide('tcp', why);
    return false;
  }
  draft.see(startOf(best.talk));
  if (best.result === 'route') return unreachable(draft, stretch, best.talk, around);
  draft.set('tcp.result', best.result as string);
  const { tcp } = best.talk.conversation;
  const ms =
    tcp === undefined
      ? undefined
      : best.result === 'open'
        ? tcp.handshakeNs === undefined
          ? undefined
          : Math.round(tcp.handshakeNs / 1e6)
        : msBetween(tcp.first, tcp.last);
  if (best.result === 'open' && ms !== undefined) draft.set('tcp.ms', ms);
  routeRung(draft, stretch, best.result as 'open' | 'refused' | 'timeout');
  if (best.result !== 'open') otherPorts(draft, stretch, around);
  tcpRung(draft, stretch, best.result as 'open' | 'refused' | 'timeout', ms, tcp?.syn ?? 1);
  return best.result === 'open';
}

function nameRung(draft: AttemptDraft, stretch: Stretch, { lookUps }: Surroundings): void {
  const { target, targetKnown } = draft.start;
  const tried = say(`look up ${target.host}`, `${target.host} を名前解決`);
  if (!targetKnown) {
    draft.hide(
      'name',
      say('the capture does not show by which name the host was asked for', 'どの名前で接続したかキャプチャに含まれていない'),
    );
    return;
  }
  const [first] = stretch.talks;
  if (target.kind === 'address') {
    if (first !== undefined) draft.see(startOf(first));
    draft.set('name.result', 'literal');
    draft.set('name.addresses', [target.host]);
    draft.rung('name', {
      verdict: 'passed',
      tried: say('nothing to look up', '名前解決は不要'),
      observed: say(`${target.host} is an address`, `${target.host} はアドレス`),
    });
    return;
  }
  const wanted = target.host.toLowerCase();
  const found = lookUps
    .get(stretch.client)
    ?.findLast(
      ({ conversation }) =>
        conversation.first <= stretch.to &&
        conversation.messages.some(
          (message) => message.layer === 'dns' && message.kind === 'answer' && answers(message.name, wanted, message.answers),
        ),
    );
  const answer = found?.conversation.messages.findLast(
    (message) => message.layer === 'dns' && message.kind === 'answer' && answers(message.name, wanted, message.answers),
  );
  if (found === undefined || answer?.layer !== 'dns') {
    draft.hide('name', say('no look-up of the name is in the capture', '名前解決がキャプチャに含まれていない'));
    return;
  }
  const addresses = [...new Set((answer.answers ?? []).map(({ value }) => value).filter((value) => isIP(value) > 0))];
  draft.see(placeOf(found, answer));
  draft.set('name.result', 'resolved');
  draft.set('name.addresses', addresses);
  draft.rung('name', { verdict: 'passed', tried, observed: say(addresses.join(', '), addresses.join(', ')) });
}

function answers(name: string, wanted: string, list: readonly { readonly value: string }[] | undefined): boolean {
  return name.replace(/\.$/, '').toLowerCase() === wanted && (list ?? []).some(({ value }) => isIP(value) > 0);
}

function routeRung(draft: AttemptDraft, { server }: Stretch, result: 'open' | 'refused' | 'timeout'): void {
  const tried = say(`packets to ${server}`, `${server} へのパケット`);
  if (result === 'timeout') {
    draft.rung('route', {
      verdict: 'warned',
      tried,
      observed: say('nothing came back: not known whether packets arrive', '応答がないため、パケットが届いているか不明'),
    });
    return;
  }
  draft.set('route.result', 'ok');
  draft.rung('route', {
    verdict: 'passed',
    tried,
    observed: say('the host, or something in its place, answers', 'ホスト (またはその位置にある機器) が応答'),
  });
}

function tcpRung(
  draft: AttemptDraft,
  { server, port, before = [] }: Stretch,
  result: 'open' | 'refused' | 'timeout',
  ms: number | undefined,
  syn: number,
): void {
  const tried = say(`connect to ${bracketed(server)}:${port}`, `${bracketed(server)}:${port} へ接続`);
  const after = ms === undefined ? say('', '') : say(` after ${ms} ms`, ` (${ms} ミリ秒後)`);
  if (result === 'open') {
    const list = [...new Set(before.map((other) => other.server))].join(', ');
    const observed = say(`accepted${after.en}`, `受け付け${after.ja}`);
    draft.rung(
      'tcp',
      list === ''
        ? { verdict: 'passed', tried, observed }
        : {
            verdict: 'warned',
            tried,
            observed: say(
              `${observed.en}; another address of the name did not accept before: ${list}`,
              `${observed.ja}。先に試した同じ名前の別のアドレスは受け付けなかった: ${list}`,
            ),
            expected: say('every address of the name accepts', '名前のすべてのアドレスが受け付ける'),
          },
      ms,
    );
    return;
  }
  const seen =
    result === 'refused'
      ? say(`refused (RST)${after.en}`, `拒否 (RST)${after.ja}`)
      : say(`no answer to ${syn} SYN within ${ms ?? 0} ms`, `SYN ${syn} 回、${ms ?? 0} ミリ秒応答なし`);
  const open = draft.get('tcp.open');
  const more = open === undefined || open === '' ? say('', '') : say(`; open: ${open}`, `。開いているポート: ${open}`);
  draft.rung(
    'tcp',
    {
      verdict: 'failed',
      tried,
      observed: say(`${seen.en}${more.en}`, `${seen.ja}${more.ja}`),
      expected: say('the port accepts', 'ポートが受け付ける'),
    },
    ms,
  );
}

/**
 * Other ports of the host in the capture: open to anybody, refused or silent for this client. That none was open or refused is said only when this client
 * tried several: one port alone does not tell a dead host from a filter.
 */
function otherPorts(draft: AttemptDraft, stretch: Stretch, around: Surroundings): void {
  const open = new Set<number>();
  const refused = new Set<number>();
  const silent = new Set<number>();
  for (const talk of around.servers.get(stretch.server) ?? []) {
    const { client, server, transport, first, last } = talk.conversation;
    if (transport !== 'tcp' || server.address !== stretch.server || server.port === stretch.port || !OTHER_PORTS.includes(server.port))
      continue;
    if (last < stretch.from - AROUND_NS || first > stretch.to + AROUND_NS) continue;
    const result = openingOf(talk, around);
    if (result === 'open') open.add(server.port);
    else if (client.address !== stretch.client) continue;
    else if (result === 'refused') refused.add(server.port);
    else if (result === 'timeout') silent.add(server.port);
  }
  // A connection nobody spoke on is counted with its port alone.
  for (const { accepted = [] } of around.captures.values())
    for (const { address, port, first, last } of accepted)
      if (
        address === stretch.server &&
        port !== stretch.port &&
        OTHER_PORTS.includes(port) &&
        last >= stretch.from - AROUND_NS &&
        first <= stretch.to + AROUND_NS
      )
        open.add(port);
  for (const port of open) {
    refused.delete(port);
    silent.delete(port);
  }
  for (const port of refused) silent.delete(port);
  const tried = open.size + refused.size + silent.size;
  if (tried === 0) return;
  const list = (ports: Set<number>) => [...ports].sort((a, b) => a - b).map(String);
  const whole = open.size + refused.size > 0 || silent.size >= MIN_SILENT;
  if (whole || open.size > 0) draft.set('tcp.open', list(open));
  if (whole || refused.size > 0) draft.set('tcp.refused', list(refused));
  draft.set('tcp.silent', list(silent));
}

/** Ports that must be silent before "nothing else answers" is said. */
const MIN_SILENT = 2;

/** Codes of ICMP and ICMPv6 unreachable by what they mean for `route.result` (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1). */
const CODES_4: ReadonlyMap<number, Route> = new Map([
  [0, 'no-route'],
  [1, 'host-unreachable'],
  [3, 'refused'],
  [6, 'no-route'],
  [7, 'host-unreachable'],
  [9, 'prohibited'],
  [10, 'prohibited'],
  [11, 'no-route'],
  [12, 'host-unreachable'],
  [13, 'prohibited'],
]);
const CODES_6: ReadonlyMap<number, Route> = new Map([
  [0, 'no-route'],
  [1, 'prohibited'],
  [3, 'host-unreachable'],
  [4, 'refused'],
  [5, 'prohibited'],
  [6, 'prohibited'],
]);
type Route = 'no-route' | 'host-unreachable' | 'prohibited' | 'refused';

function unreachable(draft: AttemptDraft, stretch: Stretch, talk: Talk, around: Surroundings): boolean {
  const icmp = unreachableOf(talk, around);
  otherPorts(draft, stretch, around);
  const answered = [draft.get('tcp.open'), draft.get('tcp.refused')].some((ports) => ports !== undefined && ports !== '');
  const known = icmp === undefined ? undefined : (icmp.version === 4 ? CODES_4 : CODES_6).get(icmp.code);
  if (icmp !== undefined) draft.see(placeOf(talk, icmp));
  if (known === 'refused') {
    draft.set('tcp.result', 'refused');
    routeRung(draft, stretch, 'refused');
    tcpRung(draft, stretch, 'refused', undefined, 1);
    return false;
  }
  // "Host unreachable" for one port of a host whose other ports answer is a filter that rejects.
  const route = known === 'host-unreachable' && answered ? 'prohibited' : known;
  draft.set('tcp.result', 'not-tried');
  if (route !== undefined) draft.set('route.result', route);
  const by = icmp === undefined ? say('a router', 'ルーター') : say(icmp.by, icmp.by);
  const code = icmp === undefined ? '' : ` (ICMP ${icmp.code})`;
  draft.rung('route', {
    verdict: 'failed',
    tried: say(`packets to ${stretch.server}`, `${stretch.server} へのパケット`),
    observed: say(`${by.en} says: ${route ?? 'unreachable'}${code}`, `${by.ja} からの通知: ${route ?? '到達不能'}${code}`),
    expected: say('an answer of the host, be it a refusal', '拒否であってもホストからの応答'),
  });
  return false;
}

/** The ICMP message about the packets of a connection. */
export function unreachableOf({ sourceId, conversation }: Talk, { captures }: Surroundings): IcmpMessage | undefined {
  const { client, server } = conversation;
  return captures
    .get(sourceId)
    ?.unreachable.find(
      ({ about }) =>
        about.source === client.address &&
        about.destination === server.address &&
        (about.destinationPort === undefined || about.destinationPort === server.port) &&
        (about.sourcePort === undefined || about.sourcePort === client.port),
    );
}

/** Order by time. */
export function earlier(a: { readonly at: InstantNs }, b: { readonly at: InstantNs }): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}

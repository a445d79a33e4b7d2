import type { Message } from '@winmedic/capture';
import type { ConnectionVia } from '../../model/connection.ts';
import type { InstantNs } from '../../model/observation.ts';
import { httpTalk } from './exchanges.ts';
import type { Talk } from './place.ts';

/** Ports of WinRM: HTTP, HTTPS, and `winrm` of the IANA registry, on which the service listens without a listener. */
const WINRM_PORTS: ReadonlySet<number> = new Set([5985, 5986, 47001]);
/** Silence after which the next packet belongs to another attempt. */
const GAP_NS = 120_000_000_000n;
/** Connections of one attempt that are looked into: a program that polls for hours says the same over and over. */
const MAX_TALKS = 500;

/** What one client tried with one host in one way, without a long pause, with one account and one outcome. */
export interface Stretch {
  readonly via: ConnectionVia;
  readonly client: string;
  readonly server: string;
  readonly port: number;
  readonly talks: readonly Talk[];
  /** Connections beyond the cap. */
  readonly more: number;
  readonly from: InstantNs;
  readonly to: InstantNs;
  /** What is known of it at first sight. */
  readonly mark: Mark;
  /** Other addresses of the same name that did not accept before. */
  readonly before?: readonly Stretch[];
}

/** Whether the port accepted, who logged in, and what came of it. */
export interface Mark {
  readonly opened?: boolean;
  readonly account?: string;
  readonly outcome?: string;
}

/** Which way a conversation is part of; undefined for others. */
export function viaOf({ conversation }: Talk, winrmPorts: ReadonlySet<number> = new Set()): ConnectionVia | undefined {
  if (conversation.transport !== 'tcp') return undefined;
  const { port } = conversation.server;
  if (isOtherHttp(conversation.messages, winrmPorts)) return undefined;
  if (conversation.messages.some((message) => message.layer === 'rdp' && message.kind !== 'not-this') || port === 3389) return 'rdp';
  if (WINRM_PORTS.has(port) || winrmPorts.has(port) || conversation.messages.some((message) => isWsman(message, winrmPorts)))
    return 'winrm';
  return port === 135 ? 'dcom' : undefined;
}

/** Content types of WS-Management (MS-WSMV 2.2.1). */
const WSMAN_TYPE = /soap|multipart\/encrypted/i;
/** A program that uses the port for something else: it sends other contents to other paths, and never asks for a login. One that only looked says nothing. */
function isOtherHttp(messages: readonly Message[], winrmPorts: ReadonlySet<number>): boolean {
  const requests = messages.flatMap((message) => (message.layer === 'http' && message.kind === 'request' ? [message] : []));
  return (
    requests.some(({ method, body }) => method !== 'CONNECT' && body.type !== '' && !WSMAN_TYPE.test(body.type)) &&
    !requests.some(({ authorization, body }) => authorization !== undefined || WSMAN_TYPE.test(body.type)) &&
    !messages.some((message) => isWsman(message, winrmPorts))
  );
}

/** Does it say itself that it is WS-Management? Any web server may have the port. */
function isWsman(message: Message, winrmPorts: ReadonlySet<number>): boolean {
  if (message.layer !== 'http' || message.kind === 'not-this') return false;
  if (message.body.envelope !== undefined) return true;
  if (/^application\/http-(?:spnego|kerberos|credssp)-session-encrypted$/i.test(message.body.sealedBy ?? '')) return true;
  if (message.kind !== 'request') return false;
  if (message.method === 'CONNECT') {
    const port = Number(/:(\d{1,5})$/.exec(message.target)?.[1]);
    return WINRM_PORTS.has(port) || winrmPorts.has(port);
  }
  return /^(?:https?:\/\/[^/]*)?\/wsman(?:[/?]|$)/i.test(message.target);
}

/** Groups conversations, which are in time order, into stretches. Those seen at a second place are left out. */
export function stretchesOf(talks: readonly Talk[], winrmPorts: ReadonlySet<number> = new Set()): Stretch[] {
  const open = new Map<string, Building>();
  const done: Building[] = [];
  for (const talk of talks) {
    const via = viaOf(talk, winrmPorts);
    if (via === undefined) continue;
    const { client, server } = talk.conversation;
    const key = [via, client.address, server.address, server.port].join(' ');
    const mark = markOf(talk, via);
    let current = open.get(key);
    if (current === undefined || talk.conversation.first - current.to > GAP_NS || !goesOn(current.mark, mark)) {
      if (current !== undefined) done.push(current);
      current = {
        via,
        client: client.address,
        server: server.address,
        port: server.port,
        talks: [],
        more: 0,
        from: talk.conversation.first,
        to: talk.conversation.last,
        mark: {},
      };
      open.set(key, current);
    }
    if (current.talks.length < MAX_TALKS) current.talks.push(talk);
    else current.more++;
    if (talk.conversation.last > current.to) current.to = talk.conversation.last;
    current.mark = { ...current.mark, ...mark };
  }
  const all = [...done, ...open.values()].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  return withoutLooks(all);
}

/**
 * A client whose port does not accept looks at others, and so does a scan: openings that failed are an attempt of their own only where nothing else was tried
 * with that host before in the same minutes. What they say is in the ports around the attempt.
 */
function withoutLooks(stretches: readonly Building[]): Building[] {
  const last = new Map<string, InstantNs>();
  return stretches.filter((stretch) => {
    const key = `${stretch.client} ${stretch.server}`;
    const before = last.get(key);
    const isLook = stretch.mark.opened === false && before !== undefined && stretch.from - before <= GAP_NS;
    if (before === undefined || stretch.to > before) last.set(key, stretch.to);
    return !isLook;
  });
}

interface Building extends Stretch {
  readonly talks: Talk[];
  more: number;
  to: InstantNs;
  mark: Mark;
}

/** Another account, another outcome of the login, a port that began or stopped to accept: another attempt. */
function goesOn(before: Mark, next: Mark): boolean {
  return (['opened', 'account', 'outcome'] as const).every(
    (each) => before[each] === undefined || next[each] === undefined || before[each] === next[each],
  );
}

function markOf(talk: Talk, via: ConnectionVia): Mark {
  const { tcp, messages } = talk.conversation;
  const opened =
    tcp?.opening === 'open' || messages.some(({ layer }) => layer !== 'icmp')
      ? true
      : tcp?.opening === 'refused' || tcp?.opening === 'silent' || tcp?.opening === 'unreachable'
        ? false
        : undefined;
  const login = via === 'winrm' ? httpTalk(talk).logins.findLast(({ outcome }) => outcome !== 'open') : undefined;
  const account = via === 'dcom' ? rpcAccount(messages) : login === undefined ? undefined : accountOf(login);
  const outcome = login?.outcome ?? (via === 'winrm' ? notServed(messages) : undefined);
  return {
    ...(opened !== undefined && { opened }),
    ...(account !== undefined && { account }),
    ...(outcome !== undefined && { outcome }),
  };
}

/** Answers of a server that does not hand requests on to the service. */
const NOT_SERVED: ReadonlySet<number> = new Set([403, 404, 502, 503, 504]);

/** What every request of a connection got that never reached the service: what is served a minute later is another attempt. */
function notServed(messages: readonly Message[]): string | undefined {
  const statuses = messages.flatMap((message) =>
    message.layer === 'http' && message.kind === 'response' && message.status >= 200 ? [message.status] : [],
  );
  return statuses.length > 0 && statuses.every((status) => NOT_SERVED.has(status)) ? `status ${statuses.at(-1)}` : undefined;
}

function accountOf({ authenticate, basicUser }: ReturnType<typeof httpTalk>['logins'][number]): string | undefined {
  if (authenticate !== undefined && authenticate.message.user !== '')
    return `${authenticate.message.domain}\\${authenticate.message.user}`.toLowerCase();
  return basicUser?.toLowerCase();
}

function rpcAccount(messages: readonly Message[]): string | undefined {
  for (const message of messages) {
    if (message.layer !== 'rpc' || message.kind === 'not-this') continue;
    const ntlm = message.auth?.token?.ntlm;
    if (ntlm?.kind === 'authenticate' && ntlm.user !== '') return `${ntlm.domain}\\${ntlm.user}`.toLowerCase();
  }
  return undefined;
}

/**
 * Conversations once each: what was recorded at a second place, or is in a second capture, is left out.
 * @returns how many were left out.
 */
export function withoutDoubles(talks: readonly Talk[]): { readonly talks: Talk[]; readonly doubles: number } {
  const kept: Talk[] = [];
  const known = new Map<string, number>();
  let doubles = 0;
  for (const talk of talks) {
    const { conversation } = talk;
    if (conversation.sameAs !== undefined) {
      doubles++;
      continue;
    }
    const key = identityOf(talk);
    const before = key === undefined ? undefined : known.get(key);
    if (key !== undefined && before === undefined) known.set(key, kept.length);
    const other = before === undefined ? undefined : kept[before];
    if (other === undefined || other.sourceId === talk.sourceId) {
      kept.push(talk);
      continue;
    }
    doubles++;
    // The capture that says more counts.
    if (weight(talk) > weight(other)) kept[before as number] = talk;
  }
  return {
    talks: kept.sort((a, b) => (a.conversation.first < b.conversation.first ? -1 : a.conversation.first > b.conversation.first ? 1 : 0)),
    doubles,
  };
}

/** Addresses, ports and initial sequence numbers tell one connection in captures made at two places. */
function identityOf({ conversation: { client, server, isn } }: Talk): string | undefined {
  if (isn?.client === undefined) return undefined;
  return [client.address, client.port, server.address, server.port, isn.client].join(' ');
}

function weight({ conversation }: Talk): number {
  return conversation.messages.length * 10 - conversation.unknown.length;
}

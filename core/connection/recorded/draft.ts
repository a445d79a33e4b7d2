import { type ConnectionPropertyName, EVIDENCE_NAMES, kindsThatShow, type Localized, type RungName } from '@winmedic/knowledge/model';
import type { ConnectionAttempt, ConnectionVia, WireMessage } from '../../model/connection.ts';
import type { EventObservation, InstantNs } from '../../model/observation.ts';
import { Ladder, type Recording, RUNGS_OF, type RungEnd, type SeenAt } from '../ladder.ts';
import type { Target } from '../target.ts';
import { say } from '../text.ts';

/** What is told of a rung that the recording cannot show. */
export const NOT_VISIBLE = say('not visible here', 'ここからは見えない');

/** Longest text somebody else wrote that is kept: names have at most 255 characters, and thousands of attempts may hold a field of 64 KiB. */
const MAX_TEXT = 1000;
/** Schemes, addresses and decoded fields of one message. */
const MAX_LIST = 100;

/** Shortens what whoever made the recording may have made endless. */
export function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

function cutText({ en, ja }: Localized): Localized {
  return say(cut(en), cut(ja));
}

/** What a draft begins with. */
export interface DraftStart extends Recording {
  readonly target: Target;
  readonly via: ConnectionVia;
  /** Address of the client, when a packet or record names it. */
  readonly client?: string;
  /** Addresses of the host. */
  readonly servers?: readonly string[];
  /** Keep the messages; default true. */
  readonly conversation?: boolean;
  /** Records of traces and logs it is put together from, by time. */
  readonly records?: readonly EventObservation[];
}

/**
 * An attempt while it is put together out of recordings. Several sources may add to the same one (a capture, a trace of the server, its log): each says
 * with {@link see} where its facts stand, so every property keeps its own origin.
 */
export class AttemptDraft {
  readonly ladder: Ladder;
  readonly start: DraftStart;
  /** Names of the host met on the way, lower case: as used, as it calls itself. */
  readonly names = new Set<string>();
  /** Records of traces and logs that are part of it. */
  readonly records: EventObservation[];
  /** Clock of the host minus that of this attempt, when recordings were compared. */
  hostClockNs: InstantNs | undefined;
  readonly #notVisible = new Map<RungName, Localized>();

  constructor(start: DraftStart) {
    this.start = start;
    this.records = [...(start.records ?? [])];
    this.ladder = new Ladder(start.target, start.via, start.conversation, start);
    if (start.targetKnown) this.names.add(start.target.host.toLowerCase());
  }

  /** What is noted from now on was seen there. */
  see(seen: SeenAt): this {
    this.ladder.see(seen);
    return this;
  }

  /** Sets a property, whatever it was before. */
  set(name: ConnectionPropertyName, value: string | number | boolean | readonly string[]): void {
    this.ladder.set(name, typeof value === 'string' ? cut(value) : typeof value === 'object' ? value.slice(0, MAX_LIST).map(cut) : value);
  }

  /** Sets a property that nothing has set yet. */
  setFirst(name: ConnectionPropertyName, value: string | number | boolean | readonly string[]): void {
    if (this.ladder.get(name) === undefined) this.set(name, value);
  }

  /** Value of a property set before. */
  get(name: ConnectionPropertyName): string | undefined {
    return this.ladder.get(name);
  }

  /** Sets a rung, instead of what it was before. */
  rung(name: RungName, end: RungEnd, ms?: number): void {
    const { expected } = end;
    this.ladder.settle(name, { ...end, tried: cutText(end.tried), observed: cutText(end.observed), ...(expected && { expected }) }, ms);
    this.#notVisible.delete(name);
  }

  /** A rung the recording cannot show, unless something showed it. */
  hide(name: RungName, why: Localized): void {
    if (this.ladder.rung(name) === undefined) this.#notVisible.set(name, why);
  }

  /** One message of the conversation, at the moment of {@link see}. */
  say(rung: RungName, message: Omit<WireMessage, 'at' | 'rung'>): void {
    this.ladder.begin(rung);
    const fields = message.fields.slice(0, MAX_LIST).map(([name, value]) => [cut(name), cut(value)] as const);
    this.ladder.say({ ...message, text: cutText(message.text), fields });
  }

  /** The last moment something of it was seen. */
  get endedAt(): InstantNs {
    return this.start.endedAt;
  }

  /** The attempt: what is above the first rung that failed was not reached; other rungs nobody saw are skipped and named as not checked. */
  finish(): ConnectionAttempt {
    const { ladder } = this;
    const rungs = RUNGS_OF[this.start.via];
    const failed = ladder.failed;
    const top = failed === undefined ? rungs.length : rungs.indexOf(failed);
    const hidden: Localized[] = [];
    for (const name of rungs.slice(0, top)) {
      if (ladder.rung(name) !== undefined) continue;
      const why = this.#notVisible.get(name) ?? NOT_VISIBLE;
      ladder.skip([name], why);
      const by = shownBy(name, this.start.from);
      hidden.push(say(`${RUNG_WORDS[name].en}: ${why.en}${by.en}`, `${RUNG_WORDS[name].ja}: ${why.ja}${by.ja}`));
    }
    ladder.notChecked.push(...hidden);
    const { portrait } = ladder;
    for (const name of ['computerName', 'dnsComputerName', 'domain', 'dnsDomain', 'forest', 'server', 'vendor', 'product'] as const) {
      const text = portrait[name];
      if (text !== undefined) portrait[name] = cut(text);
    }
    if (portrait.schemes !== undefined) portrait.schemes = portrait.schemes.slice(0, MAX_LIST).map(cut);
    return {
      ...ladder.finish(),
      ...(this.start.client === undefined ? {} : { client: this.start.client }),
      ...(this.records.length === 0 ? {} : { records: this.records }),
      ...(this.hostClockNs === undefined ? {} : { hostClockNs: this.hostClockNs }),
    };
  }
}

/** The property that tells how a rung ended. */
const RESULT_OF: Readonly<Record<RungName, ConnectionPropertyName>> = {
  name: 'name.result',
  route: 'route.result',
  tcp: 'tcp.result',
  tls: 'tls.result',
  http: 'http.result',
  wsman: 'wsman.result',
  schemes: 'schemes.offered',
  login: 'login.result',
  rights: 'request.result',
  namespace: 'namespace.result',
  role: 'role.result',
};
/** Kinds of evidence named. */
const MAX_KINDS = 2;

/** Which other evidence shows how a rung ended. */
function shownBy(rung: RungName, from: DraftStart['from']): Localized {
  const all = kindsThatShow(RESULT_OF[rung]);
  // Another attempt is always possible; what was recorded of this one comes first.
  const recorded = all.filter((kind) => kind !== 'live' && kind !== from);
  const kinds = recorded.length > 0 ? recorded : all.filter((kind) => kind === 'live');
  const names = kinds.slice(0, MAX_KINDS).map((kind) => EVIDENCE_NAMES[kind]);
  return names.length === 0
    ? say('', '')
    : say(` (shown by ${names.map(({ en }) => en).join(', ')})`, ` (${names.map(({ ja }) => ja).join('、')}で確認可能)`);
}

/** Rungs as they are called in what was not checked. */
const RUNG_WORDS: Readonly<Record<RungName, Localized>> = {
  name: say('name', '名前'),
  route: say('route', '通信経路'),
  tcp: say('TCP', 'TCP'),
  tls: say('TLS', 'TLS'),
  http: say('HTTP', 'HTTP'),
  wsman: say('WS-Management', 'WS-Management'),
  schemes: say('authentication schemes', '認証方式'),
  login: say('login', 'ログオン'),
  rights: say('rights', '権限'),
  namespace: say('WMI namespace', 'WMI 名前空間'),
  role: say('role', '役割'),
};

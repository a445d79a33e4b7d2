import { randomUUID } from 'node:crypto';
import { NS, parseXml, XmlWriter } from '@winmedic/wsman';
import { type Caller, userKey } from './caller.ts';
import type { ResolvedSpec } from './resolved.ts';
import { refuse } from './soap/faults.ts';

/** An event of the host's log. */
interface HostEvent {
  readonly channel: string;
  readonly provider: string;
  readonly id: number;
  readonly level: number;
  readonly record: number;
  readonly at: Date;
  readonly data: readonly string[];
}

interface Subscription {
  readonly user: string;
  readonly identifier: string;
  readonly channels: readonly string[];
  at: number;
}

const EVENT_NS = 'http://schemas.microsoft.com/win/2004/08/events/event';
/** Subscriptions one host keeps: enough for tests, a bound for clients that never unsubscribe. */
const MAX_SUBSCRIPTIONS = 1000;

/** Event subscriptions in pull mode over the log's URI (MS-WSMV 3.1.4.13): a handful of events in System and Application. */
export class Events {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #spec: ResolvedSpec;
  readonly #startedAt: Date;

  constructor(spec: ResolvedSpec, startedAt: Date) {
    this.#spec = spec;
    this.#startedAt = startedAt;
  }

  /** @param filter event query as XML; absent: System. */
  subscribe(caller: Caller, filter: string | undefined): { readonly identifier: string; readonly context: string } {
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) throw refuse.operations(MAX_SUBSCRIPTIONS);
    const identifier = randomUUID().toUpperCase();
    const context = `uuid:${randomUUID().toUpperCase()}`;
    this.#subscriptions.set(context, { user: userKey(caller), identifier, channels: channelsOf(filter), at: 0 });
    return { identifier, context };
  }

  has(context: string): boolean {
    return this.#subscriptions.has(context);
  }

  /** The next events and the bookmark behind them. */
  pull(caller: Caller, context: string, max: number): { readonly events: readonly string[]; readonly bookmark?: string } {
    const subscription = this.#subscriptions.get(context);
    if (subscription === undefined || subscription.user !== userKey(caller)) throw refuse.context();
    const all = this.#log().filter((event) => subscription.channels.includes(event.channel.toLowerCase()));
    const next = all.slice(subscription.at, subscription.at + max);
    subscription.at += next.length;
    const last = next.at(-1);
    return {
      events: next.map((event) => write(event, this.#spec)),
      ...(last === undefined ? {} : { bookmark: bookmark(last) }),
    };
  }

  /** @param which the subscription's identifier or its enumeration context. */
  unsubscribe(caller: Caller, which: string): void {
    for (const [context, subscription] of this.#subscriptions)
      if ((subscription.identifier === which || context === which) && subscription.user === userKey(caller)) {
        this.#subscriptions.delete(context);
        return;
      }
    throw refuse.notFound();
  }

  #log(): readonly HostEvent[] {
    const at = (seconds: number): Date => new Date(this.#startedAt.getTime() + seconds * 1000);
    const system = { channel: 'System', level: 4 };
    return [
      { ...system, provider: 'EventLog', id: 6005, record: 101, at: at(-90), data: [] },
      {
        ...system,
        provider: 'Service Control Manager',
        id: 7036,
        record: 102,
        at: at(-80),
        data: ['Windows Remote Management (WS-Management)', 'running'],
      },
      {
        ...system,
        provider: 'Service Control Manager',
        id: 7036,
        record: 103,
        at: at(-70),
        data: ['Hyper-V Virtual Machine Management', 'running'],
      },
      { channel: 'Application', provider: 'EventCreate', id: 1, level: 2, record: 41, at: at(-60), data: ['Example message'] },
    ];
  }
}

/** Channels of the `Select` elements and of `Query`, lower case. */
function channelsOf(filter: string | undefined): readonly string[] {
  if (filter === undefined) return ['system'];
  const root = parseXml(filter);
  const queries = root.name === 'QueryList' ? root.elements : [root];
  const paths = queries.flatMap((query) => [query, ...query.elements]).flatMap((element) => element.attribute('Path')?.toLowerCase() ?? []);
  if (paths.length === 0) throw refuse.filter(0x80041017);
  return paths;
}

function bookmark(event: HostEvent): string {
  const xml = new XmlWriter().open('w:Bookmark', [['xmlns:w', NS.w]]).open('BookmarkList');
  const attributes = [['Channel', event.channel] as const, ['RecordId', String(event.record)] as const, ['IsCurrent', 'true'] as const];
  return xml.leaf('Bookmark', '', attributes).close().close().toString();
}

function write(event: HostEvent, spec: ResolvedSpec): string {
  const xml = new XmlWriter().open('Event', [['xmlns', EVENT_NS]]).open('System');
  xml
    .leaf('Provider', '', [['Name', event.provider]])
    .leaf('EventID', String(event.id))
    .leaf('Level', String(event.level));
  xml
    .leaf('Task', '0')
    .leaf('Keywords', '0x80000000000000')
    .leaf('TimeCreated', '', [['SystemTime', event.at.toISOString()]]);
  xml.leaf('EventRecordID', String(event.record)).leaf('Channel', event.channel).leaf('Computer', spec.dnsName).leaf('Security');
  xml.close().open('EventData');
  for (const text of event.data) xml.leaf('Data', text);
  return xml.close().close().toString();
}

import { isIP } from 'node:net';
import type { Localized, RungName } from '@winmedic/knowledge/model';
import type { ConnectionVia } from '../../../model/connection.ts';
import type { EventObservation } from '../../../model/observation.ts';
import { bracketed } from '../../ladder.ts';
import { say } from '../../text.ts';
import { AttemptDraft } from '../draft.ts';
import { hostOf as hostIn } from '../host-name.ts';
import { hostOf } from './records.ts';

/** Records kept with one attempt: a cause asks for a few kinds, and a loop of a client writes the same ones again and again. */
const MAX_RECORDS = 200;
/** Ports of WinRM that say by which transport it is spoken: nothing else listens there in this way. */
const TRANSPORT_OF: ReadonlyMap<number, 'http' | 'https'> = new Map([
  [5985, 'http'],
  [5986, 'https'],
]);
/** Port that stands where the recording names none. */
const DEFAULT_PORT = { winrm: 5985, dcom: 135, rdp: 3389 } as const;

/** Where an attempt led to, as far as a trace or log tells. */
export interface TracedTarget {
  readonly host: string;
  readonly port?: number;
  readonly transport?: 'http' | 'https';
}

/** An address of WS-Management: `http://host:5985/wsman`, `host/wsman?…`, `host:port`, `host`; undefined for what is none. */
export function targetOf(text: string): TracedTarget | undefined {
  const match = /^(?:(https?):\/\/)?(\[[0-9a-f:.]{2,45}\]|[^/?#:\s]{1,255})(?::(\d{1,5}))?(?:[/?#]|$)/i.exec(text.trim());
  if (match === null) return undefined;
  const host = hostIn(match[2] as string);
  if (host === undefined || !/[\p{L}\p{N}]/u.test(host)) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  const scheme = match[1]?.toLowerCase() as 'http' | 'https' | undefined;
  const transport = scheme ?? (port === undefined ? undefined : TRANSPORT_OF.get(port));
  return { host, ...(port !== undefined && { port }), ...(transport !== undefined && { transport }) };
}

/** What an attempt out of records begins with. */
export interface TraceStart {
  readonly via: ConnectionVia;
  /** Records of it in time order, at least one. */
  readonly records: readonly EventObservation[];
  readonly target: TracedTarget | undefined;
  /** The computer that recorded, as the host of the attempt where the name the client used is not told. */
  readonly host?: string | undefined;
  readonly client?: string;
  readonly conversation?: boolean;
}

/** A draft of an attempt that records tell of. A host nobody names is an empty one. */
export function traceDraft({ via, records, target, host: named, client, conversation }: TraceStart): AttemptDraft {
  const first = records[0] as EventObservation;
  const recorder = hostOf(first);
  const host = target?.host ?? named ?? '';
  const port = target?.port ?? DEFAULT_PORT[via];
  const shown = host === '' ? '?' : target?.port === undefined || target.port === DEFAULT_PORT[via] ? host : `${bracketed(host)}:${port}`;
  return new AttemptDraft({
    from: recorder === undefined || first.recordId === '' ? (isLog(first) ? 'log' : 'trace') : 'log',
    via,
    target: {
      text: shown,
      host,
      kind: isIP(host) > 0 ? 'address' : host.includes('.') ? 'fqdn' : 'name',
      port,
      defaultPort: target?.port === undefined,
      transport: target?.transport ?? 'http',
      path: '/wsman',
    },
    targetKnown: target !== undefined,
    transportKnown: target?.transport !== undefined,
    ...(client === undefined ? {} : { client }),
    startedAt: first.time,
    endedAt: (records.at(-1) as EventObservation).time,
    records: records.slice(0, MAX_RECORDS),
    conversation: conversation ?? true,
  });
}

/** The log of a tool, which is no trace of Windows. */
function isLog({ provider }: EventObservation): boolean {
  return provider.toLowerCase() === 'ibm-vmmanager';
}

const REACHED = say('the request reached the service', '要求はサービスに到達');
const ANSWERED = say('an answer of the host came', 'ホストから応答あり');

/** Rungs below one at which the host took part: they carried what came. Nothing is known of how long they took. */
export function passBelow(draft: AttemptDraft, rungs: readonly RungName[], seen: 'reached' | 'answered'): void {
  const observed = seen === 'reached' ? REACHED : ANSWERED;
  for (const rung of rungs)
    if (draft.ladder.rung(rung) === undefined)
      draft.rung(rung, { verdict: 'passed', tried: say('seen from its end', '結果から判断'), observed });
}

/** There is no TLS rung where the address says that it was plain HTTP. */
export function skipPlain(draft: AttemptDraft, target: TracedTarget | undefined): void {
  if (target?.transport === 'http') draft.ladder.skip(['tls'], say('plain HTTP', 'HTTP (平文)'));
}

/** Rungs the recording says nothing of. */
export function hideAll(draft: AttemptDraft, rungs: readonly RungName[], why: Localized): void {
  for (const rung of rungs) draft.hide(rung, why);
}

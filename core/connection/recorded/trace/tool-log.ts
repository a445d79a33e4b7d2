import type { RungName } from '@winmedic/knowledge/model';
import type { EventObservation } from '../../../model/observation.ts';
import { say } from '../../text.ts';
import type { AttemptDraft } from '../draft.ts';
import { numberOf, placeOfRecord, textOf } from './records.ts';
import { hideAll, passBelow, skipPlain, targetOf, traceDraft } from './start.ts';

const FAILED = 1;
const GAP_NS = 120_000_000_000n;
/** Attempts put together: one for each host and outcome within two minutes. */
const MAX_ATTEMPTS = 2000;
const ORDER: readonly RungName[] = ['name', 'route', 'tcp', 'tls', 'http', 'wsman', 'schemes', 'login', 'rights'];
const NOT_LOGGED = say('the log of the tool does not say', 'ツールのログに記録なし');

/** Exceptions of Java by the rung they are thrown at. Their texts come from the system, in its language, and decide nothing. @source java.net, javax.net.ssl */
const EXCEPTIONS: ReadonlyMap<string, RungName> = new Map<string, RungName>([
  ['java.net.UnknownHostException', 'name'],
  ['java.net.NoRouteToHostException', 'route'],
  ['java.net.PortUnreachableException', 'route'],
  ['java.net.ConnectException', 'tcp'],
  ['javax.net.ssl.SSLHandshakeException', 'tls'],
  ['javax.net.ssl.SSLPeerUnverifiedException', 'tls'],
  ['javax.net.ssl.SSLException', 'tls'],
]);

/** Attempts out of the log of the VM Manager tool: one for each address and outcome. @param events by time. */
export function toolDrafts(events: readonly EventObservation[], conversation: boolean): AttemptDraft[] {
  const groups: EventObservation[][] = [];
  const open = new Map<string, EventObservation[]>();
  for (const event of events) {
    const url = textOf(event, 'url');
    // An answer without its address belongs to nothing that is known.
    if (url === '') continue;
    const outcome = event.eventId === FAILED ? `failed ${exceptionOf(event)}` : textOf(event, 'responseCode');
    const key = `${url}\0${outcome}`;
    const before = open.get(key);
    if (before !== undefined && event.time - (before.at(-1) as EventObservation).time <= GAP_NS) before.push(event);
    else if (groups.length < MAX_ATTEMPTS) {
      const group = [event];
      open.set(key, group);
      groups.push(group);
    }
  }
  return groups.flatMap((group) => finish(group, conversation) ?? []);
}

function exceptionOf(event: EventObservation): string {
  return textOf(event, 'cause').split(':')[0]?.trim() ?? '';
}

function finish(group: readonly EventObservation[], conversation: boolean): AttemptDraft | undefined {
  const event = group[0] as EventObservation;
  const target = targetOf(textOf(event, 'url'));
  if (target === undefined) return undefined;
  const draft = traceDraft({ via: 'winrm', records: group, target, conversation });
  draft.see(placeOfRecord(event));
  if (event.eventId === FAILED) exception(draft, event);
  else status(draft, event);
  skipPlain(draft, target);
  hideAll(draft, ORDER, NOT_LOGGED);
  hideAll(draft, ['namespace', 'role'], NOT_LOGGED);
  return draft;
}

function end(draft: AttemptDraft, rung: RungName, text: string): void {
  draft.rung(rung, {
    verdict: 'failed',
    tried: say('a request of the tool', 'ツールの要求'),
    observed: say(text, text),
    expected: say('an answer of the service', 'サービスからの応答'),
  });
}

function exception(draft: AttemptDraft, event: EventObservation): void {
  const name = exceptionOf(event).slice(0, 200);
  draft.say('http', { direction: 'received', layer: 'log', text: say(name, name), fields: [] });
  // Time-outs and breaks happen at any rung above TCP: the lowest is named.
  const rung = EXCEPTIONS.get(name) ?? 'http';
  if (rung === 'tls' && draft.start.target.transport !== 'https') return;
  if (rung === 'name') draft.set('name.result', 'not-found');
  if (rung === 'tls') passBelow(draft, ['name', 'route', 'tcp'], 'answered');
  if (rung === 'tcp') passBelow(draft, ['name'], 'answered');
  end(draft, rung, name);
}

function status(draft: AttemptDraft, event: EventObservation): void {
  const code = numberOf(event, 'responseCode');
  if (code === undefined) return;
  const text = `HTTP ${code}`;
  draft.say('http', { direction: 'received', layer: 'log', text: say(text, text), fields: [] });
  passBelow(draft, ['name', 'route', 'tcp', ...(draft.start.target.transport === 'https' ? (['tls'] as const) : [])], 'answered');
  draft.set('http.result', 'response');
  if (code >= 200 && code < 300) {
    passBelow(draft, ['http', 'wsman', 'schemes', 'login', 'rights'], 'answered');
    draft.set('login.result', 'accepted');
    draft.set('request.result', 'ok');
    return;
  }
  // After how much of a login a 401 or 500 came, the log does not say.
  if (code === 401) {
    passBelow(draft, ['http', 'wsman', 'schemes'], 'answered');
    end(draft, 'login', text);
    return;
  }
  if (code === 500) {
    passBelow(draft, ['http', 'wsman', 'schemes'], 'answered');
    draft.hide('login', NOT_LOGGED);
    draft.set('request.status', 500);
    end(draft, 'rights', text);
    return;
  }
  draft.set('http.status', code);
  end(draft, 'http', text);
}

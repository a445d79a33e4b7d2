import { instantOfTicks } from '@winmedic/core/evidence';
import type { EventObservation } from '@winmedic/core/model';
import { type EvtxQuery, type FieldCondition, fieldTest } from '@winmedic/evtx';
import { conversationToJson, endsText, isConversation, rfc3339 } from '@winmedic/report';

/** Says of events and conversations whether a query wants them, as the reader of logs does of records. */
export function observationTest(query: EvtxQuery): (event: EventObservation) => boolean {
  const lower = (list: readonly string[] | undefined): ReadonlySet<string> | undefined =>
    list && new Set(list.map((text) => text.toLowerCase()));
  const ids = query.ids && new Set(query.ids);
  const levels = query.levels && new Set(query.levels);
  const providers = lower(query.providers);
  const channels = lower(query.channels);
  const computers = lower(query.computers);
  const since = query.since === undefined ? undefined : instantOfTicks(query.since);
  const until = query.until === undefined ? undefined : instantOfTicks(query.until);
  const where = (query.where ?? []).map((condition) => ({ condition, holds: fieldTest(condition) }));
  return (event) => {
    // A conversation has no event id.
    if (ids !== undefined && (isConversation(event) || !ids.has(event.eventId))) return false;
    if (levels !== undefined && !levels.has(event.level)) return false;
    if (since !== undefined && event.time < since) return false;
    if (until !== undefined && event.time >= until) return false;
    if (providers !== undefined && !providers.has(event.provider.toLowerCase())) return false;
    if (channels !== undefined && !channels.has(event.channel.toLowerCase())) return false;
    if (computers !== undefined && !computersOf(event).some((name) => computers.has(name.toLowerCase()))) return false;
    return where.every(({ condition, holds }) => holds(textsOf(event, condition)));
  };
}

/** Machines a record speaks of: both ends of a conversation, by address and by the name that was used. */
export function computersOf(event: EventObservation): string[] {
  if (!isConversation(event)) return [event.host];
  const { client, server } = event.conversation;
  return [server.address, client.address, ...(event.fields.get('Host') ?? '').split(', '), event.fields.get('TlsName') ?? ''].filter(
    (name) => name !== '',
  );
}

function textsOf(event: EventObservation, { field }: FieldCondition): readonly string[] {
  const system = systemField(event, field.toLowerCase());
  const text = system ?? event.fields.get(field) ?? caseless(event.fields, field);
  return text === undefined ? [] : [text];
}

function caseless(fields: ReadonlyMap<string, string>, field: string): string | undefined {
  const wanted = field.toLowerCase();
  for (const [name, value] of fields) if (name.toLowerCase() === wanted) return value;
  return undefined;
}

function systemField(event: EventObservation, name: string): string | undefined {
  switch (name) {
    case 'provider':
      return event.provider;
    case 'eventid':
      return isConversation(event) ? undefined : String(event.eventId);
    case 'channel':
      return event.channel;
    case 'computer':
      return event.host === '' ? undefined : event.host;
    case 'level':
      return String(event.level);
    case 'usersid':
      return event.userSid;
    case 'recordid':
      return event.recordId === '' ? undefined : event.recordId;
    default:
      return undefined;
  }
}

/** An event as the reader of logs writes records, a conversation as data of its own. */
export function observationToJson(event: EventObservation, zone: string): unknown {
  if (isConversation(event)) return conversationToJson(event, zone);
  const { provider, eventId, version, level, time, recordId, channel, host, userSid, activityId, fields, origin } = event;
  return {
    Event: {
      System: {
        Provider: { Name: provider },
        EventID: eventId,
        Version: version,
        Level: level,
        TimeCreated: { SystemTime: rfc3339(time, 'UTC').replace('+00:00', 'Z') },
        ...(recordId === '' ? {} : { EventRecordID: recordId }),
        ...(activityId === undefined ? {} : { Correlation: { ActivityID: activityId } }),
        Channel: channel,
        ...(host === '' ? {} : { Computer: host }),
        ...(userSid === undefined ? {} : { Security: { UserID: userSid } }),
      },
      EventData: Object.fromEntries(fields),
    },
    path: origin.path,
  };
}

/** What XML 1.0 cannot hold becomes U+FFFD. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

function xmlText(text: string): string {
  return text
    .replace(NOT_XML, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}

/** The same as XML. */
export function observationToXml(event: EventObservation): string {
  const data = [...event.fields].map(([name, value]) => `<Data Name="${xmlText(name)}">${xmlText(value)}</Data>`).join('');
  const time = rfc3339(event.time, 'UTC').replace('+00:00', 'Z');
  if (isConversation(event)) {
    const { transport, stream } = event.conversation;
    return `<Conversation Transport="${transport}" Stream="${stream}" Time="${time}" Ends="${xmlText(endsText(event.conversation))}" Text="${xmlText(event.text.en)}">${data}</Conversation>`;
  }
  const { provider, eventId, version, level, recordId, channel, host, userSid, activityId } = event;
  const system = [
    `<Provider Name="${xmlText(provider)}"/><EventID>${eventId}</EventID><Version>${version}</Version><Level>${level}</Level>`,
    `<TimeCreated SystemTime="${time}"/>`,
    ...(recordId === '' ? [] : [`<EventRecordID>${xmlText(recordId)}</EventRecordID>`]),
    ...(activityId === undefined ? [] : [`<Correlation ActivityID="${xmlText(activityId)}"/>`]),
    `<Channel>${xmlText(channel)}</Channel>`,
    ...(host === '' ? [] : [`<Computer>${xmlText(host)}</Computer>`]),
    ...(userSid === undefined ? [] : [`<Security UserID="${xmlText(userSid)}"/>`]),
  ];
  return `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>${system.join('')}</System><EventData>${data}</EventData></Event>`;
}

import type { EventObservation, Origin } from '../model/index.ts';
import { findTime } from './times.ts';
import type { XmlNode } from './xml.ts';

const child = (node: XmlNode | undefined, name: string): XmlNode | undefined => node?.children.find((other) => other.name === name);

/** What tracerpt writes for an event without an activity. */
const NO_ACTIVITY = '{00000000-0000-0000-0000-000000000000}';

/**
 * An event of an XML export as an observation (trust `text`: anybody can write such a file). Field names as the log reader gives them:
 * `Name` of Data, `Data[n]` for unnamed ones, leaves of UserData by local name.
 * @returns undefined when provider or id are missing
 */
export function eventFromXml(node: XmlNode, origin: Origin): EventObservation | undefined {
  const system = child(node, 'System');
  const id = Number(child(system, 'EventID')?.text.trim());
  const providerNode = child(system, 'Provider');
  const provider = providerNode?.attributes.get('Name') ?? providerNode?.attributes.get('EventSourceName');
  if (!provider || !Number.isInteger(id)) return undefined;
  const created = child(system, 'TimeCreated')?.attributes.get('SystemTime');
  const time = created ? findTime(created, 0) : undefined;
  const recordId = child(system, 'EventRecordID')?.text.trim() ?? '';
  const userSid = child(system, 'Security')?.attributes.get('UserID');
  const activityId = child(system, 'Correlation')?.attributes.get('ActivityID');
  const message = child(child(node, 'RenderingInfo'), 'Message')?.text.trim();
  return {
    type: 'event',
    id: '',
    time: time?.time ?? 0n,
    host: child(system, 'Computer')?.text.trim() ?? '',
    channel: child(system, 'Channel')?.text.trim() ?? '',
    provider,
    eventId: id,
    version: Number(child(system, 'Version')?.text ?? 0) || 0,
    level: Number(child(system, 'Level')?.text ?? 0) || 0,
    recordId,
    ...(userSid ? { userSid } : {}),
    ...(activityId && activityId !== NO_ACTIVITY ? { activityId } : {}),
    fields: dataFields(node),
    origin: recordId ? { ...origin, recordId } : origin,
    trust: 'text',
    ...(message ? { message } : {}),
  };
}

function dataFields(node: XmlNode): Map<string, string> {
  const fields = new Map<string, string>();
  let unnamed = 0;
  for (const data of child(node, 'EventData')?.children ?? []) {
    if (data.name === 'Binary') fields.set('Binary', data.text.trim().toUpperCase());
    else if (data.name === 'Data') {
      const name = data.attributes.get('Name') ?? `Data[${unnamed++}]`;
      if (!fields.has(name)) fields.set(name, data.text);
    }
  }
  const visit = (element: XmlNode): void => {
    if (element.children.length === 0) {
      if (!fields.has(element.name)) fields.set(element.name, element.text);
    } else for (const inner of element.children) visit(inner);
  };
  for (const element of child(node, 'UserData')?.children ?? []) visit(element);
  return fields;
}

import { isoToTicks } from '@winmedic/bytes';
import { type FieldEntry, field, fieldText, present } from './fields.ts';
import { type Instance, TYPE } from './instance.ts';
import type { Template } from './template.ts';
import { ELEMENT, type ElementNode, localName } from './tree.ts';
import type { EvtxSystem } from './types.ts';
import { uintAt } from './values.ts';

/** The fields of Event/System by a short key, as `Element` or `Element@Attribute`. */
const PATHS = {
  provider: 'Provider@Name',
  providerGuid: 'Provider@Guid',
  eventSourceName: 'Provider@EventSourceName',
  eventId: 'EventID',
  qualifiers: 'EventID@Qualifiers',
  version: 'Version',
  level: 'Level',
  task: 'Task',
  opcode: 'Opcode',
  keywords: 'Keywords',
  timeCreated: 'TimeCreated@SystemTime',
  eventRecordId: 'EventRecordID',
  activityId: 'Correlation@ActivityID',
  relatedActivityId: 'Correlation@RelatedActivityID',
  processId: 'Execution@ProcessID',
  threadId: 'Execution@ThreadID',
  channel: 'Channel',
  computer: 'Computer',
  userSid: 'Security@UserID',
} as const;

/** Key of a System field. */
export type SystemKey = keyof typeof PATHS;
/** Where a template keeps each System field; a missing key means that it has none. */
export type SystemPlan = { readonly [Key in SystemKey]?: FieldEntry };

const keyOf: ReadonlyMap<string, SystemKey> = new Map(Object.entries(PATHS).map(([key, path]) => [path, key as SystemKey]));

function compilePlan(template: Template): SystemPlan | null {
  const root = template.root;
  const system = localName(root.name) === 'System' ? root : elementNamed(root, 'System');
  if (system === undefined) return null;
  const plan: { [Key in SystemKey]?: FieldEntry } = {};
  const outer = system.dependency < 0 ? [] : [system.dependency];
  const add = (path: string, entry: FieldEntry): void => {
    const key = keyOf.get(path);
    if (key !== undefined) plan[key] ??= entry;
  };
  for (const child of system.children) {
    if (child.kind !== ELEMENT) continue;
    const name = localName(child.name);
    const dependencies = child.dependency < 0 ? outer : [...outer, child.dependency];
    add(name, field(name, null, dependencies, child, null));
    for (const attribute of child.attributes) {
      const path = `${name}@${attribute.name}`;
      add(path, field(path, null, dependencies, child, attribute));
    }
  }
  return plan;
}

function elementNamed(parent: ElementNode, name: string): ElementNode | undefined {
  for (const child of parent.children) if (child.kind === ELEMENT && localName(child.name) === name) return child;
  return undefined;
}

/** Where the template keeps the System fields; null when it has no System element. */
export function systemPlan(template: Template): SystemPlan | null {
  if (template.memo.system === undefined) template.memo.system = compilePlan(template);
  return template.memo.system;
}

/** The fragment that holds System, and its plan: the event itself, or a fragment inside it. */
export function findSystem(fragments: readonly Instance[]): { plan: SystemPlan; instance: Instance } {
  const queue: Instance[] = [...fragments];
  for (let i = 0; i < queue.length && i < 64; i++) {
    const instance = queue[i]!;
    const plan = systemPlan(instance.template);
    if (plan !== null) return { plan, instance };
    queue.push(...instance.allNested());
  }
  return { plan: {}, instance: fragments[0]! };
}

/** Text of a System field; undefined when it is absent or empty. */
export function systemText(entry: FieldEntry | undefined, instance: Instance): string | undefined {
  if (entry === undefined || !present(entry.dependencies, instance)) return undefined;
  const text = fieldText(entry, instance);
  return text === '' ? undefined : text;
}

/** Number of a System field, from a number or from digits (decimal or `0x`); undefined when it is absent or no such number. */
export function systemNumber(entry: FieldEntry | undefined, instance: Instance): number | undefined {
  if (entry === undefined) return undefined;
  if (entry.slot >= 0) {
    if (entry.slot >= instance.count) return undefined;
    const type = instance.type(entry.slot);
    if (type >= TYPE.I8 && type <= TYPE.U64) {
      const at = instance.start(entry.slot);
      return uintAt(instance.window, at, instance.end(entry.slot) - at);
    }
  }
  const text = systemText(entry, instance);
  return text === undefined ? undefined : numberOf(text);
}

/** The number that decimal or `0x` digits stand for; undefined for anything else. */
export function numberOf(text: string): number | undefined {
  if (!/^\s*(?:\d+|0x[0-9a-f]+)\s*$/i.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** FILETIME ticks of TimeCreated; undefined when the record has none. */
export function systemTime(entry: FieldEntry | undefined, instance: Instance): bigint | undefined {
  if (entry === undefined || !present(entry.dependencies, instance)) return undefined;
  if (entry.slot >= 0 && instance.type(entry.slot) === TYPE.FILETIME && instance.end(entry.slot) - instance.start(entry.slot) === 8) {
    return instance.window.view.getBigUint64(instance.start(entry.slot), true);
  }
  return isoToTicks(fieldText(entry, instance));
}

/** All System fields of a record. */
export function readSystem(fragments: readonly Instance[], recordId: bigint, writtenTime: bigint): EvtxSystem {
  const { plan, instance } = findSystem(fragments);
  const text = (key: SystemKey): string | undefined => systemText(plan[key], instance);
  const number = (key: SystemKey): number | undefined => systemNumber(plan[key], instance);
  const id = text('eventRecordId');
  return {
    provider: text('provider') ?? '',
    providerGuid: text('providerGuid'),
    eventSourceName: text('eventSourceName'),
    eventId: number('eventId') ?? 0,
    qualifiers: number('qualifiers'),
    version: number('version'),
    level: number('level'),
    task: number('task'),
    opcode: number('opcode'),
    keywords: text('keywords'),
    timeCreated: systemTime(plan.timeCreated, instance) ?? writtenTime,
    eventRecordId: id !== undefined && /^\d{1,20}$/.test(id) ? BigInt(id) : recordId,
    activityId: text('activityId'),
    relatedActivityId: text('relatedActivityId'),
    processId: number('processId'),
    threadId: number('threadId'),
    channel: text('channel') ?? '',
    computer: text('computer') ?? '',
    userSid: text('userSid'),
  };
}

import type { BinXmlElement, BinXmlNode } from './binxml.ts';
import { contentGuid } from './hash.ts';
import type { WriteData, WriteOptions, WriteRecord, WriteRenderingInfo, WriteSystem, WriteValue, XmlElement } from './types.ts';
import { plainText } from './value-text.ts';
import { typeCode, VALUE_TYPE } from './values.ts';

/** A template definition: its tokens, a key that names it within a chunk and the GUID stored with it. */
export interface Template {
  readonly nodes: readonly BinXmlNode[];
  readonly key: string;
  readonly guid: Uint8Array;
}

/** A template with the values for its slots. */
export interface Instance {
  readonly template: Template;
  readonly values: readonly SlotValue[];
}

/** What may fill a slot: a value, or a nested template instance (type 0x21). */
export type SlotValue = WriteValue | Instance;

/** The fragments of one record. */
export interface EventFragments {
  readonly event: Instance | BinXmlElement;
  readonly rendering?: BinXmlElement;
}

const EVENT_NAMESPACE = 'http://schemas.microsoft.com/win/2004/08/events/event';
/** Number of values of Windows' outer template (measured: 20 in every record looked at) and the slot of the event's own data. */
const SLOT_COUNT = 20;
const DATA_SLOT = 19;
/** Slots of the System values, as measured; 14 to 17 carry provider name, GUID, channel and computer when they are not literal. */
const SLOT = {
  level: 0,
  opcode: 1,
  task: 2,
  eventId: 3,
  qualifiers: 4,
  keywords: 5,
  timeCreated: 6,
  activityId: 7,
  processId: 8,
  threadId: 9,
  recordId: 10,
  version: 11,
  userSid: 12,
  provider: 14,
  providerGuid: 15,
  channel: 16,
  computer: 17,
  relatedActivityId: 18,
} as const;

const text = (value: string): BinXmlNode => ({ kind: 'text', text: value });
const slot = (index: number, type: number): BinXmlNode => ({ kind: 'slot', index, type, optional: true });
const leaf = (name: string, child: BinXmlNode, dependency?: number): BinXmlElement =>
  dependency === undefined ? { kind: 'element', name, children: [child] } : { kind: 'element', name, dependency, children: [child] };
const NULL: WriteValue = { type: 'null' };
const optional = (value: WriteValue | undefined): WriteValue => value ?? NULL;

/** Builds the fragments of records; templates are made once per shape. */
export class EventBuilder {
  readonly #providerMode: 'literal' | 'slot';
  readonly #templates = new Map<string, Template>();

  constructor(options: Pick<WriteOptions, 'provider'>) {
    this.#providerMode = options.provider ?? 'literal';
  }

  /** Returns the fragments of one record. */
  build(record: WriteRecord, recordId: bigint): EventFragments {
    const event = record.shape === 'plain' ? plainEvent(record, recordId) : this.#instance(record, recordId);
    return record.renderingInfo ? { event, rendering: renderingElement(record.renderingInfo) } : { event };
  }

  /** Returns a template for nodes, the same object for equal nodes. */
  template(nodes: readonly BinXmlNode[]): Template {
    const key = JSON.stringify(nodes);
    let template = this.#templates.get(key);
    if (!template) {
      template = { nodes, key, guid: contentGuid(key) };
      this.#templates.set(key, template);
    }
    return template;
  }

  /** Returns the nested instance for a BinXML value that asks for a template. */
  nested(element: XmlElement): Instance {
    const values: WriteValue[] = [];
    const node = elementNode(element, values);
    return { template: this.template([node]), values };
  }

  #instance(record: WriteRecord, recordId: bigint): Instance {
    const { system, data } = record;
    const template = this.template([eventElement(system, data, record.shape === 'classic' ? 'classic' : 'modern', this.#providerMode)]);
    const values: SlotValue[] = Array.from({ length: SLOT_COUNT }, () => NULL);
    values[SLOT.level] = optional(num('u8', system.level));
    values[SLOT.opcode] = optional(num('u8', system.opcode));
    values[SLOT.task] = optional(num('u16', system.task));
    values[SLOT.eventId] = { type: 'u16', value: system.eventId };
    values[SLOT.qualifiers] = optional(num('u16', system.qualifiers));
    values[SLOT.keywords] = system.keywords === undefined ? NULL : { type: 'hex64', value: system.keywords };
    values[SLOT.timeCreated] = { type: 'filetime', ticks: system.timeCreated ?? record.timeTicks };
    values[SLOT.activityId] = system.activityId === undefined ? NULL : { type: 'guid', value: system.activityId };
    values[SLOT.relatedActivityId] = system.relatedActivityId === undefined ? NULL : { type: 'guid', value: system.relatedActivityId };
    values[SLOT.processId] = optional(num('u32', system.processId));
    values[SLOT.threadId] = optional(num('u32', system.threadId));
    values[SLOT.recordId] = { type: 'u64', value: recordId };
    values[SLOT.version] = optional(num('u8', system.version));
    values[SLOT.userSid] = system.userSid === undefined ? NULL : { type: 'sid', value: system.userSid };
    if (this.#providerMode === 'slot') {
      values[SLOT.provider] = { type: 'string', value: system.provider };
      values[SLOT.providerGuid] = system.providerGuid === undefined ? NULL : { type: 'guid', value: system.providerGuid };
      values[SLOT.channel] = { type: 'string', value: system.channel };
      values[SLOT.computer] = { type: 'string', value: system.computer };
    }
    const nested = this.#dataInstance(data);
    if (nested) values[DATA_SLOT] = nested;
    return { template, values };
  }

  #dataInstance(data: WriteData): SlotValue | undefined {
    switch (data.kind) {
      case 'none':
        return undefined;
      case 'custom':
        return { template: this.template(data.nodes), values: data.values };
      case 'userData':
        return data.template === false ? { type: 'binxml', element: data.element } : this.nested(data.element);
      case 'classic': {
        const strings: WriteValue =
          data.strings.length === 0
            ? NULL
            : { type: 'array', of: 'string', items: data.strings.map((value): WriteValue => ({ type: 'string', value })) };
        const binary = data.binary ?? new Uint8Array(0);
        const values: WriteValue[] = [
          strings,
          { type: 'u32', value: binary.length },
          binary.length === 0 ? NULL : { type: 'binary', value: binary },
        ];
        return { template: this.template([CLASSIC_EVENT_DATA]), values };
      }
      case 'eventData': {
        const children: BinXmlNode[] = [];
        const values: WriteValue[] = [];
        for (const item of data.items) {
          const index = values.push(item.value) - 1;
          const type = item.value.type === 'null' ? VALUE_TYPE.string : typeCode(item.value);
          children.push({
            kind: 'element',
            name: 'Data',
            ...(item.optional ? { dependency: index } : {}),
            ...(item.name === undefined ? {} : { attributes: [{ name: 'Name', value: [text(item.name)] }] }),
            children: [{ kind: 'slot', index, type, optional: item.optional ?? false }],
          });
        }
        if (data.binary) {
          const index = values.push({ type: 'binary', value: data.binary }) - 1;
          children.push(leaf('Binary', slot(index, VALUE_TYPE.binary), index));
        }
        const element: BinXmlElement = {
          kind: 'element',
          name: 'EventData',
          ...(data.name === undefined ? {} : { attributes: [{ name: 'Name', value: [text(data.name)] }] }),
          children,
        };
        return { template: this.template([element]), values };
      }
    }
  }
}

/** EventData of the classic API: `Data` repeated over a string array and `Binary`, both left out when null. */
const CLASSIC_EVENT_DATA: BinXmlElement = {
  kind: 'element',
  name: 'EventData',
  children: [leaf('Data', slot(0, 0x80 | VALUE_TYPE.string), 0), leaf('Binary', slot(2, VALUE_TYPE.binary), 2)],
};

function num(type: 'u8' | 'u16' | 'u32', value: number | undefined): WriteValue | undefined {
  return value === undefined ? undefined : { type, value };
}

/** Event with System, in the order and with the dependencies Windows writes. */
function eventElement(system: WriteSystem, data: WriteData, shape: 'modern' | 'classic', mode: 'literal' | 'slot'): BinXmlElement {
  const literal = mode === 'literal';
  const modern = shape === 'modern';
  const provider: { name: string; value: BinXmlNode[] }[] = [
    { name: 'Name', value: [literal ? text(system.provider) : slot(SLOT.provider, VALUE_TYPE.string)] },
  ];
  if (!literal) provider.push({ name: 'Guid', value: [slot(SLOT.providerGuid, VALUE_TYPE.guid)] });
  else if (system.providerGuid !== undefined) provider.push({ name: 'Guid', value: [text(system.providerGuid)] });
  if (system.eventSourceName !== undefined) provider.push({ name: 'EventSourceName', value: [text(system.eventSourceName)] });

  const children: BinXmlNode[] = [
    { kind: 'element', name: 'Provider', attributes: provider },
    {
      kind: 'element',
      name: 'EventID',
      dependency: SLOT.eventId,
      attributes: [{ name: 'Qualifiers', value: [slot(SLOT.qualifiers, VALUE_TYPE.u16)] }],
      children: [slot(SLOT.eventId, VALUE_TYPE.u16)],
    },
  ];
  if (modern) children.push(leaf('Version', slot(SLOT.version, VALUE_TYPE.u8), SLOT.version));
  children.push(leaf('Level', slot(SLOT.level, VALUE_TYPE.u8), SLOT.level));
  children.push(leaf('Task', slot(SLOT.task, VALUE_TYPE.u16), SLOT.task));
  if (modern) children.push(leaf('Opcode', slot(SLOT.opcode, VALUE_TYPE.u8), SLOT.opcode));
  children.push(leaf('Keywords', slot(SLOT.keywords, VALUE_TYPE.hex64), SLOT.keywords));
  children.push({
    kind: 'element',
    name: 'TimeCreated',
    attributes: [{ name: 'SystemTime', value: [slot(SLOT.timeCreated, VALUE_TYPE.filetime)] }],
  });
  children.push(leaf('EventRecordID', slot(SLOT.recordId, VALUE_TYPE.u64), SLOT.recordId));
  if (modern) {
    children.push({
      kind: 'element',
      name: 'Correlation',
      attributes: [
        { name: 'ActivityID', value: [slot(SLOT.activityId, VALUE_TYPE.guid)] },
        { name: 'RelatedActivityID', value: [slot(SLOT.relatedActivityId, VALUE_TYPE.guid)] },
      ],
    });
    children.push({
      kind: 'element',
      name: 'Execution',
      attributes: [
        { name: 'ProcessID', value: [slot(SLOT.processId, VALUE_TYPE.u32)] },
        { name: 'ThreadID', value: [slot(SLOT.threadId, VALUE_TYPE.u32)] },
      ],
    });
  }
  children.push(leaf('Channel', literal ? text(system.channel) : slot(SLOT.channel, VALUE_TYPE.string)));
  children.push(leaf('Computer', literal ? text(system.computer) : slot(SLOT.computer, VALUE_TYPE.string)));
  children.push({ kind: 'element', name: 'Security', attributes: [{ name: 'UserID', value: [slot(SLOT.userSid, VALUE_TYPE.sid)] }] });

  const body: BinXmlNode[] = [{ kind: 'element', name: 'System', children }];
  const dataSlot = slot(DATA_SLOT, VALUE_TYPE.binxml);
  if (data.kind === 'userData') body.push({ kind: 'element', name: 'UserData', dependency: DATA_SLOT, children: [dataSlot] });
  else if (data.kind !== 'none') body.push(dataSlot);
  return {
    kind: 'element',
    name: 'Event',
    ...(data.kind === 'none' || data.kind === 'userData' ? {} : { dependency: DATA_SLOT }),
    attributes: [{ name: 'xmlns', value: [text(EVENT_NAMESPACE)] }],
    children: body,
  };
}

/** An XML element as nodes; typed values become slots in `values`, or plain text when there is no template. */
export function elementNode(element: XmlElement, values: WriteValue[] | undefined): BinXmlElement {
  const toNode = (part: string | WriteValue): BinXmlNode => {
    if (typeof part === 'string') return text(part);
    if (!values) return text(plainText(part));
    const index = values.push(part) - 1;
    return { kind: 'slot', index, type: part.type === 'null' ? VALUE_TYPE.string : typeCode(part) };
  };
  return {
    kind: 'element',
    name: element.name,
    ...(element.attributes?.length ? { attributes: element.attributes.map(([name, value]) => ({ name, value: [toNode(value)] })) } : {}),
    children: (element.children ?? []).map((child) =>
      typeof child === 'object' && 'name' in child ? elementNode(child, values) : toNode(child),
    ),
  };
}

/** The whole event as tokens with literal text. */
function plainEvent(record: WriteRecord, recordId: bigint): BinXmlElement {
  const { system, data } = record;
  const element = (name: string, value: string): XmlElement => ({ name, children: [value] });
  const attributes = (...pairs: [string, string | undefined][]): [string, string][] =>
    pairs.filter((pair): pair is [string, string] => pair[1] !== undefined);
  const numbered = (name: string, value: number | undefined): XmlElement[] => (value === undefined ? [] : [element(name, String(value))]);
  const time = plainText({ type: 'filetime', ticks: system.timeCreated ?? record.timeTicks });
  const children: XmlElement[] = [
    {
      name: 'Provider',
      attributes: attributes(['Name', system.provider], ['Guid', system.providerGuid], ['EventSourceName', system.eventSourceName]),
    },
    { name: 'EventID', attributes: attributes(['Qualifiers', system.qualifiers?.toString()]), children: [String(system.eventId)] },
    ...numbered('Version', system.version),
    ...numbered('Level', system.level),
    ...numbered('Task', system.task),
    ...numbered('Opcode', system.opcode),
    ...(system.keywords === undefined ? [] : [element('Keywords', plainText({ type: 'hex64', value: system.keywords }))]),
    { name: 'TimeCreated', attributes: [['SystemTime', time]] },
    element('EventRecordID', recordId.toString()),
    { name: 'Correlation', attributes: attributes(['ActivityID', system.activityId], ['RelatedActivityID', system.relatedActivityId]) },
    { name: 'Execution', attributes: attributes(['ProcessID', system.processId?.toString()], ['ThreadID', system.threadId?.toString()]) },
    element('Channel', system.channel),
    element('Computer', system.computer),
    { name: 'Security', attributes: attributes(['UserID', system.userSid]) },
  ];
  const body: XmlElement[] = [{ name: 'System', children }, ...plainData(data)];
  return elementNode({ name: 'Event', attributes: [['xmlns', EVENT_NAMESPACE]], children: body }, undefined);
}

function plainData(data: WriteData): XmlElement[] {
  const hex = (bytes: Uint8Array): string => plainText({ type: 'binary', value: bytes });
  switch (data.kind) {
    case 'none':
      return [];
    case 'userData':
      return [{ name: 'UserData', children: [data.element] }];
    case 'classic': {
      const items: XmlElement[] = data.strings.map((value) => ({ name: 'Data', children: value === '' ? [] : [value] }));
      if (data.binary) items.push({ name: 'Binary', children: [hex(data.binary)] });
      return [{ name: 'EventData', children: items }];
    }
    case 'eventData': {
      const items: XmlElement[] = data.items.map((item) => ({
        name: 'Data',
        attributes: item.name === undefined ? [] : [['Name', item.name]],
        children: [plainText(item.value)].filter((value) => value !== ''),
      }));
      if (data.binary) items.push({ name: 'Binary', children: [hex(data.binary)] });
      return [{ name: 'EventData', children: items }];
    }
    case 'custom':
      throw new TypeError('a custom template cannot be written without templates');
  }
}

function renderingElement(info: WriteRenderingInfo): BinXmlElement {
  const part = (name: string, value: string | undefined): XmlElement[] => (value === undefined ? [] : [{ name, children: [value] }]);
  return elementNode(
    {
      name: 'RenderingInfo',
      attributes: [['Culture', info.culture]],
      children: [
        ...part('Message', info.message),
        ...part('Level', info.level),
        ...part('Task', info.task),
        ...part('Opcode', info.opcode),
        ...part('Channel', info.channel),
        ...part('Provider', info.provider),
        ...(info.keywords ? [{ name: 'Keywords', children: info.keywords.map((value) => ({ name: 'Keyword', children: [value] })) }] : []),
      ],
    },
    undefined,
  );
}

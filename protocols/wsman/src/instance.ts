import { WsmanError } from './errors.ts';
import { NS, RESOURCE } from './namespaces.ts';
import { readReference, writeReferenceParts } from './reference.ts';
import { isInstance, isReference, isTime, type WsmanInstance, type WsmanTime, type WsmanValue } from './values.ts';
import type { XmlElement } from './xml-element.ts';
import type { XmlAttributeList, XmlWriter } from './xml-write.ts';

/** Children that make a time (DSP0230 section 9.2.1). Rows of a column list write them without a namespace. */
const TIME_KINDS: ReadonlyMap<string, WsmanTime['kind']> = new Map([
  ['Datetime', 'datetime'],
  ['Date', 'date'],
  ['Time', 'time'],
  ['Interval', 'interval'],
  ['CIM_DateTime', 'dmtf'],
]);
const TIME_NAMES: Readonly<Record<WsmanTime['kind'], string>> = {
  datetime: 'Datetime',
  date: 'Date',
  time: 'Time',
  interval: 'Interval',
  dmtf: 'CIM_DateTime',
};

/** Reads an instance (`<p:Win32_X>`), a row (`<w:XmlFragment>`), a configuration element or output parameters. */
export function readInstance(element: XmlElement): WsmanInstance {
  const properties = readProperties(element);
  if (element.name === 'XmlFragment' && element.namespace === NS.w) return { properties };
  return { class: element.name, ...location(element.namespace), properties };
}

function location(uri: string): { resourceUri?: string; namespace?: string } {
  if (uri === '') return {};
  const slash = uri.lastIndexOf('/');
  const namespace = uri.startsWith(RESOURCE.wmi) && slash > RESOURCE.wmi.length ? uri.slice(RESOURCE.wmi.length, slash) : undefined;
  return namespace === undefined ? { resourceUri: uri } : { resourceUri: uri, namespace };
}

function readProperties(element: XmlElement): Map<string, WsmanValue> {
  const properties = new Map<string, WsmanValue | WsmanValue[]>();
  // Values that repeat; few instances have any.
  let lists: Map<string, WsmanValue[]> | undefined;
  for (const child of element.nodes) {
    if (typeof child === 'string') continue;
    const value = readValue(child);
    const list = lists?.get(child.name);
    if (list !== undefined) list.push(value);
    else if (properties.has(child.name)) {
      const started = [properties.get(child.name) as WsmanValue, value];
      lists ??= new Map();
      lists.set(child.name, started);
      properties.set(child.name, started);
    } else properties.set(child.name, value);
  }
  return properties;
}

/** Reads the value of one property element. */
export function readValue(element: XmlElement): WsmanValue {
  const nil = element.attribute('nil', NS.xsi);
  if (nil === 'true' || nil === '1') return null;
  // Most are a text alone.
  const [only] = element.nodes;
  if (typeof only === 'string' && element.nodes.length === 1) return only;
  const [first, second] = element.elements;
  if (first === undefined) return element.text;
  const kind = TIME_KINDS.get(first.name);
  if (second === undefined && kind !== undefined && (first.namespace === NS.cim || first.namespace === '')) {
    return { kind, text: first.text.trim() };
  }
  const reference = readReference(element);
  if (reference !== undefined) return reference;
  return { ...typeOf(element), properties: readProperties(element) };
}

/** Class of an embedded instance from `xsi:type="p:Class_Type"` (DSP0230 section 9.2.4). */
function typeOf(element: XmlElement): { class?: string; resourceUri?: string; namespace?: string } {
  const type = element.attribute('type', NS.xsi);
  if (type === undefined) return {};
  const colon = type.indexOf(':');
  const name = type.slice(colon + 1);
  const uri = element.resolve(colon < 0 ? '' : type.slice(0, colon));
  return { class: name.endsWith('_Type') ? name.slice(0, -5) : name, ...location(uri ?? '') };
}

/** How to write an instance. */
export interface WriteInstanceOptions {
  /** `xsi:type` at the element, as Windows answers; requests leave it out. Default false. */
  readonly typed?: boolean;
  /** Namespace of the element when the instance names none. */
  readonly resourceUri?: string;
}

/**
 * Writes an instance; without a class as a row (`w:XmlFragment`). The prefix `w` must be declared around it.
 * @throws WsmanError `WSMAN_VALUE` for names XML does not have and arrays inside arrays.
 */
export function writeInstance(writer: XmlWriter, instance: WsmanInstance, options: WriteInstanceOptions = {}): void {
  const base: XmlAttributeList = [
    ['xmlns:xsi', NS.xsi],
    ['xmlns:cim', NS.cim],
    ['xmlns:a', NS.a],
  ];
  if (instance.class === undefined) {
    writer.open('w:XmlFragment', base.slice(0, 1));
    writeProperties(writer, instance.properties, '', 1);
  } else {
    const uri = instance.resourceUri ?? options.resourceUri ?? '';
    const prefix = uri === '' ? '' : 'p:';
    writer.open(`${prefix}${instance.class}`, [
      ...(uri === '' ? [] : [['xmlns:p', uri] as const]),
      ...base,
      ['xsi:type', options.typed === true ? `${prefix}${instance.class}_Type` : undefined],
    ]);
    writeProperties(writer, instance.properties, prefix, 1);
  }
  writer.close();
}

function writeProperties(writer: XmlWriter, properties: ReadonlyMap<string, WsmanValue>, prefix: string, depth: number): void {
  for (const [name, value] of properties) {
    const list = Array.isArray(value) ? (value as readonly WsmanValue[]) : [value as WsmanValue];
    // A null array is the element once with xsi:nil (MS-WSMV 3.1.4.1.26); an empty one cannot be told from it.
    if (list.length === 0) writeValue(writer, `${prefix}${name}`, null, prefix, depth);
    for (const item of list) writeValue(writer, `${prefix}${name}`, item, prefix, depth);
  }
}

function writeValue(writer: XmlWriter, qname: string, value: WsmanValue, prefix: string, depth: number): void {
  if (value === null) writer.leaf(qname, undefined, [['xsi:nil', 'true']]);
  else if (typeof value === 'string') writer.leaf(qname, value);
  else if (isTime(value)) {
    const name = TIME_NAMES[value.kind];
    writer
      .open(qname)
      .leaf(prefix === '' ? name : `cim:${name}`, value.text)
      .close();
  } else if (isReference(value)) {
    writer.open(qname, [['xmlns:a', NS.a]]);
    writeReferenceParts(writer, value);
    writer.close();
  } else if (isInstance(value)) writeEmbedded(writer, qname, value, prefix, depth);
  else throw new WsmanError('WSMAN_VALUE', 'array inside an array');
}

function writeEmbedded(writer: XmlWriter, qname: string, value: WsmanInstance, outer: string, depth: number): void {
  const own = value.resourceUri === undefined ? outer : `e${depth}:`;
  writer.open(qname, [
    [`xmlns:e${depth}`, value.resourceUri],
    ['xsi:type', value.class === undefined ? undefined : `${own}${value.class}_Type`],
  ]);
  writeProperties(writer, value.properties, own, depth + 1);
  writer.close();
}

import { ANONYMOUS, NS, wmi, XmlWriter } from '@winmedic/wsman';
import { type CimClass, type CimInstance, type CimReference, type CimValue, isDatetime, propertyOf, scalarText } from '../wmi/model.ts';

/** An instance with its class as element and type (`select *`, Get). @param uri its resource URI. */
export function typedInstance(instance: CimInstance): string {
  const xml = new XmlWriter();
  xml.open(`p:${instance.class}`, [
    ['xmlns:xsi', NS.xsi],
    ['xmlns:p', wmi(instance.namespace, instance.class)],
    ['xmlns:cim', NS.cim],
    ['xsi:type', `p:${instance.class}_Type`],
  ]);
  for (const [name, value] of instance.properties) writeProperty(xml, 'p', `p:${name}`, value);
  return xml.close().toString();
}

/** A row of a query with columns: no class, no namespace (recorded: `w:XmlFragment`). */
export function fragment(instance: CimInstance, columns: readonly string[]): string {
  const xml = new XmlWriter();
  xml.open('w:XmlFragment', [
    ['xmlns:xsi', NS.xsi],
    ['xmlns:w', NS.w],
  ]);
  for (const column of columns) {
    const value = propertyOf(instance, column);
    writeProperty(xml, '', nameOf(instance, column), value ?? null);
  }
  return xml.close().toString();
}

/** An endpoint reference to the instance, as EnumerationMode EnumerateEPR answers. */
export function reference(instance: CimInstance, cimClass: Pick<CimClass, 'keys'>): string {
  const keys = cimClass.keys.map((key) => [key, scalarText(propertyOf(instance, key) ?? null) ?? ''] as const);
  const xml = new XmlWriter().open('a:EndpointReference');
  writeReference(xml, { kind: 'reference', namespace: instance.namespace, class: instance.class, keys: new Map(keys) });
  return xml.close().toString();
}

/** Out parameters of a method, `<p:Method_OUTPUT>`. */
export function methodOutput(namespace: string, className: string, method: string, values: ReadonlyMap<string, CimValue>): string {
  const xml = new XmlWriter();
  xml.open(`p:${method}_OUTPUT`, [
    ['xmlns:xsi', NS.xsi],
    ['xmlns:p', wmi(namespace, className)],
    ['xmlns:cim', NS.cim],
  ]);
  for (const [name, value] of values) writeProperty(xml, 'p', `p:${name}`, value);
  return xml.close().toString();
}

function nameOf(instance: CimInstance, column: string): string {
  for (const name of instance.properties.keys()) if (name.toLowerCase() === column.toLowerCase()) return name;
  return column;
}

/** A property: null as xsi:nil, an array as the element repeated, no element for an empty array (recorded exchanges). */
function writeProperty(xml: XmlWriter, prefix: 'p' | '', qname: string, value: CimValue): void {
  if (value === null) {
    xml.leaf(qname, '', [['xsi:nil', 'true']]);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) writeProperty(xml, prefix, qname, item);
    return;
  }
  if (typeof value !== 'object') {
    xml.leaf(qname, String(value));
    return;
  }
  const single = value as Exclude<CimValue, readonly CimValue[] | string | number | bigint | boolean | null>;
  if (isDatetime(single)) {
    const child = single.kind === 'datetime' ? 'Datetime' : 'Interval';
    xml.open(qname).leaf(prefix === '' ? child : `cim:${child}`, single.text).close();
    return;
  }
  if (single.kind === 'reference') {
    xml.open(qname);
    writeReference(xml, single);
    xml.close();
    return;
  }
  writeEmbedded(xml, qname, single);
}

/** An embedded instance: the property's element has the class as type, with a namespace of its own. */
function writeEmbedded(xml: XmlWriter, qname: string, instance: CimInstance): void {
  const inner = 'e1';
  xml.open(qname, [
    [`xmlns:${inner}`, wmi(instance.namespace, instance.class)],
    ['xsi:type', `${inner}:${instance.class}_Type`],
  ]);
  for (const [name, value] of instance.properties) writeProperty(xml, 'p', `${inner}:${name}`, value);
  xml.close();
}

function writeReference(xml: XmlWriter, to: CimReference): void {
  xml.leaf('a:Address', ANONYMOUS, [['xmlns:a', NS.a]]).open('a:ReferenceParameters', [
    ['xmlns:a', NS.a],
    ['xmlns:w', NS.w],
  ]);
  xml.leaf('w:ResourceURI', wmi(to.namespace, to.class)).open('w:SelectorSet');
  xml.leaf('w:Selector', to.namespace, [['Name', '__cimnamespace']]);
  for (const [name, value] of to.keys) xml.leaf('w:Selector', value, [['Name', name]]);
  xml.close().close();
}

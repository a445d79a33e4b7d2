/** Value of a property. Windows sends no types with properties: numbers and booleans come as their text. */
export type WsmanValue = null | string | WsmanTime | WsmanInstance | WsmanReference | readonly WsmanValue[];

/** A time or a span, from the children `cim:Datetime`, `cim:Date`, `cim:Time`, `cim:Interval` (DSP0230 section 9.2.1). */
export interface WsmanTime {
  readonly kind: 'datetime' | 'date' | 'time' | 'interval' | 'dmtf';
  /** As written: XML Schema dateTime or duration; `dmtf`: the CIM text of 25 characters. */
  readonly text: string;
}

/** An endpoint reference (WS-Addressing 2004/08): names an instance. */
export interface WsmanReference {
  readonly address: string;
  readonly resourceUri: string;
  /** A selector's value may be a reference itself. */
  readonly selectors: ReadonlyMap<string, string | WsmanReference>;
}

/** An instance or a row of a query. */
export interface WsmanInstance {
  /** Class as the element is called; absent for rows of a column list (`w:XmlFragment`). */
  readonly class?: string;
  /** WMI namespace (`root/cimv2`) when the element's XML namespace is a WMI resource URI; else absent. */
  readonly namespace?: string;
  /** The element's XML namespace: the resource URI of the class. */
  readonly resourceUri?: string;
  /** In the order of the wire; a name that comes several times is an array. */
  readonly properties: ReadonlyMap<string, WsmanValue>;
  /** In mode `objectAndReference`. */
  readonly reference?: WsmanReference;
}

/** Is it an instance (an embedded one, when it is a value)? */
export function isInstance(value: WsmanValue | undefined): value is WsmanInstance {
  return typeof value === 'object' && value !== null && 'properties' in value;
}

/** Is it a reference? */
export function isReference(value: WsmanValue | undefined): value is WsmanReference {
  return typeof value === 'object' && value !== null && 'selectors' in value;
}

/** Is it a time or a span? */
export function isTime(value: WsmanValue | undefined): value is WsmanTime {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** A property as text: text itself or a time's text; `undefined` when it is null, absent or something else. */
export function textOf(instance: WsmanInstance, name: string): string | undefined {
  const value = instance.properties.get(name);
  return typeof value === 'string' ? value : isTime(value) ? value.text : undefined;
}

/** All values of a property: an array of one element looks like a plain value on the wire, null like an empty array. */
export function valuesOf(instance: WsmanInstance, name: string): readonly WsmanValue[] {
  const value = instance.properties.get(name);
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

import { ANONYMOUS, type WsmanInstance, type WsmanReference, type WsmanValue, wmi } from '@winmedic/wsman';
import { type CimClass, type CimInstance, type CimReference, type CimValue, isDatetime, propertyOf, scalarText } from '../wmi/model.ts';

/** An instance with its class (`select *`, Get). */
export function typedInstance(instance: CimInstance): WsmanInstance {
  return {
    class: instance.class,
    namespace: instance.namespace,
    resourceUri: wmi(instance.namespace, instance.class),
    properties: new Map([...instance.properties].map(([name, value]) => [name, toValue(value)])),
  };
}

/** A row of a query with columns: no class; names as the class writes them, in the order asked for. */
export function fragment(instance: CimInstance, columns: readonly string[]): WsmanInstance {
  const names = new Map([...instance.properties.keys()].map((name) => [name.toLowerCase(), name]));
  return {
    properties: new Map(
      columns.map((column) => [names.get(column.toLowerCase()) ?? column, toValue(propertyOf(instance, column) ?? null)]),
    ),
  };
}

/** An endpoint reference to the instance, by the keys of its class. */
export function referenceTo(instance: CimInstance, keys: CimClass['keys']): WsmanReference {
  const values = keys.map((key) => [key, scalarText(propertyOf(instance, key) ?? null) ?? ''] as const);
  return toReference({ kind: 'reference', namespace: instance.namespace, class: instance.class, keys: new Map(values) });
}

/** A value as it goes over the wire: numbers and booleans as their text. */
export function toValue(value: CimValue): WsmanValue {
  if (value === null || typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(toValue);
  const single = value as Exclude<CimValue, readonly CimValue[] | string | number | bigint | boolean | null>;
  if (isDatetime(single)) return { kind: single.kind, text: single.text };
  return single.kind === 'reference' ? toReference(single) : typedInstance(single);
}

/** A parameter of a method as texts: an array one by one, a reference as the values of its selectors. */
export function texts(value: WsmanValue): readonly string[] {
  if (value === null) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return (value as readonly WsmanValue[]).flatMap(texts);
  if ('selectors' in value) return [[...value.selectors.values()].filter((v) => typeof v === 'string').join('\n')];
  return 'text' in value ? [value.text] : [];
}

function toReference(to: CimReference): WsmanReference {
  const selectors = new Map([['__cimnamespace', to.namespace], ...to.keys]);
  return { address: ANONYMOUS, resourceUri: wmi(to.namespace, to.class), selectors };
}

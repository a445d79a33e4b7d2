/** A value of a CIM property as the double keeps it. Arrays hold one kind. */
export type CimValue = null | string | number | bigint | boolean | CimDatetime | CimReference | CimInstance | readonly CimValue[];

/** A CIM datetime; `text` is xs:dateTime, or xs:duration for an interval (DSP0230). */
export interface CimDatetime {
  readonly kind: 'datetime' | 'interval';
  readonly text: string;
}

/** A reference to an instance: an endpoint reference on the wire. */
export interface CimReference {
  readonly kind: 'reference';
  readonly namespace: string;
  readonly class: string;
  readonly keys: ReadonlyMap<string, string>;
}

/** An instance: its class and all its properties in the order of the class. */
export interface CimInstance {
  readonly kind: 'instance';
  readonly namespace: string;
  readonly class: string;
  readonly properties: ReadonlyMap<string, CimValue>;
}

/** What a method gives: out parameters with ReturnValue. */
export type CimMethod = (
  instance: CimInstance | undefined,
  parameters: ReadonlyMap<string, readonly string[]>,
) => ReadonlyMap<string, CimValue>;

/** A class with its instances, made when they are first asked for. */
export interface CimClass {
  readonly name: string;
  readonly namespace: string;
  /** Base classes that a query may name instead. */
  readonly bases: readonly string[];
  readonly keys: readonly string[];
  /** A host without the right on it: `no-hyper-v` may not read these. */
  readonly instances: () => readonly CimInstance[];
  readonly methods: ReadonlyMap<string, CimMethod>;
}

/** A namespace, `root/cimv2`; class names compare without case. */
export interface CimNamespace {
  readonly name: string;
  readonly classes: ReadonlyMap<string, CimClass>;
}

/** Rows as class definitions write them: property names with values, in order. */
export type Row = Readonly<Record<string, CimValue>>;

/** Defines a class from a function giving its rows; all rows have the same properties. */
export function defineClass(
  namespace: string,
  name: string,
  keys: readonly string[],
  rows: () => readonly Row[],
  more: { readonly bases?: readonly string[]; readonly methods?: Readonly<Record<string, CimMethod>> } = {},
): CimClass {
  let made: readonly CimInstance[] | undefined;
  return {
    name,
    namespace,
    bases: more.bases ?? [],
    keys,
    instances: () => {
      made ??= rows().map((row) => instanceOf(namespace, name, row));
      return made;
    },
    methods: new Map(Object.entries(more.methods ?? {})),
  };
}

/** An instance from a row. */
export function instanceOf(namespace: string, name: string, row: Row): CimInstance {
  return { kind: 'instance', namespace, class: name, properties: new Map(Object.entries(row)) };
}

/** A namespace of these classes. */
export function defineNamespace(name: string, classes: readonly CimClass[]): CimNamespace {
  return { name, classes: new Map(classes.map((c) => [c.name.toLowerCase(), c])) };
}

/** All instances of a class by name or of the classes derived from it; `undefined` when there is no such class. */
export function instancesOf(
  namespace: CimNamespace,
  className: string,
): { readonly class: string; readonly instances: readonly CimInstance[] } | undefined {
  const wanted = className.toLowerCase();
  const exact = namespace.classes.get(wanted);
  if (exact !== undefined) return { class: exact.name, instances: exact.instances() };
  const derived = [...namespace.classes.values()].filter((c) => c.bases.some((base) => base.toLowerCase() === wanted));
  if (derived.length === 0) return undefined;
  return { class: className, instances: derived.flatMap((c) => c.instances()) };
}

/** The value of a property, its name in any case; `undefined` when the instance has none. */
export function propertyOf(instance: CimInstance, name: string): CimValue | undefined {
  const direct = instance.properties.get(name);
  if (direct !== undefined) return direct;
  const wanted = name.toLowerCase();
  for (const [key, value] of instance.properties) if (key.toLowerCase() === wanted) return value;
  return undefined;
}

/** A point in time. */
export function datetime(date: Date): CimDatetime {
  return { kind: 'datetime', text: date.toISOString().replace('.000Z', 'Z') };
}

/** Is this value a point in time or an interval? */
export function isDatetime(value: CimValue): value is CimDatetime {
  return typeof value === 'object' && value !== null && 'kind' in value && (value.kind === 'datetime' || value.kind === 'interval');
}

/** A scalar as WQL and selectors compare it: text of numbers, `true`/`false`; `undefined` for what has no such form. */
export function scalarText(value: CimValue): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return value !== null && isDatetime(value) ? value.text : undefined;
}

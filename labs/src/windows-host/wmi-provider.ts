import { DIALECT, type Filter, type Operation, RESOURCE, type WsmanInstance, type WsmanValue } from '@winmedic/wsman';
import type { Caller } from './caller.ts';
import type { Repository } from './repository.ts';
import type { ResolvedSpec } from './resolved.ts';
import { refuse } from './soap/faults.ts';
import { fragment, referenceTo, texts, toValue, typedInstance } from './soap/values.ts';
import { type CimClass, type CimInstance, type CimNamespace, instancesOf, propertyOf, scalarText } from './wmi/model.ts';
import { matches, parseWql, WqlError, type WqlQuery } from './wmi/query.ts';

/** Selectors of a request with text values. */
export type TextSelectors = ReadonlyMap<string, string>;

/** WBEM error codes (MS-WMI 2.2.11, win32 documentation). */
const WBEM = {
  invalidNamespace: 0x8004100e,
  invalidClass: 0x80041010,
  invalidQuery: 0x80041017,
  invalidMethod: 0x8004102e,
  initialization: 0x80041014,
} as const;

/** What a WMI resource URI names. */
interface Place {
  readonly namespace: string;
  readonly class: string;
}

/** The WMI plug-in of the service: enumerations, Get and methods over the host's repository, with rights and faults on demand. */
export class WmiProvider {
  readonly #repository: Repository;
  readonly #spec: ResolvedSpec;

  constructor(spec: ResolvedSpec, repository: Repository) {
    this.#spec = spec;
    this.#repository = repository;
  }

  /** Is this a URI of the plug-in? */
  static owns(resourceUri: string): boolean {
    return resourceUri.startsWith(RESOURCE.wmi) || resourceUri.startsWith(RESOURCE.cim);
  }

  /** Instances of a class, or rows of a query. */
  enumerate(
    caller: Caller,
    resourceUri: string,
    selectors: TextSelectors,
    operation: Extract<Operation, { kind: 'enumerate' }>,
  ): { readonly count: number; readonly item: (index: number) => WsmanInstance } {
    const place = this.#place(caller, resourceUri, selectors);
    const { filter, mode } = operation;
    const query = filter === undefined ? undefined : readQuery(filter);
    if (query === undefined && place.class === '*') throw refuse.resourceUri();
    const namespace = this.#namespace(place.namespace, query !== undefined);
    const { instances, keysOf } = select(namespace, query, place.class);
    const columns = query?.columns;
    const item = (index: number): WsmanInstance => {
      const instance = instances[index] as CimInstance;
      const object = columns === undefined ? typedInstance(instance) : fragment(instance, columns);
      return mode === 'object' ? object : { ...object, reference: referenceTo(instance, keysOf(instance)) };
    };
    return { count: instances.length, item };
  }

  /** One instance by its keys. */
  get(caller: Caller, resourceUri: string, selectors: TextSelectors): WsmanInstance {
    const place = this.#place(caller, resourceUri, selectors);
    const cimClass = this.#class(place);
    return typedInstance(findInstance(cimClass, selectors));
  }

  /** Calls a method. @returns its out parameters. */
  invoke(
    caller: Caller,
    resourceUri: string,
    selectors: TextSelectors,
    method: string,
    parameters: WsmanInstance,
  ): ReadonlyMap<string, WsmanValue> {
    const place = this.#place(caller, resourceUri, selectors);
    const cimClass = this.#class(place);
    const found = [...cimClass.methods].find(([name]) => name.toLowerCase() === method.toLowerCase())?.[1];
    if (found === undefined) throw refuse.wmi(WBEM.invalidMethod, 'The WMI provider returned an error: the method does not exist. ');
    const named = [...selectors.keys()].some((name) => name.toLowerCase() !== '__cimnamespace');
    const instance = named ? findInstance(cimClass, selectors) : undefined;
    const values = new Map([...parameters.properties].map(([name, value]) => [name, texts(value)]));
    return new Map([...found(instance, values)].map(([name, value]) => [name, toValue(value)]));
  }

  #place(caller: Caller, resourceUri: string, selectors: TextSelectors): Place {
    const isWmi = resourceUri.startsWith(RESOURCE.wmi);
    const rest = resourceUri.slice((isWmi ? RESOURCE.wmi : RESOURCE.cim).length);
    const slash = rest.lastIndexOf('/');
    const namespace = isWmi ? rest.slice(0, Math.max(0, slash)) : (selectors.get('__cimnamespace') ?? 'root/cimv2');
    const place = { namespace, class: rest.slice(slash + 1) };
    if (place.class === '' || namespace === '') throw refuse.resourceUri();
    this.#check(caller, namespace.toLowerCase().replaceAll('\\', '/'));
    return place;
  }

  #check(caller: Caller, namespace: string): void {
    if (this.#spec.fault === 'wmi-broken') throw refuse.wmi(WBEM.initialization, 'The WMI service failed to initialize. ');
    if (caller.rights === 'no-namespace') throw refuse.namespaceDenied();
    if (caller.rights === 'no-hyper-v' && namespace.startsWith('root/virtualization')) throw refuse.providerDenied();
  }

  #namespace(name: string, query: boolean): CimNamespace {
    const gone = this.#spec.fault === 'invalid-namespace' && !/^root[\\/](?:cimv2|default)$/i.test(name);
    const found = gone ? undefined : this.#repository.namespace(name);
    if (found !== undefined) return found;
    throw query
      ? refuse.filter(WBEM.invalidNamespace)
      : refuse.wmi(WBEM.invalidNamespace, 'The WMI service returned an error: the namespace is not valid. ');
  }

  #class(place: Place): CimClass {
    const found = this.#namespace(place.namespace, false).classes.get(place.class.toLowerCase());
    if (found === undefined) throw refuse.wmi(WBEM.invalidClass, 'The WMI service returned an error: the class is not valid. ');
    return found;
  }
}

function readQuery(filter: Filter): WqlQuery {
  if (filter.dialect !== '' && filter.dialect !== DIALECT.wql) throw refuse.dialect();
  try {
    return parseWql(filter.text.trim());
  } catch (error) {
    if (error instanceof WqlError) throw refuse.filter(WBEM.invalidQuery);
    throw error;
  }
}

function select(
  namespace: CimNamespace,
  query: WqlQuery | undefined,
  className: string,
): { readonly instances: readonly CimInstance[]; readonly keysOf: (instance: CimInstance) => readonly string[] } {
  const found = instancesOf(namespace, query?.class ?? className);
  if (found === undefined)
    throw query === undefined ? refuse.wmi(WBEM.invalidClass, 'The class is not valid. ') : refuse.filter(WBEM.invalidClass);
  const keysOf = (instance: CimInstance): readonly string[] => namespace.classes.get(instance.class.toLowerCase())?.keys ?? [];
  if (query === undefined) return { instances: found.instances, keysOf };
  try {
    const instances = found.instances.filter((instance) => matches(query, instance));
    const [first] = found.instances;
    const missing = query.columns?.some(
      (column) => first !== undefined && propertyOf(first, column) === undefined && !column.startsWith('__'),
    );
    if (missing === true) throw new WqlError('no such property');
    return { instances, keysOf };
  } catch (error) {
    if (error instanceof WqlError) throw refuse.filter(WBEM.invalidQuery);
    throw error;
  }
}

/** The one instance the selectors name: all keys, nothing but properties; a singleton needs none. */
function findInstance(cimClass: CimClass, selectors: TextSelectors): CimInstance {
  const wanted = [...selectors].filter(([name]) => name.toLowerCase() !== '__cimnamespace');
  const instances = cimClass.instances();
  const [first] = instances;
  if (first !== undefined && wanted.some(([name]) => propertyOf(first, name) === undefined)) throw refuse.selectors();
  const found = instances.filter((instance) =>
    wanted.every(([name, value]) => scalarText(propertyOf(instance, name) ?? null)?.toLowerCase() === value.toLowerCase()),
  );
  if (found.length > 1) throw refuse.selectors();
  if (found[0] === undefined) throw refuse.notFound();
  return found[0];
}

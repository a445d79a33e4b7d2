import { ARRAY, type Instance, TYPE } from './instance.ts';
import type { Template } from './template.ts';
import { attributeText, elementText } from './text.ts';
import { type AttributeNode, ELEMENT, type ElementNode, isNamespace, literalAttribute, localName, SLOT } from './tree.ts';
import type { EvtxValue } from './types.ts';
import { items, scalarText, slotText, slotTyped } from './values.ts';

/** Where a fragment stands: the whole event; a child of Event; inside EventData; inside UserData (or another data section). */
export type Place = 'event' | 'section' | 'data' | 'user';

/** One data field a template can give. */
export interface FieldEntry {
  /** Name known from the template; null when it is a value itself (`nameFrom`) or has to be counted (`Data[n]`). */
  readonly name: string | null;
  readonly nameFrom: AttributeNode | null;
  /** Value indexes that must not be NULL. */
  readonly dependencies: readonly number[];
  readonly element: ElementNode;
  /** Set for `Element@Attribute`. */
  readonly attribute: AttributeNode | null;
  /** Value index when the whole value is one substitution, else -1. */
  readonly slot: number;
  /** The whole value when it is literal, else null. */
  readonly literal: string | null;
}
/** A substitution where fields may hide in nested BinXML. */
export interface NestedEntry {
  readonly nested: number;
  readonly place: Place;
  readonly dependencies: readonly number[];
  /** The leaf element around it in UserData: a plain value there is a field of that name. */
  readonly otherwise: FieldEntry | null;
}
/** What a field plan lists, in the order of the event. */
export type PlanEntry = FieldEntry | NestedEntry;

/** The data fields of a template in order, and an index of the ones whose names are known. */
export interface FieldPlan {
  readonly entries: readonly PlanEntry[];
  readonly named: ReadonlyMap<string, readonly FieldEntry[]>;
  readonly nested: readonly NestedEntry[];
  /** Some names are known only per record. */
  readonly dynamic: boolean;
  readonly unnamed: boolean;
}

function compilePlan(template: Template, place: Place): FieldPlan {
  const entries: PlanEntry[] = [];
  const root = template.root;
  switch (place) {
    case 'event':
      for (const child of root.children) {
        if (child.kind === ELEMENT) section(child, dependenciesOf([], child), entries);
        else if (child.kind === SLOT) entries.push({ nested: child.index, place: 'section', dependencies: [], otherwise: null });
      }
      break;
    case 'section':
      section(root, [], entries);
      break;
    case 'data':
      dataElement(root, [], entries);
      break;
    case 'user':
      userElement(root, [], entries);
  }
  const named = new Map<string, FieldEntry[]>();
  const nested: NestedEntry[] = [];
  let dynamic = false;
  let unnamed = false;
  const add = (entry: FieldEntry): void => {
    if (entry.name !== null) {
      const list = named.get(entry.name);
      if (list === undefined) named.set(entry.name, [entry]);
      else list.push(entry);
    } else if (entry.nameFrom !== null) dynamic = true;
    else unnamed = true;
  };
  for (const entry of entries) {
    if (!('nested' in entry)) add(entry);
    else nested.push(entry);
  }
  return { entries, named, nested, dynamic, unnamed };
}

/** The data fields of a template that stands at that place. */
export function fieldPlan(template: Template, place: Place): FieldPlan {
  let plan = template.memo[place];
  if (plan === undefined) {
    plan = compilePlan(template, place);
    template.memo[place] = plan;
  }
  return plan;
}

function dependenciesOf(outer: readonly number[], element: ElementNode): readonly number[] {
  return element.dependency < 0 ? outer : [...outer, element.dependency];
}

function section(element: ElementNode, dependencies: readonly number[], into: PlanEntry[]): void {
  const name = localName(element.name);
  if (name === 'System' || name === 'RenderingInfo') return;
  if (name !== 'EventData') {
    if (name === 'UserData') attributes(element, name, dependencies, into);
    userChildren(element, dependencies, into, name !== 'UserData');
    return;
  }
  for (const child of element.children) {
    if (child.kind === ELEMENT) dataElement(child, dependenciesOf(dependencies, child), into);
    else if (child.kind === SLOT) into.push({ nested: child.index, place: 'data', dependencies, otherwise: null });
  }
}

/** `selfNamed`: an element directly under Event (or a fragment in UserData's place) that is a leaf is a field itself. */
function userChildren(element: ElementNode, dependencies: readonly number[], into: PlanEntry[], selfNamed: boolean): void {
  if (selfNamed) {
    userElement(element, dependencies, into);
    return;
  }
  for (const child of element.children) {
    if (child.kind === ELEMENT) userElement(child, dependenciesOf(dependencies, child), into);
    else if (child.kind === SLOT) into.push({ nested: child.index, place: 'user', dependencies, otherwise: null });
  }
}

function dataElement(element: ElementNode, dependencies: readonly number[], into: PlanEntry[]): void {
  const literal = literalAttribute(element, 'Name');
  const name = literal === undefined ? (element.name === 'Data' ? null : localName(element.name)) : literal;
  const nameFrom = literal === null ? (element.attributes.find((attribute) => attribute.name === 'Name') ?? null) : null;
  into.push(field(name === '' ? null : name, nameFrom, dependencies, element, null));
  if (literal === undefined && element.name !== 'Data') attributes(element, localName(element.name), dependencies, into);
}

function userElement(element: ElementNode, dependencies: readonly number[], into: PlanEntry[]): void {
  if (element.name === 'Data') {
    dataElement(element, dependencies, into);
    return;
  }
  const name = localName(element.name);
  attributes(element, name, dependencies, into);
  if (element.elements > 0) {
    for (const child of element.children) {
      if (child.kind === ELEMENT) userElement(child, dependenciesOf(dependencies, child), into);
      else if (child.kind === SLOT) into.push({ nested: child.index, place: 'user', dependencies, otherwise: null });
    }
    return;
  }
  const leaf = field(name, null, dependencies, element, null);
  if (leaf.slot >= 0) into.push({ nested: leaf.slot, place: 'user', dependencies, otherwise: leaf });
  else if (element.children.length > 0 || element.attributes.every((attribute) => isNamespace(attribute.name))) into.push(leaf);
}

function attributes(element: ElementNode, name: string, dependencies: readonly number[], into: PlanEntry[]): void {
  for (const attribute of element.attributes) {
    if (!isNamespace(attribute.name)) into.push(field(`${name}@${localName(attribute.name)}`, null, dependencies, element, attribute));
  }
}

/** A field whose value is the content of an element or one of its attributes. */
export function field(
  name: string | null,
  nameFrom: AttributeNode | null,
  dependencies: readonly number[],
  element: ElementNode,
  attribute: AttributeNode | null,
): FieldEntry {
  if (attribute === null) return { name, nameFrom, dependencies, element, attribute, slot: element.onlySlot, literal: element.literal };
  const only = attribute.parts.length === 1 ? attribute.parts[0] : undefined;
  let literal: string | null = '';
  for (const part of attribute.parts) literal = literal === null || part.kind === SLOT ? null : literal + part.text;
  return { name, nameFrom, dependencies, element, attribute, slot: only?.kind === SLOT ? only.index : -1, literal };
}

/** True when the element is there: no NULL dependency on the way. */
export function present(dependencies: readonly number[], instance: Instance): boolean {
  for (const dependency of dependencies) if (instance.type(dependency) === TYPE.NULL) return false;
  return true;
}

/** Text of a field that is present. */
export function fieldText(entry: FieldEntry, instance: Instance): string {
  if (entry.literal !== null) return entry.literal;
  if (entry.slot >= 0 && instance.fragments(entry.slot) === undefined) return slotText(instance, entry.slot);
  return entry.attribute === null ? elementText(entry.element, instance) : attributeText(entry.attribute, instance);
}

/** Typed value of a field that is present. */
export function fieldTyped(
  entry: FieldEntry,
  instance: Instance,
  element: (element: ElementNode, instance: Instance) => EvtxValue,
): EvtxValue {
  if (entry.literal !== null) return entry.literal;
  if (entry.slot >= 0) {
    const fragments = instance.fragments(entry.slot);
    if (fragments === undefined) return slotTyped(instance, entry.slot);
    const made = fragments.map((fragment) => element(fragment.template.root, fragment));
    return made.length === 1 ? made[0]! : made;
  }
  if (entry.attribute !== null) return attributeText(entry.attribute, instance);
  return entry.element.elements > 0 ? element(entry.element, instance) : elementText(entry.element, instance);
}

/**
 * Told for every field: its name, its entry and the instance that holds the value; return true to stop. `item` is the text of one
 * item when an array fills an unnamed Data element, which then stands for one element per item ([MS-EVEN6] 3.1.4.7.5).
 */
export type FieldVisitor = (name: string, entry: FieldEntry, instance: Instance, item: string | undefined) => boolean;

/** Counts unnamed Data across fragments of one record. */
export interface UnnamedCounter {
  next: number;
}

/** Visits every field of a fragment in order. @returns true when the visitor stopped. */
export function visitFields(instance: Instance, place: Place, counter: UnnamedCounter, visit: FieldVisitor): boolean {
  for (const entry of fieldPlan(instance.template, place).entries) {
    if (!present(entry.dependencies, instance)) continue;
    if ('nested' in entry) {
      const fragments = instance.fragments(entry.nested);
      if (fragments !== undefined) {
        for (const fragment of fragments) if (visitFields(fragment, entry.place, counter, visit)) return true;
      } else if (entry.otherwise !== null && visit(entry.otherwise.name!, entry.otherwise, instance, undefined)) return true;
      continue;
    }
    if (entry.name !== null) {
      if (visit(entry.name, entry, instance, undefined)) return true;
      continue;
    }
    const name = entry.nameFrom === null ? '' : attributeText(entry.nameFrom, instance);
    if (name !== '') {
      if (visit(name, entry, instance, undefined)) return true;
      continue;
    }
    const parts = arrayTexts(entry, instance);
    if (parts === undefined) {
      if (visit(`Data[${counter.next++}]`, entry, instance, undefined)) return true;
    } else for (const part of parts) if (visit(`Data[${counter.next++}]`, entry, instance, part)) return true;
  }
  return false;
}

/** Texts of the items when the field is an array value, else undefined. */
export function arrayTexts(entry: FieldEntry, instance: Instance): string[] | undefined {
  if (entry.slot < 0 || (instance.type(entry.slot) & ARRAY) === 0 || entry.slot >= instance.count) return undefined;
  const out: string[] = [];
  const at = instance.start(entry.slot);
  items(instance.window, instance.type(entry.slot), at, instance.end(entry.slot) - at, (type, from, size) => {
    out.push(scalarText(instance.window, type, from, size));
  });
  return out;
}

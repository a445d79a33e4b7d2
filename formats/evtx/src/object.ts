import { ARRAY, type Instance, TYPE } from './instance.ts';
import { knownKey, knownMaker, putKnown } from './known-keys.ts';
import { type PlainObject, plainObjectMaker } from './plain-object.ts';
import { numberOf } from './system.ts';
import type { Template } from './template.ts';
import { attributeText, elementText } from './text.ts';
import { type AttributeNode, CDATA, ELEMENT, type ElementNode, isNamespace, literalAttribute, localName, SLOT, TEXT } from './tree.ts';
import { itemScalars, scalar } from './values.ts';

// The event as a plain object (shape: README, "Objects and JSON"). Each element of a template is compiled once into a function
// that makes its value. Keys come from the file, so `__proto__` is defined as an own property instead of being assigned.

/** Makes the value of an element. */
export type ObjectMaker = (instance: Instance) => unknown;
type Maker = ObjectMaker;
type Custom = (out: PlainObject, instance: Instance) => void;

const NOTHING = new DataView(new ArrayBuffer(0));

/**
 * One member of an object. Most are one substitution under a key that nothing else uses: those are handled without a call, and
 * remember their last value, because records repeat computers, accounts and identifiers.
 */
class Step {
  readonly key: string;
  readonly dependency: number;
  /** Substitution whose value the member is; -1: `make` or `custom` makes it. */
  readonly slot: number;
  readonly make: Maker | undefined;
  readonly custom: Custom | undefined;
  /** Attributes without a value are not there. */
  readonly skipEmpty: boolean;
  /** Text that is a number becomes one. */
  readonly asNumber: boolean;
  /** Number of the key when the object is one that every event has, else 0. */
  readonly known: number;
  bytes: DataView = NOTHING;
  size = 0;
  type = 0;
  value: unknown = undefined;
  /** Values that differed from the last one, less those that did not. */
  misses = 0;

  constructor(
    key: string,
    dependency: number,
    slot: number,
    make: Maker | undefined,
    custom: Custom | undefined,
    options: StepOptions = {},
  ) {
    this.key = key;
    this.dependency = dependency;
    this.slot = slot;
    this.make = make;
    this.custom = custom;
    this.skipEmpty = options.skipEmpty === true;
    this.asNumber = options.asNumber === true;
    this.known = options.known === true ? knownKey(key) : 0;
  }
}

interface StepOptions {
  readonly skipEmpty?: boolean;
  readonly asNumber?: boolean;
  /** The object comes from `knownMaker`. */
  readonly known?: boolean;
}

function customStep(custom: Custom): Step {
  return new Step('', -1, -1, undefined, custom);
}

function run(steps: readonly Step[], out: PlainObject, instance: Instance): void {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    if (step.custom !== undefined) {
      step.custom(out, instance);
      continue;
    }
    const { slot, dependency } = step;
    const type = slot < 0 ? TYPE.NULL : instance.type(slot);
    if (dependency >= 0 && (dependency === slot ? type : instance.type(dependency)) === TYPE.NULL) continue;
    let value = slot < 0 || type === TYPE.BINXML ? step.make!(instance) : remembered(step, instance, slot, type);
    if (step.skipEmpty && isEmpty(value)) continue;
    if (step.asNumber) value = numeric(value);
    if (step.known > 0) putKnown(out, step.known, value);
    else out[step.key] = value;
  }
}

/** Value of a substitution; the last one again when type and bytes are the same. */
function remembered(step: Step, instance: Instance, slot: number, type: number): unknown {
  if (slot >= instance.count) return null;
  const { window } = instance;
  const at = instance.start(slot);
  const size = instance.end(slot) - at;
  if (type & ARRAY) return itemScalars(window, type, at, size);
  if (!REPEATS[type] || size < 8 || size > MAX_REMEMBERED || step.misses > MAX_MISSES) return scalar(window, type, at, size);
  if (step.size === size && step.type === type && same(window.view, at, step.bytes, size)) {
    if (step.misses > 0) step.misses--;
    return step.value;
  }
  step.misses++;
  if (step.bytes.byteLength < size) step.bytes = new DataView(new ArrayBuffer(MAX_REMEMBERED));
  for (let i = 0; i < size; i++) step.bytes.setUint8(i, window.bytes[at + i]!);
  step.size = size;
  step.type = type;
  step.value = scalar(window, type, at, size);
  return step.value;
}

/** Longest value remembered: computer names, accounts, SIDs, GUIDs and most paths. */
const MAX_REMEMBERED = 64;

/** From here on a member counts as one that does not repeat: remembering only fills the old generation with dead texts. */
const MAX_MISSES = 3;

/** Types whose values are worth comparing with the last one. */
const REPEATS: readonly boolean[] = Array.from({ length: 256 }, (_, type) =>
  ([TYPE.STRING, TYPE.GUID, TYPE.SID, TYPE.HEX64, TYPE.BINARY] as number[]).includes(type),
);

function same(a: DataView, at: number, b: DataView, size: number): boolean {
  let i = 0;
  for (; i + 4 <= size; i += 4) if (a.getInt32(at + i, true) !== b.getInt32(i, true)) return false;
  for (; i < size; i++) if (a.getUint8(at + i) !== b.getUint8(i)) return false;
  return true;
}

/** Where an element stands, as far as its shape depends on it. */
export type ObjectParent = 'System' | 'EventData' | '';
type Parent = ObjectParent;

/** Key of the text beside attributes or child elements. */
const TEXT_KEY = '#text';
/** Elements and attributes of System whose text is a number in every honest log (literal text in templates of old providers). */
const NUMERIC = new Set(['EventID', 'Qualifiers', 'Version', 'Level', 'Task', 'Opcode', 'EventRecordID', 'ProcessID', 'ThreadID']);

/** Object of a record: `{ Event: … }` with a RenderingInfo fragment put into Event. */
export function toPlainObject(fragments: readonly Instance[]): PlainObject {
  const first = fragments[0]!;
  const event = makerOf(first.template, '')(first);
  const { name } = first.template.root;
  const out: PlainObject = name === 'Event' ? { Event: event } : {};
  if (name !== 'Event') put(out, localName(name), event);
  for (let i = 1; i < fragments.length; i++) {
    const fragment = fragments[i]!;
    const made = makerOf(fragment.template, '')(fragment);
    merge(isObject(event) ? event : out, localName(fragment.template.root.name), made);
  }
  return out;
}

function makerOf(template: Template, parent: Parent): Maker {
  template.memo.makers ??= {};
  let maker = template.memo.makers[parent];
  if (maker === undefined) {
    maker = elementMaker(template.root, parent);
    template.memo.makers[parent] = maker;
  }
  return maker;
}

function parentOf(element: ElementNode): Parent {
  const name = localName(element.name);
  return name === 'System' || name === 'EventData' ? name : '';
}

function isObject(candidate: unknown): candidate is PlainObject {
  return typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate);
}

function put(target: PlainObject, key: string, item: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value: item, enumerable: true, configurable: true, writable: true });
  else target[key] = item;
}

/** Adds under a key; a second value of the same key makes an array. */
function merge(target: PlainObject, key: string, item: unknown): void {
  if (!Object.hasOwn(target, key)) {
    put(target, key, item);
    return;
  }
  const before = target[key];
  if (Array.isArray(before)) {
    if (Array.isArray(item)) for (const one of item) before.push(one);
    else before.push(item);
  } else put(target, key, Array.isArray(item) ? [before, ...item] : [before, item]);
}

function isEmpty(item: unknown): boolean {
  return item === '' || item === null;
}

function slotValue(instance: Instance, i: number): unknown {
  if (i >= instance.count) return null;
  const type = instance.type(i);
  const at = instance.start(i);
  const size = instance.end(i) - at;
  return (type & ARRAY) === 0 ? scalar(instance.window, type, at, size) : itemScalars(instance.window, type, at, size);
}

/** Text of a numeric System field as a number. */
function numeric(item: unknown): unknown {
  return typeof item === 'string' ? (numberOf(item) ?? item) : item;
}

/** Value of an attribute: typed when it is one substitution. */
function attributeMaker(attribute: AttributeNode): Maker {
  const only = attribute.parts.length === 1 ? attribute.parts[0] : undefined;
  if (only?.kind === SLOT) {
    const { index } = only;
    return (instance) => slotValue(instance, index);
  }
  if (attribute.parts.every((part) => part.kind === TEXT)) {
    const text = attribute.parts.map((part) => (part.kind === TEXT ? part.text : '')).join('');
    return () => text;
  }
  return (instance) => attributeText(attribute, instance);
}

/** Value of an element: a scalar for plain text, else an object. */
function elementMaker(element: ElementNode, parent: Parent): Maker {
  const attributes = element.attributes.filter((attribute) => !isNamespace(attribute.name));
  const asNumber = parent === 'System' && NUMERIC.has(element.name);
  if (attributes.length === 0) {
    const simple = contentMaker(element);
    return asNumber ? (instance) => numeric(simple(instance)) : simple;
  }
  const name = localName(element.name);
  const keys = new Set(attributes.map((attribute) => localName(attribute.name)));
  const fresh = keys.size === attributes.length && !keys.has('__proto__');
  const maker = parent === 'System' ? knownMaker(name, true) : undefined;
  const known = maker !== undefined;
  const steps = attributes.map((attribute): Step => {
    const key = localName(attribute.name);
    const value = attributeMaker(attribute);
    const number = parent === 'System' && name === 'Execution' && NUMERIC.has(key);
    const only = attribute.parts.length === 1 ? attribute.parts[0] : undefined;
    const slot = only?.kind === SLOT ? only.index : -1;
    if (fresh) return new Step(key, -1, slot, value, undefined, { skipEmpty: true, asNumber: number, known });
    return customStep((out, instance) => {
      const item = value(instance);
      if (!isEmpty(item)) merge(out, key, number ? numeric(item) : item);
    });
  });
  const empty = maker ?? plainObjectMaker();
  const content = element.literal === '' ? undefined : contentMaker(element);
  return (instance) => {
    const out = empty();
    run(steps, out, instance);
    if (content === undefined) return out;
    const inside = content(instance);
    if (isObject(inside)) for (const key of Object.keys(inside)) merge(out, key, inside[key]);
    else if (!isEmpty(inside)) {
      // An element whose attributes are all empty is its text.
      for (const _ in out) {
        merge(out, TEXT_KEY, inside);
        return out;
      }
      return inside;
    }
    return out;
  };
}

/** Value of what is inside an element, its attributes left out. */
function contentMaker(element: ElementNode): Maker {
  const { literal, onlySlot } = element;
  if (literal !== null) return () => literal;
  const parent = parentOf(element);
  if (onlySlot >= 0) {
    return (instance) => {
      const fragments = instance.fragments(onlySlot);
      if (fragments === undefined) return slotValue(instance, onlySlot);
      const out: PlainObject = {};
      for (const fragment of fragments) addFragment(out, fragment, parent, false);
      return out;
    };
  }
  const keys = new Set<string>();
  const steps: Step[] = [];
  let free = true;
  const maker = knownMaker(localName(element.name), false);
  const known = maker !== undefined;
  for (const child of element.children) {
    if (child.kind === ELEMENT) {
      const key = keyOf(child);
      steps.push(childStep(child, parent, key, free && key !== null && key !== '__proto__' && !keys.has(key), known));
      if (key === null) free = false;
      else keys.add(key);
    } else if (child.kind === SLOT) {
      // A fragment may bring any key: what follows has to look first.
      free = false;
      const { index } = child;
      steps.push(
        customStep((out, instance) => {
          const fragments = instance.fragments(index);
          if (fragments !== undefined) for (const fragment of fragments) addFragment(out, fragment, parent, known);
          else addText(out, slotValue(instance, index));
        }),
      );
    } else if ((child.kind === TEXT || child.kind === CDATA) && (element.elements === 0 || child.text.trim() !== '')) {
      const { text } = child;
      free = false;
      steps.push(customStep((out) => addText(out, text)));
    }
  }
  const mixedText = element.elements === 0;
  const empty = maker ?? plainObjectMaker();
  return (instance) => {
    const out = empty();
    run(steps, out, instance);
    // Text and values without elements: the text itself.
    return mixedText && Object.keys(out).every((key) => key === TEXT_KEY) ? (out[TEXT_KEY] ?? '') : out;
  };
}

function addText(out: PlainObject, item: unknown): void {
  if (isEmpty(item)) return;
  const before = Object.hasOwn(out, TEXT_KEY) ? out[TEXT_KEY] : undefined;
  out[TEXT_KEY] = before === undefined ? item : `${String(before)}${String(item)}`;
}

/** @param known the object comes from `knownMaker`. */
function addFragment(out: PlainObject, fragment: Instance, parent: Parent, known: boolean): void {
  const root = fragment.template.root;
  if (known && root.name === 'EventData' && !Object.hasOwn(out, root.name)) {
    out.EventData = makerOf(fragment.template, parent)(fragment);
    return;
  }
  const key = keyOf(root);
  if (root.name !== 'Data' && key !== null) merge(out, key, makerOf(fragment.template, parent)(fragment));
  else run([childStep(root, parent, key, false, false)], out, fragment);
}

/** Key of an element in its parent's object; null when a value names it. */
function keyOf(element: ElementNode): string | null {
  const name = localName(element.name);
  if (name !== 'Data') return name;
  const named = literalAttribute(element, 'Name');
  return named === undefined || named === '' ? name : named;
}

/** Adds a child element to its parent's object. @param fresh the key cannot be there yet. @param known the object comes from `knownMaker`. */
function childStep(child: ElementNode, parent: Parent, key: string | null, fresh: boolean, known: boolean): Step {
  const { dependency } = child;
  const name = localName(child.name);
  if (name === 'Data') {
    const nameAttribute = child.attributes.find((attribute) => attribute.name === 'Name');
    if (nameAttribute !== undefined && key !== name) {
      const value = contentMaker(child);
      if (fresh && key !== null) {
        return new Step(key, dependency, child.onlySlot, value, undefined);
      }
      return customStep((out, instance) => {
        if (instance.has(dependency)) merge(out, key ?? (attributeText(nameAttribute, instance) || name), value(instance));
      });
    }
    if (parent === 'EventData') {
      const value = contentMaker(child);
      return customStep((out, instance) => {
        if (!instance.has(dependency)) return;
        // Unnamed Data are always an array, whether there is one or many.
        if (!Object.hasOwn(out, name)) out[name] = [];
        merge(out, name, value(instance));
      });
    }
  }
  if (name === 'EventID' && parent === 'System') {
    const qualifiers = child.attributes.find((attribute) => attribute.name === 'Qualifiers');
    const qualifiersValue = qualifiers === undefined ? undefined : attributeMaker(qualifiers);
    const { onlySlot } = child;
    return customStep((out, instance) => {
      if (!instance.has(dependency)) return;
      const id = numeric(onlySlot >= 0 ? slotValue(instance, onlySlot) : elementText(child, instance));
      if (fresh) out.EventID = id;
      else merge(out, name, id);
      const item = qualifiersValue?.(instance);
      if (item === undefined || isEmpty(item)) return;
      if (Object.hasOwn(out, 'Qualifiers')) merge(out, 'Qualifiers', numeric(item));
      else out.Qualifiers = numeric(item);
    });
  }
  const value = elementMaker(child, parent);
  const own = key ?? name;
  if (fresh) {
    const bare = child.attributes.every((attribute) => isNamespace(attribute.name));
    const asNumber = bare && parent === 'System' && NUMERIC.has(name);
    return new Step(own, dependency, bare ? child.onlySlot : -1, value, undefined, { asNumber, known });
  }
  return customStep((out, instance) => {
    if (instance.has(dependency)) merge(out, own, value(instance));
  });
}

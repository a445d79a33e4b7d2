import { ARRAY, type Instance, TYPE } from './instance.ts';
import { attributeText, elementText } from './text.ts';
import { type AttributeNode, ELEMENT, type ElementNode, isNamespace, localName, SLOT } from './tree.ts';
import { numberOf } from './system.ts';
import { itemScalars, scalar } from './values.ts';

/**
 * The event as a plain object (shape: README, "Objects and JSON"). Keys come from the file, so `__proto__` is defined as an own
 * property instead of being assigned.
 */
export type PlainObject = Record<string, unknown>;

/** Key of the text beside attributes or child elements. */
const TEXT_KEY = '#text';
/** Elements and attributes of System whose text is a number in every honest log (literal text in templates of old providers). */
const NUMERIC = new Set(['EventID', 'Qualifiers', 'Version', 'Level', 'Task', 'Opcode', 'EventRecordID', 'ProcessID', 'ThreadID']);

/** Object of a record: `{ Event: …, }` with a RenderingInfo fragment put into Event. */
export function toPlainObject(fragments: readonly Instance[]): PlainObject {
  const out: PlainObject = {};
  const first = fragments[0]!;
  const root = first.template.root;
  const event = structure(root, first, '');
  put(out, localName(root.name), event);
  for (let i = 1; i < fragments.length; i++) {
    const fragment = fragments[i]!;
    const target = isObject(event) ? event : out;
    merge(target, localName(fragment.template.root.name), value(fragment.template.root, fragment, 'Event'));
  }
  return out;
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
  // Only this function makes arrays of arrays unnecessary: a repeated array value is appended item by item.
  if (Array.isArray(before)) {
    if (Array.isArray(item)) before.push(...item);
    else before.push(item);
  } else put(target, key, Array.isArray(item) ? [before, ...item] : [before, item]);
}

/** Value of an attribute: typed when it is one substitution. */
function attributeValue(attribute: AttributeNode, instance: Instance): unknown {
  const only = attribute.parts.length === 1 ? attribute.parts[0] : undefined;
  return only?.kind === SLOT ? slotValue(instance, only.index) : attributeText(attribute, instance);
}

function slotValue(instance: Instance, i: number): unknown {
  if (i >= instance.count) return null;
  const type = instance.type(i);
  const at = instance.start(i);
  const size = instance.end(i) - at;
  return (type & ARRAY) === 0 ? scalar(instance.window, type, at, size) : itemScalars(instance.window, type, at, size);
}

function systemValue(key: string, item: unknown, parent: string): unknown {
  return parent === 'System' && typeof item === 'string' && NUMERIC.has(key) ? (numberOf(item) ?? item) : item;
}

/** Value of an element: a scalar for plain text, else an object. */
function value(element: ElementNode, instance: Instance, parent: string): unknown {
  if (element.elements === 0 && element.attributes.length === 0) {
    if (element.literal !== null) return systemValue(element.name, element.literal, parent);
    if (element.onlySlot >= 0 && instance.type(element.onlySlot) !== TYPE.BINXML) {
      return systemValue(element.name, slotValue(instance, element.onlySlot), parent);
    }
  }
  return structure(element, instance, parent);
}

function structure(element: ElementNode, instance: Instance, parent: string): unknown {
  const name = localName(element.name);
  const out: PlainObject = {};
  let used = false;
  for (const attribute of element.attributes) {
    if (isNamespace(attribute.name)) continue;
    const item = attributeValue(attribute, instance);
    if (item === '' || item === null) continue;
    const key = localName(attribute.name);
    used = true;
    merge(out, key, name === 'Execution' && parent === 'System' ? systemValue(key, item, parent) : item);
  }
  let structured = element.elements > 0;
  let text: unknown = '';
  for (const child of element.children) {
    if (child.kind === ELEMENT) {
      if (instance.has(child.dependency)) addChild(out, child, instance, name);
    } else if (child.kind === SLOT) {
      const fragments = instance.fragments(child.index);
      if (fragments !== undefined) {
        structured = true;
        for (const fragment of fragments) addChild(out, fragment.template.root, fragment, name);
      } else {
        const item = slotValue(instance, child.index);
        text = element.children.length === 1 ? item : `${text === null ? '' : String(text)}${item === null ? '' : String(item)}`;
      }
    } else if ('text' in child && !('target' in child)) text = `${String(text)}${child.text}`;
  }
  if (!structured && !used) return element.literal ?? text;
  if (text !== '' && text !== null && (!structured || typeof text !== 'string' || text.trim() !== '')) merge(out, TEXT_KEY, text);
  return out;
}

/** Adds a child element to its parent's object. */
function addChild(out: PlainObject, child: ElementNode, instance: Instance, parent: string): void {
  const name = localName(child.name);
  if (name === 'EventID' && parent === 'System') {
    merge(out, name, systemValue(name, child.onlySlot >= 0 ? slotValue(instance, child.onlySlot) : elementText(child, instance), parent));
    for (const attribute of child.attributes) {
      const item = attributeValue(attribute, instance);
      if (attribute.name === 'Qualifiers' && item !== '' && item !== null) merge(out, 'Qualifiers', systemValue('Qualifiers', item, parent));
    }
    return;
  }
  if (name === 'Data') {
    const nameAttribute = child.attributes.find((attribute) => attribute.name === 'Name');
    const key = nameAttribute === undefined ? '' : attributeText(nameAttribute, instance);
    if (key !== '') {
      merge(out, key, content(child, instance));
      return;
    }
    if (parent === 'EventData') {
      // Unnamed Data are always an array, whether there is one or many.
      const item = content(child, instance);
      if (!Object.hasOwn(out, 'Data')) put(out, 'Data', []);
      merge(out, 'Data', item);
      return;
    }
  }
  merge(out, name, value(child, instance, parent));
}

/** Content of `<Data Name="…">` without its attributes. */
function content(element: ElementNode, instance: Instance): unknown {
  if (element.literal !== null) return element.literal;
  if (element.onlySlot >= 0 && instance.type(element.onlySlot) !== TYPE.BINXML) return slotValue(instance, element.onlySlot);
  const plain: ElementNode = { ...element, attributes: [] };
  return structure(plain, instance, 'EventData');
}

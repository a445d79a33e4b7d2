import type { Instance } from './instance.ts';
import { attributeText } from './text.ts';
import { ELEMENT, type ElementNode, PI, SLOT } from './tree.ts';
import type { EvtxElement, EvtxValue } from './types.ts';
import { slotText, slotTyped } from './values.ts';

/** An element of a fragment as a value of its own, for typed access to complex data. */
export function toElement(element: ElementNode, instance: Instance): EvtxElement {
  const attributes = new Map<string, EvtxValue>();
  for (const attribute of element.attributes) {
    const only = attribute.parts.length === 1 ? attribute.parts[0] : undefined;
    const value = only?.kind === SLOT ? slotTyped(instance, only.index) : attributeText(attribute, instance);
    if (value !== null && value !== '') attributes.set(attribute.name, value);
  }
  const children: (EvtxElement | string)[] = [];
  const addText = (text: string): void => {
    const last = children.length - 1;
    if (text === '') return;
    if (typeof children[last] === 'string') children[last] += text;
    else children.push(text);
  };
  for (const child of element.children) {
    if (child.kind === ELEMENT) {
      if (instance.has(child.dependency)) children.push(toElement(child, instance));
    } else if (child.kind === SLOT) {
      const fragments = instance.fragments(child.index);
      if (fragments === undefined) addText(slotText(instance, child.index));
      else for (const fragment of fragments) children.push(toElement(fragment.template.root, fragment));
    } else if (child.kind !== PI) addText(child.text);
  }
  return { kind: 'element', name: element.name, attributes, children };
}

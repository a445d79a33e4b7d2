import type { Instance } from './instance.ts';
import { type AttributeNode, ELEMENT, type ElementNode, PI, SLOT, TEXT, type TreeNode } from './tree.ts';
import { slotText } from './values.ts';

/** Value of an attribute as text; `''` means that the attribute is not there ([MS-EVEN6] 2.2.12.2). */
export function attributeText(attribute: AttributeNode, instance: Instance): string {
  let text = '';
  for (const part of attribute.parts) text += part.kind === TEXT ? part.text : slotText(instance, part.index);
  return text;
}

/** All character data inside an element, in order, through nested fragments too. */
export function elementText(element: ElementNode, instance: Instance): string {
  if (element.literal !== null) return element.literal;
  let text = '';
  for (const child of element.children) text += nodeText(child, instance);
  return text;
}

function nodeText(node: TreeNode, instance: Instance): string {
  if (node.kind === ELEMENT) return instance.has(node.dependency) ? elementText(node, instance) : '';
  if (node.kind === PI) return '';
  if (node.kind !== SLOT) return node.text;
  const fragments = instance.fragments(node.index);
  if (fragments === undefined) return slotText(instance, node.index);
  let text = '';
  for (const fragment of fragments) text += elementText(fragment.template.root, fragment);
  return text;
}

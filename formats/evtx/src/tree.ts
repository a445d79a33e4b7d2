/**
 * The tree of a template definition (or of a fragment without template): what all faces of the reader walk.
 * @source [MS-EVEN6] 2.2.12 BinXml
 */

/** Kind of a node: literal characters. */
export const TEXT = 0;
/** Kind of a node: substitution. */
export const SLOT = 1;
/** Kind of a node: element. */
export const ELEMENT = 2;
/** Kind of a node: CDATA section. */
export const CDATA = 3;
/** Kind of a node: processing instruction. */
export const PI = 4;

/** Literal characters; character and entity references are already resolved. */
export interface TextNode {
  readonly kind: typeof TEXT;
  readonly text: string;
}
/** A substitution: value `index` of the instance. */
export interface SlotNode {
  readonly kind: typeof SLOT;
  readonly index: number;
  /** Type the template declares; the instance's descriptor decides. */
  readonly type: number;
  readonly optional: boolean;
}
/** Characters of a CDATA section. */
export interface CdataNode {
  readonly kind: typeof CDATA;
  readonly text: string;
}
/** A processing instruction. */
export interface PiNode {
  readonly kind: typeof PI;
  readonly target: string;
  readonly text: string;
}
/** An attribute; its value is text, substitutions, or both. */
export interface AttributeNode {
  readonly name: string;
  readonly parts: readonly (TextNode | SlotNode)[];
}
/** An element, with what its compilers ask first. */
export interface ElementNode {
  readonly kind: typeof ELEMENT;
  readonly name: string;
  /** Value index that must not be NULL for the element to exist; -1 = always. */
  readonly dependency: number;
  readonly attributes: readonly AttributeNode[];
  readonly children: readonly TreeNode[];
  /** Children that are elements. */
  readonly elements: number;
  /** The slot's index when the only child is a slot, else -1. */
  readonly onlySlot: number;
  /** The literal text when all children are text (`''` for none), else null. */
  readonly literal: string | null;
}
/** Anything inside an element. */
export type TreeNode = TextNode | SlotNode | ElementNode | CdataNode | PiNode;

/** Builds an element and its summary fields. */
export function makeElement(
  name: string,
  dependency: number,
  attributes: readonly AttributeNode[],
  children: readonly TreeNode[],
): ElementNode {
  let elements = 0;
  let literal: string | null = '';
  for (const child of children) {
    if (child.kind === ELEMENT) elements++;
    literal = literal !== null && (child.kind === TEXT || child.kind === CDATA) ? literal + child.text : null;
  }
  const first = children[0];
  const onlySlot = children.length === 1 && first !== undefined && first.kind === SLOT ? first.index : -1;
  return { kind: ELEMENT, name, dependency, attributes, children, elements, onlySlot, literal };
}

/** Literal value of an attribute, or null when it has a slot, or undefined when the element lacks it. */
export function literalAttribute(element: ElementNode, name: string): string | null | undefined {
  for (const attribute of element.attributes) {
    if (attribute.name !== name) continue;
    let text = '';
    for (const part of attribute.parts) {
      if (part.kind === SLOT) return null;
      text += part.text;
    }
    return text;
  }
  return undefined;
}

/** True for namespace declarations: kept in XML, left out of objects and fields. */
export function isNamespace(attributeName: string): boolean {
  return attributeName === 'xmlns' || attributeName.startsWith('xmlns:');
}

/** Local part of a possibly prefixed name. */
export function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

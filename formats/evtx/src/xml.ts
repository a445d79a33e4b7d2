import { ARRAY, type Instance } from './instance.ts';
import { attributeText } from './text.ts';
import { ELEMENT, type ElementNode, PI, SLOT, type TreeNode } from './tree.ts';
import { items, scalarText, slotText } from './values.ts';

/**
 * Writes records as XML text. An array value repeats its element, one per item ([MS-EVEN6] 3.1.4.7.5); a second fragment
 * (RenderingInfo) goes into Event, where Windows shows it. Characters XML 1.0 cannot hold become U+FFFD.
 */
export function toXmlText(fragments: readonly Instance[]): string {
  const [first, ...rest] = fragments;
  return element(first!.template.root, first!, rest);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters XML 1.0 forbids are the point.
const TEXT_SPECIAL = /[&<>\u0000-\u0008\u000b-\u001f\ufffe\uffff\ud800-\udfff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters XML 1.0 forbids are the point.
const TEXT_ESCAPES = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters XML 1.0 forbids are the point.
const ATTRIBUTE_ESCAPES = /[&<>"\t\n\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const NAME_BAD = /[^\p{L}\p{N}_:.-]/gu;

function entity(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    case '"':
      return '&quot;';
    case '\t':
      return '&#9;';
    case '\n':
      return '&#10;';
    case '\r':
      return '&#13;';
    default:
      return '\ufffd';
  }
}

/** Text with the characters that mean something in XML escaped. */
export function escapeText(text: string): string {
  return TEXT_SPECIAL.test(text) ? text.toWellFormed().replace(TEXT_ESCAPES, entity) : text;
}

function escapeAttribute(text: string): string {
  return text.toWellFormed().replace(ATTRIBUTE_ESCAPES, entity);
}

/** A name that XML accepts: genuine names pass unchanged. */
function xmlName(name: string): string {
  if (/^[A-Za-z_][\w.:-]*$/.test(name)) return name;
  const clean = name.toWellFormed().replace(NAME_BAD, '_');
  return /^[\p{L}_]/u.test(clean) ? clean : `_${clean}`;
}

function element(node: ElementNode, instance: Instance, appended: readonly Instance[]): string {
  const name = xmlName(node.name);
  let open = `<${name}`;
  const seen = new Set<string>();
  for (const attribute of node.attributes) {
    const text = attributeText(attribute, instance);
    const key = xmlName(attribute.name);
    if (text === '' || seen.has(key)) continue;
    seen.add(key);
    open += ` ${key}="${escapeAttribute(text)}"`;
  }
  const slot = node.onlySlot;
  if (slot >= 0 && slot < instance.count && (instance.type(slot) & ARRAY) !== 0) {
    let all = '';
    const at = instance.start(slot);
    items(instance.window, instance.type(slot), at, instance.end(slot) - at, (type, from, size) => {
      all += `${open}>${escapeText(scalarText(instance.window, type, from, size))}</${name}>`;
    });
    return all === '' ? `${open}/>` : all;
  }
  let inside = '';
  for (const child of node.children) inside += content(child, instance);
  for (const fragment of appended) inside += element(fragment.template.root, fragment, []);
  return inside === '' ? `${open}/>` : `${open}>${inside}</${name}>`;
}

function content(node: TreeNode, instance: Instance): string {
  if (node.kind === ELEMENT) return instance.has(node.dependency) ? element(node, instance, []) : '';
  if (node.kind === SLOT) {
    const fragments = instance.fragments(node.index);
    if (fragments === undefined) return escapeText(slotText(instance, node.index));
    let text = '';
    for (const fragment of fragments) text += element(fragment.template.root, fragment, []);
    return text;
  }
  if (node.kind === PI) return `<?${xmlName(node.target)} ${escapeText(node.text).replaceAll('?>', '? >')}?>`;
  // CDATA and text read the same; escaping needs no section.
  return escapeText(node.text);
}

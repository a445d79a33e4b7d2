import { parseXml, XmlElement } from '@rgrove/parse-xml';

/** Longest document read, characters; a policy report of a large domain has a few million. */
export const MAX_XML = 32 * 1024 * 1024;
/** Most elements: each costs some hundred bytes. */
const MAX_ELEMENTS = 500_000;
/** Deepest nesting; policy reports have about fifteen levels. */
const MAX_DEPTH = 100;

/** An element with its local name; namespaces are told by the attributes of the root. */
export interface XmlPart {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly parts: readonly XmlPart[];
  /** Offset in the document. */
  readonly start: number;
}

/** Why a document was not read. */
export type XmlFailure = 'broken' | 'too-large';

/** Reads a document; DTDs and external entities are not resolved. */
export function readXmlTree(text: string): XmlPart | XmlFailure {
  if (text.length > MAX_XML || !isShallow(text)) return 'too-large';
  try {
    const { root } = parseXml(text, { includeOffsets: true, ignoreUndefinedEntities: true });
    return root === null ? 'broken' : partOf(root);
  } catch {
    // Thrown only for text that is not well-formed.
    return 'broken';
  }
}

/** Checked before the document is parsed, as the parser calls itself for each level. Tags in comments count too: that errs on the safe side. */
function isShallow(text: string): boolean {
  let depth = 0;
  let elements = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const next = text.charCodeAt(at + 1);
    if (next === 0x2f) depth--;
    else if (next !== 0x21 && next !== 0x3f) {
      if (++elements > MAX_ELEMENTS) return false;
      const end = text.indexOf('>', at);
      if (end < 0) return true;
      if (text[end - 1] !== '/' && ++depth > MAX_DEPTH) return false;
    }
  }
  return true;
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

function partOf(element: XmlElement): XmlPart {
  const parts: XmlPart[] = [];
  let text = '';
  for (const child of element.children) {
    if (child instanceof XmlElement) parts.push(partOf(child));
    else if ('text' in child && typeof child.text === 'string') text += child.text;
  }
  return { name: local(element.name), attributes: element.attributes, text: text.trim(), parts, start: element.start };
}

/** First child of a name. */
export function part(parent: XmlPart | undefined, name: string): XmlPart | undefined {
  return parent?.parts.find((child) => child.name === name);
}

/** Children of a name. */
export function partsOf(parent: XmlPart | undefined, name: string): readonly XmlPart[] {
  return parent?.parts.filter((child) => child.name === name) ?? [];
}

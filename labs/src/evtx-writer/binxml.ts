import type { ByteWriter } from './byte-writer.ts';

/** A node of a BinXML token tree, the common form of templates and plain fragments ([MS-EVEN6] 2.2.12). */
export type BinXmlNode =
  | BinXmlElement
  | { readonly kind: 'text' | 'cdata'; readonly text: string }
  | { readonly kind: 'charRef'; readonly code: number }
  | { readonly kind: 'entityRef'; readonly name: string }
  | { readonly kind: 'pi'; readonly target: string; readonly text: string }
  /** Substitution of value `index`; `optional` = token 0x0e. `type` is the type the template declares; the descriptor of the value decides. */
  | { readonly kind: 'slot'; readonly index: number; readonly type: number; readonly optional?: boolean };

/** An element with attributes whose values are nodes themselves. */
export interface BinXmlElement {
  readonly kind: 'element';
  readonly name: string;
  /** Index of the value the element depends on: it is left out when that value is null. Only templates store it. */
  readonly dependency?: number;
  readonly attributes?: readonly { readonly name: string; readonly value: readonly BinXmlNode[] }[];
  readonly children?: readonly BinXmlNode[];
}

/** Where names go: gives the chunk-relative offset of a name and writes it inline at its first use in the chunk. */
export interface NameSink {
  /** Writes the 4-byte name offset, followed by the name itself when this is its first use. */
  writeName(out: ByteWriter, name: string): void;
}

const MORE = 0x40;
const NO_DEPENDENCY = 0xffff;
const isCharacterData = (node: BinXmlNode | undefined): boolean => node !== undefined && node.kind !== 'element' && node.kind !== 'pi';

/** Writes the 4 bytes of a fragment header token. */
export function writeFragmentHeader(out: ByteWriter): void {
  out.u8(0x0f);
  out.u8(1);
  out.u8(1);
  out.u8(0);
}

/** Writes nodes as tokens. `inTemplate` decides whether elements carry a dependency id, as measured on real logs. */
export function writeNodes(nodes: readonly BinXmlNode[], out: ByteWriter, names: NameSink, inTemplate: boolean): void {
  nodes.forEach((node, index) => {
    const more = isCharacterData(node) && isCharacterData(nodes[index + 1]) ? MORE : 0;
    writeNode(node, out, names, inTemplate, more);
  });
}

function writeNode(node: BinXmlNode, out: ByteWriter, names: NameSink, inTemplate: boolean, more: number): void {
  switch (node.kind) {
    case 'element':
      writeElement(node, out, names, inTemplate);
      break;
    case 'text':
      out.u8(0x05 | more);
      out.u8(1);
      writeCounted(node.text, out);
      break;
    case 'cdata':
      out.u8(0x07 | more);
      writeCounted(node.text, out);
      break;
    case 'charRef':
      out.u8(0x08 | more);
      out.u16(node.code);
      break;
    case 'entityRef':
      out.u8(0x09 | more);
      names.writeName(out, node.name);
      break;
    case 'pi':
      out.u8(0x0a);
      names.writeName(out, node.target);
      out.u8(0x0b);
      writeCounted(node.text, out);
      break;
    case 'slot':
      out.u8(node.optional ? 0x0e : 0x0d);
      out.u16(node.index);
      out.u8(node.type);
      break;
  }
}

function writeCounted(text: string, out: ByteWriter): void {
  if (text.length > 0xffff) throw new RangeError(`text of ${text.length} characters does not fit a token (at most 65535)`);
  out.u16(text.length);
  out.utf16(text);
}

/** Element: token, [dependency id], u32 size of what follows, name, [u32 attribute-list size, attributes], content, end token. */
function writeElement(element: BinXmlElement, out: ByteWriter, names: NameSink, inTemplate: boolean): void {
  const attributes = element.attributes ?? [];
  const children = element.children ?? [];
  out.u8(attributes.length > 0 ? 0x01 | MORE : 0x01);
  if (inTemplate) out.u16(element.dependency ?? NO_DEPENDENCY);
  const sizeAt = out.position;
  out.u32(0);
  names.writeName(out, element.name);
  if (attributes.length > 0) {
    const listAt = out.position;
    out.u32(0);
    attributes.forEach((attribute, index) => {
      out.u8(index < attributes.length - 1 ? 0x06 | MORE : 0x06);
      names.writeName(out, attribute.name);
      writeNodes(attribute.value, out, names, inTemplate);
    });
    out.patchU32(listAt, out.position - listAt - 4);
  }
  if (children.length === 0) out.u8(0x03);
  else {
    out.u8(0x02);
    writeNodes(children, out, names, inTemplate);
    out.u8(0x04);
  }
  out.patchU32(sizeAt, out.position - sizeAt - 4);
}

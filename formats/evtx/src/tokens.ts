import { RecordFault } from './errors.ts';
import { CHUNK_SIZE } from './limits.ts';
import type { Names } from './names.ts';
import {
  type AttributeNode,
  CDATA,
  type ElementNode,
  makeElement,
  PI,
  SLOT,
  type SlotNode,
  TEXT,
  type TextNode,
  type TreeNode,
} from './tree.ts';
import type { EvtxLimits } from './types.ts';
import type { Window } from './window.ts';

/**
 * BinXML tokens; bit 0x40 says that attributes or more character data follow.
 * @source [MS-EVEN6] 2.2.12 BinXml. On disk a name is a chunk-relative offset where the specification has the name itself.
 */
export const TOKEN = {
  EOF: 0x00,
  OPEN_START: 0x01,
  CLOSE_START: 0x02,
  CLOSE_EMPTY: 0x03,
  END: 0x04,
  VALUE: 0x05,
  ATTRIBUTE: 0x06,
  CDATA: 0x07,
  CHAR_REF: 0x08,
  ENTITY_REF: 0x09,
  PI_TARGET: 0x0a,
  PI_DATA: 0x0b,
  TEMPLATE: 0x0c,
  SUBSTITUTION: 0x0d,
  OPTIONAL: 0x0e,
  FRAGMENT: 0x0f,
} as const;
const MORE = 0x40;

/** Where a name is referred to, for comparing definitions across chunks: position, name number, written in place or not. */
export interface NameReference {
  readonly at: number;
  readonly id: number;
  readonly inline: boolean;
}

/** Turns tokens into a tree. One parser serves one pass; {@link TokenParser.start} points it at bytes. */
export class TokenParser {
  readonly #names: Names;
  readonly #limits: EvtxLimits;
  #window!: Window;
  #base = 0;
  #end = 0;
  #inTemplate = false;
  #strictNames = false;
  #references: NameReference[] | undefined;
  /** Position after what was parsed last. */
  position = 0;
  /** Deepest element met since `start`. */
  depth = 0;
  /** Highest slot number met since `start`, plus one. */
  slots = 0;

  constructor(names: Names, limits: EvtxLimits) {
    this.#names = names;
    this.#limits = limits;
  }

  /**
   * @param base where the chunk starts in the window. @param position first token. @param end end of the bytes it may read.
   * @param inTemplate elements carry a dependency id. @param strictNames refuse names whose hash does not fit (slack).
   * @param references collects where names are referred to.
   */
  start(
    window: Window,
    base: number,
    position: number,
    end: number,
    inTemplate: boolean,
    strictNames: boolean,
    references?: NameReference[],
  ): void {
    this.#window = window;
    this.#base = base;
    this.position = position;
    this.#end = Math.min(end, base + CHUNK_SIZE);
    this.#inTemplate = inTemplate;
    this.#strictNames = strictNames;
    this.#references = references;
    this.depth = 0;
    this.slots = 0;
  }

  /** Skips a fragment header and processing instructions in front of an element. */
  prolog(): void {
    for (;;) {
      const token = this.peek();
      if (token === TOKEN.FRAGMENT) this.#take(4, 'fragment header');
      else if (token === TOKEN.PI_TARGET) this.#processingInstruction();
      else return;
    }
  }

  /** The next token without consuming it; EOF at the end of the bytes. */
  peek(): number {
    return this.position < this.#end ? this.#window.bytes[this.position]! : TOKEN.EOF;
  }

  /** Parses the element whose open-start token is next. @param depth elements already open around it. */
  element(depth: number): ElementNode {
    if (depth >= this.#limits.maxElements) this.#fail('EVTX_RECORD_LIMIT', 'open elements', this.#limits.maxElements, depth + 1);
    if (depth + 1 > this.depth) this.depth = depth + 1;
    const open = this.#u8('open start element');
    if ((open & ~MORE) !== TOKEN.OPEN_START)
      this.#fail('EVTX_RECORD_BINXML', 'open start element', 'token 01 or 41', `token ${open.toString(16)}`);
    let dependency = -1;
    if (this.#inTemplate) {
      const id = this.#u16('dependency id');
      dependency = id === 0xffff ? -1 : id;
    }
    this.#take(4, 'element size');
    const name = this.#name();
    const attributes = open & MORE ? this.#attributes() : [];
    const close = this.#u8('close start element');
    if (close === TOKEN.CLOSE_EMPTY) return makeElement(name, dependency, attributes, []);
    if (close !== TOKEN.CLOSE_START)
      this.#fail('EVTX_RECORD_BINXML', 'close start element', 'token 02 or 03', `token ${close.toString(16)}`);
    const children: TreeNode[] = [];
    for (;;) {
      const token = this.peek();
      switch (token & ~MORE) {
        case TOKEN.OPEN_START:
          children.push(this.element(depth + 1));
          break;
        case TOKEN.END:
          if (token !== TOKEN.END) this.#unexpected(token);
          this.position++;
          return makeElement(name, dependency, attributes, children);
        case TOKEN.CDATA:
          this.position++;
          children.push({ kind: CDATA, text: this.#text('CDATA section') });
          break;
        case TOKEN.PI_TARGET:
          children.push(this.#processingInstruction());
          break;
        default: {
          const node = this.#characterData(token);
          if (node === undefined) this.#unexpected(token);
          else children.push(node);
        }
      }
    }
  }

  #attributes(): AttributeNode[] {
    this.#take(4, 'attribute list size');
    const attributes: AttributeNode[] = [];
    while ((this.peek() & ~MORE) === TOKEN.ATTRIBUTE) {
      this.position++;
      const name = this.#name();
      const parts: (TextNode | SlotNode)[] = [];
      for (;;) {
        const token = this.peek();
        if ((token & ~MORE) === TOKEN.ATTRIBUTE) break;
        const node = this.#characterData(token);
        if (node === undefined) break;
        parts.push(node);
      }
      attributes.push({ name, parts });
    }
    return attributes;
  }

  /** Text, substitution or reference; undefined (nothing consumed) for any other token. */
  #characterData(token: number): TextNode | SlotNode | undefined {
    switch (token & ~MORE) {
      case TOKEN.VALUE: {
        this.position++;
        const type = this.#u8('value type');
        if (type !== 1) this.#fail('EVTX_RECORD_BINXML', 'literal value', 'type 1', `type ${type}`);
        return { kind: TEXT, text: this.#text('literal value') };
      }
      case TOKEN.SUBSTITUTION:
      case TOKEN.OPTIONAL: {
        if (!this.#inTemplate || token & MORE) return undefined;
        this.position++;
        const index = this.#u16('substitution index');
        const type = this.#u8('substitution type');
        if (index >= this.#limits.maxValues) this.#fail('EVTX_RECORD_LIMIT', 'substitution index', this.#limits.maxValues, index);
        if (index >= this.slots) this.slots = index + 1;
        return { kind: SLOT, index, type, optional: token === TOKEN.OPTIONAL };
      }
      case TOKEN.CHAR_REF: {
        this.position++;
        const code = this.#u16('character reference');
        return { kind: TEXT, text: code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCharCode(code) };
      }
      case TOKEN.ENTITY_REF: {
        this.position++;
        const name = this.#name();
        return { kind: TEXT, text: ENTITIES.get(name) ?? `&${name};` };
      }
      default:
        return undefined;
    }
  }

  #processingInstruction(): TreeNode {
    this.position++;
    const target = this.#name();
    let text = '';
    if (this.peek() === TOKEN.PI_DATA) {
      this.position++;
      text = this.#text('processing instruction data');
    }
    return { kind: PI, target, text };
  }

  #name(): string {
    const at = this.position;
    this.#take(4, 'name offset');
    const offset = this.#window.view.getUint32(at, true);
    const inline = offset === this.position - this.#base;
    const id = this.#names.idAt(this.#window, this.#base, offset);
    if (inline) this.#take(this.#names.sizeAt(this.#window, this.#base, offset), 'name');
    if (this.#strictNames && !this.#names.sound[id]) this.#fail('EVTX_RECORD_BINXML', 'name hash');
    this.#references?.push({ at, id, inline });
    return this.#names.texts[id]!;
  }

  #text(what: string): string {
    const chars = this.#u16(what);
    const at = this.#take(chars * 2, what);
    return trimNuls(this.#window.text.decode(at, chars));
  }

  #u8(what: string): number {
    return this.#window.bytes[this.#take(1, what)]!;
  }

  #u16(what: string): number {
    return this.#window.view.getUint16(this.#take(2, what), true);
  }

  #take(count: number, what: string): number {
    const at = this.position;
    if (at + count > this.#end) this.#fail('EVTX_RECORD_BINXML', what, count, Math.max(0, this.#end - at));
    this.position = at + count;
    return at;
  }

  #unexpected(token: number): never {
    return this.#fail('EVTX_RECORD_BINXML', 'element content', 'a content token', `token ${token.toString(16)}`);
  }

  #fail(code: 'EVTX_RECORD_BINXML' | 'EVTX_RECORD_LIMIT', what: string, need?: number | string, have?: number | string): never {
    throw new RecordFault(code, what, this.position, need, have);
  }
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Text without trailing NUL characters: some providers count the terminator, some do not. */
export function trimNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return end === text.length ? text : text.slice(0, end);
}

import { RecordFault } from './errors.ts';
import type { FieldPlan } from './fields.ts';
import { CHUNK_SIZE, MAX_TEMPLATE_BYTES, MAX_TEMPLATES } from './limits.ts';
import type { Names } from './names.ts';
import type { ObjectMaker, ObjectParent } from './object.ts';
import type { SystemPlan } from './system.ts';
import { type NameReference, TOKEN, type TokenParser } from './tokens.ts';
import { ELEMENT, type ElementNode, PI, SLOT, type TreeNode } from './tree.ts';
import type { Window } from './window.ts';

/** Definition header: next in hash chain (4), GUID (16), size (4). */
export const DEFINITION_HEADER = 24;
/** Entries of the direct-mapped cache: a chunk has some twenty definitions. */
const RECENT = 256;

/** Plans that depend on the template alone; each is made on first use by the file that names its type. */
export interface TemplateMemo {
  event: FieldPlan | undefined;
  section: FieldPlan | undefined;
  data: FieldPlan | undefined;
  user: FieldPlan | undefined;
  /** null: the template has no System element. */
  system: SystemPlan | null | undefined;
  /** Object makers by the kind of parent. */
  makers: Partial<Record<ObjectParent, ObjectMaker>> | undefined;
}

/**
 * What a template definition means: its tree and figures about it. Definitions that differ only in where names are written
 * share one Template, so that everything compiled from it (fields, conditions, object shapes) exists once.
 */
export class Template {
  readonly root: ElementNode;
  /** Highest substitution index plus one. */
  readonly slots: number;
  /** Deepest open element. */
  readonly depth: number;
  /** Upper bound of characters its literal parts print. */
  readonly literalCost: number;
  /** How often each value is referred to. */
  readonly references: Int32Array;
  /** Largest of `references`. */
  readonly mostReferences: number;
  /** Characters of the elements around each value, printed again for every item of an array. */
  readonly wrappers: Int32Array;
  /** What passes compiled for this template, by compiler. */
  readonly compiled = new WeakMap<object, unknown>();
  /** What the faces of the reader compiled, once for all passes. */
  readonly memo: TemplateMemo = {
    event: undefined,
    section: undefined,
    data: undefined,
    user: undefined,
    system: undefined,
    makers: undefined,
  };
  /** Cache of the compiler that ran last: one comparison instead of a map look-up in the scan loop. */
  lastCompiler: object | undefined;
  lastCompiled: unknown;

  constructor(root: ElementNode, slots: number, depth: number) {
    this.root = root;
    this.slots = slots;
    this.depth = depth;
    this.references = new Int32Array(slots);
    this.wrappers = new Int32Array(slots);
    this.literalCost = this.#measure(root);
    this.mostReferences = this.references.reduce((most, count) => Math.max(most, count), 0);
  }

  /** What `compiler` made of this template, made on first use. The compiler must be an object that lives as long as wanted. */
  get<T>(compiler: { compile(template: Template): T }): T {
    if (this.lastCompiler === compiler) return this.lastCompiled as T;
    let made = this.compiled.get(compiler) as T | undefined;
    if (made === undefined) {
      made = compiler.compile(this);
      this.compiled.set(compiler, made);
    }
    this.lastCompiler = compiler;
    this.lastCompiled = made;
    return made;
  }

  #measure(element: ElementNode): number {
    let own = 2 * element.name.length + 16;
    for (const attribute of element.attributes) {
      own += attribute.name.length + 8;
      for (const part of attribute.parts) own += this.#measurePart(part);
    }
    let total = own;
    for (const child of element.children) {
      total += this.#measurePart(child);
      if (child.kind === SLOT) this.wrappers[child.index] = this.wrappers[child.index]! + own;
    }
    return total;
  }

  #measurePart(node: TreeNode): number {
    if (node.kind === ELEMENT) return this.#measure(node);
    if (node.kind === SLOT) {
      this.references[node.index] = this.references[node.index]! + 1;
      return 0;
    }
    return node.text.length * 6;
  }
}

/** One definition as met in chunks: its bytes, which of them may differ, and what it means. */
interface Variant {
  readonly id: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly references: readonly NameReference[];
  readonly template: Template;
}

/**
 * Template definitions of a pass. A definition met in a chunk is recognised by its bytes and names, never by GUID alone: which
 * names are written in place changes bytes and size, and one GUID occurs with different content.
 */
export class Templates {
  readonly #names: Names;
  readonly #parser: TokenParser;
  readonly #variants = new Map<number, Variant[]>();
  readonly #shapes = new Map<string, Template>();
  #count = 0;
  #bytes = 0;
  /** Templates by chunk-relative offset of their definition, for the current chunk only. */
  readonly #at = new Map<number, Template>();
  /** The same, direct-mapped: small enough for the first-level cache. Keys are the chunk's stamp and the offset. */
  readonly #recentKeys = new Int32Array(RECENT).fill(-1);
  readonly #recent: (Template | undefined)[] = new Array<Template | undefined>(RECENT).fill(undefined);
  #stamp = 0;

  constructor(names: Names, parser: TokenParser) {
    this.#names = names;
    this.#parser = parser;
  }

  nextChunk(): void {
    this.#stamp = (this.#stamp + 1) & 0x7fff;
    this.#at.clear();
    if (this.#stamp === 0) this.#recentKeys.fill(-1);
  }

  /**
   * The template whose definition lies at a chunk-relative offset.
   * @param id the template id the instance names (first dword of the GUID). @param strict slack: refuse a definition that does not
   * carry that id or has damaged names.
   */
  at(window: Window, base: number, offset: number, id: number, strict: boolean): Template {
    if (offset >= CHUNK_SIZE || strict) return this.#load(window, base, offset, id, strict).template;
    const key = (this.#stamp << 16) | offset;
    const slot = (Math.imul(offset, 0x9e37_79b1) >>> 24) & (RECENT - 1);
    if (this.#recentKeys[slot] === key) return this.#recent[slot]!;
    let template = this.#at.get(offset);
    if (template === undefined) {
      template = this.#load(window, base, offset, id, strict).template;
      this.#at.set(offset, template);
    }
    this.#recentKeys[slot] = key;
    this.#recent[slot] = template;
    return template;
  }

  /** Size in bytes of the definition's BinXML at a chunk-relative offset. */
  sizeAt(window: Window, base: number, offset: number): number {
    return window.view.getUint32(base + offset + 20, true);
  }

  /** Templates of that id seen in any chunk: donors for records whose own definition is overwritten. */
  donors(id: number): readonly Template[] {
    const variants = this.#variants.get(id);
    return variants === undefined ? [] : [...new Set(variants.map((variant) => variant.template))];
  }

  #load(window: Window, base: number, offset: number, id: number, strict: boolean): Variant {
    const view = window.view;
    const at = base + offset;
    if (offset > CHUNK_SIZE - DEFINITION_HEADER) {
      throw new RecordFault('EVTX_RECORD_TEMPLATE', 'template definition offset', base, `<= ${CHUNK_SIZE - DEFINITION_HEADER}`, offset);
    }
    const guidId = view.getUint32(at + 4, true);
    const size = view.getUint32(at + 20, true);
    if (strict && guidId !== id) throw new RecordFault('EVTX_RECORD_TEMPLATE', 'template id', at, id, guidId);
    if (offset + DEFINITION_HEADER + size > CHUNK_SIZE) {
      throw new RecordFault('EVTX_RECORD_TEMPLATE', 'template definition', at, size, CHUNK_SIZE - offset - DEFINITION_HEADER);
    }
    const start = at + DEFINITION_HEADER;
    const known = this.#variants.get(guidId);
    if (known !== undefined) {
      for (const variant of known) if (variant.size === size && this.#same(variant, window, base, start)) return variant;
    }
    return this.#parse(window, base, start, size, guidId, strict);
  }

  #parse(window: Window, base: number, start: number, size: number, id: number, strict: boolean): Variant {
    const references: NameReference[] = [];
    const parser = this.#parser;
    parser.start(window, base, start, start + size, true, strict, references);
    parser.prolog();
    const root = parser.element(0);
    const end = parser.peek();
    if (end !== TOKEN.EOF)
      throw new RecordFault('EVTX_RECORD_TEMPLATE', 'end of template', parser.position, 'token 00', `token ${end.toString(16)}`);
    if (this.#count >= MAX_TEMPLATES || this.#bytes + size > MAX_TEMPLATE_BYTES) this.#forget();
    const shape = shapeOf(root);
    let template = this.#shapes.get(shape);
    if (template === undefined) {
      template = new Template(root, parser.slots, parser.depth);
      this.#shapes.set(shape, template);
    }
    const bytes = window.bytes.slice(start, start + size);
    const relative = references.map((reference) => ({ ...reference, at: reference.at - start }));
    const variant: Variant = { id, size, bytes, view: new DataView(bytes.buffer), references: relative, template };
    const known = this.#variants.get(id);
    if (known === undefined) this.#variants.set(id, [variant]);
    else known.push(variant);
    this.#count++;
    this.#bytes += size;
    return variant;
  }

  /** Same bytes apart from name offsets and hash-chain pointers, and the same names. */
  #same(variant: Variant, window: Window, base: number, start: number): boolean {
    const view = window.view;
    const other = variant.view;
    let from = 0;
    for (const reference of variant.references) {
      if (!sameBytes(view, start + from, other, from, reference.at)) return false;
      const offset = view.getUint32(start + reference.at, true);
      const after = reference.at + 4;
      if (reference.inline !== (offset === start + after - base)) return false;
      from = reference.inline ? after + 4 : after;
      // A name written in place is compared with the bytes that follow (hash, length, characters).
      if (!reference.inline && this.#names.idAt(window, base, offset) !== reference.id) return false;
    }
    return sameBytes(view, start + from, other, from, variant.size);
  }

  /** Starts over when a file brings more definitions than any machine has: memory stays bounded, results stay right. */
  #forget(): void {
    this.#variants.clear();
    this.#shapes.clear();
    this.#count = 0;
    this.#bytes = 0;
  }
}

/** Compares `[from, to)` of two definitions; `at` is where `from` lies in the first view. */
function sameBytes(a: DataView, at: number, b: DataView, from: number, to: number): boolean {
  let i = from;
  let j = at;
  for (; i + 4 <= to; i += 4, j += 4) if (a.getInt32(j, true) !== b.getInt32(i, true)) return false;
  for (; i < to; i++, j++) if (a.getUint8(j) !== b.getUint8(i)) return false;
  return true;
}

/** Text that is equal exactly for equal trees. */
function shapeOf(node: TreeNode): string {
  switch (node.kind) {
    case SLOT:
      return `$${node.index}.${node.type}.${node.optional ? 1 : 0};`;
    case ELEMENT: {
      let text = `<${JSON.stringify(node.name)}${node.dependency}`;
      for (const attribute of node.attributes) {
        text += `@${JSON.stringify(attribute.name)}`;
        for (const part of attribute.parts) text += shapeOf(part);
      }
      text += '>';
      for (const child of node.children) text += shapeOf(child);
      return `${text}/`;
    }
    case PI:
      return `?${JSON.stringify(node.target)}${JSON.stringify(node.text)}`;
    default:
      return `${node.kind}${JSON.stringify(node.text)}`;
  }
}

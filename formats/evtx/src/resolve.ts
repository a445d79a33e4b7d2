import { RecordFault } from './errors.ts';
import { ARRAY, Instance, TYPE } from './instance.ts';
import { RECORD_HEADER_SIZE } from './limits.ts';
import { Names } from './names.ts';
import { DEFINITION_HEADER, Template, Templates } from './template.ts';
import { TOKEN, TokenParser } from './tokens.ts';
import { makeElement, SLOT } from './tree.ts';
import type { EvtxLimits } from './types.ts';
import { itemSize } from './values.ts';
import type { Window } from './window.ts';

/** Printed characters per byte of a value, at most (`&quot;` per UTF-16 unit), and per value whatever its size. */
const COST_PER_BYTE = 3;
const COST_PER_VALUE = 32;
/** Offsets kept in one piece; a new piece is begun when it is full, records of older pieces keep theirs. */
const ARENA = 1 << 15;
/** Instances used again for the records of the next window: more than a window holds of any but the smallest records. */
const POOL = 4096;
const NO_FRAGMENTS: readonly Instance[] = [];

/**
 * Finds the structure of records: template instances, their values, nested fragments. Nothing is decoded here; what is found is
 * checked completely, so that reading fields later cannot fail.
 */
export class Resolver {
  readonly names = new Names();
  readonly parser: TokenParser;
  readonly templates: Templates;
  readonly #limits: EvtxLimits;
  #arena = new Int32Array(ARENA);
  #arenaUsed = 0;
  readonly #pool: Instance[] = [];
  #poolUsed = 0;
  #window!: Window;
  #base = 0;
  #strict = false;
  #position = 0;
  #cost = 0;
  #found = NO_FRAGMENTS;

  constructor(limits: EvtxLimits) {
    this.#limits = limits;
    this.parser = new TokenParser(this.names, limits);
    this.templates = new Templates(this.names, this.parser);
  }

  /** Forgets what belongs to the chunk read before. */
  nextChunk(): void {
    this.names.nextChunk();
    this.templates.nextChunk();
  }

  /** Lets instances and the storage of value offsets be used again: records handed out before must not be used any more. */
  recycle(): void {
    this.#arenaUsed = 0;
    this.#poolUsed = 0;
  }

  /**
   * Fragments of the record at a window offset: the event and, in forwarded logs, its RenderingInfo.
   * @param strict for slack: template ids and name hashes must fit.
   * @throws {RecordFault} when the record cannot be trusted.
   */
  record(window: Window, base: number, record: number, size: number, strict = false): readonly Instance[] {
    this.#window = window;
    this.#base = base;
    this.#strict = strict;
    const start = record + RECORD_HEADER_SIZE;
    const end = record + size - 4;
    const cost = this.#fragments(start, end, 0, 0);
    const fragments = this.#found;
    if (fragments.length === 0) throw new RecordFault('EVTX_RECORD_BINXML', 'event', start, 'a fragment', 'none');
    if (cost > this.#limits.maxRecordOutputBytes) {
      throw new RecordFault('EVTX_RECORD_LIMIT', 'output of one record', start, this.#limits.maxRecordOutputBytes, cost);
    }
    return fragments;
  }

  /** Reads fragments of `[start, end)`, leaves them in `#found`, and returns the bound of characters they print. */
  #fragments(start: number, end: number, nesting: number, depth: number): number {
    if (nesting >= this.#limits.maxNesting) {
      throw new RecordFault('EVTX_RECORD_LIMIT', 'nesting', start, this.#limits.maxNesting, nesting + 1);
    }
    const bytes = this.#window.bytes;
    let cost = 0;
    let found = NO_FRAGMENTS;
    let several: Instance[] | undefined;
    let position = start;
    while (position < end) {
      let instance: Instance;
      let at = position;
      let token = bytes[at]!;
      // Behind the first fragment come its end token and then padding that nobody cleared: only a clear header counts there.
      if (found.length > 0 && token === TOKEN.EOF && at + 5 <= end && this.#window.view.getUint32(at + 1, true) === 0x0001_010f) {
        at++;
        token = bytes[at]!;
      }
      if (token === TOKEN.FRAGMENT && at + 5 <= end) {
        at += 4;
        token = bytes[at]!;
      }
      if (found.length > 0) {
        if (at === position && token !== TOKEN.TEMPLATE) break;
        // What follows may be left-over bytes; a record is not lost because of them.
        try {
          instance = this.#fragment(at, end, token, nesting, depth);
        } catch (fault) {
          if (fault instanceof RecordFault && fault.code !== 'EVTX_RECORD_LIMIT') break;
          throw fault;
        }
      } else if (token === TOKEN.EOF) break;
      else instance = this.#fragment(at, end, token, nesting, depth);
      cost += this.#cost;
      position = this.#position;
      if (found.length === 0) found = instance.alone;
      else if (several === undefined) {
        several = [found[0]!, instance];
        found = several;
      } else several.push(instance);
    }
    this.#found = found;
    return cost;
  }

  /** Reads one fragment; leaves its end in `#position` and its output bound in `#cost`. */
  #fragment(at: number, end: number, token: number, nesting: number, depth: number): Instance {
    if (token === TOKEN.TEMPLATE) return this.#instance(at, end, nesting, depth);
    const parser = this.parser;
    parser.start(this.#window, this.#base, at, end, false, this.#strict);
    parser.prolog();
    if (parser.peek() === TOKEN.TEMPLATE) return this.#instance(parser.position, end, nesting, depth);
    const root = parser.element(depth);
    this.#position = parser.position;
    const template = new Template(root, 0, parser.depth - depth);
    this.#cost = template.literalCost;
    return this.#pooled(template, at, 0, 0);
  }

  /** An instance over the current window, an idle one when there is one. */
  #pooled(template: Template, descriptors: number, count: number, first: number): Instance {
    if (this.#poolUsed === this.#pool.length) {
      const made = new Instance(template, this.#window, descriptors, count, this.#arena, first);
      if (this.#poolUsed < POOL) this.#poolUsed = this.#pool.push(made);
      return made;
    }
    const instance = this.#pool[this.#poolUsed++]!;
    instance.template = template;
    instance.window = this.#window;
    instance.descriptors = descriptors;
    instance.count = count;
    instance.offsets = this.#arena;
    instance.first = first;
    instance.nestedSlot = -1;
    instance.nested = undefined;
    instance.more = undefined;
    return instance;
  }

  /**
   * Reads the only fragment of a nested value into an instance that is used again and again: enough to look at fields, no
   * allocation. @returns false when it is not that simple (no template, deeper nesting, damage): resolve the record then.
   */
  light(window: Window, base: number, start: number, end: number, into: Instance): boolean {
    const { view, bytes } = window;
    const at = bytes[start] === TOKEN.FRAGMENT ? start + 4 : start;
    if (at + 14 > end || bytes[at] !== TOKEN.TEMPLATE) return false;
    const definition = view.getUint32(at + 6, true);
    let values = at + 10;
    if (definition === values - base) {
      if (values + DEFINITION_HEADER > end) return false;
      values += DEFINITION_HEADER + view.getUint32(values + 20, true);
      if (values + 4 > end) return false;
    }
    const count = view.getUint32(values, true);
    let descriptor = values + 4;
    let position = descriptor + count * 4;
    if (count >= into.offsets.length || position > end) return false;
    into.template = this.templates.at(window, base, definition, view.getUint32(at + 2, true), false);
    into.descriptors = descriptor;
    into.count = count;
    const { offsets } = into;
    for (let i = 0; i < count; i++, descriptor += 4) {
      const value = view.getUint32(descriptor, true);
      if (((value >>> 16) & 0xff) === TYPE.BINXML) return false;
      offsets[i] = position;
      position += value & 0xffff;
    }
    offsets[count] = position;
    return position <= end;
  }

  /** Reads the template instance at `at`; leaves its end in `#position` and its output bound in `#cost`. */
  #instance(at: number, end: number, nesting: number, depth: number): Instance {
    const view = this.#window.view;
    if (at + 14 > end) throw new RecordFault('EVTX_RECORD_BINXML', 'template instance', at, 14, end - at);
    const id = view.getUint32(at + 2, true);
    const definition = view.getUint32(at + 6, true);
    let values = at + 10;
    const inline = definition === values - this.#base;
    if (inline) {
      if (values + DEFINITION_HEADER > end)
        throw new RecordFault('EVTX_RECORD_TEMPLATE', 'template definition', values, DEFINITION_HEADER, end - values);
      values += DEFINITION_HEADER + this.templates.sizeAt(this.#window, this.#base, definition);
      if (values + 4 > end) throw new RecordFault('EVTX_RECORD_TEMPLATE', 'template definition', at, values + 4 - at, end - at);
    }
    const count = view.getUint32(values, true);
    if (count > this.#limits.maxValues)
      throw new RecordFault('EVTX_RECORD_LIMIT', 'substitution values', values, this.#limits.maxValues, count);
    const template = this.#template(definition, id, values + 4, count, end, nesting);
    if (depth + template.depth > this.#limits.maxElements) {
      throw new RecordFault('EVTX_RECORD_LIMIT', 'open elements', at, this.#limits.maxElements, depth + template.depth);
    }
    return this.#values(template, values + 4, count, end, nesting, depth + template.depth);
  }

  /** The definition in this chunk or, in slack only, a donor with the same id that fits the values. */
  #template(definition: number, id: number, descriptors: number, count: number, end: number, nesting: number): Template {
    try {
      const template = this.templates.at(this.#window, this.#base, definition, id, this.#strict);
      if (!this.#strict || fits(template, this.#window, descriptors, count, end)) return template;
    } catch (fault) {
      if (!(this.#strict && fault instanceof RecordFault)) throw fault;
    }
    for (const donor of this.templates.donors(id)) if (fits(donor, this.#window, descriptors, count, end)) return donor;
    // The event's own data without their names are still worth having; without System's names nothing would say what it was.
    if (nesting > 0 && plausible(this.#window, descriptors, count, end)) return positional(count);
    throw new RecordFault(
      'EVTX_RECORD_TEMPLATE',
      'template definition',
      this.#base + Math.min(definition, 0xffff),
      'a definition or a donor',
      'none',
    );
  }

  #values(template: Template, descriptors: number, count: number, end: number, nesting: number, depth: number): Instance {
    const view = this.#window.view;
    let at = descriptors + count * 4;
    if (at > end) throw new RecordFault('EVTX_RECORD_VALUES', 'value descriptors', descriptors, count * 4, end - descriptors);
    if (this.#arenaUsed + count + 1 > this.#arena.length) {
      this.#arena = new Int32Array(Math.max(ARENA, count + 1));
      this.#arenaUsed = 0;
    }
    const offsets = this.#arena;
    const first = this.#arenaUsed;
    this.#arenaUsed += count + 1;
    const instance = this.#pooled(template, descriptors, count, first);
    let types = 0;
    let nestedFirst = count;
    let nestedLast = -1;
    for (let i = 0, descriptor = descriptors; i < count; i++, descriptor += 4) {
      const value = view.getUint32(descriptor, true);
      const type = (value >>> 16) & 0xff;
      offsets[first + i] = at;
      at += value & 0xffff;
      types |= type;
      if (type === TYPE.BINXML) {
        if (nestedLast < 0) nestedFirst = i;
        nestedLast = i;
      }
    }
    offsets[first + count] = at;
    if (at > end) throw new RecordFault('EVTX_RECORD_VALUES', 'values', descriptors, at - descriptors, end - descriptors);
    const size = at - offsets[first]!;
    let cost = template.literalCost + template.mostReferences * (size * COST_PER_BYTE + count * COST_PER_VALUE);
    if (types & ARRAY) cost += arrayCost(instance);
    for (let i = nestedFirst; i <= nestedLast; i++) {
      if (instance.type(i) !== TYPE.BINXML) continue;
      const from = offsets[first + i]!;
      const to = offsets[first + i + 1]!;
      this.#found = NO_FRAGMENTS;
      if (to > from) cost += (template.references[i] ?? 0) * this.#fragments(from, to, nesting + 1, depth);
      if (instance.nestedSlot < 0) {
        instance.nestedSlot = i;
        instance.nested = this.#found;
      } else {
        instance.more ??= new Map();
        instance.more.set(i, this.#found);
      }
    }
    this.#position = at;
    this.#cost = cost;
    return instance;
  }
}

/** Bound of what array values print: each item repeats the elements around it. */
function arrayCost(instance: Instance): number {
  const { references, wrappers, slots } = instance.template;
  let cost = 0;
  for (let i = 0; i < instance.count && i < slots; i++) {
    if (instance.type(i) & ARRAY) cost += (instance.end(i) - instance.start(i)) * (wrappers[i]! + references[i]! * COST_PER_VALUE);
  }
  return cost;
}

/** True when the values could belong to the template: enough of them, inside the record, of possible sizes. */
function fits(template: Template, window: Window, descriptors: number, count: number, end: number): boolean {
  return count >= template.slots && plausible(window, descriptors, count, end);
}

/** True when every descriptor names a known type with a size that type can have, and all values end inside the record. */
function plausible(window: Window, descriptors: number, count: number, end: number): boolean {
  let total = descriptors + count * 4;
  if (total > end) return false;
  for (let i = 0; i < count; i++) {
    const descriptor = window.view.getUint32(descriptors + i * 4, true);
    const size = descriptor & 0xffff;
    const type = (descriptor >>> 16) & 0x7f;
    const item = itemSize(type);
    if (item === undefined || (item > 0 && size % item !== 0)) return false;
    total += size;
  }
  return total <= end;
}

const positionals = new Map<number, Template>();

/** `<EventData>` with one unnamed `<Data>` per value: stands for a definition that is lost. */
function positional(count: number): Template {
  let template = positionals.get(count);
  if (template === undefined) {
    const data = Array.from({ length: count }, (_, index) =>
      makeElement('Data', index, [], [{ kind: SLOT, index, type: 0, optional: true }]),
    );
    template = new Template(makeElement('EventData', -1, [], data), count, 2);
    positionals.set(count, template);
  }
  return template;
}

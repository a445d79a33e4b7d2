import { containsAscii, endsWithAscii, equalsAscii, paddedEnd, startsWithAscii, trimmedEnd } from './ascii.ts';
import { type Condition, decide, decideOne, type PlainValues } from './condition.ts';
import { arrayTexts, type FieldEntry, fieldPlan, fieldText, type Place, present, visitFields } from './fields.ts';
import { ARRAY, type Instance, TYPE } from './instance.ts';
import { atEnd } from './pattern.ts';
import type { Template } from './template.ts';
import { uintAt } from './values.ts';

/**
 * A condition on a data field of the event. It remembers where the last records had the field: the next ones mostly have the same
 * templates, and plain texts and numbers are then compared where they lie.
 */
export class DataCheck {
  readonly #condition: Condition;
  #outer: Template | undefined;
  #nested = -1;
  #inner: Template | undefined;
  #entry!: FieldEntry;

  constructor(condition: Condition) {
    this.#condition = condition;
  }

  /** Decides about an event whose nested fragments are resolved as far as fields need. */
  holds(event: Instance): boolean {
    const condition = this.#condition;
    const { plain } = condition;
    if (plain !== undefined && event.template === this.#outer) {
      const instance = this.#holder(event);
      if (instance !== undefined) {
        const found = inPlace(plain, this.#entry, instance);
        if (found !== undefined) return found !== condition.not;
      }
    }
    return this.#decide(event);
  }

  /** The instance that has the field when the event is made of the remembered templates. */
  #holder(event: Instance): Instance | undefined {
    if (this.#nested < 0) return event;
    const fragments = event.fragments(this.#nested);
    const only = fragments !== undefined && fragments.length === 1 ? fragments[0]! : undefined;
    return only?.template === this.#inner ? only : undefined;
  }

  #decide(event: Instance): boolean {
    const condition = this.#condition;
    const texts: string[] = [];
    if (condition.unnamed) {
      // `Data` alone asks every unnamed Data element, as Sigma rules for classic logs do.
      visitFields(event, 'event', { next: 0 }, (name, entry, instance, item) => {
        if (name === condition.field || (condition.field === 'Data' && entry.name === null && name.startsWith('Data['))) {
          texts.push(item ?? fieldText(entry, instance));
        }
        return false;
      });
    } else {
      const single = this.#only(event);
      if (single !== undefined) return decideOne(condition, fieldText(this.#entry, single));
      collect(condition.field, event, 'event', texts);
    }
    return decide(condition, texts);
  }

  /**
   * The usual case, without making lists: one field of that name, in the event or its one nested fragment. Remembers where.
   * @returns the instance that has it; else undefined.
   */
  #only(event: Instance): Instance | undefined {
    const { field } = this.#condition;
    const plan = fieldPlan(event.template, 'event');
    let instance = event;
    let nestedSlot = -1;
    let known = plan.named.get(field);
    if (plan.nested.length === 1 && known === undefined) {
      const { nested, place, dependencies, otherwise } = plan.nested[0]!;
      const fragments = event.fragments(nested);
      if (fragments === undefined || fragments.length !== 1 || dependencies.length > 0 || otherwise !== null) return undefined;
      instance = fragments[0]!;
      const inner = fieldPlan(instance.template, place);
      if (inner.dynamic || inner.nested.length > 0) return undefined;
      known = inner.named.get(field);
      nestedSlot = nested;
    } else if (plan.nested.length > 0 || plan.dynamic) return undefined;
    const entry = known !== undefined && known.length === 1 ? known[0]! : undefined;
    if (entry === undefined || !present(entry.dependencies, instance)) return undefined;
    if (entry.slot >= 0 && (instance.type(entry.slot) & ARRAY) !== 0) return undefined;
    this.#outer = event.template;
    this.#nested = nestedSlot;
    this.#inner = instance.template;
    this.#entry = entry;
    return instance;
  }
}

/** Whether a text or number is one of the wanted, decided on its bytes; undefined when that takes its canonical text. */
function inPlace(plain: PlainValues, entry: FieldEntry, instance: Instance): boolean | undefined {
  const { slot, dependencies } = entry;
  if (slot < 0 || slot >= instance.count || entry.literal !== null) return undefined;
  if (dependencies.length > 0 && !present(dependencies, instance)) return undefined;
  const type = instance.type(slot);
  const at = instance.start(slot);
  if (type === TYPE.STRING) {
    const { bytes } = instance.window;
    const end = trimmedEnd(bytes, at, instance.end(slot));
    if (isText(plain, bytes, at, atEnd(plain.anchor) ? paddedEnd(bytes, at, end) : end)) return true;
    // Digits, a sign or a blank in front: it may be a wanted number in another form.
    return plain.numeric && end > at && bytes[at]! <= 0x39 ? undefined : false;
  }
  if (plain.anchor !== 'equals' || (type !== TYPE.U8 && type !== TYPE.U16 && type !== TYPE.U32)) return undefined;
  const number = uintAt(instance.window, at, instance.end(slot) - at);
  return number === undefined ? undefined : plain.numbers.includes(number);
}

function isText(plain: PlainValues, bytes: Uint8Array, at: number, end: number): boolean {
  const { anchor, texts } = plain;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    if (anchor === 'equals') {
      if (equalsAscii(bytes, at, end, text)) return true;
    } else if (anchor === 'startswith') {
      if (startsWithAscii(bytes, at, end, text)) return true;
    } else if (anchor === 'endswith') {
      if (endsWithAscii(bytes, at, end, text)) return true;
    } else if (containsAscii(bytes, at, end, text)) return true;
  }
  return false;
}

/** Texts of every field of that name; items of arrays one by one. */
function collect(name: string, instance: Instance, place: Place, into: string[]): void {
  const plan = fieldPlan(instance.template, place);
  if (plan.dynamic) {
    visitFields(instance, place, { next: 0 }, (candidate, entry, holder) => {
      if (candidate === name) add(entry, holder, into);
      return false;
    });
    return;
  }
  const known = plan.named.get(name);
  if (known !== undefined) for (const entry of known) if (present(entry.dependencies, instance)) add(entry, instance, into);
  for (const entry of plan.nested) {
    if (!present(entry.dependencies, instance)) continue;
    const fragments = instance.fragments(entry.nested);
    if (fragments !== undefined) for (const fragment of fragments) collect(name, fragment, entry.place, into);
    else if (entry.otherwise?.name === name) add(entry.otherwise, instance, into);
  }
}

function add(entry: FieldEntry, instance: Instance, into: string[]): void {
  const parts = arrayTexts(entry, instance);
  if (parts === undefined) into.push(fieldText(entry, instance));
  else into.push(...parts);
}

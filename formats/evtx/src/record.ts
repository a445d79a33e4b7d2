import { toElement } from './element.ts';
import { EvtxError } from './errors.ts';
import { fieldPlan, fieldText, fieldTyped, present, visitFields } from './fields.ts';
import { Instance } from './instance.ts';
import { toPlainObject } from './object.ts';
import { readSystem } from './system.ts';
import type { EvtxRecord, EvtxSystem, EvtxValue, RecordTrust } from './types.ts';
import { Window } from './window.ts';
import { toXmlText } from './xml.ts';

/** Where a record lies. */
export interface RecordPlace {
  readonly trust: RecordTrust;
  /** File offset, size, slot. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly chunk: number;
}

/** A record over the bytes of a window. Its structure is checked; values are decoded when asked for. */
export class LazyRecord implements EvtxRecord {
  readonly trust: RecordTrust;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly chunk: number;
  readonly #window: Window;
  readonly #stamp: number;
  /** Window offset of the record. */
  readonly #at: number;
  readonly #fragments: readonly Instance[];
  #system: EvtxSystem | undefined;

  constructor(place: RecordPlace, window: Window, at: number, fragments: readonly Instance[]) {
    this.trust = place.trust;
    this.offset = place.offset;
    this.sizeBytes = place.sizeBytes;
    this.chunk = place.chunk;
    this.#window = window;
    this.#stamp = window.stamp;
    this.#at = at;
    this.#fragments = fragments;
  }

  get recordId(): bigint {
    this.#check();
    return this.#window.view.getBigUint64(this.#at + 8, true);
  }

  get writtenTime(): bigint {
    this.#check();
    return this.#window.view.getBigUint64(this.#at + 16, true);
  }

  get system(): EvtxSystem {
    if (this.#system === undefined) this.#system = readSystem(this.#fragments, this.recordId, this.writtenTime);
    return this.#system;
  }

  field(name: string): string | undefined {
    this.#check();
    const event = this.#fragments[0]!;
    const plan = fieldPlan(event.template, 'event');
    const known = plan.named.get(name);
    if (known !== undefined && plan.nested.length === 0 && !plan.dynamic) {
      for (const entry of known) if (present(entry.dependencies, event)) return fieldText(entry, event);
      return undefined;
    }
    let found: string | undefined;
    visitFields(event, 'event', { next: 0 }, (candidate, entry, instance, item) => {
      if (candidate !== name) return false;
      found = item ?? fieldText(entry, instance);
      return true;
    });
    return found;
  }

  fields(): Map<string, string> {
    this.#check();
    const out = new Map<string, string>();
    visitFields(this.#fragments[0]!, 'event', { next: 0 }, (name, entry, instance, item) => {
      if (!out.has(name)) out.set(name, item ?? fieldText(entry, instance));
      return false;
    });
    return out;
  }

  typedFields(): Map<string, EvtxValue> {
    this.#check();
    const out = new Map<string, EvtxValue>();
    const repeated = new Set<string>();
    visitFields(this.#fragments[0]!, 'event', { next: 0 }, (name, entry, instance, item) => {
      const value = item ?? fieldTyped(entry, instance, toElement);
      if (!out.has(name)) out.set(name, value);
      else if (repeated.has(name)) (out.get(name) as EvtxValue[]).push(value);
      else {
        repeated.add(name);
        out.set(name, [out.get(name)!, value]);
      }
      return false;
    });
    return out;
  }

  toObject(): Record<string, unknown> {
    this.#check();
    return toPlainObject(this.#fragments);
  }

  toJson(): string {
    return JSON.stringify(this.toObject());
  }

  toXml(): string {
    this.#check();
    return toXmlText(this.#fragments);
  }

  detach(): EvtxRecord {
    this.#check();
    const window = new Window(this.#window.bytes.slice(this.#at, this.#at + this.sizeBytes), this.#window.ansi);
    const copy = this.#fragments.map((fragment) => moved(fragment, window, this.#at));
    return new LazyRecord(this, window, 0, copy);
  }

  #check(): void {
    if (this.#window.stamp !== this.#stamp) throw new EvtxError('EVTX_RECORD_STALE', 'record used after its pass moved on', this.offset);
  }
}

/** The same instance over a copy of the record's bytes. */
function moved(instance: Instance, window: Window, by: number): Instance {
  const offsets = instance.offsets.slice(instance.first, instance.first + instance.count + 1);
  for (let i = 0; i < offsets.length; i++) offsets[i] = offsets[i]! - by;
  const copy = new Instance(instance.template, window, instance.descriptors - by, instance.count, offsets, 0);
  copy.nestedSlot = instance.nestedSlot;
  copy.nested = instance.nested?.map((fragment) => moved(fragment, window, by));
  if (instance.more !== undefined) {
    copy.more = new Map([...instance.more].map(([i, fragments]) => [i, fragments.map((fragment) => moved(fragment, window, by))]));
  }
  return copy;
}

import type { ByteSource } from '@winmedic/bytes';
import { type Candidate, Carver } from './carve.ts';
import { RecordFault } from './errors.ts';
import { fieldPlan } from './fields.ts';
import { Instance, TYPE } from './instance.ts';
import { MIN_RECORD_SIZE } from './limits.ts';
import { type MatchContext, QueryCompiler, type QueryPlan } from './query.ts';
import { LazyRecord, type RecordPlace } from './record.ts';
import type { Resolver } from './resolve.ts';
import { FRAGMENT_HEADER, SkipTable, TEMPLATE_TOKEN } from './skip.ts';
import type { SpanCollector, SpanPlan } from './spans.ts';
import { findSystem } from './system.ts';
import { DEFINITION_HEADER, type Template } from './template.ts';
import type { EvtxLimits, EvtxQuery } from './types.ts';
import { type SlackRange, Walker, type WalkOptions } from './walker.ts';
import type { Window } from './window.ts';

/** What a pass collects besides matches. */
export interface PassCollectors {
  readonly spans?: SpanCollector | undefined;
  /** Told about every matching record instead of making it: the instance that holds System, its template and plan. */
  readonly count?: (template: Template, plan: QueryPlan, system: Instance) => void;
}

/** All that a pass knows about a template. */
interface PassPlan {
  readonly query: QueryPlan;
  readonly span: SpanPlan | undefined;
}

/**
 * One pass over a source: walks, decides, and makes records only for matches. The conditions look at the values in the window;
 * a record is resolved completely when it matches or when a condition asks about its data.
 */
export class Pass implements MatchContext {
  readonly walker: Walker;
  records = 0;
  matched = 0;
  recovered = 0;
  /** The record `advance` stopped at, and the first query it matched (-1 without queries). */
  record!: LazyRecord;
  queryIndex = -1;

  readonly #source: ByteSource;
  readonly #walk: WalkOptions;
  readonly #carver: Carver | undefined;
  #carved: { candidates: readonly Candidate[]; next: number; given: Set<string> } | undefined;
  readonly #resolver: Resolver;
  readonly #limits: EvtxLimits;
  readonly #compiler: QueryCompiler | undefined;
  /** Undefined when every record has to be looked at. */
  readonly #skip: SkipTable | undefined;
  readonly #collectors: PassCollectors;
  readonly #scratch: Instance;
  readonly #window: Window;
  #stamp = -1;
  #next = 0;
  #fragments: readonly Instance[] | undefined;
  /** The usual nested fragment (EventData or UserData) of the scratch instance, read only when a condition asks. */
  readonly #inner: Instance;
  #event: Instance | undefined;

  // MatchContext
  at = 0;
  system!: Instance;

  constructor(
    source: ByteSource,
    walk: WalkOptions,
    resolver: Resolver,
    limits: EvtxLimits,
    queries: readonly EvtxQuery[] | undefined,
    collectors: PassCollectors,
    window: Window,
  ) {
    const carver = walk.options.recover === true ? new Carver(window.ansi) : undefined;
    this.#carver = carver;
    this.#source = source;
    this.#walk = walk;
    const onSlack = carver === undefined ? {} : { onSlack: (range: SlackRange) => carver.add(range, this.#window.view) };
    this.walker = new Walker(source, { ...walk, ...onSlack }, window);
    this.#window = this.walker.window;
    this.#resolver = resolver;
    this.#limits = limits;
    this.#collectors = collectors;
    const needsPlans = queries !== undefined || collectors.spans !== undefined || collectors.count !== undefined;
    this.#compiler = needsPlans ? new QueryCompiler(queries ?? [{}]) : undefined;
    const all = queries === undefined || collectors.spans !== undefined || carver !== undefined;
    this.#skip = all ? undefined : new SkipTable(this.#compiler!, limits.maxValues);
    this.#scratch = new Instance(undefined as never, this.#window, 0, 0, new Int32Array(limits.maxValues + 1), 0);
    this.#inner = new Instance(undefined as never, this.#window, 0, 0, new Int32Array(limits.maxValues + 1), 0);
  }

  /** Compiled once per template. */
  compile(template: Template): PassPlan {
    return { query: this.#compiler!.compile(template), span: this.#collectors.spans?.compile(template) };
  }

  /** Moves to the next matching record. @returns false at the end. */
  advance(): boolean {
    const { walker } = this;
    for (;;) {
      const skip = walker.suspicious ? undefined : this.#skip;
      while (this.#next < walker.recordCount) {
        const at = walker.records[this.#next++]!;
        if (skip?.skips(this.#window, walker.base, at) === true) this.records++;
        else if (this.#compiler === undefined ? this.#make(at, -1) : this.#decide(at)) return true;
      }
      if (this.#carved !== undefined || !walker.nextChunk()) return this.#advanceCarved();
      this.#next = 0;
      this.#resolver.nextChunk();
      this.#skip?.nextChunk();
      if (this.#stamp !== this.#window.stamp) {
        this.#stamp = this.#window.stamp;
        this.#resolver.recycle();
      }
    }
  }

  /** The whole record. */
  resolved(): readonly Instance[] {
    if (this.#fragments === undefined) {
      const { at } = this;
      this.#fragments = this.#resolver.record(this.#window, this.walker.base, at, this.#window.view.getUint32(at + 4, true));
    }
    return this.#fragments;
  }

  /** The event, as far resolved as conditions on data fields need. */
  event(): Instance {
    if (this.#event === undefined) this.#event = this.#fragments === undefined && this.#light() ? this.#scratch : this.resolved()[0]!;
    return this.#event;
  }

  /** Reads the one nested fragment of the scratch instance in place. @returns false when the record is not of the usual form. */
  #light(): boolean {
    const scratch = this.#scratch;
    if (this.system !== scratch) return false;
    scratch.nestedSlot = -1;
    scratch.nested = undefined;
    const { nested } = fieldPlan(scratch.template, 'event');
    for (let i = 0; i < nested.length; i++) {
      const slot = nested[i]!.nested;
      if (scratch.type(slot) !== TYPE.BINXML) continue;
      if (scratch.nestedSlot >= 0) return false;
      if (!this.#resolver.light(this.#window, this.walker.base, scratch.start(slot), scratch.end(slot), this.#inner)) return false;
      scratch.nestedSlot = slot;
      scratch.nested = this.#inner.alone;
    }
    return true;
  }

  /** Without queries: every record that holds together. */
  #make(at: number, queryIndex: number): boolean {
    this.at = at;
    this.#fragments = undefined;
    this.#event = undefined;
    try {
      this.#emit(at, queryIndex);
    } catch (fault) {
      this.#lost(at, fault);
      return false;
    }
    this.records++;
    this.matched++;
    return true;
  }

  #emit(at: number, queryIndex: number): void {
    const place: RecordPlace = {
      trust: 'live',
      offset: this.walker.offsetOf(at),
      sizeBytes: this.#window.view.getUint32(at + 4, true),
      chunk: this.walker.slot,
    };
    this.record = new LazyRecord(place, this.#window, at, this.resolved());
    this.queryIndex = queryIndex;
  }

  /** After the live records: the next slack record that holds together, is no copy, and matches. Spans leave them out. */
  #advanceCarved(): boolean {
    const carver = this.#carver;
    if (carver === undefined) return false;
    this.walker.recordCount = 0;
    this.#carved ??= { candidates: carver.survivors(this.#source, this.#walk), next: 0, given: new Set() };
    const carved = this.#carved;
    while (carved.next < carved.candidates.length) {
      const candidate = carved.candidates[carved.next++]!;
      if (carved.given.has(candidate.key)) continue;
      if (carver.load(this.#source, candidate)) this.#resolver.nextChunk();
      const { at } = candidate;
      try {
        this.at = at;
        this.#event = undefined;
        this.#fragments = this.#resolver.record(carver.window, 0, at, candidate.size, true);
        const queryIndex = this.#match();
        carved.given.add(candidate.key);
        this.recovered++;
        if (queryIndex === undefined) continue;
        const place: RecordPlace = { trust: 'slack', offset: candidate.slotOffset + at, sizeBytes: candidate.size, chunk: candidate.chunk };
        this.record = new LazyRecord(place, carver.window, at, this.#fragments);
        this.queryIndex = queryIndex;
        this.matched++;
        return true;
      } catch (fault) {
        // Slack is expected to hold overwritten records: they are no damage of the log.
        if (!(fault instanceof RecordFault)) throw fault;
      }
    }
    return false;
  }

  /** First query the resolved record matches (-1 without queries); undefined when there is none or it is only counted. */
  #match(): number | undefined {
    if (this.#compiler === undefined) return -1;
    this.system = findSystem(this.#fragments!).instance;
    const plan: PassPlan = this.system.template.get(this);
    const queryIndex = this.#compiler.match(plan.query, this);
    if (queryIndex < 0) return undefined;
    if (this.#collectors.count === undefined) return queryIndex;
    this.matched++;
    this.#collectors.count(this.system.template, plan.query, this.system);
    return undefined;
  }

  #decide(at: number): boolean {
    this.at = at;
    this.#fragments = undefined;
    this.#event = undefined;
    let template: Template;
    let queryIndex: number;
    try {
      if (this.#carver === undefined && !this.walker.suspicious && this.#outer(at)) {
        this.#measure();
        this.system = this.#scratch;
        template = this.#scratch.template;
      } else {
        this.system = this.resolved()[0]!;
        template = this.system.template;
      }
      let plan: PassPlan = template.get(this);
      if (plan.query.system === null) {
        this.system = findSystem(this.resolved()).instance;
        template = this.system.template;
        plan = template.get(this);
      }
      this.#collectors.spans?.add(template, plan.span!, this.system, at);
      queryIndex = plan.query.dead ? -1 : this.#compiler!.match(plan.query, this);
      if (queryIndex >= 0) {
        if (this.#collectors.count !== undefined) this.#collectors.count(template, plan.query, this.system);
        else this.#emit(at, queryIndex);
      }
    } catch (fault) {
      this.#lost(at, fault);
      return false;
    }
    this.records++;
    if (queryIndex < 0) return false;
    this.matched++;
    return this.#collectors.count === undefined;
  }

  /**
   * Finds the outer template instance of a regular record and puts it into the scratch instance: no allocation; where the values
   * lie is left to `#measure`. @returns false for a record without the usual beginning.
   */
  #outer(at: number): boolean {
    const { view, bytes } = this.#window;
    const base = this.walker.base;
    const size = view.getUint32(at + 4, true);
    const end = at + size - 4;
    if (size < MIN_RECORD_SIZE + 18 || view.getUint32(at + 24, true) !== FRAGMENT_HEADER || bytes[at + 28] !== TEMPLATE_TOKEN) return false;
    const definition = view.getUint32(at + 34, true);
    let values = at + 38;
    if (definition === values - base) {
      if (values + DEFINITION_HEADER > end)
        throw new RecordFault('EVTX_RECORD_TEMPLATE', 'template definition', values, DEFINITION_HEADER, end - values);
      values += DEFINITION_HEADER + view.getUint32(values + 20, true);
      if (values + 4 > end) throw new RecordFault('EVTX_RECORD_TEMPLATE', 'template definition', at, values + 4 - at, end - at);
    }
    const count = view.getUint32(values, true);
    if (count > this.#limits.maxValues)
      throw new RecordFault('EVTX_RECORD_LIMIT', 'substitution values', values, this.#limits.maxValues, count);
    const scratch = this.#scratch;
    scratch.template = this.#resolver.templates.at(this.#window, base, definition, view.getUint32(at + 30, true), false);
    if (values + 4 + count * 4 > end) throw new RecordFault('EVTX_RECORD_VALUES', 'value descriptors', values, count * 4, end - values);
    if (this.#skip !== undefined) {
      const { query }: PassPlan = scratch.template.get(this);
      this.#skip.learn(definition, query, query.literalId < 0 || this.#compiler!.asks(query, query.literalId));
    }
    scratch.descriptors = values + 4;
    scratch.nestedSlot = -1;
    scratch.count = count;
    return true;
  }

  /** Finds where the values of the scratch instance lie. */
  #measure(): void {
    const { view } = this.#window;
    const { offsets, count, descriptors } = this.#scratch;
    const end = this.at + view.getUint32(this.at + 4, true) - 4;
    let position = descriptors + count * 4;
    for (let i = 0, descriptor = descriptors; i < count; i++, descriptor += 4) {
      offsets[i] = position;
      position += view.getUint16(descriptor, true);
    }
    offsets[count] = position;
    if (position > end) throw new RecordFault('EVTX_RECORD_VALUES', 'values', descriptors, position - descriptors, end - descriptors);
  }

  #lost(at: number, fault: unknown): void {
    if (!(fault instanceof RecordFault)) throw fault;
    this.#carver?.lost(this.walker.offsetOf(at));
    this.walker.reportRecord(fault.code, at, fault.what, fault.need, fault.have);
  }
}

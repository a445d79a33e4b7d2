import { type Instance, TYPE } from './instance.ts';
import { DEFAULT_MAX_RUNS, MAX_SPANS } from './limits.ts';
import { type SystemKey, type SystemPlan, systemPlan, systemText } from './system.ts';
import type { Template } from './template.ts';
import type { ChannelSpan, RecordRun } from './types.ts';

/**
 * Gives the texts of one System field small numbers, record after record. Consecutive records mostly repeat the value of the last
 * one of their template, which costs one comparison of bytes and no string.
 */
export class TextNumbers {
  readonly #key: SystemKey;
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(key: SystemKey) {
    this.#key = key;
  }

  compile(template: Template): LastText {
    const plan: SystemPlan = systemPlan(template) ?? {};
    const entry = plan[this.#key];
    const fixed =
      entry === undefined ? this.#number('') : entry.literal !== null && entry.dependencies.length === 0 ? this.#number(entry.literal) : -1;
    return { slot: entry?.slot ?? -1, fixed, bytes: new Uint8Array(0), number: -1 };
  }

  /** Number of the field's text in this record. */
  of(template: Template, last: LastText, system: Instance): number {
    if (last.fixed >= 0) return last.fixed;
    if (last.slot >= 0 && last.slot < system.count && system.type(last.slot) === TYPE.STRING) {
      const at = system.start(last.slot);
      const end = system.end(last.slot);
      if (last.number >= 0 && sameBytes(system.window.bytes, at, end, last.bytes)) return last.number;
      last.bytes = system.window.bytes.slice(at, end);
      last.number = this.#number(systemText(systemPlan(template)?.[this.#key], system) ?? '');
      return last.number;
    }
    return this.#number(systemText(systemPlan(template)?.[this.#key], system) ?? '');
  }

  #number(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      // A crafted file could bring millions of names; all beyond the cap share one number.
      if (this.texts.length >= MAX_SPANS) return MAX_SPANS - 1;
      number = this.texts.push(text) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

/** What a template's records had last. */
export interface LastText {
  readonly slot: number;
  readonly fixed: number;
  bytes: Uint8Array;
  number: number;
}

function sameBytes(bytes: Uint8Array, at: number, end: number, other: Uint8Array): boolean {
  if (end - at !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[at + i] !== other[i]) return false;
  return true;
}

/** A time or id of 64 bits as two numbers: compared without BigInt. */
interface MutableRun {
  firstId: number;
  lastId: number;
  firstHigh: number;
  firstLow: number;
  lastHigh: number;
  lastLow: number;
}
interface MutableSpan extends MutableRun {
  readonly channel: string;
  readonly computer: string;
  records: number;
  readonly runs: MutableRun[];
  current: MutableRun;
  truncated: boolean;
}

/** What a template's records had last, of both fields. */
export interface SpanPlan {
  readonly channel: LastText;
  readonly computer: LastText;
}

/** Collects {@link ChannelSpan}s. */
export class SpanCollector {
  readonly #channels = new TextNumbers('channel');
  readonly #computers = new TextNumbers('computer');
  readonly #spans = new Map<number, MutableSpan>();
  #lastKey = -1;
  #last: MutableSpan | undefined;

  /** Compiled per template. */
  compile(template: Template): SpanPlan {
    return { channel: this.#channels.compile(template), computer: this.#computers.compile(template) };
  }

  /** Adds the record at a window offset. @param plan what `compile` made of the template. */
  add(template: Template, plan: SpanPlan, system: Instance, at: number): void {
    const channel = this.#channels.of(template, plan.channel, system);
    const computer = this.#computers.of(template, plan.computer, system);
    const { view } = system.window;
    const id = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 0x1_0000_0000;
    const low = view.getUint32(at + 16, true);
    const high = view.getUint32(at + 20, true);
    const key = channel * MAX_SPANS + computer;
    let span = this.#last;
    if (span === undefined || key !== this.#lastKey) {
      span = this.#spans.get(key) ?? this.#begin(key, channel, computer, id, high, low);
      this.#last = span;
      this.#lastKey = key;
    }
    span.records++;
    extend(span, high, low);
    const run = span.current;
    if (id === run.lastId + 1) {
      run.lastId = id;
      extend(run, high, low);
    } else if (id !== run.firstId || run.firstId !== run.lastId || span.records > 1) {
      if (span.runs.length >= DEFAULT_MAX_RUNS) span.truncated = true;
      else {
        span.current = { firstId: id, lastId: id, firstHigh: high, firstLow: low, lastHigh: high, lastLow: low };
        span.runs.push(span.current);
      }
    }
  }

  #begin(key: number, channel: number, computer: number, id: number, high: number, low: number): MutableSpan {
    const run: MutableRun = { firstId: id, lastId: id, firstHigh: high, firstLow: low, lastHigh: high, lastLow: low };
    const span: MutableSpan = {
      ...run,
      channel: this.#channels.texts[channel]!,
      computer: this.#computers.texts[computer]!,
      records: 0,
      runs: [run],
      current: run,
      truncated: false,
    };
    if (this.#spans.size < MAX_SPANS) this.#spans.set(key, span);
    return span;
  }

  /** The spans, in order of first appearance. */
  result(): ChannelSpan[] {
    return [...this.#spans.values()].map((span) => ({
      channel: span.channel,
      computer: span.computer,
      records: span.records,
      firstTime: ticks(span.firstHigh, span.firstLow),
      lastTime: ticks(span.lastHigh, span.lastLow),
      runs: span.runs.map(
        (run): RecordRun => ({
          firstId: BigInt(run.firstId),
          lastId: BigInt(run.lastId),
          firstTime: ticks(run.firstHigh, run.firstLow),
          lastTime: ticks(run.lastHigh, run.lastLow),
        }),
      ),
      runsTruncated: span.truncated,
    }));
  }
}

function extend(run: MutableRun, high: number, low: number): void {
  if (high < run.firstHigh || (high === run.firstHigh && low < run.firstLow)) {
    run.firstHigh = high;
    run.firstLow = low;
  }
  if (high > run.lastHigh || (high === run.lastHigh && low > run.lastLow)) {
    run.lastHigh = high;
    run.lastLow = low;
  }
}

function ticks(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

import { equalsAscii, isAscii, trimmedEnd } from './ascii.ts';
import { type Condition, compileCondition, decide } from './condition.ts';
import { DataCheck } from './data-check.ts';
import { EvtxError } from './errors.ts';
import { type FieldEntry, present } from './fields.ts';
import { type Instance, TYPE } from './instance.ts';
import { type SystemKey, type SystemPlan, systemNumber, systemPlan, systemText, systemTime } from './system.ts';
import type { Template } from './template.ts';
import type { EvtxQuery } from './types.ts';
import { uintAt } from './values.ts';

/** What a check may look at. */
export interface MatchContext {
  /** Window offset of the record. */
  at: number;
  /** The instance that holds System; its nested values may be unresolved. */
  system: Instance;
  /** The event with what a look at its data fields needs. @throws {RecordFault} when the record is damaged. */
  event(): Instance;
}
type Check = (context: MatchContext) => boolean;

/** A query for which the template leaves something to check per record. */
interface Residual {
  readonly queryIndex: number;
  readonly checks: readonly Check[];
}

/** The queries against one template: who can still match, and where the event id is. */
export interface QueryPlan {
  readonly system: SystemPlan | null;
  /** No record of this template can match. */
  readonly dead: boolean;
  /** Value index of EventID when it is one substitution; else -1. */
  readonly idSlot: number;
  /** Literal EventID, or -1. */
  readonly literalId: number;
  /** By id group (0: ids no query names). */
  readonly groups: readonly (readonly Residual[])[];
  /** By id group: 1 when some query can match. */
  readonly asked: Uint8Array;
}

/** System fields by the names conditions use. */
const SYSTEM_FIELDS: ReadonlyMap<string, SystemKey> = new Map([
  ['Provider', 'provider'],
  ['EventID', 'eventId'],
  ['Channel', 'channel'],
  ['Computer', 'computer'],
  ['Level', 'level'],
  ['UserSid', 'userSid'],
  ['RecordId', 'eventRecordId'],
]);

/** Ids beyond 16 bits do not exist; they share the group of unnamed ids. */
const MAX_ID = 0xffff;

interface Prepared {
  readonly query: EvtxQuery;
  readonly providers: ReadonlySet<string> | undefined;
  readonly channels: ReadonlySet<string> | undefined;
  readonly computers: ReadonlySet<string> | undefined;
  readonly system: readonly { key: SystemKey; condition: Condition }[];
  readonly data: readonly Condition[];
}

/** Queries compiled against templates, one after the other as they are met. */
export class QueryCompiler {
  readonly #queries: readonly Prepared[];
  /** Event id to group number. */
  readonly groupOf = new Uint16Array(MAX_ID + 1);
  /** Queries that a group's ids can match, ascending. */
  readonly #groups: number[][] = [];

  /** @throws {EvtxError} EVTX_QUERY for a query that cannot mean anything. */
  constructor(queries: readonly EvtxQuery[]) {
    this.#queries = queries.map(prepare);
    const byId = new Map<number, number[]>();
    const anyId: number[] = [];
    queries.forEach((query, index) => {
      if (query.ids === undefined) anyId.push(index);
      else for (const id of new Set(query.ids)) byId.set(id, [...(byId.get(id) ?? []), index]);
    });
    this.#groups.push(anyId);
    const known = new Map<string, number>();
    for (const [id, indexes] of byId) {
      if (!Number.isInteger(id) || id < 0 || id > MAX_ID) throw new EvtxError('EVTX_QUERY', `event id ${id}`);
      const all = [...new Set([...indexes, ...anyId])].sort((a, b) => a - b);
      const key = all.join();
      let group = known.get(key);
      if (group === undefined) {
        group = this.#groups.push(all) - 1;
        known.set(key, group);
      }
      this.groupOf[id] = group;
    }
  }

  /** How many id groups there are. */
  get groups(): number {
    return this.#groups.length;
  }

  /** Compiles all queries against a template. */
  compile(template: Template): QueryPlan {
    const system = systemPlan(template);
    const idEntry = system?.eventId;
    const residuals = this.#queries.map((prepared, index) => this.#residual(prepared, index, system ?? {}));
    const lists = this.#groups.map((indexes) => indexes.map((index) => residuals[index]!).filter((residual) => residual !== null));
    const literal = idEntry !== undefined && idEntry.literal !== null ? Number(idEntry.literal) : -1;
    return {
      system,
      dead: lists.every((list) => list.length === 0),
      idSlot: idEntry?.slot ?? -1,
      literalId: Number.isInteger(literal) ? literal : -1,
      groups: lists,
      asked: Uint8Array.from(lists, (list) => (list.length > 0 ? 1 : 0)),
    };
  }

  /** True when a record of that event id could match. */
  asks(plan: QueryPlan, id: number): boolean {
    return plan.asked[id <= MAX_ID ? this.groupOf[id]! : 0] === 1;
  }

  /** First query the record matches, or -1. */
  match(plan: QueryPlan, context: MatchContext): number {
    const id = eventId(plan, context.system);
    const list = plan.groups[id >= 0 && id <= MAX_ID ? this.groupOf[id]! : 0]!;
    candidates: for (let i = 0; i < list.length; i++) {
      const { checks, queryIndex } = list[i]!;
      for (let k = 0; k < checks.length; k++) if (!checks[k]!(context)) continue candidates;
      return queryIndex;
    }
    return -1;
  }

  /** What remains to check per record; null when the template's literals rule the query out. */
  #residual(prepared: Prepared, queryIndex: number, plan: SystemPlan): Residual | null {
    const { query } = prepared;
    const checks: Check[] = [];
    for (const [set, entry] of [
      [prepared.providers, plan.provider],
      [prepared.channels, plan.channel],
      [prepared.computers, plan.computer],
    ] as const) {
      if (set === undefined) continue;
      if (entry === undefined) return null;
      if (entry.literal !== null && entry.dependencies.length === 0) {
        if (!set.has(entry.literal.toLowerCase())) return null;
      } else checks.push(textSetCheck(entry, set));
    }
    if (query.levels !== undefined) {
      const levels = new Set(query.levels);
      // A record without Level has level 0 (log always), as Windows shows it.
      checks.push(({ system }) => levels.has(systemNumber(plan.level, system) ?? 0));
    }
    if (query.since !== undefined || query.until !== undefined) checks.push(timeCheck(plan.timeCreated, query.since, query.until));
    for (const { key, condition } of prepared.system) {
      const entry = plan[key];
      if (entry === undefined || (entry.literal !== null && entry.dependencies.length === 0)) {
        const texts = entry === undefined || entry.literal === '' ? [] : [entry.literal!];
        if (!decide(condition, texts)) return null;
      } else {
        checks.push(({ system }) => {
          const text = systemText(entry, system);
          return decide(condition, text === undefined ? [] : [text]);
        });
      }
    }
    for (const condition of prepared.data) {
      const check = new DataCheck(condition);
      checks.push((context) => check.holds(context.event()));
    }
    return { queryIndex, checks };
  }
}

function prepare(query: EvtxQuery): Prepared {
  const lower = (list: readonly string[] | undefined): ReadonlySet<string> | undefined =>
    list === undefined ? undefined : new Set(list.map((text) => text.toLowerCase()));
  const system: { key: SystemKey; condition: Condition }[] = [];
  const data: Condition[] = [];
  for (const source of query.where ?? []) {
    const condition = compileCondition(source);
    const key = SYSTEM_FIELDS.get(source.field);
    if (key === undefined) data.push(condition);
    else system.push({ key, condition });
  }
  return { query, providers: lower(query.providers), channels: lower(query.channels), computers: lower(query.computers), system, data };
}

/** Event id of a record: from its substitution, or the template's literal; -1 when there is none. */
export function eventId(plan: QueryPlan, system: Instance): number {
  if (plan.literalId >= 0) return plan.literalId;
  const slot = plan.idSlot;
  if (slot >= 0 && slot < system.count) {
    const at = system.start(slot);
    const size = system.end(slot) - at;
    const type = system.type(slot);
    if (type >= TYPE.I8 && type <= TYPE.U64) return uintAt(system.window, at, size) ?? -1;
  }
  return systemNumber(plan.system?.eventId, system) ?? -1;
}

/** Case-insensitive comparison with a set of texts; ASCII ones are compared in place, without making a string. */
function textSetCheck(entry: FieldEntry, set: ReadonlySet<string>): Check {
  const ascii: string[] = [...set].filter((text) => isAscii(text));
  const allAscii = ascii.length === set.size && ascii.length <= 8;
  return ({ system }) => {
    if (allAscii && entry.slot >= 0 && system.type(entry.slot) === TYPE.STRING && present(entry.dependencies, system)) {
      const at = system.start(entry.slot);
      const end = trimmedEnd(system.window.bytes, at, system.end(entry.slot));
      for (const text of ascii) if (equalsAscii(system.window.bytes, at, end, text)) return true;
      return false;
    }
    const text = systemText(entry, system);
    return text !== undefined && set.has(text.toLowerCase());
  };
}

const LOW_MASK = 0xffff_ffffn;

/** `since` inclusive, `until` exclusive, on TimeCreated; on the record header's time when the record has none. */
function timeCheck(entry: FieldEntry | undefined, since: bigint | undefined, until: bigint | undefined): Check {
  const clamp = (ticks: bigint): bigint => (ticks < 0n ? 0n : ticks > 0xffff_ffff_ffff_ffffn ? 0xffff_ffff_ffff_ffffn : ticks);
  const from = clamp(since ?? 0n);
  const to = until === undefined ? undefined : clamp(until);
  const fromHigh = Number(from >> 32n);
  const fromLow = Number(from & LOW_MASK);
  const toHigh = to === undefined ? 0x1_0000_0000 : Number(to >> 32n);
  const toLow = to === undefined ? 0 : Number(to & LOW_MASK);
  const inside = (high: number, low: number): boolean =>
    (high > fromHigh || (high === fromHigh && low >= fromLow)) && (high < toHigh || (high === toHigh && low < toLow));
  return ({ at, system }) => {
    const { view } = system.window;
    const slot = entry?.slot ?? -1;
    if (slot >= 0 && system.type(slot) === TYPE.FILETIME && system.end(slot) - system.start(slot) === 8) {
      const start = system.start(slot);
      return inside(view.getUint32(start + 4, true), view.getUint32(start, true));
    }
    const ticks = systemTime(entry, system);
    if (ticks !== undefined) return inside(Number(ticks >> 32n), Number(ticks & LOW_MASK));
    return inside(view.getUint32(at + 20, true), view.getUint32(at + 16, true));
  };
}

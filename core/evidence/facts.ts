import type { FactDefinition, Localized } from '@winmedic/knowledge/model';
import type { FactObservation, InstantNs, Origin } from '../model/observation.ts';
import { FactTimeError, parseFactTime } from './fact-time.ts';

/** What facts are read with. */
export interface FactContext {
  readonly definitions: readonly FactDefinition[];
  /** Zone of times that carry none: IANA name, `UTC` or an offset. */
  readonly zone: string;
  /** Moment of the command. */
  readonly now: InstantNs;
}

/** A statement that is no fact. `code`: FACT_UNKNOWN (name or value), FACT_TIME. */
export class FactError extends Error {
  readonly code: 'FACT_UNKNOWN' | 'FACT_TIME';
  readonly text: Localized;
  /** Names or values that come nearest or are allowed. */
  readonly nearest: readonly string[];
  constructor(code: 'FACT_UNKNOWN' | 'FACT_TIME', text: Localized, nearest: readonly string[] = []) {
    super(text.en);
    this.name = 'FactError';
    this.code = code;
    this.text = text;
    this.nearest = nearest;
  }
}

/** A statement in parts, as `--fact` or an entry of a facts file gives it. */
export interface StatedFact {
  readonly fact: string;
  readonly value?: string;
  readonly host?: string;
  /** Text of a time as {@link parseFactTime} takes it; absent: now. */
  readonly time?: string;
  /** Where the person has it from. */
  readonly source?: string;
}

/** Longest statement taken; a longer one is a mistake. */
const MAX_CHARS = 1000;

/**
 * Reads `[HOST:]NAME[=VALUE][@TIME]`, for example `rdp.nla=off@2018-06-20..2018-07-12`, `RDS01:action.hardware-swap@2018-07-01` or
 * `ShutdownWithoutLogon=1`. Names people use (aliases) become those of the knowledge base, with their values.
 * @throws FactError
 */
export function parseFact(text: string, context: FactContext): FactObservation {
  return toFact(splitStatement(text), context, { sourceId: '', path: '--fact' }, text);
}

function splitStatement(text: string): StatedFact {
  if (text.length > MAX_CHARS) throw unknown(`${text.slice(0, 40)}…`, []);
  const at = text.lastIndexOf('@');
  const head = at < 0 ? text : text.slice(0, at);
  const equals = head.indexOf('=');
  const left = equals < 0 ? head : head.slice(0, equals);
  const colon = left.indexOf(':');
  return {
    fact: left.slice(colon + 1).trim(),
    ...(equals < 0 ? {} : { value: head.slice(equals + 1).trim() }),
    ...(colon < 0 ? {} : { host: left.slice(0, colon).trim() }),
    ...(at < 0 ? {} : { time: text.slice(at + 1).trim() }),
  };
}

/**
 * Turns a statement into a fact with its canonical name and value.
 * @param shown the statement as given, for messages.
 * @throws FactError
 */
export function toFact(stated: StatedFact, context: FactContext, origin: Origin, shown: string): FactObservation {
  const { name, value } = canonical(stated, context.definitions);
  let time: FactObservation['time'] = { kind: 'now' };
  if (stated.time !== undefined) {
    try {
      time = parseFactTime(stated.time, context.zone, context.now);
    } catch (error) {
      if (!(error instanceof FactTimeError)) throw error;
      throw new FactError('FACT_TIME', {
        en: `"${shown}": "${stated.time}" is not a time. Write 2018-07-06T06:04:29+09:00, a day 2018-07-06, or a span 2018-06-20..2018-07-12.`,
        ja: `「${shown}」: 「${stated.time}」は時刻として読めません。2018-07-06T06:04:29+09:00、日付 2018-07-06、期間 2018-06-20..2018-07-12 のいずれかで書きます。`,
      });
    }
  }
  return { type: 'fact', id: '', name, value, ...(stated.host ? { host: stated.host } : {}), time, origin, trust: 'stated' };
}

/** Canonical name and value of a statement, from definitions and their aliases; letter case does not matter. */
function canonical(stated: StatedFact, definitions: readonly FactDefinition[]): { name: string; value: string } {
  const name = stated.fact.toLowerCase();
  const direct = definitions.find((d) => d.id.toLowerCase() === name);
  if (direct !== undefined) return { name: direct.id, value: valueFrom(direct, stated) };
  const aliased = definitions.flatMap((d) =>
    Object.entries(d.aliases ?? {})
      .filter(([alias]) => alias.toLowerCase() === name)
      .map(([, values]) => ({ definition: d, values })),
  );
  const first = aliased[0];
  if (first === undefined) throw unknown(stated.fact, definitions);
  for (const { definition, values } of aliased) {
    const mapped = lookup(values, stated.value ?? '');
    if (mapped !== undefined) return { name: definition.id, value: mapped };
  }
  return { name: first.definition.id, value: valueFrom(first.definition, stated) };
}

function valueFrom(definition: FactDefinition, stated: StatedFact): string {
  const given = stated.value;
  const allowed = definition.values === undefined ? undefined : Object.keys(definition.values);
  if (given === undefined || given === '') {
    // An action or event that was dated happened; a state needs its value.
    if (definition.kind === 'action') return 'yes';
    if (definition.kind === 'event' && (allowed === undefined || allowed.includes('yes'))) return 'yes';
    throw badValue(definition, given ?? '', allowed ?? []);
  }
  if (allowed === undefined) return given;
  const exact = allowed.find((v) => v.toLowerCase() === given.toLowerCase());
  if (exact !== undefined) return exact;
  const meant = new Set(Object.values(definition.aliases ?? {}).flatMap((values) => lookup(values, given) ?? []));
  const [only, second] = meant;
  if (only === undefined || second !== undefined) throw badValue(definition, given, allowed);
  return only;
}

function lookup(values: Readonly<Record<string, string>>, given: string): string | undefined {
  return Object.entries(values).find(([v]) => v.toLowerCase() === given.toLowerCase())?.[1];
}

function badValue(definition: FactDefinition, given: string, allowed: readonly string[]): FactError {
  const list = allowed.join(', ');
  return new FactError(
    'FACT_UNKNOWN',
    {
      en: `${definition.id}: "${given}" is not one of its values${list === '' ? '' : ` (${list})`}.`,
      ja: `${definition.id}: 「${given}」は取りうる値ではありません${list === '' ? '' : `(${list})`}。`,
    },
    allowed,
  );
}

function unknown(name: string, definitions: readonly FactDefinition[]): FactError {
  const names = definitions.flatMap((d) => [d.id, ...Object.keys(d.aliases ?? {})]);
  const nearest = nearestNames(name, names);
  const list = nearest.join(', ');
  return new FactError(
    'FACT_UNKNOWN',
    {
      en: `"${name}" is not a known fact.${list === '' ? '' : ` Did you mean: ${list}?`}`,
      ja: `「${name}」は既知の事実名ではありません。${list === '' ? '' : `近い名前: ${list}`}`,
    },
    nearest,
  );
}

/** The three names with the fewest changed letters, if they are near at all, or those that contain what was typed. */
function nearestNames(typed: string, names: readonly string[]): string[] {
  const wanted = typed.toLowerCase().slice(0, 60);
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return [...new Set(names)]
    .map((name) => {
      const lower = name.toLowerCase();
      const part = wanted.length >= 3 && (lower.includes(wanted) || wanted.includes(lower));
      return { name, distance: part ? 1 : editDistance(wanted, lower) };
    })
    .filter((n) => n.distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map((n) => n.name);
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

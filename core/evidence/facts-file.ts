import { LineCounter, parseDocument } from 'yaml';
import type { FactObservation, InputProblem } from '../model/observation.ts';
import { type FactContext, FactError, type StatedFact, toFact } from './facts.ts';

/** Most entries of one file. */
const MAX_ENTRIES = 10_000;
/** Longest file taken as facts; they are written by people. */
export const MAX_FACTS_CHARS = 1 << 20;

/** Does this text look like a facts file: a list whose entries have a `fact`? Cheap, before it is parsed. */
export function looksLikeFacts(text: string): boolean {
  return text.length <= MAX_FACTS_CHARS && /^\s*(?:[-[{]|facts\s*:|#|---)/.test(text) && /(?:^|[\s{,[-])["']?fact["']?\s*:/.test(text);
}

/**
 * Reads a facts file: YAML or JSON, a list of `{fact, value, from, to, at, host, source}`, bare or under `facts`.
 * `at`, or `from` and `to`, are times as `--fact` takes them; `from` alone lasts until now; with none the value is that of now. Entries that are no facts are
 * problems, the others are read.
 */
export function parseFactsFile(
  text: string,
  path: string,
  sourceId: string,
  context: FactContext,
): { facts: FactObservation[]; problems: InputProblem[] } {
  const facts: FactObservation[] = [];
  const problems: InputProblem[] = [];
  const bad = (what: string, code: string): void => {
    problems.push({ code, path, severity: 'partial', what });
  };
  if (text.length > MAX_FACTS_CHARS) {
    return { facts, problems: [{ code: 'EVIDENCE_FACTS_BROKEN', path, severity: 'unusable', need: text.length, have: MAX_FACTS_CHARS }] };
  }
  const lines = new LineCounter();
  // YAML 1.2 core keeps dates as text and is a superset of JSON; aliases could multiply a small file.
  const document = parseDocument(text, { schema: 'core', lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      facts,
      problems: [{ code: 'EVIDENCE_FACTS_BROKEN', path, severity: 'unusable', what: (document.errors[0] as Error).message.slice(0, 200) }],
    };
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return {
      facts,
      problems: [{ code: 'EVIDENCE_FACTS_BROKEN', path, severity: 'unusable', what: (error as Error).message.slice(0, 200) }],
    };
  }
  const list = Array.isArray(content) ? content : isObject(content) && Array.isArray(content.facts) ? content.facts : undefined;
  if (list === undefined)
    return { facts, problems: [{ code: 'EVIDENCE_FACTS_BROKEN', path, severity: 'unusable', what: 'a list of facts' }] };
  for (const entry of list.slice(0, MAX_ENTRIES)) {
    const strange = isObject(entry) ? Object.keys(entry).find((key) => !KEYS.has(key)) : undefined;
    if (strange !== undefined) {
      // A misspelt `from` would silently turn a fact of that time into one of today.
      bad(`${shownEntry(entry)}: ${strange.slice(0, 40)}?`, 'EVIDENCE_FACTS_BROKEN');
      continue;
    }
    const stated = statedFact(entry);
    if (stated === undefined) {
      bad(shownEntry(entry), 'FACT_UNKNOWN');
      continue;
    }
    try {
      facts.push(toFact(stated, context, { sourceId, path }, shownEntry(entry)));
    } catch (error) {
      if (!(error instanceof FactError)) throw error;
      bad(error.message, error.code);
    }
  }
  if (list.length > MAX_ENTRIES)
    problems.push({ code: 'EVIDENCE_FACTS_BROKEN', path, severity: 'partial', need: list.length, have: MAX_ENTRIES });
  return { facts, problems };
}

/** Keys of an entry. */
const KEYS: ReadonlySet<string> = new Set(['fact', 'value', 'host', 'at', 'from', 'to', 'source']);

function statedFact(entry: unknown): StatedFact | undefined {
  if (!isObject(entry)) return undefined;
  const fact = scalar(entry.fact);
  if (fact === undefined) return undefined;
  const [value, host, at, from, to, source] = [entry.value, entry.host, entry.at, entry.from, entry.to, entry.source].map(scalar);
  const time = at ?? (from === undefined && to === undefined ? undefined : `${from ?? ''}..${to ?? 'now'}`);
  return {
    fact,
    ...(value === undefined ? {} : { value }),
    ...(host ? { host } : {}),
    ...(time === undefined ? {} : { time }),
    ...(source ? { source } : {}),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function scalar(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value).trim() : undefined;
}
function shownEntry(entry: unknown): string {
  return (JSON.stringify(entry) ?? String(entry)).slice(0, 120);
}

import type { MessageTemplate } from '@winmedic/knowledge/model';
import { normaliseText, type Squeezed, squeeze } from './normalise.ts';

/** A template cut into literals and placeholders, ready for matching. */
interface Compiled {
  readonly template: MessageTemplate;
  /** Literals without white space, lower case; one more than fields. */
  readonly literals: readonly string[];
  readonly fields: readonly string[];
}

/** A template found in a text. */
export interface TemplateMatch {
  readonly template: MessageTemplate;
  /** Span in the original text. */
  readonly start: number;
  readonly end: number;
  /** Field values by name as they stand in the text, trimmed. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Longest value a placeholder may take: a path and a comment of Windows are shorter. */
const MAX_VALUE = 2000;

const compiled = new WeakMap<MessageTemplate, Compiled>();

function compile(template: MessageTemplate): Compiled {
  let done = compiled.get(template);
  if (!done) {
    const parts = template.text.split(/\{([^}]+)\}/);
    const literals = parts.filter((_, index) => index % 2 === 0).map((literal) => squeeze(normaliseText(literal)).text.toLowerCase());
    done = { template, literals, fields: parts.filter((_, index) => index % 2 === 1) };
    compiled.set(template, done);
  }
  return done;
}

/**
 * Finds every place where a template of Windows stands in a (normalised) text. Literals are compared without white space and case,
 * in order, with `indexOf` only: the time is linear whatever the text holds.
 */
export function matchTemplates(text: string, templates: readonly MessageTemplate[]): TemplateMatch[] {
  const squeezed = squeeze(text);
  const lower = squeezed.text.toLowerCase();
  // A character whose lower case is longer would shift the index map.
  const haystack = lower.length === squeezed.text.length ? lower : squeezed.text;
  const found: TemplateMatch[] = [];
  for (const template of templates) {
    const parts = compile(template);
    for (let from = 0; ; ) {
      const match = matchAt(text, squeezed, haystack, parts, from);
      if (!match) break;
      found.push(match.match);
      from = match.next;
    }
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  // Overlaps: the earlier, longer match wins.
  return found.filter((match, index) => !found.slice(0, index).some((other) => match.start < other.end && other.start <= match.start));
}

function matchAt(
  text: string,
  squeezed: Squeezed,
  haystack: string,
  { template, literals, fields }: Compiled,
  from: number,
): { match: TemplateMatch; next: number } | undefined {
  const first = literals[0] ?? '';
  for (let start = haystack.indexOf(first, from); start >= 0; start = haystack.indexOf(first, start + 1)) {
    let at = start + first.length;
    const values = new Map<string, string>();
    let failed = false;
    for (let n = 0; n < fields.length; n++) {
      const literal = literals[n + 1] ?? '';
      const last = n === fields.length - 1 && literal === '';
      const end = last ? endOfLine(text, squeezed, at) : haystack.indexOf(literal, at);
      if (end < 0 || end - at > MAX_VALUE) {
        failed = true;
        break;
      }
      const value = text.slice(squeezed.index[at]!, squeezed.index[end]!).trim();
      const name = fields[n]!;
      // A field named twice keeps its first value; Windows prints the same text in both places.
      if (!values.has(name)) values.set(name, value);
      at = end + literal.length;
    }
    if (failed) continue;
    return { match: { template, start: squeezed.index[start]!, end: squeezed.index[at]!, fields: values }, next: Math.max(at, start + 1) };
  }
  return undefined;
}

/** Squeezed index of the end of the line on which the character before `at` stands. */
function endOfLine(text: string, { index }: Squeezed, at: number): number {
  const begin = at > 0 ? index[at - 1]! + 1 : 0;
  const newline = text.indexOf('\n', begin);
  const limit = newline < 0 ? text.length : newline;
  let low = at;
  let high = index.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (index[middle]! >= limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

import { type CimInstance, type CimValue, isDatetime, propertyOf, scalarText } from './model.ts';

/** A WQL query as this double understands it: one class, a column list or `*`, comparisons joined by AND, OR, NOT and parentheses. */
export interface WqlQuery {
  /** `undefined` for `*`. */
  readonly columns: readonly string[] | undefined;
  readonly class: string;
  readonly where: Condition | undefined;
}

type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'compare'; readonly name: string; readonly operator: Operator; readonly value: Literal };
type Operator = '=' | '<>' | '<' | '>' | '<=' | '>=' | 'LIKE' | 'IS' | 'IS NOT';
type Literal = string | number | boolean | null;

/** The query is not one (WBEM_E_INVALID_QUERY 0x80041017). */
export class WqlError extends Error {
  override readonly name = 'WqlError';
}

/** A query longer than this is refused: WMI's own limits are of that size. */
const MAX_QUERY = 32_768;
/** Parentheses and NOT nest no deeper; guards the stack. */
const MAX_DEPTH = 64;

/** Reads `SELECT a, b FROM Class WHERE …` (MS-WMI 2.2.1). @throws WqlError */
export function parseWql(text: string): WqlQuery {
  if (text.length > MAX_QUERY) throw new WqlError('query too long');
  const reader = new TokenReader(tokens(text));
  reader.word('SELECT');
  const columns: string[] = [];
  if (!reader.take('*')) {
    do columns.push(reader.name());
    while (reader.take(','));
  }
  reader.word('FROM');
  const className = reader.name();
  const where = reader.takeWord('WHERE') ? anyOf(reader, 0) : undefined;
  reader.end();
  return { columns: columns.length === 0 ? undefined : columns, class: className, where };
}

/** Does the instance satisfy the query's condition? @throws WqlError for a property the class does not have. */
export function matches(query: WqlQuery, instance: CimInstance): boolean {
  return query.where === undefined || holds(query.where, instance);
}

function anyOf(reader: TokenReader, depth: number): Condition {
  const parts = [allOf(reader, depth)];
  while (reader.takeWord('OR')) parts.push(allOf(reader, depth));
  return parts.length === 1 ? (parts[0] as Condition) : { kind: 'or', parts };
}

function allOf(reader: TokenReader, depth: number): Condition {
  const parts = [single(reader, depth)];
  while (reader.takeWord('AND')) parts.push(single(reader, depth));
  return parts.length === 1 ? (parts[0] as Condition) : { kind: 'and', parts };
}

function single(reader: TokenReader, depth: number): Condition {
  if (depth > MAX_DEPTH) throw new WqlError('nested too deeply');
  if (reader.takeWord('NOT')) return { kind: 'not', part: single(reader, depth + 1) };
  if (reader.take('(')) {
    const inner = anyOf(reader, depth + 1);
    if (!reader.take(')')) throw new WqlError('missing )');
    return inner;
  }
  const name = reader.name();
  const operator = reader.operator();
  return { kind: 'compare', name, operator, value: reader.literal() };
}

function holds(condition: Condition, instance: CimInstance): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => holds(part, instance));
    case 'or':
      return condition.parts.some((part) => holds(part, instance));
    case 'not':
      return !holds(condition.part, instance);
    default: {
      const value = propertyOf(instance, condition.name);
      if (value === undefined) throw new WqlError(`no property ${condition.name}`);
      return compare(value, condition.operator, condition.value);
    }
  }
}

function compare(value: CimValue, operator: Operator, literal: Literal): boolean {
  if (literal === null || operator === 'IS' || operator === 'IS NOT') {
    const isNull = value === null;
    return operator === '=' || operator === 'IS' ? isNull : !isNull;
  }
  const text = value === null ? undefined : scalarText(value);
  if (text === undefined) return false;
  if (operator === 'LIKE') return like(text, String(literal));
  const order = orderOf(value, text, literal);
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    default:
      return order >= 0;
  }
}

function orderOf(value: CimValue, text: string, literal: Literal): number {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const other = Number(literal);
    return Math.sign(Number(value) - other);
  }
  if (typeof value === 'boolean')
    return Number(value) - Number(literal === true || String(literal).toLowerCase() === 'true' || literal === 1);
  const a = text.toLowerCase();
  const b = (isDatetime(value) ? dmtfToIso(String(literal)) : String(literal)).toLowerCase();
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `20260101000000.000000+000` as xs:dateTime; other text as it is. */
function dmtfToIso(text: string): string {
  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.\d{6}[+-]\d{3}$/.exec(text);
  return m === null ? text : `${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}Z`;
}

/** LIKE with `%`, `_` and `[…]` (WQL), compared without case by walking, so that no pattern can make it slow. */
function like(text: string, pattern: string): boolean {
  const parts = likeParts(pattern.toLowerCase());
  const chars = [...text.toLowerCase()];
  let [at, part, star, mark] = [0, 0, -1, 0];
  while (at < chars.length) {
    const p = parts[part];
    if (p === '%') {
      star = part++;
      mark = at;
    } else if (p?.(chars[at] as string)) {
      at++;
      part++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++mark;
    } else return false;
  }
  while (parts[part] === '%') part++;
  return part === parts.length;
}

function likeParts(pattern: string): ('%' | ((char: string) => boolean))[] {
  const parts: ('%' | ((char: string) => boolean))[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    const close = c === '[' ? pattern.indexOf(']', i + 1) : -1;
    if (c === '%') parts.push('%');
    else if (c === '_') parts.push(() => true);
    else if (close > i) {
      const inverse = pattern[i + 1] === '^';
      const set = pattern.slice(i + (inverse ? 2 : 1), close);
      parts.push((char) => inSet(set, char) !== inverse);
      i = close;
    } else parts.push((char) => char === c);
  }
  return parts;
}

function inSet(set: string, char: string): boolean {
  for (let i = 0; i < set.length; i++) {
    const [from = '', dash, to] = set.slice(i, i + 3);
    if (dash === '-' && to !== undefined) {
      if (char >= from && char <= to) return true;
      i += 2;
    } else if (char === from) return true;
  }
  return false;
}

interface Token {
  readonly kind: 'word' | 'text' | 'sign';
  readonly text: string;
}

const TOKEN = /\s+|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w.]*|[+-]?\d+(?:\.\d+)?)|(<>|!=|<=|>=|[*,()=<>])/y;

function tokens(text: string): Token[] {
  const list: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(text);
    if (m === null) throw new WqlError(`unexpected character at ${at}`);
    const quoted = m[1] ?? m[2];
    if (quoted !== undefined) list.push({ kind: 'text', text: quoted.replace(/\\(.)/g, '$1') });
    else if (m[3] !== undefined) list.push({ kind: 'word', text: m[3] });
    else if (m[4] !== undefined) list.push({ kind: 'sign', text: m[4] });
  }
  return list;
}

class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  take(sign: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token?.kind === 'sign' && token.text === sign;
    if (found) this.#at++;
    return found;
  }

  takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token?.kind === 'word' && token.text.toUpperCase() === word;
    if (found) this.#at++;
    return found;
  }

  word(word: string): void {
    if (!this.takeWord(word)) throw new WqlError(`missing ${word}`);
  }

  name(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'word' || !/^[A-Za-z_]/.test(token.text)) throw new WqlError('missing name');
    return token.text;
  }

  operator(): Operator {
    if (this.takeWord('LIKE')) return 'LIKE';
    if (this.takeWord('IS')) return this.takeWord('NOT') ? 'IS NOT' : 'IS';
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'sign') {
      if (token.text === '!=') return '<>';
      if (/^(?:=|<>|<|>|<=|>=)$/.test(token.text)) return token.text as Operator;
    }
    throw new WqlError('missing comparison');
  }

  literal(): Literal {
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'text') return token.text;
    if (token?.kind !== 'word') throw new WqlError('missing value');
    const upper = token.text.toUpperCase();
    if (upper === 'NULL') return null;
    if (upper === 'TRUE' || upper === 'FALSE') return upper === 'TRUE';
    if (/^[+-]?\d/.test(token.text)) return Number(token.text);
    throw new WqlError('missing value');
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new WqlError('text after the query');
  }
}

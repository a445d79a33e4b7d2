import type { FieldCondition } from '@winmedic/evtx';
import type { Localized } from '@winmedic/knowledge/model';
import { CliError } from './errors.ts';

const OPERATORS = ['contains', 'startswith', 'endswith', 're', 'cidr', 'gt', 'gte', 'lt', 'lte', 'exists'] as const;
const KNOWN: readonly string[] = [...OPERATORS, 'all', 'cased'];
const FORM_OF_NUMBERS: Localized = {
  en: 'Use numbers, commas and ranges: 1074,6008,18500-18620.',
  ja: '1074,6008,18500-18620 のように、数値・コンマ・範囲で指定してください。',
};

/** Most values of one `[a,b]` list; a longer list is a mistake of quoting. */
const MAX_VALUES = 1000;

/**
 * Parses one `--where`: `Field=value`, `Field!=value`, `Field|modifier=value`, `Field=[a,b]`. Modifiers are Sigma's; `all` and `cased`
 * go with any of them. `Field=null` asks for an absent or empty field.
 * @throws CliError CLI_WHERE
 */
export function parseWhere(text: string): FieldCondition {
  const fail = (en: string, ja: string): never => {
    throw new CliError('CLI_WHERE', { value: text, hint: { en: en && `${en} `, ja } });
  };
  const match = /^([^=!|]+)((?:\|[A-Za-z]+)*)(!?=)([\s\S]*)$/.exec(text);
  if (!match) return fail('', '');
  const [, field = '', chain = '', sign = '=', raw = ''] = match;
  let op: FieldCondition['op'] = 'equals';
  let all = false;
  let cased = false;
  for (const word of chain.split('|').filter(Boolean)) {
    const name = word.toLowerCase();
    if (name === 'all') all = true;
    else if (name === 'cased') cased = true;
    else if ((OPERATORS as readonly string[]).includes(name)) op = name as FieldCondition['op'];
    else fail(`There is no modifier |${word}; there are ${KNOWN.join(', ')}.`, `修飾子 |${word} はありません(${KNOWN.join('、')})。`);
  }
  const values =
    raw.startsWith('[') && raw.endsWith(']')
      ? raw
          .slice(1, -1)
          .split(',')
          .map((value) => value.trim())
      : [raw];
  if (values.length > MAX_VALUES) fail(`At most ${MAX_VALUES} values.`, `値は ${MAX_VALUES} 個までです。`);
  if (op === 're') {
    for (const value of values) {
      try {
        new RegExp(value.replace(/^\(\?i\)/, ''), 'u');
      } catch (error) {
        const { message } = error as Error;
        fail(`${message}.`, `正規表現の誤り: ${message}。`);
      }
    }
  }
  if (['gt', 'gte', 'lt', 'lte'].includes(op) && values.some((value) => !/^-?(0x[0-9a-f]+|\d+(\.\d+)?)$/i.test(value)))
    fail('A number is needed.', '数値を指定してください。');
  let not = sign === '!=';
  if (op === 'exists') {
    if (!/^(true|false)$/.test(raw)) fail('Write exists=true or exists=false.', 'exists=true か exists=false と書いてください。');
    if (raw === 'false') not = !not;
    return { field: field.trim(), op, values: [], ...(not ? { not } : {}) };
  }
  if (op === 'equals' && raw === 'null') return { field: field.trim(), op: 'null', values: [], ...(not ? { not } : {}) };
  return { field: field.trim(), op, values, ...(all ? { all } : {}), ...(cased ? { cased } : {}), ...(not ? { not } : {}) };
}

/** Largest event id: a 16-bit number in the log. */
const MAX_ID = 65_535;

/**
 * Parses `1074,6008,18500-18620`.
 * @throws CliError CLI_INVALID_VALUE
 */
export function parseNumbers(option: string, text: string, max = MAX_ID): number[] {
  const numbers: number[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (!match || to < from || to > max) throw new CliError('CLI_INVALID_VALUE', { option, value: part, hint: FORM_OF_NUMBERS });
    for (let id = from; id <= to; id++) numbers.push(id);
  }
  return numbers;
}

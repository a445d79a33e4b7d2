import { compileCondition, decide } from './condition.ts';
import { EvtxError } from './errors.ts';
import type { FieldCondition } from './types.ts';

/** Values as a Sigma selection may hold them. */
export type SigmaValue = string | number | boolean | null;

const OPERATORS: readonly FieldCondition['op'][] = ['contains', 'startswith', 'endswith', 're', 'cidr', 'gt', 'gte', 'lt', 'lte', 'exists'];

/**
 * One entry of a Sigma selection (`Field|modifier|…: value or list`) as a condition. Besides Sigma's modifiers there is `not`, which turns
 * the answer round. `null` asks for an absent or empty field.
 * @throws {EvtxError} EVTX_QUERY for a modifier that is not known, or two that exclude each other.
 * @source Sigma specification, "Modifiers"
 */
export function sigmaCondition(key: string, value: SigmaValue | readonly SigmaValue[]): FieldCondition {
  const [field = '', ...modifiers] = key.split('|');
  let op: FieldCondition['op'] | undefined;
  const flags: { all?: boolean; cased?: boolean; not?: boolean } = {};
  for (const modifier of modifiers) {
    const operator = OPERATORS.find((one) => one === modifier);
    if (operator !== undefined && op === undefined) op = operator;
    else if (modifier === 'all' || modifier === 'cased' || modifier === 'not') flags[modifier] = true;
    else throw new EvtxError('EVTX_QUERY', `modifier ${JSON.stringify(modifier)} of ${JSON.stringify(key)}`);
  }
  const values = [value].flat() as readonly SigmaValue[];
  if (value === null) return { field, op: 'null', values: [], ...flags };
  if (values.includes(null)) throw new EvtxError('EVTX_QUERY', `null in the list of ${JSON.stringify(key)}`);
  return { field, op: op ?? 'equals', values: values.map(String), ...flags };
}

/**
 * A condition as a test of the texts a field has (none: the field is absent): the same decision the reader makes on a record.
 * @throws {EvtxError} EVTX_QUERY for a condition that cannot mean anything.
 */
export function fieldTest(condition: FieldCondition): (texts: readonly string[]) => boolean {
  const compiled = compileCondition(condition);
  return (texts) => decide(compiled, texts);
}

import { EvtxError, fieldTest, sigmaCondition } from '@winmedic/evtx';
import type { Scalar } from '@winmedic/knowledge/model';

/** The map of a pattern: keys `Field` or `Field|modifier|…`. */
export type Conditions = Readonly<Record<string, Scalar | readonly Scalar[] | null>>;

/** One condition, ready to be asked. */
export interface Condition {
  readonly field: string;
  /** What was written, for people: `SubStatus = 0xc000006a`. */
  readonly text: string;
  /** Asked with the field's text, `undefined` when it is absent. */
  readonly holds: (text: string | undefined) => boolean;
}

/** Conditions of one pattern; `problem` when one of them cannot mean anything (then nothing can be decided). */
export interface CompiledConditions {
  readonly list: readonly Condition[];
  readonly problem?: string;
}

const cache = new WeakMap<object, CompiledConditions>();

/** Compiles Sigma's field and modifier syntax; the result is kept for the life of the pattern. The decision is the event log reader's own. */
export function compileConditions(where: Conditions | undefined): CompiledConditions {
  if (where === undefined) return { list: [] };
  let compiled = cache.get(where);
  if (compiled === undefined) {
    compiled = compile(where);
    cache.set(where, compiled);
  }
  return compiled;
}

function compile(where: Conditions): CompiledConditions {
  const list: Condition[] = [];
  for (const [key, value] of Object.entries(where)) {
    try {
      const condition = sigmaCondition(key, value);
      const test = fieldTest(condition);
      list.push({
        field: condition.field,
        text: wording(key, value),
        holds: (text) => test(text === undefined ? [] : [text]),
      });
    } catch (error) {
      if (error instanceof EvtxError) return { list: [], problem: key };
      throw error;
    }
  }
  return { list };
}

function wording(key: string, value: Conditions[string]): string {
  const [field, ...modifiers] = key.split('|');
  return `${field} ${modifiers.length === 0 ? '=' : modifiers.join(' ')} ${value === null ? 'null' : [value].flat().join(', ')}`;
}

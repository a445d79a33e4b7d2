import type { CombinedFinding, StateExpr, ValueTest } from '@winmedic/knowledge/model';
import { settingsOf } from '@winmedic/knowledge/settings';
import type { CombinedResult } from '../model/audit.ts';
import type { Judged } from './judge-setting.ts';
import { every, some } from './value.ts';
import { BECAUSE, listed, reason } from './words.ts';

/** Outcome of a condition: `strict` on what is certain, `lenient` also on what was seen and may be overridden. */
interface Outcome {
  readonly strict: boolean | undefined;
  readonly lenient: boolean | undefined;
}

const UNKNOWN: Outcome = { strict: undefined, lenient: undefined };
/** Deeper than any condition written by people. */
const MAX_DEPTH = 64;

type Leaf = Extract<StateExpr, { readonly risky: string } | { readonly setting: string }>;

function leafOutcome(leaf: Leaf, judged: ReadonlyMap<string, Judged>): Outcome {
  if ('risky' in leaf) return judged.get(leaf.risky)?.test('risky') ?? UNKNOWN;
  const { setting, ...test } = leaf;
  return judged.get(setting)?.test(test as ValueTest) ?? UNKNOWN;
}

const negated = ({ strict, lenient }: Outcome): Outcome => ({
  strict: strict === undefined ? undefined : !strict,
  lenient: lenient === undefined ? undefined : !lenient,
});

/** @param leaf called for every leaf, with its contribution to the whole: turned round below a `not`. */
function evaluate(
  expr: StateExpr,
  judged: ReadonlyMap<string, Judged>,
  leaf: (setting: string, outcome: Outcome) => void,
  inverse = false,
  depth = 0,
): Outcome {
  if (depth > MAX_DEPTH) return UNKNOWN;
  // `not` is a test of a value, too.
  if ('not' in expr && !('setting' in expr)) return negated(evaluate(expr.not, judged, leaf, !inverse, depth + 1));
  if ('all' in expr || 'any' in expr) {
    const isAll = 'all' in expr;
    const parts = (isAll ? expr.all : expr.any).map((part) => evaluate(part, judged, leaf, inverse, depth + 1));
    const join = isAll ? every : some;
    return { strict: join(parts.map((p) => p.strict)), lenient: join(parts.map((p) => p.lenient)) };
  }
  const outcome = leafOutcome(expr, judged);
  leaf('risky' in expr ? expr.risky : expr.setting, inverse ? negated(outcome) : outcome);
  return outcome;
}

/** Judges a combined finding. Settings it names that are not in `judged` are unknown and have no part. */
export function judgeCombined(finding: CombinedFinding, judged: ReadonlyMap<string, Judged>): CombinedResult {
  const outcomes = new Map<string, Outcome[]>();
  const { strict, lenient } = evaluate(finding.when, judged, (setting, outcome) => {
    const list = outcomes.get(setting);
    if (list === undefined) outcomes.set(setting, [outcome]);
    else list.push(outcome);
  });
  const status = strict === true ? 'holds' : strict === false ? 'does-not-hold' : lenient === true ? 'possible' : 'unknown';
  const parts = settingsOf(finding.when).flatMap((setting) => {
    const one = judged.get(setting);
    if (one === undefined) return [];
    // A setting that is asked about twice counts as true where it helps.
    const whole = some((outcomes.get(setting) ?? [UNKNOWN]).map((o) => o.strict));
    const outcome = whole === undefined ? ('unknown' as const) : whole ? ('true' as const) : ('false' as const);
    return [{ setting, outcome, result: one.result }];
  });
  const wanted = status === 'holds' ? 'true' : status === 'does-not-hold' ? 'false' : 'unknown';
  const named = parts.filter(({ outcome }) => outcome === wanted);
  const reasons = (named.length > 0 ? named : parts).map(({ result }) => reason(result.setting.title, result.text));
  return { finding, status, parts, because: BECAUSE[status](listed(reasons)) };
}

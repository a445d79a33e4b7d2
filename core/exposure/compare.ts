import type { AuditHost, SettingResult, StateChange, StateComparison } from '../model/audit.ts';
import { addressKey } from './address.ts';
import { lookUp, valueKey } from './value.ts';

/** Is a value known, be it only as what was seen? */
function isKnown(result: SettingResult | undefined): result is SettingResult {
  return result !== undefined && result.status !== 'not-checked' && result.status !== 'conflict';
}

const isBad = ({ status }: SettingResult): boolean => status === 'risky' || status === 'possible-risk';

const isUncertain = ({ status }: SettingResult): boolean => status === 'possible-risk' || status === 'probably-ok';

const isCertain = ({ status }: SettingResult): boolean => status === 'risky' || status === 'ok';

/** Can what was seen be compared: is it certain on both sides, or was the same left unchecked? */
function sameGaps(a: SettingResult, b: SettingResult): boolean {
  if (isCertain(a) && isCertain(b)) return true;
  const gaps = ({ unchecked }: SettingResult): string => unchecked.map(({ place }) => addressKey(place.address)).join('\0');
  return isUncertain(a) === isUncertain(b) && gaps(a) === gaps(b);
}

/**
 * What changed from one state to another: of one host, or from host to host. Settings unknown on one side are named, not guessed; so are those of which
 * more was checked on one side: what decides there may have been the same on the other.
 */
export function compareHosts(before: AuditHost, after: AuditHost): StateComparison {
  const earlier = new Map(before.settings.map((result) => [result.setting.id, result]));
  const changes: StateChange[] = [];
  let unchanged = 0;
  let notComparable = 0;
  for (const now of after.settings) {
    const old = earlier.get(now.setting.id);
    if (!isKnown(old) || !isKnown(now)) {
      notComparable++;
      if (old !== undefined && isKnown(old) !== isKnown(now))
        changes.push({ setting: now.setting, before: old, after: now, effect: isKnown(now) ? 'now-known' : 'no-longer-known' });
      continue;
    }
    if (!sameGaps(old, now)) {
      notComparable++;
      const [less, more] = [isUncertain(old), isUncertain(now)];
      if (less !== more) changes.push({ setting: now.setting, before: old, after: now, effect: less ? 'now-known' : 'no-longer-known' });
      else if (!sameValue(old, now)) changes.push({ setting: now.setting, before: old, after: now, effect: 'changed' });
      continue;
    }
    const flip = isBad(old) === isBad(now) ? undefined : isBad(now) ? ('worse' as const) : ('better' as const);
    if (flip === undefined && sameValue(old, now)) unchanged++;
    else changes.push({ setting: now.setting, before: old, after: now, effect: flip ?? 'changed' });
  }
  return { before, after, changes, unchanged, notComparable };
}

/** The same in effect: one side may store what the other has by default, in another notation. */
function sameValue(a: SettingResult, b: SettingResult): boolean {
  const [x, y] = [a.value ?? null, b.value ?? null];
  if (valueKey(x) === valueKey(y)) return x !== null || a.text.en === b.text.en;
  const { values } = b.setting;
  if (x === null || y === null || values === undefined) return false;
  const meanings = [x, y].map((value) => (Object.hasOwn(values, value) ? lookUp(values, value)?.en : undefined));
  return meanings[0] !== undefined && meanings[0] === meanings[1];
}

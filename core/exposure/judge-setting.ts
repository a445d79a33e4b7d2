import type { Localized, SettingDefault, SettingDefinition, ValueTest } from '@winmedic/knowledge/model';
import type { OsInfo, SettingResult, UncheckedPlace } from '../model/audit.ts';
import type { StateObservation } from '../model/state.ts';
import { Pattern } from './address.ts';
import { defaultOf } from './defaults.ts';
import { type Effective, effectiveOf } from './effective.ts';
import { BUILD_PLACES, PRODUCT_PLACES } from './interest.ts';
import { onlyAsksPresence, testReading, unclear } from './meaning.ts';
import { type DamagedInputs, uncheckedPlace } from './needs.ts';
import { lookAt, type Reading } from './reading.ts';
import { storedTime } from './stored-time.ts';
import type { Unit } from './unit.ts';
import { every, lookUp, plainText, type StoredValue, some, testValue, valueKey } from './value.ts';
import * as words from './words.ts';

/** A judged setting, and how further tests of its value turn out. */
export interface Judged {
  readonly result: SettingResult;
  /**
   * Does a test hold? `strict` only where the value is certain; `lenient` takes what was seen for what is, so that "possible" can be told
   * from "unknown".
   */
  test(test: ValueTest | 'risky'): { readonly strict: boolean | undefined; readonly lenient: boolean | undefined };
}

/** Sources that show a host at one time, and what is known of it. */
export interface View {
  readonly units: readonly Unit[];
  readonly os: OsInfo;
  readonly damaged: DamagedInputs;
}

/** Judges one setting. */
export function judgeSetting(setting: SettingDefinition, view: View): Judged {
  const effective = effectiveOf(setting, (place) => lookAt(place, view.units));
  const unchecked = effective.unchecked.map((place) => uncheckedPlace(setting, place, view.units, view.damaged));
  const { apart: _, ...time } = effective.time;
  const base = { setting, seen: effective.seen, ...time };
  if (effective.kind === 'unknown') {
    const { since: _s, until: _u, ...plain } = base;
    return fixed({ ...plain, status: 'not-checked', isDefault: false, text: words.NOT_CHECKED, unchecked });
  }
  if (effective.against.length > 0) {
    const { since: _s, until: _u, ...plain } = base;
    const texts = distinct([...effective.readings, ...effective.against].map(({ value }) => value)).map((value) =>
      valueText(setting, value),
    );
    const text = words.disagreeing(texts.slice(0, MAX_LISTED));
    return fixed({ ...plain, status: 'conflict', ...storedText(effective), isDefault: effective.kind === 'default', text, unchecked });
  }
  return effective.kind === 'default'
    ? judgeDefault(setting, view, base, unchecked)
    : judgeStored(setting, view, effective, base, unchecked);
}

type Base = Pick<SettingResult, 'setting' | 'seen' | 'since' | 'until'>;

/** Most matches of a wildcard (or sources in conflict) that are put into words. */
const MAX_LISTED = 8;

function fixed(result: SettingResult): Judged {
  const unknown = { strict: undefined, lenient: undefined };
  return { result, test: () => unknown };
}

function judgeStored(
  setting: SettingDefinition,
  view: View,
  effective: Effective,
  base: Base,
  unchecked: readonly UncheckedPlace[],
): Judged {
  const stored = effective.readings.filter(({ value }) => value !== null);
  const holds = (test: ValueTest): boolean | undefined => some(stored.map((reading) => testReading(setting, test, reading)));
  const risk = riskOf(setting, view.os.product, holds);
  const why = stored.map((reading) => unclear(setting, reading)).find((reason) => reason !== undefined);
  const complete = effective.place === undefined || !effective.unchecked.includes(effective.place);
  // One match for which a test holds is enough, whatever the others are.
  const sure: Sure = unchecked.length === 0 ? 'yes' : !complete && unchecked.length === 1 ? 'if-true' : 'no';
  const needsProduct = risk === true && setting.riskyOn !== undefined && view.os.product === undefined;
  // What it does is not known: it may be what is risky, unless the risk is none on this Windows.
  const mayBe = risk === undefined && why !== undefined && setting.risky !== undefined;
  const status = mayBe ? 'possible-risk' : statusOf(setting, risk, !needsProduct && isSure(sure, risk));
  const marks = [
    ...(why === undefined ? [] : [words.UNCLEAR[why]]),
    ...(effective.byPolicy ? [words.MARKS.byPolicy] : []),
    ...unverifiedMarks(setting, effective.place?.basis === 'unverified' ? words.MARKS.unverifiedPlace : undefined),
    ...(unchecked.some(({ place }) => place !== effective.place) ? [words.MARKS.overridable] : []),
    ...(complete ? [] : [words.MARKS.moreMatches]),
  ];
  const texts = effective.readings.slice(0, MAX_LISTED).map((r) => readingText(setting, effective, r));
  const more = effective.readings.length - texts.length;
  const shown = more > 0 ? [...texts, words.andMore(more)] : texts;
  const result: SettingResult = {
    ...base,
    status,
    ...storedText(effective),
    isDefault: false,
    text: words.withMarks(words.listed(shown), marks),
    unchecked: needsProduct ? [...unchecked, missingOs(setting, view, 'product')] : unchecked,
  };
  return withTests(result, sure, holds);
}

function judgeDefault(setting: SettingDefinition, view: View, base: Base, unchecked: readonly UncheckedPlace[]): Judged {
  const { entry, candidates, dependsOn } = defaultOf(setting, view.os);
  const holdsFor = (one: SettingDefault | undefined, test: ValueTest): boolean | undefined => {
    const outcome = testValue(test, one?.value ?? null, false);
    // Nothing is stored, and it is not documented what that means.
    const guess = one === undefined || (one.value === null && one.basis === 'unverified');
    return guess && !onlyAsksPresence(test) ? undefined : outcome;
  };
  const holds = (test: ValueTest): boolean | undefined => agreed(candidates.map((c) => holdsFor(c.entry, test)));
  const risks = candidates.flatMap((c) => c.products.map((p) => riskOf(setting, p, (test) => holdsFor(c.entry, test))));
  const same = risks.every((r) => r === risks[0]);
  // Different Windows, different answer: possible when any of them would be at risk.
  const risk = same ? risks[0] : risks.includes(true) || undefined;
  const undecided = !same && risk === true;
  const guessed = candidates.some((c) => c.entry?.basis === 'unverified' && c.entry.value !== null) || isPlaceGuessed(setting);
  const certain = unchecked.length === 0 && !undecided && !guessed;
  const missing = new Set<'product' | 'build'>(undecided ? dependsOn : []);
  if (undecided && view.os.product === undefined && setting.riskyOn !== undefined) missing.add('product');
  const result: SettingResult = {
    ...base,
    status: statusOf(setting, risk, certain),
    value: entry?.value ?? null,
    isDefault: true,
    text: defaultText(
      setting,
      entry,
      candidates.flatMap((c) => c.entry ?? []),
      unchecked.length > 0,
    ),
    unchecked: [...unchecked, ...[...missing].map((what) => missingOs(setting, view, what))],
  };
  return withTests(result, unchecked.length === 0 && !guessed ? 'yes' : 'no', holds);
}

/** That nothing is stored under a name that was not verified does not mean that nothing is stored. */
export function isPlaceGuessed({ places }: Pick<SettingDefinition, 'places'>): boolean {
  return places.some(({ basis, effective }) => basis === 'unverified' && effective !== true);
}

const agreed = (outcomes: readonly (boolean | undefined)[]): boolean | undefined => {
  const all = every(outcomes);
  return all === true || outcomes.every((o) => o === false) ? all : undefined;
};

/** Is the setting at risk on this kind of Windows? With an unknown one: would it be on any? */
function riskOf(
  setting: SettingDefinition,
  product: OsInfo['product'],
  holds: (test: ValueTest) => boolean | undefined,
): boolean | undefined {
  if (setting.risky === undefined) return undefined;
  const { riskyOn } = setting;
  if (riskyOn !== undefined && product !== undefined && !riskyOn.includes(product)) return false;
  return holds(setting.risky);
}

function statusOf(setting: SettingDefinition, risk: boolean | undefined, certain: boolean): SettingResult['status'] {
  if (setting.risky === undefined || risk === undefined) return 'noted';
  if (risk) return certain ? 'risky' : 'possible-risk';
  return certain ? 'ok' : 'probably-ok';
}

/** Whether the outcome of a test is certain: always, only when it holds, or never. */
type Sure = 'yes' | 'if-true' | 'no';
const isSure = (sure: Sure, outcome: boolean | undefined): boolean => sure === 'yes' || (sure === 'if-true' && outcome === true);

function withTests(result: SettingResult, sure: Sure, holds: (test: ValueTest) => boolean | undefined): Judged {
  const { status } = result;
  return {
    result,
    test: (test) => {
      if (test === 'risky') {
        const lenient = status === 'risky' || status === 'possible-risk' ? true : status === 'noted' ? undefined : false;
        return { strict: status === 'risky' || status === 'ok' ? lenient : undefined, lenient };
      }
      const lenient = holds(test);
      return { strict: isSure(sure, lenient) ? lenient : undefined, lenient };
    },
  };
}

/** What would tell the kind or build of the Windows. */
function missingOs(setting: SettingDefinition, view: View, what: 'product' | 'build'): UncheckedPlace {
  const places = what === 'product' ? PRODUCT_PLACES : BUILD_PLACES;
  const address = places.find((place) => place.startsWith('reg:')) as string;
  return uncheckedPlace(setting, { address }, view.units, view.damaged);
}

/** Most different values of one setting that are joined; a comparison needs no more to see a difference. */
const MAX_JOINED = 100;

/** Effective value in stored notation; several matches are joined. */
function storedText({ readings }: Effective): { readonly value: string | null } {
  const values = distinct(readings.map(({ value }) => value)).filter((value) => value !== null);
  return { value: values.length === 0 ? null : values.slice(0, MAX_JOINED).map(plainText).join(', ') };
}

function readingText(setting: SettingDefinition, { place }: Effective, { value, observation }: Reading): Localized {
  const text = valueText(setting, value, observation);
  const key = place?.address.toLowerCase();
  if (observation === undefined || key === undefined || !key.includes('*')) return text;
  const name = new Pattern(key).wildcardsOf(observation.address);
  return name === '' ? text : words.named(name, text);
}

/** A stored value in words. */
export function valueText(setting: SettingDefinition, value: StoredValue, observation?: Pick<StateObservation, 'address'>): Localized {
  if (value === null) return { en: 'not stored', ja: '格納なし' };
  const stored = plainText(value);
  const plain = (setting.time && storedTime(setting.time, stored)) ?? stored;
  const meaning = setting.values === undefined ? undefined : lookUp(setting.values, value);
  if (meaning !== undefined) return words.valueWithMeaning(plain, meaning);
  if (plain.trim() !== '') return { en: words.shorten(plain), ja: words.shorten(plain) };
  return observation?.address.includes('!') === false ? words.EXISTS : words.EMPTY;
}

/** What is not verified: the part that decides, else anything about the setting. */
function unverifiedMarks(setting: SettingDefinition, part?: Localized): readonly Localized[] {
  if (part !== undefined) return [part];
  return setting.basis.includes('unverified') ? [words.MARKS.unverifiedSetting] : [];
}

function defaultText(
  setting: SettingDefinition,
  entry: SettingDefault | undefined,
  known: readonly SettingDefault[],
  overridable: boolean,
): Localized {
  const entryText = (one: SettingDefault): Localized => {
    if (one.text === undefined) return valueText(setting, one.value);
    return one.value === null ? one.text : words.valueWithMeaning(one.value, one.text);
  };
  const override = overridable ? [words.MARKS.overridable] : [];
  const place = isPlaceGuessed(setting) ? words.MARKS.unverifiedPlace : undefined;
  if (entry !== undefined) {
    const guess = entry.basis === 'unverified' ? words.MARKS.unverifiedDefault : undefined;
    const mark = guess === undefined ? [words.MARKS.isDefault] : [];
    return words.withMarks(entryText(entry), [...mark, ...unverifiedMarks(setting, guess ?? place), ...override]);
  }
  const marks = [...unverifiedMarks(setting, place), ...override];
  if (known.length === 0) return words.withMarks(words.NOTHING_STORED, marks);
  // An entry for all others is written for the case that the Windows is not known.
  const last = setting.defaults.at(-1);
  if (last !== undefined && last.when === undefined && last.text !== undefined) return words.withMarks(last.text, marks);
  return words.withMarks(words.dependingDefault(known.map((one) => ({ entry: one, text: entryText(one) }))), marks);
}

/** Values without those that are the same in another notation. */
function distinct(values: readonly StoredValue[]): StoredValue[] {
  return [...new Map(values.map((value) => [valueKey(value), value])).values()];
}

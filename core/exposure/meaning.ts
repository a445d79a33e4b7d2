import type { SettingDefinition, ValueTest } from '@winmedic/knowledge/model';
import { addressKey } from './address.ts';
import type { Reading } from './reading.ts';
import { lookUp, testValue } from './value.ts';

/** Why it is not known what a stored value does: of another type than Windows asks for, or none of the values the setting has. */
export type Unclear = 'type' | 'value';

/** Tests of numbers. */
const NUMERIC = ['gt', 'lt', 'bits', 'noBits'] as const satisfies readonly (keyof ValueTest)[];

const isNumber = (text: string): boolean => /^\d{1,10}$/.test(text);

/**
 * Does the registry keep this setting as a number? Then that is a REG_DWORD: every setting of the knowledge base that is judged by numbers is one.
 * Settings that only inform (the build, a text) are left alone.
 */
function isStoredAsNumber({ risky, fact, values = {}, defaults }: SettingDefinition): boolean {
  if (risky === undefined && fact === undefined) return false;
  if (risky !== undefined && NUMERIC.some((test) => risky[test] !== undefined)) return true;
  return Object.keys(values).some(isNumber) || defaults.some(({ value }) => value !== null && isNumber(value));
}

/** Is it said of every value a setting has what it means? */
function isClosed({ values = {} }: SettingDefinition): boolean {
  return Object.keys(values).length > 0 && !Object.hasOwn(values, '*');
}

/**
 * Why it is not known what a value does; `undefined` when it is known. A program that asks Windows for a number is given none of a text or of binary
 * data, and whether it then takes the default, nothing or the text differs from one to the next.
 * @source Microsoft Learn, RegGetValueW (RRF_RT_REG_DWORD: ERROR_UNSUPPORTED_TYPE for another type)
 */
export function unclear(setting: SettingDefinition, { value, observation }: Pick<Reading, 'value' | 'observation'>): Unclear | undefined {
  if (value === null) return undefined;
  const type = observation?.valueType;
  const inRegistry = observation !== undefined && addressKey(observation.address).startsWith('reg:hklm\\');
  if (inRegistry && type !== undefined && type !== 'REG_DWORD' && isStoredAsNumber(setting)) return 'type';
  const asksForOne = setting.risky?.is !== undefined || setting.risky?.not !== undefined;
  return asksForOne && isClosed(setting) && lookUp(setting.values ?? {}, value) === undefined ? 'value' : undefined;
}

/** A test of a stored value; `undefined` also when it is not known what the value does. */
export function testReading(
  setting: SettingDefinition,
  test: ValueTest,
  reading: Pick<Reading, 'value' | 'observation'>,
): boolean | undefined {
  const outcome = testValue(test, reading.value, true);
  const why = onlyAsksPresence(test) ? undefined : unclear(setting, reading);
  if (why === undefined) return outcome;
  // A condition may name a value that the setting itself does not list.
  return why === 'value' && test.is !== undefined && outcome === true ? true : undefined;
}

/** Does a test only ask whether anything is stored? */
export function onlyAsksPresence({ present, ...rest }: ValueTest): boolean {
  return present !== undefined && Object.keys(rest).length === 0;
}

import { DiskError } from '../errors.ts';

/** Groups of a recovery password and digits of a group. @source libyal BDE format, "Recovery key" */
const GROUPS = 8;
const GROUP_DIGITS = 6;
/** Each group is eleven times a 16-bit number. */
const FACTOR = 11;
const LIMIT = FACTOR * 0x1_0000;
/** A text that holds a recovery password is at most this long: 55 characters, and room for spaces and a label. */
const MAX_TEXT = 1000;

/**
 * What people and programs put between the groups: hyphens and dashes of Unicode, the Japanese long sound mark and minus, spaces. One character class of a
 * regular expression.
 */
export const SEPARATORS = '[-\\u00ad\\u2010-\\u2015\\u2212\\u30fc\\u2500\\ufe63\\uff0d\\uff70 \\t\\u00a0\\u3000]';
const SEPARATOR = new RegExp(`${SEPARATORS}|[\\r\\n]`, 'u');

/** Full-width digits as ASCII, all else unchanged; the length stays. */
export function asciiDigits(text: string): string {
  return text.replace(/[\uff10-\uff19]/gu, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xff10 + 0x30));
}

/**
 * The number (1-8) of the first group of 48 ASCII digits that cannot be right: not divisible by 11, or 720896 and more. `undefined`: all are possible.
 * @source libyal BDE format, "Recovery key"
 */
export function wrongGroup(digits: string): number | undefined {
  for (let group = 0; group < GROUPS; group++) {
    const value = Number(digits.slice(group * GROUP_DIGITS, (group + 1) * GROUP_DIGITS));
    if (value >= LIMIT || value % FACTOR !== 0) return group + 1;
  }
  return undefined;
}

/** 48 digits as Windows shows them: eight groups with hyphens. */
export function grouped(digits: string): string {
  return (digits.match(/.{6}/gu) ?? []).join('-');
}

/**
 * A recovery password as typed or pasted, in the form Windows shows (`dddddd-dddddd-…`, eight groups). Full-width digits, hyphens and dashes of every kind,
 * spaces between groups and groups without any separator are accepted.
 * @throws {DiskError} BITLOCKER_RECOVERY_PASSWORD: `what` names the wrong group or the count of digits, never the digits.
 */
export function parseRecoveryPassword(text: string): string {
  if (text.length > MAX_TEXT) {
    throw new DiskError('BITLOCKER_RECOVERY_PASSWORD', 'length of the recovery password', { need: `<= ${MAX_TEXT}`, have: text.length });
  }
  const groups = asciiDigits(text)
    .trim()
    .split(SEPARATOR)
    .filter((group) => group !== '');
  const digits = groups.join('');
  const strange = groups.findIndex((group) => !/^[0-9]+$/u.test(group));
  if (strange >= 0) throw new DiskError('BITLOCKER_RECOVERY_PASSWORD', `characters of group ${strange + 1}`, { need: 'digits' });
  // With separators the groups are as the person sees them: the wrong length is named by its group.
  if (groups.length === GROUPS) {
    const short = groups.findIndex((group) => group.length !== GROUP_DIGITS);
    if (short >= 0) {
      throw new DiskError('BITLOCKER_RECOVERY_PASSWORD', `digits of group ${short + 1}`, {
        need: GROUP_DIGITS,
        have: groups[short]!.length,
      });
    }
  }
  if (digits.length !== GROUPS * GROUP_DIGITS) {
    throw new DiskError('BITLOCKER_RECOVERY_PASSWORD', 'digits of the recovery password', {
      need: GROUPS * GROUP_DIGITS,
      have: digits.length,
    });
  }
  const wrong = wrongGroup(digits);
  if (wrong !== undefined) throw new DiskError('BITLOCKER_RECOVERY_PASSWORD', `group ${wrong} (mistyped)`);
  return grouped(digits);
}

/** The 16-byte key of a recovery password in the form of {@link parseRecoveryPassword}. @source libyal BDE format, "Recovery key" */
export function recoveryPasswordKey(digits: string): Uint8Array {
  const key = new Uint8Array(16);
  digits.split('-').forEach((group, i) => {
    const value = Number(group) / FACTOR;
    key[i * 2] = value & 0xff;
    key[i * 2 + 1] = value >> 8;
  });
  return key;
}

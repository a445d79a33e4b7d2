import { filetimeToIso } from '@winmedic/bytes';
import { latin1Text } from './latin1.ts';

const SECONDS_PER_DAY = 86_400;
const TEN_MILLION = 10_000_000;
/** Days from 1601 to the end of the year 9999: later times are not printed digit by digit. */
const LAST_DAY = 3_067_670;
const ZERO = 0x30;
/** Where the parts of `YYYY-MM-DDTHH:MM:SS.fffffffZ` lie. */
const HOUR = 11;
const MINUTE = 14;
const SECOND = 17;
const LAST_DIGIT = 26;
const LENGTH = 28;

const digits = new Uint8Array(LENGTH);
const text = latin1Text(digits.buffer);
/** Day, counted from 1601, whose date is in `digits`. */
let day = -1;

/** The same text as `filetimeToIso`, in one piece: times differ in every record, and what they are put together from would be left over. */
export function timeText(low: number, high: number): string {
  // 2^32 = 429 * 10^7 + 4,967,296, so the quotient and remainder by 10^7 need no more than 53 bits.
  const t = high * 4_967_296 + low;
  const quotient = Math.floor(t / TEN_MILLION);
  const seconds = high * 429 + quotient;
  const today = Math.floor(seconds / SECONDS_PER_DAY);
  if (text === undefined || today >= LAST_DAY) return filetimeToIso(low, high);
  if (today !== day) {
    const whole = filetimeToIso(low, high);
    for (let i = 0; i < LENGTH; i++) digits[i] = whole.charCodeAt(i);
    day = today;
  }
  const second = seconds - today * SECONDS_PER_DAY;
  const minute = Math.floor(second / 60);
  const hour = Math.floor(minute / 60);
  two(HOUR, hour);
  two(MINUTE, minute - hour * 60);
  two(SECOND, second - minute * 60);
  let ticks = t - quotient * TEN_MILLION;
  for (let at = LAST_DIGIT; at > SECOND + 2; at--) {
    const rest = (ticks / 10) | 0;
    digits[at] = ZERO + ticks - rest * 10;
    ticks = rest;
  }
  return text.toString('latin1', 0, LENGTH);
}

function two(at: number, number: number): void {
  const tens = (number / 10) | 0;
  digits[at] = ZERO + tens;
  digits[at + 1] = ZERO + number - tens * 10;
}

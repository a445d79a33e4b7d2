const DATE_TIME =
  /(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})\.?,?\s{1,3}(午前|午後)?\s?(\d{1,2}):(\d{2})(?::(\d{2}))?\s?(AM|PM|午前|午後)?/i;

/** Order of the parts of a date. */
export type DateOrder = 'ymd' | 'mdy' | 'dmy';

/** The parts of a printed date and time. */
export interface PrintedTime {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly separator: string;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** As the United States print it: half of the day in English, and a second number below ten without a zero (others pad the month). */
  readonly american: boolean;
  /** A half of the day in English stands behind it. */
  readonly english: boolean;
}

/** No date at all (`N/A`). */
export function isNoDate(text: string): boolean {
  return !/\d{1,2}:\d{2}/.test(text);
}

/** Takes a date and time apart without deciding which number is the month; `undefined` when it is none. */
export function printedTime(text: string): PrintedTime | undefined {
  const m = DATE_TIME.exec(text.slice(0, 100));
  if (m === null) return undefined;
  const half = (m[5] ?? m[9] ?? '').toUpperCase();
  let hour = Number(m[6]);
  if ((half === 'PM' || half === '午後') && hour < 12) hour += 12;
  if ((half === 'AM' || half === '午前') && hour === 12) hour = 0;
  const minute = Number(m[7]);
  const second = Number(m[8] ?? 0);
  const english = half === 'AM' || half === 'PM';
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return {
    a: Number(m[1]),
    b: Number(m[3]),
    c: Number(m[4]),
    separator: m[2] as string,
    hour,
    minute,
    second,
    english,
    american: english && /^[1-9]$/.test(m[3] as string),
  };
}

/** Orders that a date can have by its numbers alone: a year has four digits, a month is at most 12. */
export function possibleOrders({ a, b, c, separator }: PrintedTime): readonly DateOrder[] {
  const isDay = (day: number, month: number): boolean => day >= 1 && day <= 31 && month >= 1 && month <= 12;
  if (a >= 1000) return isDay(c, b) ? ['ymd'] : [];
  if (c < 1000) return [];
  // With dots the day is always first.
  if (separator === '.') return isDay(a, b) ? ['dmy'] : [];
  return [...(isDay(b, a) ? (['mdy'] as const) : []), ...(isDay(a, b) ? (['dmy'] as const) : [])];
}

/** Year, month and day in the order given. */
export function inOrder({ a, b, c }: PrintedTime, order: DateOrder): readonly [year: number, month: number, day: number] {
  return order === 'ymd' ? [a, b, c] : order === 'mdy' ? [c, a, b] : [c, b, a];
}

/**
 * A printed local time as `2018-07-06T06:04:29`. Where the numbers leave day and month open, the way it is written decides, or the locale
 * (`en-us;English …`): in the United States the month comes first. `undefined` when it stays open: a wrong month is worse than none.
 */
export function readLocalTime(text: string, locale: string): string | undefined {
  const printed = printedTime(text);
  if (printed === undefined) return undefined;
  const orders = possibleOrders(printed);
  const order =
    orders.length === 1
      ? orders[0]
      : (printed.american || (printed.english && /^en-us;/i.test(locale))) && orders.includes('mdy')
        ? 'mdy'
        : undefined;
  if (order === undefined) return sameBothWays(printed);
  return write(printed, order);
}

/** `5/5/2020` is the same in either order. */
function sameBothWays(printed: PrintedTime): string | undefined {
  return printed.a === printed.b && possibleOrders(printed).length === 2 ? write(printed, 'mdy') : undefined;
}

function write(printed: PrintedTime, order: DateOrder): string {
  const [year, month, day] = inOrder(printed, order);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(printed.hour)}:${two(printed.minute)}:${two(printed.second)}`;
}

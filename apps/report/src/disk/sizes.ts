import type { Language } from '@winmedic/knowledge/model';
import { messages } from '../text/index.ts';

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A size in the largest unit that gives at least 1, one digit behind the point: `1.5 GiB`; below 1 KiB in bytes. */
export function sizeText(bytes: number, lang: Language): string {
  let value = bytes;
  let unit = '';
  for (const larger of UNITS) {
    if (value < 1024) break;
    value /= 1024;
    unit = larger;
  }
  return unit === '' ? messages(lang).bytes(bytes) : `${value.toFixed(1).replace(/\.0$/, '')} ${unit}`;
}

/** {@link sizeText} with the bytes beside it. */
export function exactSize(bytes: number, lang: Language): string {
  const m = messages(lang);
  return bytes < 1024 ? m.bytes(bytes) : `${sizeText(bytes, lang)} (${m.bytes(bytes)})`;
}

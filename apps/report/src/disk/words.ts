import type { Language } from '@winmedic/knowledge/model';
import { type DiskWords, diskEn } from './words-en.ts';
import { diskJa } from './words-ja.ts';

export type { DiskWords } from './words-en.ts';

/** The words of the reports of disks. */
export function diskWords(lang: Language): DiskWords {
  return lang === 'ja' ? diskJa : diskEn;
}

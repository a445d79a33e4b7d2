import type { Language, Localized } from '@winmedic/knowledge/model';
import { en, type Messages } from './en.ts';
import { ja } from './ja.ts';

export type { Messages } from './en.ts';

/** The words of a language. */
export function messages(lang: Language): Messages {
  return lang === 'ja' ? ja : en;
}

/** The text of a language. */
export function pick(text: Localized, lang: Language): string {
  return lang === 'ja' ? text.ja : text.en;
}

import type { Localized } from '@winmedic/knowledge/model';

/** Shorthand for a text in both languages. */
export function say(en: string, ja: string): Localized {
  return { en, ja };
}

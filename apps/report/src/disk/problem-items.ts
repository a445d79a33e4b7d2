import type { InputProblem } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { problemLines } from '../problems.ts';
import type { Item } from './document.ts';

/** Problems met while reading, worst first, each with its meaning and what to do. */
export function problemItems(problems: readonly InputProblem[], lang: Language): Item[] {
  return problemLines(problems, lang).map(({ severity, head, meaning, action }) => ({
    mark: severity === 'note' ? 'none' : 'warn',
    text: head,
    lines: [...(meaning === '' ? [] : [{ text: meaning, soft: true } as const]), ...(action === '' ? [] : [{ text: action }])],
  }));
}

import type { Text } from './text.ts';

/** Ways in which such a comparison misleads (stops.md 7.5). */
export type TrapCode =
  | 'window-starts-at-stop'
  | 'mixed-kinds'
  | 'exposure'
  | 'repeats'
  | 'simultaneous-changes'
  | 'coverage'
  | 'looking-often';

/** One trap: met in these data (`applies`), or not visible in them and to be checked by the reader (`check`). */
export interface Trap {
  readonly code: TrapCode;
  readonly state: 'applies' | 'check';
  readonly text: Text;
}

const TEXTS: Readonly<Record<Exclude<TrapCode, 'mixed-kinds' | 'coverage' | 'simultaneous-changes'>, Text>> = {
  'window-starts-at-stop': {
    en: 'A first period that starts at the stop that made you look counts that stop too much: start it after the first stop.',
    ja: '最初の期間を、気付くきっかけになった停止から数え始めると頻度が過大になります。最初の停止の後から数えてください。',
  },
  exposure: {
    en: 'Days are a rough measure of exposure: stops tied to people follow office hours and the number of connections.',
    ja: '日数は粗い尺度です。人の操作による停止は、業務時間や接続数に左右されます。',
  },
  repeats: {
    en: 'Stops caused by the same person repeating one action are not independent; the true p is larger.',
    ja: '同じ人の同じ操作による停止は互いに独立ではなく、本当の p はより大きくなります。',
  },
  'looking-often': {
    en: 'Looking again and again until p is small inflates the error: fix the length of the second period beforehand.',
    ja: 'p が小さくなるまで何度も見直すと誤りが増えます。変更後の期間の長さを先に決めてください。',
  },
};

/** Traps of a comparison of bare counts: nothing in the numbers shows them, so all are to be checked. */
export function countTraps(): Trap[] {
  return [
    { code: 'window-starts-at-stop', state: 'check', text: TEXTS['window-starts-at-stop'] },
    {
      code: 'mixed-kinds',
      state: 'check',
      text: {
        en: 'Count stops of one kind only: a restart and a power-off may have different causes.',
        ja: '同じ種類の停止だけを数えてください。再起動と電源断では原因が異なることがあります。',
      },
    },
    ...alwaysToCheck(),
    {
      code: 'simultaneous-changes',
      state: 'check',
      text: {
        en: 'Anything else that changed at the same time explains the difference just as well.',
        ja: '同じ頃の別の変更でも、差は同じように説明できます。',
      },
    },
  ];
}

/** Traps that no log can show. */
export function alwaysToCheck(): Trap[] {
  return [
    { code: 'exposure', state: 'check', text: TEXTS.exposure },
    { code: 'repeats', state: 'check', text: TEXTS.repeats },
    { code: 'looking-often', state: 'check', text: TEXTS['looking-often'] },
  ];
}

import type { VerbSpec } from '../spec.ts';
import { EVIDENCE_OPTIONS } from './shared-options.ts';

/** `winmedic experiment`. */
export const experiment: VerbSpec = {
  name: 'experiment',
  args: '[paths...]',
  summary: {
    en: 'Did a change help? Rates of stops before and after, with interval and the days still needed',
    ja: '対策は効いたか。前後の停止頻度を区間推定つきで比較し、あと何日必要かを示す',
  },
  details: {
    en: [
      'Exact conditional Poisson test; the two-sided p is the doubled one-sided p and agrees with the Clopper-Pearson interval of the rate ratio.',
      'From logs, the period before the change starts after the first stop: starting it at the stop that made you look would inflate the rate.',
    ].join('\n'),
    ja: [
      '条件付きポアソンの正確検定です。両側 p は片側 p の 2 倍で、頻度比の Clopper-Pearson 区間と整合します。',
      'ログから数える場合、変更前の期間は最初の停止の後から始めます(気付くきっかけになった停止を含めると頻度が過大になるため)。',
    ].join('\n'),
  },
  examples: [
    {
      command: 'winmedic experiment --before 5/12 --after 0/30',
      text: { en: '5 stops in 12 days, then none in 30', ja: '12 日で 5 回、その後 30 日で 0 回' },
    },
    { command: 'winmedic experiment ./logs --change-at 2018-07-12', text: { en: 'counted from logs', ja: 'ログから数える' } },
  ],
  options: [
    { flags: '--before <count/days>', text: { en: 'stops and days before the change', ja: '変更前の件数/日数' } },
    { flags: '--after <count/days>', text: { en: 'stops and days after the change', ja: '変更後の件数/日数' } },
    { flags: '--change-at <time>', text: { en: 'when the change was made (with paths)', ja: '変更した時刻(パス指定時)' } },
    {
      flags: '--signature <text>',
      text: {
        en: 'which stops to count, as the result names them (default: the most frequent kind)',
        ja: '数える停止の種類(結果に表示される名前。既定: 最も多い種類)',
      },
    },
    { flags: '--host <name>', text: { en: 'only this host', ja: 'このホストのみ' } },
    { flags: '--alpha <p>', text: { en: 'error level (default 0.05)', ja: '有意水準(既定 0.05)' } },
    ...EVIDENCE_OPTIONS,
  ],
  load: () => import('./experiment.ts'),
};

import type { VerbSpec } from '../spec.ts';

/** `winmedic completion`. */
export const completion: VerbSpec = {
  name: 'completion',
  args: '<shell>',
  argChoices: ['bash', 'zsh', 'fish', 'powershell', 'pwsh'],
  summary: {
    en: 'Print a completion script for bash, zsh, fish or PowerShell',
    ja: 'bash・zsh・fish・PowerShell 用の補完スクリプトを出力',
  },
  examples: [
    { command: 'source <(winmedic completion bash)', text: { en: 'in bash, for this session', ja: 'bash(このセッションのみ)' } },
    {
      command: 'winmedic completion fish > ~/.config/fish/completions/winmedic.fish',
      text: { en: 'in fish, for good', ja: 'fish(恒久的に)' },
    },
  ],
  options: [],
  load: () => import('./completion.ts'),
};

import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { TestFolder, winmedic } from './test-command.ts';
import { VERBS } from './verbs/index.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const script = async (shell: string): Promise<string> => {
  const { code, out, err } = await winmedic(['completion', shell]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return folder.file(`winmedic.${shell}`, out);
};

describe.concurrent('completion', () => {
  it.skipIf(!has('bash'))('offers verbs, options and choices in bash', async () => {
    const path = await script('bash');
    /** What bash would offer for these words, the last one being typed. */
    const offers = (...words: string[]): string[] => {
      const list = words.map((word) => `'${word}'`).join(' ');
      const text = `source '${path}'; compopt() { :; }; COMP_WORDS=(winmedic ${list}); COMP_CWORD=${words.length}; _winmedic; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-uc', text], { encoding: 'utf8' }).split('\n').filter(Boolean);
    };
    expect(offers('di')).toEqual(['diagnose', 'disk']);
    expect(offers('disk', 'in')).toEqual(['inspect']);
    expect(offers('disk', '')).toEqual(VERBS.flatMap(({ name }) => (name.startsWith('disk ') ? [name.slice(5)] : [])));
    expect(offers('disk', 'hive', 'x', '--start', 'dis')).toEqual(['disabled']);
    expect(offers('disk', 'repair', 'x', '--for', 'crowd')).toEqual(['crowdstrike-291']);
    expect(offers('--lang', 'ja', 'disk', 'repair', '--au')).toEqual(['--auto']);
    expect(offers('help', 'disk', 'un')).toEqual(['undo']);
    expect(offers('')).toEqual(expect.arrayContaining([...VERBS.map(({ name }) => name.split(' ')[0]), 'help', '--version']));
    expect(offers('events', '--co').sort()).toEqual(['--color', '--computers', '--count-by']);
    expect(offers('events', '--count-by', '')).toEqual(['id', 'provider', 'channel']);
    expect(offers('events', '--lang', '=', 'j')).toEqual(['ja']);
    expect(offers('--lang', 'ja', 'tim')).toEqual(['timeline']);
    expect(offers('timeline', 'x', '--tz', 'Asia/Toky')).toEqual(['Asia/Tokyo']);
    expect(offers('diagnose', '--fact', 'rdp.n')).toEqual(['rdp.nla=']);
    expect(offers('completion', 'p')).toEqual(['powershell', 'pwsh']);
    expect(offers('help', 'ev')).toEqual(['events']);
    // Files are left to bash, which quotes their names.
    expect(offers('events', '')).toEqual([]);
    expect(execFileSync('bash', ['-c', `source '${path}'; complete -p winmedic`], { encoding: 'utf8' })).toContain('-o default');
  });

  it.skipIf(!has('zsh'))('is valid zsh', async () => {
    expect(spawnSync('zsh', ['-n', await script('zsh')]).status).toBe(0);
  });

  it.skipIf(!has('fish'))('is valid fish', async () => {
    expect(spawnSync('fish', ['-n', await script('fish')]).status).toBe(0);
  });

  it.each(['zsh', 'fish', 'powershell', 'pwsh'])('names every verb and option for %s', async (shell) => {
    const { out } = await winmedic(['completion', shell]);
    for (const { name, options } of VERBS) {
      for (const word of name.split(' ')) expect(out).toContain(word);
      for (const { flags } of options) expect(out).toContain(/--([\w-]+)/.exec(flags)?.[1]);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { winmedic } from './test-command.ts';
import { GROUPS, VERBS } from './verbs/index.ts';

const ENGLISH_OF_COMMANDER = /Usage:|Options:|Commands:|Arguments:|\[options\]|\(choices:|\(default:|display help/;

describe.concurrent('help', () => {
  it.each(VERBS.map(({ name }) => name))('of %s shows examples first, short with -h and long with --help', async (verb) => {
    const words = verb.split(' ');
    const [short, long, viaHelp] = await Promise.all([
      winmedic([...words, '-h']),
      winmedic([...words, '--help']),
      winmedic(['help', ...words]),
    ]);
    for (const { code, err } of [short, long, viaHelp]) expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(short.out).toMatch(new RegExp(`^Examples:\\n {2}# .+\\n {2}.*winmedic ${verb}`));
    expect(short.out).toContain(`Usage: winmedic ${verb} [options]`);
    expect(short.out).not.toContain('Exit codes:');
    expect(long.out.startsWith(short.out.trimEnd())).toBe(true);
    expect(long.out).toContain('Exit codes:\n  0    done\n');
    expect(viaHelp.out).toBe(long.out);
    for (const line of short.out.split('\n')) if (!line.startsWith('  winmedic')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it.each([[], ...[...GROUPS, ...VERBS].map(({ name }) => name.split(' '))].map((words) => [words]))(
    'is wholly Japanese for %j',
    async (words) => {
      const { code, out } = await winmedic([...words, '--help'], { env: { LANG: 'ja_JP.UTF-8' } });
      expect(code).toBe(0);
      expect(out).toMatch(/^例:/);
      expect(out).toContain('使い方: winmedic');
      expect(out).not.toMatch(ENGLISH_OF_COMMANDER);
    },
  );

  it('of the command names every verb, the exit codes and the environment', async () => {
    const { out } = await winmedic(['--help']);
    for (const { name, args } of VERBS.filter((verb) => !verb.name.includes(' '))) expect(out).toContain(`  ${name} ${args}`);
    for (const { name } of GROUPS) expect(out).toContain(`  ${name} <verb>`);
    expect(out).toContain('130  interrupted');
    expect(out).toContain('WINMEDIC_TZ');
    expect(out).not.toMatch(/Commands:|\[command\]/);
  });

  it('goes to stderr when the command stands alone', async () => {
    const { code, out, err } = await winmedic([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Examples:/);
    expect((await winmedic(['--lang', 'ja'])).err).toMatch(/^例:/);
  });

  it.each(GROUPS.map(({ name }) => name))(
    'of the group %s names its verbs, and goes to stderr when the group stands alone',
    async (group) => {
      const members = VERBS.filter(({ name }) => name.startsWith(`${group} `));
      const [help, viaHelp, alone] = await Promise.all([winmedic([group, '--help']), winmedic(['help', group]), winmedic([group])]);
      expect(help).toMatchObject({ code: 0, err: '' });
      expect(viaHelp.out).toBe(help.out);
      expect(alone).toMatchObject({ code: 2, out: '' });
      for (const { name, args } of members)
        for (const text of [help.out, alone.err]) expect(text).toContain(`  ${name.slice(group.length + 1)} ${args}`);
    },
  );

  it('prints its version', async () => {
    for (const args of [['--version'], ['-V'], ['--lang', 'ja', '--version']])
      expect(await winmedic(args)).toMatchObject({ code: 0, out: 'winmedic source\n' });
  });
});

describe.concurrent('usage errors', () => {
  it.each([
    [['evnts'], 'CLI_UNKNOWN_VERB', ['Did you mean events?', 'もしかして: events。']],
    [['help', 'nothing'], 'CLI_UNKNOWN_VERB', ['"nothing"', '「nothing」']],
    [['help', 'disk', 'nothing'], 'CLI_UNKNOWN_VERB', ['"disk nothing"', '「disk nothing」']],
    [
      ['disk', 'inspet'],
      'CLI_UNKNOWN_VERB',
      ['Did you mean inspect? `winmedic disk --help`', 'もしかして: inspect。`winmedic disk --help`'],
    ],
    [['disk', 'ls'], 'CLI_MISSING_ARGUMENT', ['<disk>. `winmedic disk ls --help`', '<disk>。`winmedic disk ls --help`']],
    [['disk', 'ls', 'x', '--bogus'], 'CLI_UNKNOWN_OPTION', ['`winmedic disk ls --help`', '`winmedic disk ls --help`']],
    [['events', 'x', '--jsn'], 'CLI_UNKNOWN_OPTION', ['Did you mean --json?', 'もしかして: --json。']],
    [['--bogus'], 'CLI_UNKNOWN_OPTION', ['`winmedic --help`', '`winmedic --help`']],
    [['events'], 'CLI_MISSING_ARGUMENT', ['<files>. `winmedic events --help`', '<files>。`winmedic events --help`']],
    [['events', 'x', '--ids'], 'CLI_MISSING_ARGUMENT', ['--ids <list>', '--ids <list>']],
    [
      ['events', 'x', '--count-by', 'day'],
      'CLI_INVALID_VALUE',
      ['Use one of: id, provider, channel.', '次のいずれかを指定してください: id、provider、channel。'],
    ],
    [['completion', 'bash', 'zsh'], 'CLI_INVALID_VALUE', ['too many arguments', '引数が多すぎます']],
    [['completion', 'tcsh'], 'CLI_INVALID_VALUE', ['bash, zsh, fish', 'bash、zsh、fish']],
  ] as const)('%j: %s', async (args, code, [en, ja]) => {
    for (const [lang, hint] of [
      ['en', en],
      ['ja', ja],
    ] as const) {
      const ran = await winmedic(['--lang', lang, ...args]);
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err.startsWith(`winmedic: ${code} `)).toBe(true);
      expect(ran.err).toContain(hint);
      expect(ran.err.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});

describe.concurrent('language and zone', () => {
  it.each([
    [{ LANG: 'ja_JP.UTF-8' }, [], 'ja'],
    [{ LANG: 'ja_JP.UTF-8', LC_ALL: '' }, [], 'ja'],
    [{ LANG: 'ja_JP.UTF-8', LC_ALL: 'C.UTF-8' }, [], 'en'],
    [{ LANG: 'en_US.UTF-8', WINMEDIC_LANG: 'ja' }, [], 'ja'],
    [{ LANG: 'jam_JM.UTF-8' }, [], 'en'],
    [{ LANG: 'ja_JP.UTF-8' }, ['--lang', 'en'], 'en'],
    [{ LANG: 'C' }, ['--lang=ja'], 'ja'],
  ] as const)('%j with %j is %s', async (env, args, lang) => {
    const { out } = await winmedic(['explain', '0x500ff', ...args], { env });
    expect(/[ぁ-ん]/.test(out) ? 'ja' : 'en').toBe(lang);
  });

  it('takes the zone of the environment, and an option wins', async () => {
    const zone = async (args: string[], env: Record<string, string>): Promise<string> =>
      (JSON.parse((await winmedic(['diagnose', 'none', '--json', '--quiet', ...args], { env })).out) as { zone: string }).zone;
    expect(await zone([], { WINMEDIC_TZ: 'Asia/Tokyo' })).toBe('Asia/Tokyo');
    expect(await zone(['--tz', '+09:00'], { WINMEDIC_TZ: 'Europe/Paris' })).toBe('+09:00');
    expect(await zone(['--utc'], { WINMEDIC_TZ: 'Europe/Paris' })).toBe('UTC');
  });
});

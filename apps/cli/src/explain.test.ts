import { describe, expect, it } from 'vitest';
import { winmedic } from './test-command.ts';

const JAPANESE =
  '次の理由で、プロセス C:\\Windows\\system32\\winlogon.exe (RDS01) は、ユーザー NT AUTHORITY\\SYSTEM の代わりに、コンピューター RDS01 の 電源を切る を始めました: この理由のタイトルが見つかりません\r\n' +
  ' 理由コード: 0x500ff\r\n シャットダウンの種類: 電源を切る\r\n コメント: ';
const ENGLISH =
  'The process C:\\Windows\\system32\\winlogon.exe (RDS01) has initiated the power off of computer RDS01 on behalf of user NT AUTHORITY\\SYSTEM for the following reason: No title for this reason could be found\n' +
  ' Reason Code: 0x500ff\n Shutdown Type: power off\n Comment: ';
/** The Japanese text in Shift_JIS, as an editor of a Japanese system saves a paste. */
const SHIFT_JIS = Buffer.from(
  'jp+CzJedl1KCxYFBg3aDjYNag1ggQzpcV2luZG93c1xzeXN0ZW0zMlx3aW5sb2dvbi5leGUgKFJEUzAxKSCCzYFBg4aBW4NVgVsgTlQgQVVUSE9SSVRZXFNZU1RFTSCCzJHjgu2C6ILJgUGDUoOTg3ODhYFbg16BWyBSRFMwMSCCzCCTZIy5gvCQ2ILpIILwjm6C34LcgrWCvToggrGCzJedl1KCzINeg0ODZ4OLgqqMqYLCgqmC6ILcgrmC8SCXnZdSg1KBW4NoOiAweDUwMGZmIINWg4ODYoNng1+DRYOTgsyO7ZfeOiCTZIy5gvCQ2ILpIINSg4GDk4NnOiA=',
  'base64',
);

interface Explained {
  readonly schemaVersion: string;
  readonly readings: readonly { readonly kind: string; readonly key: string }[];
  readonly events: readonly {
    readonly provider: string;
    readonly eventId: number;
    readonly userSid?: string;
    readonly trust: string;
    readonly fields: readonly { readonly name: string; readonly value: string }[];
  }[];
  readonly near: readonly string[];
}
const json = async (args: readonly string[], input?: string | Uint8Array): Promise<Explained> => {
  const { out } = await winmedic(['explain', '--json', ...args], input === undefined ? {} : { input });
  return JSON.parse(out) as Explained;
};

describe.concurrent('winmedic explain', () => {
  it('explains a code with what it proves and the next step, in both languages', async () => {
    const en = await winmedic(['explain', '0x500ff']);
    expect(en.code).toBe(0);
    expect(en.out).toMatch(/^0x500ff: shutdown reason code/);
    expect(en.out).toContain('unplanned, major SYSTEM, minor NONE');
    const ja = await winmedic(['explain', '0x500ff', '--lang', 'ja']);
    expect(ja.out).toMatch(/^0x500ff: シャットダウン理由コード/);
  });

  it('takes several inputs and gives one value for each', async () => {
    const { code, out } = await winmedic(['explain', '1074', '0xC000006A', '--json']);
    expect(code).toBe(0);
    const [event, status] = JSON.parse(out) as Explained[];
    expect(event?.readings[0]).toMatchObject({ kind: 'event', key: 'User32/1074' });
    expect(JSON.stringify(status?.readings[0])).toContain('STATUS_WRONG_PASSWORD');
  });

  it.each([
    ['Japanese', JAPANESE],
    ['English', ENGLISH],
    [
      'quoted in a forum',
      JAPANESE.split('\r\n')
        .map((line) => `> ${line}`)
        .join('\n'),
    ],
    ['in Shift_JIS', SHIFT_JIS],
    ['UTF-16 of PowerShell', Buffer.from(`\uFEFF${ENGLISH}`, 'utf16le')],
  ])('turns a pasted 1074 back into fields: %s', async (_, input) => {
    const { schemaVersion, events } = await json([], input);
    expect(schemaVersion).toBe('1.0');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ provider: 'User32', eventId: 1074, userSid: 'S-1-5-18', trust: 'text' });
    const fields = new Map(events[0]?.fields.map(({ name, value }) => [name, value]));
    expect(fields.get('param1')).toMatch(/winlogon\.exe/);
    expect(fields.get('param4')).toBe('0x500ff');
  });

  it('says when nothing is known and what comes near, with exit code 2', async () => {
    const { code, out } = await winmedic(['explain', 'rdp.nlaa']);
    expect(code).toBe(2);
    expect(out).toContain('Did you mean: rdp.nla');
    expect((await winmedic(['explain', 'rdp.nlaa', '--lang', 'ja'])).out).toContain('近い名前: rdp.nla');
    expect((await winmedic(['explain', '0x500ff', 'qqqqqq'])).code).toBe(3);
  });

  it('asks for something when nothing was given', async () => {
    for (const input of ['', '  \n'])
      expect(await winmedic(['explain'], { input })).toMatchObject({ code: 2, out: '', err: expect.stringContaining('CLI_STDIN_EMPTY') });
    expect((await winmedic(['explain', '--lang', 'ja'], { input: '' })).err).toMatch(/^winmedic: CLI_STDIN_EMPTY 入力がありません。/);
  });

  it('refuses more text than an event can be', async () => {
    const { code, err } = await winmedic(['explain'], { input: 'a'.repeat(17 << 20) });
    expect(code).toBe(2);
    expect(err).toContain('CLI_INVALID_VALUE explain: "stdin" is not usable here. At most 16 MiB');
  });

  it('never lets pasted escape sequences act', async () => {
    const { out } = await winmedic(['explain'], { input: 'no event \u001b[31mred\u001b[0m \u202etxt' });
    for (const acting of ['\u001b', '\u202e']) expect(out).not.toContain(acting);
    expect(out).toContain('\\u001b[31m');
  });
});

import type { Language, Localized } from '@winmedic/knowledge/model';
import type { Context } from './context.ts';

/** One option of a verb: the one definition behind parsing, help, completion and the reference page. */
export interface OptionSpec {
  /** Commander's form: `--ids <list>`, `-u, --user <name>`, `--json`. */
  readonly flags: string;
  readonly text: Localized;
  /** May be given several times. */
  readonly repeat?: boolean;
  readonly choices?: readonly string[];
  /** What the value is, for shell completion. */
  readonly value?: 'file' | 'folder' | 'zone' | 'fact' | 'recipe';
}

/** An example of the help: a command line and what it does. */
export interface ExampleSpec {
  readonly command: string;
  readonly text: Localized;
}

/** Parsed options by camel-case name; repeated ones are arrays. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Verbs that share their first word. */
export interface VerbGroup {
  readonly name: string;
  readonly summary: Localized;
  readonly examples: readonly ExampleSpec[];
}

/** A verb of the command. Its code is loaded only when it runs. */
export interface VerbSpec {
  /** One word, or two for a verb of a group: `disk inspect`. */
  readonly name: string;
  /** Commander's argument form, `<paths...>`. */
  readonly args: string;
  /** Words the argument is chosen from, for shell completion; without them it is a path or free text. */
  readonly argChoices?: readonly string[];
  /** What the argument is when it is no path, for shell completion. */
  readonly argValue?: 'host';
  readonly summary: Localized;
  /** More, shown by `--help` only. */
  readonly details?: Localized;
  readonly examples: readonly ExampleSpec[];
  readonly options: readonly OptionSpec[];
  readonly load: () => Promise<{ readonly run: VerbRun }>;
}

/** Runs a verb; returns the exit code of UX.md section 10. */
export type VerbRun = (context: Context, args: readonly string[], options: Options) => Promise<number>;

/** Options every verb has. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--lang <ja|en>',
    choices: ['ja', 'en'],
    text: { en: 'language of texts (default: from the environment)', ja: '表示言語(既定: 環境から判定)' },
  },
  {
    flags: '--tz <zone>',
    value: 'zone',
    text: {
      en: 'time zone for display and for times without one: IANA name or +09:00 (default: this machine)',
      ja: '表示および時差なしの時刻に使うタイムゾーン。IANA 名か +09:00(既定: この端末)',
    },
  },
  { flags: '--utc', text: { en: 'same as --tz UTC', ja: '--tz UTC と同じ' } },
  { flags: '--json', text: { en: 'machine-readable output', ja: '機械可読の出力' } },
  {
    flags: '--quiet',
    text: {
      en: 'no progress and no remarks on stderr (lost inputs are always told)',
      ja: '進捗や補足を標準エラーに出さない(失われた入力は常に表示)',
    },
  },
  {
    flags: '--color <when>',
    choices: ['auto', 'always', 'never'],
    text: { en: 'colour of terminal output (NO_COLOR is honoured)', ja: '端末出力の色(NO_COLOR に従う)' },
  },
];

/** The verb a command line names, or the group when its second word is missing or unknown; empty: neither. Options may stand between the words. */
export function verbIn(argv: readonly string[], verbs: readonly VerbSpec[], groups: readonly VerbGroup[]): string {
  const first = argv.findIndex((word) => groups.some(({ name }) => name === word) || verbs.some(({ name }) => name === word));
  const head = argv[first];
  if (head === undefined || !groups.some(({ name }) => name === head)) return head ?? '';
  const names = argv.slice(first + 1).map((word) => `${head} ${word}`);
  return names.find((name) => verbs.some((verb) => verb.name === name)) ?? head;
}

/** The text in the given language. */
export function say(text: Localized, lang: Language): string {
  return text[lang];
}

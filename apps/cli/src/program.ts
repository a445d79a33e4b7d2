import { FormatError } from '@winmedic/bytes';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Language } from '@winmedic/knowledge/model';
import { displayWidth, wrap } from '@winmedic/report';
import { Argument, Command, CommanderError, Help, Option } from 'commander';
import { chooseLanguage, makeContext, stdoutFailed } from './context.ts';
import { CliError, LOCKED_CODES } from './errors.ts';
import { HELP } from './help-text.ts';
import { Interrupts } from './interrupt.ts';
import { spelledOut } from './safe-text.ts';
import { COMMON_OPTIONS, type ExampleSpec, type OptionSpec, type Options, say, type VerbGroup, type VerbSpec, verbIn } from './spec.ts';
import { usageError } from './usage-error.ts';
import { GROUPS, VERBS } from './verbs/index.ts';

/** Parses the command line, runs the verb and returns the exit code (UX.md section 10). */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const lang = chooseLanguage(argv, process.env);
  const interrupts = new Interrupts();
  const { abort } = interrupts;
  process.on('SIGINT', interrupts.handle);
  process.on('SIGTERM', interrupts.handle);
  process.stdout.on('error', (error) => stdoutFailed(error, lang));
  // Nobody reads the talk any more (`2>&1 | head`): nothing is lost by going on.
  process.stderr.on('error', () => {});
  let code = 0;
  const program = makeProgram(lang, argv, async (verb, args, options) => {
    const { run } = await verb.load();
    code = await run(makeContext(lang, options, argv, interrupts), args, options);
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!abort.signal.aborted) code = report(error, lang, argv);
  }
  process.off('SIGINT', interrupts.handle);
  process.off('SIGTERM', interrupts.handle);
  return abort.signal.aborted ? 130 : code;
}

/** Turns an error into its line on stderr and its exit code. */
function report(error: unknown, lang: Language, argv: readonly string[]): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // `winmedic` alone already printed the help.
    if (error.code === 'commander.help') return 2;
    return print(usageError(error, verbIn(argv, VERBS, GROUPS)), lang);
  }
  if (error instanceof CliError) return print(error, lang);
  const coded = error as { code?: unknown; text?: Readonly<Record<string, string>>; stack?: string; message?: string };
  if (typeof coded.code === 'string' && /^[A-Z]+_[A-Z_]+$/.test(coded.code) && coded.text?.[lang]) {
    process.stderr.write(spelledOut(`winmedic: ${coded.code} ${coded.text[lang]}\n`));
    return 2;
  }
  if (error instanceof FormatError) return printFormatError(error as FormatError<string>, lang);
  const status = print(new CliError('CLI_INTERNAL', { value: coded.message ?? String(error) }), lang);
  if (process.env['WINMEDIC_DEBUG']) process.stderr.write(`${coded.stack ?? ''}\n`);
  return status;
}

/** The error of a reader in the words of the knowledge base: what it is, what was meant, what to do. */
function printFormatError({ code, what }: FormatError<string>, lang: Language): number {
  const text = loadKnowledge().damages[code];
  const told = text === undefined ? '' : lang === 'ja' ? `: ${text.meaning.ja}${text.action.ja}` : `: ${text.meaning.en} ${text.action.en}`;
  process.stderr.write(`${spelledOut(`winmedic: ${code} ${what}`.replaceAll('\n', ' '))}${told}\n`);
  return LOCKED_CODES.has(code) ? 4 : 2;
}

function print(error: CliError, lang: Language): number {
  process.stderr.write(spelledOut(`winmedic: ${error.code} ${error.text(lang)}\n`));
  return 2;
}

type Action = (verb: VerbSpec, args: readonly string[], options: Options) => Promise<void>;

/** The Commander program of the verbs; `argv` decides between the short and the long help. */
export function makeProgram(lang: Language, argv: readonly string[], action: Action): Command {
  const long = argv.includes('--help') || argv[0] === 'help';
  const words = HELP[lang];
  const program = configure(new Command('winmedic'), lang);
  program
    .description(words.description)
    .usage(words.usage)
    .helpOption('-h, --help', words.helpOption)
    .version(`winmedic ${process.env.WINMEDIC_VERSION ?? 'source'}`, '-V, --version', words.versionOption)
    .helpCommand(false)
    // Common options may stand before the verb too; those after it win.
    .enablePositionalOptions();
  for (const option of COMMON_OPTIONS) program.addOption(makeOption(option, lang));
  program.addHelpText('before', `${words.examples}\n${words.firstExamples}\n`);
  program.addHelpText('after', `\n${long ? `${words.exitCodes}\n\n${words.environment}\n\n` : ''}${words.start}`);
  const groups = new Map<string, Command>();
  for (const verb of VERBS) {
    const [head = '', last] = verb.name.split(' ');
    const group = GROUPS.find(({ name }) => name === head);
    if (group !== undefined && !groups.has(head)) groups.set(head, addGroup(program, group, lang));
    const parent = groups.get(head);
    addVerb((parent ?? program).command(last ?? head), verb, lang, long, (command) =>
      action(verb, command.args, { ...program.opts(), ...parent?.opts(), ...command.opts() } as Options),
    );
  }
  addHelpVerb(program, lang);
  return program;
}

/** A word that verbs stand behind; alone it shows them. */
function addGroup(program: Command, spec: VerbGroup, lang: Language): Command {
  const words = HELP[lang];
  const group = configure(program.command(spec.name), lang);
  group.summary(say(spec.summary, lang)).description(say(spec.summary, lang)).helpOption('-h, --help', words.helpOption);
  group.usage(words.usage).helpCommand(false).enablePositionalOptions();
  for (const option of COMMON_OPTIONS) group.addOption(makeOption(option, lang));
  group.addHelpText('before', `${words.examples}\n${examplesOf(spec.examples, lang)}\n`);
  return group;
}

function addVerb(command: Command, verb: VerbSpec, lang: Language, long: boolean, run: (command: Command) => Promise<void>): void {
  const words = HELP[lang];
  configure(command, lang).summary(say(verb.summary, lang)).description(say(verb.summary, lang)).helpOption('-h, --help', words.helpOption);
  command.usage([words.options, verb.args].filter(Boolean).join(' '));
  for (const word of verb.args.split(' ').filter(Boolean)) command.addArgument(new Argument(word));
  for (const option of [...verb.options, ...COMMON_OPTIONS]) command.addOption(makeOption(option, lang));
  command.addHelpText('before', `${words.examples}\n${examplesOf(verb.examples, lang)}\n`);
  if (long)
    command.addHelpText(
      'after',
      `\n${verb.details ? `${wrap(say(verb.details, lang), helpWidth()).join('\n')}\n\n` : ''}${words.exitCodes}`,
    );
  command.action(() => run(command));
}

function examplesOf(examples: readonly ExampleSpec[], lang: Language): string {
  return examples.map(({ command, text }) => `  # ${say(text, lang)}\n  ${command}`).join('\n');
}

/** `winmedic help [verb]`; Commander's own would show the help of the program for a verb that does not exist. */
function addHelpVerb(program: Command, lang: Language): void {
  const help = configure(program.command('help'), lang).argument('[verb...]').summary(HELP[lang].helpCommandText).usage('[verb]');
  for (const option of COMMON_OPTIONS) help.addOption(makeOption(option, lang).hideHelp());
  help.action((names: readonly string[]) => {
    let command = program;
    for (const name of names) {
      const found = command.commands.find((one) => one.name() === name && one !== help);
      if (!found) throw new CliError('CLI_UNKNOWN_VERB', { value: names.join(' ') });
      command = found;
    }
    command.outputHelp();
  });
}

/** Columns of the help pages. */
function helpWidth(): number {
  return Math.min(process.stdout.columns ?? 100, 110);
}

function configure(command: Command, lang: Language): Command {
  const titles = HELP[lang].titles;
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      styleTitle: (title) => titles[title] ?? title,
      optionDescription: describe,
      // Of a group the first word of its usage, of a verb its arguments.
      subcommandTerm: (verb) =>
        `${verb.name()} ${verb.commands.length > 0 ? (verb.usage().split(' ', 1)[0] ?? '') : verb.usage().replace(/^\[\S+\] ?/, '')}`,
      helpWidth: helpWidth(),
      displayWidth,
      boxWrap: (text, width) => (width < 30 ? text : wrap(text, width).join('\n')),
    });
}

/** Commander adds English remarks ("choices:", "default:") to descriptions; the choices stand in the flags or are added here. */
function describe(option: Option): string {
  const choices = option.argChoices;
  return choices && !option.flags.includes('|')
    ? `${option.description} [${choices.join('|')}]`
    : new Help().optionDescription(new Option(option.flags, option.description));
}

function makeOption(spec: OptionSpec, lang: Language): Option {
  const option = new Option(spec.flags, say(spec.text, lang));
  if (spec.choices) option.choices([...spec.choices]);
  if (spec.repeat) option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
  return option;
}

import type { Language } from '@winmedic/knowledge/model';
import { Argument, Command, CommanderError, Help, Option } from 'commander';
import { chooseLanguage, makeContext } from './context.ts';
import { CliError } from './errors.ts';
import { HELP } from './help-text.ts';
import { COMMON_OPTIONS, type OptionSpec, type Options, say, type VerbSpec } from './spec.ts';
import { VERBS } from './verbs/index.ts';

/** Parses the command line, runs the verb and returns the exit code (UX.md section 10). */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const lang = chooseLanguage(argv, process.env);
  const abort = new AbortController();
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(130);
    interrupted = true;
    abort.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let code = 0;
  const program = makeProgram(lang, argv, async (verb, args, options) => {
    const { run } = await verb.load();
    code = await run(makeContext(lang, options, argv, abort.signal), args, options);
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    code = interrupted ? 130 : report(error, lang, argv);
  }
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  return interrupted ? 130 : code;
}

/** Turns an error into its line on stderr and its exit code. */
function report(error: unknown, lang: Language, argv: readonly string[]): number {
  const verb = argv.find((word) => VERBS.some(({ name }) => name === word)) ?? '';
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const value = /'([^']+)'/.exec(error.message)?.[1] ?? error.message.replace(/^error: /, '');
    const hint = error.message.replace(/^error: /, '');
    const known: Readonly<Record<string, CliError>> = {
      'commander.unknownOption': new CliError('CLI_UNKNOWN_OPTION', { value, verb }),
      'commander.unknownCommand': new CliError('CLI_UNKNOWN_VERB', { value }),
      'commander.missingArgument': new CliError('CLI_MISSING_ARGUMENT', { value, verb }),
      'commander.optionMissingArgument': new CliError('CLI_MISSING_ARGUMENT', { value, verb }),
      'commander.excessArguments': new CliError('CLI_INVALID_VALUE', { option: verb, value: argv.at(-1) ?? '', hint }),
    };
    // `winmedic` alone and `winmedic help X` already printed their help.
    if (error.code === 'commander.help') return 2;
    return print(known[error.code] ?? new CliError('CLI_INVALID_VALUE', { option: /option '([^']+)'/.exec(error.message)?.[1] ?? verb, value: /argument '([^']+)'/.exec(error.message)?.[1] ?? value, hint }), lang);
  }
  if (error instanceof CliError) return print(error, lang);
  const coded = error as { code?: unknown; text?: Readonly<Record<string, string>>; stack?: string; message?: string };
  if (typeof coded.code === 'string' && /^[A-Z]+_[A-Z_]+$/.test(coded.code) && coded.text?.[lang]) {
    process.stderr.write(`winmedic: ${coded.code} ${coded.text[lang]}\n`);
    return 2;
  }
  const status = print(new CliError('CLI_INTERNAL', { value: coded.message ?? String(error) }), lang);
  if (process.env['WINMEDIC_DEBUG']) process.stderr.write(`${coded.stack ?? ''}\n`);
  return status;
}

function print(error: CliError, lang: Language): number {
  process.stderr.write(`winmedic: ${error.code} ${error.text(lang)}\n`);
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
    .helpOption('-h, --help', words.helpOption)
    .version(`winmedic ${process.env.WINMEDIC_VERSION ?? 'source'}`, '-V, --version', words.versionOption)
    .helpCommand(words.helpCommand, words.helpCommandText);
  program.addHelpText('after', `\n${words.start}`);
  for (const verb of VERBS) {
    const command = configure(program.command(verb.name), lang);
    command.summary(say(verb.summary, lang)).description(say(verb.summary, lang)).helpOption('-h, --help', words.helpOption);
    for (const word of verb.args.split(' ').filter(Boolean)) command.addArgument(new Argument(word));
    for (const option of [...verb.options, ...COMMON_OPTIONS]) command.addOption(makeOption(option, lang));
    const examples = verb.examples.map(({ command: line, text }) => `  # ${say(text, lang)}\n  ${line}`).join('\n');
    command.addHelpText('before', `${words.examples}\n${examples}\n`);
    if (long && verb.details) command.addHelpText('after', `\n${say(verb.details, lang)}\n\n${words.exitCodes}`);
    command.action(async () => {
      await action(verb, command.args, command.opts() as Options);
    });
  }
  return program;
}

function configure(command: Command, lang: Language): Command {
  const titles = HELP[lang].titles;
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ outputError: () => {} })
    .configureHelp({ styleTitle: (title) => titles[title] ?? title, optionDescription: (option) => describe(option), helpWidth: Math.min(process.stdout.columns ?? 100, 110) });
}

/** Commander adds English remarks ("choices:", "default:") to descriptions; the choices stand in the flags or the text already. */
function describe(option: Option): string {
  const choices = option.argChoices;
  return choices && !option.flags.includes('|') ? `${option.description} [${choices.join('|')}]` : new Help().optionDescription(new Option(option.flags, option.description));
}

function makeOption(spec: OptionSpec, lang: Language): Option {
  const option = new Option(spec.flags, say(spec.text, lang));
  if (spec.choices) option.choices([...spec.choices]);
  if (spec.repeat) option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
  return option;
}

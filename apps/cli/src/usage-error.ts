import type { Localized } from '@winmedic/knowledge/model';
import type { CommanderError } from 'commander';
import { CliError } from './errors.ts';

const TOO_MANY: Localized = { en: 'There are too many arguments.', ja: '引数が多すぎます。' };

/** What Commander found wrong with the command line, as an error with a code and a text in both languages. */
export function usageError(error: CommanderError, verb: string): CliError {
  const message = error.message.replace(/^error: /, '');
  const quoted = /'([^']*)'/.exec(message)?.[1] ?? message;
  const named = { verb: verb && `${verb} ` };
  switch (error.code) {
    case 'commander.unknownOption':
      // Its value is not repeated: somebody may have guessed that there is a --password.
      return new CliError('CLI_UNKNOWN_OPTION', { ...named, value: quoted.split('=', 1)[0] ?? quoted, near: didYouMean(message) });
    case 'commander.unknownCommand':
      return new CliError('CLI_UNKNOWN_VERB', { ...named, value: quoted, near: didYouMean(message) });
    case 'commander.missingArgument':
      return new CliError('CLI_MISSING_ARGUMENT', { ...named, value: `<${quoted}>` });
    case 'commander.optionMissingArgument':
      return new CliError('CLI_MISSING_ARGUMENT', { ...named, value: quoted });
    case 'commander.excessArguments':
      return new CliError('CLI_INVALID_VALUE', { option: verb, value: /got \d+: (.*)\.$/.exec(message)?.[1] ?? '', hint: TOO_MANY });
    default: {
      const [, option = verb, value = quoted] = /option '([^']+)' argument '([^']*)'/.exec(message) ?? [];
      const choices = /Allowed choices are (.+)\.$/.exec(message)?.[1];
      const hint: string | Localized = choices ? oneOf(choices.split(', ')) : message;
      return new CliError('CLI_INVALID_VALUE', { option: option.split(' ')[0] ?? option, value, hint });
    }
  }
}

/** The allowed values as a hint. */
export function oneOf(values: readonly string[]): Localized {
  return { en: `Use one of: ${values.join(', ')}.`, ja: `次のいずれかを指定してください: ${values.join('、')}。` };
}

function didYouMean(message: string): Localized {
  const names = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1]?.split(', ') ?? [];
  if (names.length === 0) return { en: '', ja: '' };
  return { en: `Did you mean ${names.join(' or ')}? `, ja: `もしかして: ${names.join('、')}。` };
}

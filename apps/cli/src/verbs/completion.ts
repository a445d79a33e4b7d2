import { loadKnowledge } from '@winmedic/knowledge';
import { CliError } from '../errors.ts';
import { COMMON_OPTIONS, type OptionSpec, type VerbRun, type VerbSpec } from '../spec.ts';
import { oneOf } from '../usage-error.ts';
import { GROUPS, VERBS } from './index.ts';

/** Long flag of an option spec (`--ids <list>` -> `--ids`). */
function flag(option: OptionSpec): string {
  return /--[\w-]+/.exec(option.flags)?.[0] ?? '';
}

const takesValue = (option: OptionSpec): boolean => option.flags.includes('<');

function optionsOf(verb: VerbSpec): readonly OptionSpec[] {
  return [...verb.options, ...COMMON_OPTIONS];
}

/** Words a value is chosen from; undefined for files and free text. */
function wordsFor(option: OptionSpec): readonly string[] | undefined {
  if (option.choices) return option.choices;
  if (option.value === 'zone') return ['UTC', ...Intl.supportedValuesOf('timeZone')];
  if (option.value === 'recipe') return loadKnowledge().recipes.map(({ id }) => id);
  if (option.value === 'fact') return loadKnowledge().facts.map(({ id }) => `${id}=`);
  return undefined;
}

const isPath = (option: OptionSpec): boolean => option.value === 'file' || option.value === 'folder';
const quote = (text: string): string => text.replaceAll("'", "'\\''");

/** First words of the verbs, each once, in the order of the help. */
const HEADS: readonly string[] = [...new Set(VERBS.map(({ name }) => name.split(' ', 1)[0] ?? ''))];

/** Verbs of a group with their second word. */
const membersOf = (group: string): readonly { readonly verb: VerbSpec; readonly word: string }[] =>
  VERBS.filter(({ name }) => name.startsWith(`${group} `)).map((verb) => ({ verb, word: verb.name.slice(group.length + 1) }));

/** What is said of a first word. */
const summaryOf = (head: string): string => [...GROUPS, ...VERBS].find(({ name }) => name === head)?.summary.en ?? '';

/** Lists used by several verbs stand in the script once. */
function bash(): string {
  const lists = new Map<string, string>();
  const listName = (option: OptionSpec, words: readonly string[]): string => {
    const name = `_winmedic_${flag(option).slice(2).replaceAll('-', '_')}`;
    lists.set(name, words.join(' '));
    return name;
  };
  const cases = VERBS.map((verb) => {
    const values = optionsOf(verb).flatMap((option) => {
      const words = wordsFor(option);
      // Nothing to offer for free text; an empty answer makes bash offer files.
      if (!words)
        return takesValue(option) && !isPath(option) ? [`      ${flag(option)}) compopt +o default +o bashdefault; return ;;`] : [];
      const space = option.value === 'fact' ? ' compopt -o nospace;' : '';
      return [`      ${flag(option)})${space} COMPREPLY=($(compgen -W "$${listName(option, words)}" -- "$cur")); return ;;`];
    });
    const files = [...new Set(optionsOf(verb).filter(isPath).map(flag))].join('|');
    if (files) values.push(`      ${files}) return ;;`);
    const flags = [...optionsOf(verb).map(flag), '--help'].join(' ');
    const rest = verb.argChoices
      ? `\n      COMPREPLY=($(compgen -W '${verb.argChoices.join(' ')}' -- "$cur"))`
      : verb.argValue === 'host'
        ? '\n      compopt +o default +o bashdefault; COMPREPLY=($(compgen -A hostname -- "$cur"))'
        : '';
    return `    '${verb.name}')\n      case "$prev" in\n${values.join('\n')}\n      esac\n      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '${flags}' -- "$cur")); return; fi${rest} ;;`;
  }).join('\n');
  const verbs = HEADS.join(' ');
  const inGroups = GROUPS.map(({ name }) => {
    const words = membersOf(name).map(({ word }) => word);
    return {
      second: `      ${name}|'help ${name}') case $word in ${words.join('|')}) verb="$verb $word" ;; esac ;;`,
      offer: `    ${name}|'help ${name}') COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur")) ;;`,
    };
  });
  return `${[...lists].map(([name, words]) => `${name}='${quote(words)}'`).join('\n')}
_winmedic() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb= word i
  # bash splits --lang=ja at the equals sign
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = && $COMP_CWORD -ge 2 ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  for (( i = 1; i < COMP_CWORD; i++ )); do
    word=\${COMP_WORDS[i]}
    case "$verb" in
      '') case $word in ${[...HEADS, 'help'].join('|')}) verb=$word ;; esac ;;
      help) case $word in ${GROUPS.map(({ name }) => name).join('|')}) verb="help $word" ;; esac ;;
${inGroups.map(({ second }) => second).join('\n')}
    esac
  done
  case "$verb" in
    '') COMPREPLY=($(compgen -W '${verbs} help --help --version ${COMMON_OPTIONS.map(flag).join(' ')}' -- "$cur")) ;;
    help) COMPREPLY=($(compgen -W '${verbs}' -- "$cur")) ;;
${inGroups.map(({ offer }) => offer).join('\n')}
${cases}
  esac
}
complete -o default -o bashdefault -F _winmedic winmedic
`;
}

function zsh(): string {
  const text = (words: string): string => quote(words).replaceAll(/[[\]:]/g, ' ');
  const described = (words: readonly (readonly [string, string])[]): string =>
    words.map(([word, summary]) => `'${word}:${text(summary)}'`).join(' ');
  const verbs = described(HEADS.map((head) => [head, summaryOf(head)]));
  const groups = GROUPS.map(({ name }) => {
    const members = described(membersOf(name).map(({ verb, word }) => [word, verb.summary.en]));
    return `  if [[ $verb == ${name} ]]; then
    if (( CURRENT == 2 )); then
      local -a members; members=(${members}); _describe verb members; return
    fi
    verb="${name} $words[2]"; shift words; (( CURRENT-- ))
  fi`;
  }).join('\n');
  const cases = VERBS.map((verb) => {
    const options = optionsOf(verb).map((option) => {
      const words = wordsFor(option);
      const action = words ? `(${words.join(' ')})` : isPath(option) ? '_files' : ' ';
      const value = takesValue(option) ? `:value:${action}` : '';
      return `'${option.repeat ? '*' : ''}${flag(option)}[${text(option.text.en)}]${value}'`;
    });
    options.push(
      verb.argChoices ? `'1:value:(${verb.argChoices.join(' ')})'` : verb.argValue === 'host' ? "'*:host:_hosts'" : "'*:file:_files'",
    );
    return `    '${verb.name}') _arguments \\\n        ${options.join(' \\\n        ')} ;;`;
  }).join('\n');
  return `#compdef winmedic
_winmedic() {
  if (( CURRENT == 2 )); then
    local -a verbs; verbs=(${verbs}); _describe verb verbs; return
  fi
  local verb=$words[2]; shift words; (( CURRENT-- ))
${groups}
  case $verb in
${cases}
  esac
}
compdef _winmedic winmedic
`;
}

function fish(): string {
  const lines = ['complete -c winmedic -n __fish_use_subcommand -f'];
  for (const head of HEADS) lines.push(`complete -c winmedic -n __fish_use_subcommand -f -a ${head} -d '${quote(summaryOf(head))}'`);
  for (const { name } of GROUPS) {
    const members = membersOf(name);
    const none = `__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${members.map(({ word }) => word).join(' ')}`;
    for (const { verb, word } of members) lines.push(`complete -c winmedic -n '${none}' -f -a ${word} -d '${quote(verb.summary.en)}'`);
  }
  for (const verb of VERBS) {
    const words = verb.name.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    const seen = `complete -c winmedic -n '${words.join('; and ')}'`;
    if (verb.argChoices) lines.push(`${seen} -f -a '${verb.argChoices.join(' ')}'`);
    if (verb.argValue === 'host') lines.push(`${seen} -f -a '(__fish_print_hostnames)'`);
    for (const option of optionsOf(verb)) {
      const words = wordsFor(option);
      const value = !takesValue(option) ? '' : words ? ` -x -a '${words.join(' ')}'` : isPath(option) ? ' -r' : ' -x';
      lines.push(`${seen} -l ${flag(option).slice(2)}${value} -d '${quote(option.text.en)}'`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function powershell(): string {
  const list = (words: readonly string[]): string => `@(${words.map((word) => `'${word.replaceAll("'", "''")}'`).join(', ')})`;
  const verbs = VERBS.map((verb) => `    '${verb.name}' = ${list([...optionsOf(verb).map(flag), ...(verb.argChoices ?? [])])}`).join('\n');
  const values = new Map<string, string>();
  for (const option of VERBS.flatMap(optionsOf)) {
    const words = wordsFor(option);
    if (words) values.set(flag(option), list(words));
  }
  return `Register-ArgumentCompleter -Native -CommandName winmedic -ScriptBlock {
  param($word, $ast, $position)
  $heads = ${list(HEADS)}
  $groups = @{ ${GROUPS.map(({ name }) => `'${name}' = ${list(membersOf(name).map(({ word }) => word))}`).join('; ')} }
  $verbs = @{
${verbs}
  }
  $values = @{
${[...values].map(([name, words]) => `    '${name}' = ${words}`).join('\n')}
  }
  $words = @($ast.CommandElements | ForEach-Object { $_.ToString() })
  $before = if ($word) { $words[-2] } else { $words[-1] }
  $candidates = if ($before -and $values.ContainsKey($before)) { $values[$before] }
    elseif ($words.Count -le 1 -or ($words.Count -eq 2 -and $word)) { $heads }
    elseif ($groups.ContainsKey($words[1])) {
      if ($words.Count -le 2 -or ($words.Count -eq 3 -and $word)) { $groups[$words[1]] } else { $verbs["$($words[1]) $($words[2])"] }
    }
    else { $verbs[$words[1]] }
  $candidates | Where-Object { $_ -like "$word*" } | Sort-Object | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh, fish, powershell, pwsh: powershell };

/** Prints the script of one shell. */
export const run: VerbRun = async (context, [shell = '']) => {
  const make = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (!make) throw new CliError('CLI_INVALID_VALUE', { option: 'completion', value: shell, hint: oneOf(Object.keys(SHELLS)) });
  await context.out(make());
  return 0;
};

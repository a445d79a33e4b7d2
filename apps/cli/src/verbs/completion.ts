import { CliError } from '../errors.ts';
import { COMMON_OPTIONS, type OptionSpec, type VerbRun, type VerbSpec } from '../spec.ts';
import { VERBS } from './index.ts';

/** Long flag of an option spec (`--ids <list>` -> `--ids`). */
function flag(option: OptionSpec): string {
  return /--[\w-]+/.exec(option.flags)?.[0] ?? '';
}

function optionsOf(verb: VerbSpec): readonly OptionSpec[] {
  return [...verb.options, ...COMMON_OPTIONS];
}

const quote = (text: string): string => text.replaceAll("'", "'\\''");

function bash(): string {
  const cases = VERBS.map((verb) => {
    const flags = optionsOf(verb).map(flag).join(' ');
    const values = optionsOf(verb)
      .filter((option) => option.choices)
      .map((option) => `      ${flag(option)}) COMPREPLY=($(compgen -W '${option.choices?.join(' ')}' -- "$cur")); return ;;`)
      .join('\n');
    return `    ${verb.name})\n      case "$prev" in\n${values}\n      esac\n      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '${flags} --help' -- "$cur")); else COMPREPLY=($(compgen -f -- "$cur")); fi ;;`;
  }).join('\n');
  return `_winmedic() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W '${VERBS.map(({ name }) => name).join(' ')} help --version --help' -- "$cur")); return; fi
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
}
complete -o filenames -F _winmedic winmedic
`;
}

function zsh(): string {
  const verbs = VERBS.map((verb) => `'${verb.name}:${quote(verb.summary.en).replaceAll(':', '\\:')}'`).join(' ');
  const cases = VERBS.map((verb) => {
    const options = optionsOf(verb)
      .map((option) => {
        const takes = option.flags.includes('<');
        const value = takes ? (option.choices ? `:value:(${option.choices.join(' ')})` : ':value:_files') : '';
        return `'${option.repeat ? '*' : ''}${flag(option)}[${quote(option.text.en).replaceAll(/[[\]]/g, '')}]${value.replaceAll("'", '')}'`;
      })
      .join(' \\\n        ');
    return `    ${verb.name}) _arguments \\\n        ${options} \\\n        '*:file:_files' ;;`;
  }).join('\n');
  return `#compdef winmedic
_winmedic() {
  if (( CURRENT == 2 )); then
    local -a verbs; verbs=(${verbs}); _describe verb verbs; return
  fi
  local verb=$words[2]; shift words; (( CURRENT-- ))
  case $verb in
${cases}
  esac
}
compdef _winmedic winmedic
`;
}

function fish(): string {
  const lines = [`complete -c winmedic -n __fish_use_subcommand -f`];
  for (const verb of VERBS) {
    lines.push(`complete -c winmedic -n __fish_use_subcommand -f -a ${verb.name} -d '${quote(verb.summary.en)}'`);
    for (const option of optionsOf(verb)) {
      const takes = option.flags.includes('<');
      const value = !takes ? '' : option.choices ? ` -x -a '${option.choices.join(' ')}'` : ' -r';
      lines.push(`complete -c winmedic -n '__fish_seen_subcommand_from ${verb.name}' -l ${flag(option).slice(2)}${value} -d '${quote(option.text.en)}'`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function powershell(): string {
  const table = VERBS.map((verb) => `    '${verb.name}' = @(${optionsOf(verb).map((option) => `'${flag(option)}'`).join(', ')})`).join('\n');
  return `Register-ArgumentCompleter -Native -CommandName winmedic -ScriptBlock {
  param($word, $ast, $position)
  $verbs = @{
${table}
  }
  $words = @($ast.CommandElements | ForEach-Object { $_.ToString() })
  $candidates = if ($words.Count -le 1 -or ($words.Count -eq 2 -and $word)) { $verbs.Keys } else { $verbs[$words[1]] }
  $candidates | Where-Object { $_ -like "$word*" } | Sort-Object | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh, fish, powershell, pwsh: powershell };

/** Prints the script of one shell. */
export const run: VerbRun = async (context, [shell = '']) => {
  const make = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (!make) throw new CliError('CLI_INVALID_VALUE', { option: 'completion', value: shell, hint: Object.keys(SHELLS).join(', ') });
  await context.out(make());
  return 0;
};

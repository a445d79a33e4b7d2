/** Words that need no quotes in any shell people use; a backslash stands in paths of Windows, whose shells leave it alone. */
const PLAIN = /^[\w@%+=:,./\\-]+$/;
/** What means something inside double quotes to a POSIX shell. */
const ACTIVE = /["$`!]/;

/** A word of a command line so that a shell takes it as one. */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text;
  return ACTIVE.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : `"${text}"`;
}

/** A command of `winmedic disk`; `disk` is given as one word, options as they are. */
export function diskCommand(verb: string, disk: string, ...options: readonly string[]): string {
  return ['winmedic disk', verb, shellWord(disk), ...options].join(' ');
}

/** A command of a transcript, as its echo behind a prompt shows it. */
export interface Command {
  /** Base name without extension, lower case: `winrm`, `reg`, `sc`. */
  readonly name: string;
  /** Arguments as written, without redirections and without what follows a pipe. */
  readonly args: readonly string[];
  /** The output was filtered (`| findstr …`): what is not shown may exist all the same. */
  readonly filtered: boolean;
  /** Line of the echo, from 1. */
  readonly line: number;
}

/** What a prompt line says. */
export interface Prompt {
  readonly command?: Command;
  /** Host of a remote PowerShell session: `[SRV01]: PS C:\>`. */
  readonly host?: string;
}

/** Longest line looked at as a prompt: 8,191 characters are the limit of cmd.exe. */
const MAX_PROMPT = 8192;
const PROMPT =
  /^(?:\[([\w.-]{1,255})\]: ?)?(?:PS ?)?([A-Za-z]:\\[^<>|"*?]{0,400}|Microsoft\.PowerShell\.Core\\FileSystem::\\\\[^<>|"*?]{0,400})>(.*)$/;
/** `PS>`: transcripts of PowerShell leave the path out. */
const BARE_PROMPT = /^(?:\[([\w.-]{1,255})\]: ?)?PS>(.*)$/;

/** Reads a line as the prompt of cmd.exe or PowerShell with what was typed; `undefined` for any other line. */
export function parsePrompt(text: string, line: number): Prompt | undefined {
  if (text.length > MAX_PROMPT) return undefined;
  const path = PROMPT.exec(text);
  const bare = path === null ? BARE_PROMPT.exec(text) : null;
  const typed = path?.[3] ?? bare?.[2];
  if (typed === undefined) return undefined;
  const host = path?.[1] ?? bare?.[1];
  const command = parseCommand(typed, line);
  return { ...(command && { command }), ...(host !== undefined && { host }) };
}

/** Reads a command line; `undefined` when it is empty. */
export function parseCommand(typed: string, line: number): Command | undefined {
  const words = wordsOf(typed);
  const pipe = words.indexOf('|');
  const own = pipe < 0 ? words : words.slice(0, pipe);
  const kept: string[] = [];
  for (let i = 0; i < own.length; i++) {
    const word = own[i] as string;
    // `> file` takes the next word with it, `>file` and `2>&1` do not.
    if (/^\d?>>?$/.test(word)) i++;
    else if (!/^\d?>/.test(word)) kept.push(word);
  }
  while (kept[0] === '&' || kept[0]?.toLowerCase() === '@echo') kept.shift();
  const runner = kept[0]?.toLowerCase().replace(/\.exe$/, '');
  if (runner === 'cmd' && /^\/c$/i.test(kept[1] ?? '')) kept.splice(0, 2);
  else if (runner === 'cscript')
    kept.splice(
      0,
      kept.findIndex((w, i) => i > 0 && !w.startsWith('/')),
    );
  const first = kept.shift();
  if (first === undefined) return undefined;
  const name = (first.split(/[\\/]/).at(-1) as string).replace(/\.(?:exe|cmd|vbs|com)$/i, '').toLowerCase();
  return { name, args: kept, filtered: pipe >= 0, line };
}

/** Words of a command line; quotes are taken off. */
function wordsOf(typed: string): string[] {
  const words: string[] = [];
  for (const m of typed.matchAll(/"([^"]*)"?|\||(?:[^\s"|]|"[^"]*")+/g)) {
    const word = m[1] ?? m[0].replaceAll('"', '');
    if (word !== '') words.push(word);
  }
  return words;
}

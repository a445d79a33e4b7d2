import { printable } from './width.ts';

/** The page of these lines: never two empty ones in a row, one line break at the end. */
export function markdownText(lines: readonly string[]): string {
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

/** Escapes text for Markdown (CommonMark and GitHub tables): no markup, links or HTML come out of a log. */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]#|~]/g, '\\$&')
    .replace(/^(\s*)(\d+)([.)])/, '$1$2\\$3')
    .replace(/^(\s*)([-+])/, '$1\\$2')
    .replace(/(https?|ftp):\/\//gi, '$1:&#47;&#47;');
}

/** A code span whose fence is longer than any run of backticks inside. */
export function codeSpan(text: string): string {
  const safe = printable(text);
  const fence = '`'.repeat(Math.max(0, ...(safe.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  const pad = safe.startsWith('`') || safe.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/** A fenced block, each line made printable. */
export function codeBlock(text: string): string[] {
  const lines = text.split(/\r\n|[\r\n]/).map(printable);
  const longest = Math.max(2, ...lines.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return ['', fence, ...lines, fence, ''];
}

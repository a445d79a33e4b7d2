import type { Lines } from './lines.ts';
import type { Sink } from './sink.ts';

const LINE = /^([^:\s][^:]{0,119}):\s+(\S.{0,60})$/;
/** What the lines show, in the order that net.exe prints them in every language, with the value that a word instead of a number stands for. */
const ROWS: readonly { readonly address: string | undefined; readonly word: string | undefined; readonly unit: boolean }[] = [
  { address: undefined, word: '', unit: false },
  { address: 'account:min-password-age', word: undefined, unit: true },
  { address: 'account:max-password-age', word: '-1', unit: true },
  { address: 'account:min-password-length', word: undefined, unit: false },
  { address: 'account:password-history', word: '0', unit: false },
  { address: 'account:lockout-threshold', word: '0', unit: false },
  { address: 'account:lockout-duration', word: '-1', unit: true },
  { address: 'account:lockout-window', word: undefined, unit: true },
  { address: undefined, word: '', unit: false },
];

/** The nine lines of `net accounts`, told by their shape: units in brackets and numbers at the same places in every language. */
function rowsAt(lines: Lines): readonly string[] | undefined {
  const values: string[] = [];
  for (const [i, row] of ROWS.entries()) {
    const m = LINE.exec(lines.trimmed(i) ?? '');
    if (m === null) return undefined;
    const [, label = '', value = ''] = m;
    const isNumber = /^\d{1,6}$/.test(value);
    if (/[)）]$/.test(label.trim()) !== row.unit || (!isNumber && row.word === undefined)) return undefined;
    values.push(isNumber ? value : (row.word as string));
  }
  return /^\d/.test(LINE.exec(lines.trimmed(8) ?? '')?.[2] ?? '') ? undefined : values;
}

/** Does the output of `net accounts` begin here? */
export function isNetAccounts(lines: Lines): boolean {
  return lines.trimmed(1)?.includes(':') === true && rowsAt(lines) !== undefined;
}

/** Reads the account policy. Asked for a domain (`/domain`), it is not that of this host and gives no state. */
export function readNetAccounts(lines: Lines, sink: Sink, lineBefore: string): void {
  sink.section('net-accounts');
  const values = rowsAt(lines) ?? [];
  const start = lines.number;
  // net.exe says first that a domain controller answers, when it asks one.
  const ofDomain = sink.command?.args.some((word) => /^\/dom/i.test(word)) === true || lineBefore.trim() !== '';
  if (ofDomain) sink.problem('EXPORT_OTHER_HOST', 'partial', start);
  else
    for (const [i, { address }] of ROWS.entries()) if (address !== undefined) sink.state(address, values[i] as string, { line: start + i });
  for (let i = 0; i < ROWS.length; i++) lines.next();
  // The line that says that the command was successful.
  if (lines.trimmed() !== '') lines.next();
}

import type { Lines } from './lines.ts';
import type { Sink } from './sink.ts';

const RULER = /^=+(?: =+){1,3}$/;
const SID = /(?:^|\s)(S-1-\d{1,15}(?:-\d{1,10}){1,15})(?=\s|$)/;
const PRIVILEGE = /^(Se[A-Za-z]{3,60}(?:Privilege|Right))\s+(\S.*)$/;
/** How the attribute of a group that only refuses access is written, in the languages whose wording is known. */
const DENY_ONLY = /Group used for deny only|拒否のみに使用(?:される|する)グループ/;
const ENABLED: ReadonlyMap<string, string> = new Map([
  ['Enabled', 'enabled'],
  ['有効', 'enabled'],
  ['Disabled', 'disabled'],
  ['無効', 'disabled'],
]);
/** Most rows of one table; a token holds at most 1,024 groups. @source MaxTokenSize article of Microsoft Support (1,015 groups) */
const MAX_ROWS = 2000;

/** Does a table of `whoami` begin here: headings, a ruler of `=`, and rows with a SID or the name of a privilege? */
export function isWhoami(lines: Lines): boolean {
  if (!RULER.test(lines.trimmed(1) ?? '')) return false;
  const row = lines.trimmed(2) ?? '';
  return SID.test(row) || PRIVILEGE.test(row);
}

/** Reads one table: the user, the groups or the privileges. SIDs and names of privileges decide. */
export function readWhoami(lines: Lines, sink: Sink): void {
  const columns = (lines.trimmed(1) ?? '').trim().split(' ').length;
  const isUser = columns === 2;
  const start = lines.number;
  sink.section('whoami');
  lines.next();
  lines.next();
  let of: 'group' | 'privilege' | undefined;
  let doubtful = false;
  for (let rows = 0, text = lines.trimmed(); text !== undefined && text !== ''; rows++, text = lines.trimmed()) {
    const line = lines.number;
    const sid = SID.exec(text)?.[1];
    const privilege = PRIVILEGE.exec(text);
    if (sid === undefined && privilege === null) break;
    lines.next();
    if (rows >= MAX_ROWS) doubtful = true;
    else if (privilege !== null) {
      of = 'privilege';
      // The description stands between name and state; the state is the last word in both languages.
      const state = ENABLED.get((privilege[2] as string).split(/\s+/).at(-1) as string);
      sink.state(`whoami:privilege!${privilege[1]}`, state ?? 'present', { line });
    } else if (isUser) sink.state('whoami:user', sid as string, { line });
    else {
      of = 'group';
      sink.state(`whoami:group!${sid}`, DENY_ONLY.test(text) ? 'deny-only' : 'present', { line });
    }
  }
  if (of !== undefined && !doubtful && lines.atBlockEnd) sink.extent(`whoami:${of}`, 'values', start);
}

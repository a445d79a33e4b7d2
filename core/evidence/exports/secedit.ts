import { accountAddress, accountsOf, auditWord } from './accounts.ts';
import { type Lines, UNREADABLE_LINE } from './lines.ts';
import { addValue, registryKey, VALUE_TYPES } from './registry.ts';
import type { Sink } from './sink.ts';

const SECTIONS = /^\[(?:System Access|Event Audit|Privilege Rights|Registry Values|Kerberos Policy)\]\s*$/i;
const ANY_SECTION = /^\[([^\]]{1,64})\]\s*$/;
/** Most lines of all sections; a template of everything Windows knows has some hundred. */
const MAX_ENTRIES = 100_000;

/** Does a security template begin here? Its section names are the same in every language. */
export function isSecurityTemplate(lines: Lines): boolean {
  const text = lines.trimmed() ?? '';
  if (SECTIONS.test(text)) return true;
  return /^\[Unicode\]\s*$/i.test(text) && /^Unicode\s*=\s*yes/i.test(lines.trimmed(1) ?? '');
}

interface Entry {
  readonly section: string;
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/**
 * Reads what `secedit /export /cfg` writes. There `[Version]` comes last; where it stands earlier, the text is a template to be applied (or that of
 * a group policy): it says what is wanted, not what is in effect, and gives no state.
 * @source [MS-GPSB] 2.2 for sections and values
 */
export function readSecurityTemplate(lines: Lines, sink: Sink): void {
  sink.section('secedit');
  const start = lines.number;
  const entries: Entry[] = [];
  const order: string[] = [];
  const lineOf = new Map<string, number>();
  let section = '';
  for (let text = lines.trimmed(); text !== undefined; text = lines.trimmed()) {
    const { number } = lines;
    const head = ANY_SECTION.exec(text);
    const equals = text.indexOf('=');
    if (head !== null) {
      section = (head[1] as string).toLowerCase();
      // A second template follows.
      if (lineOf.has(section)) break;
      order.push(section);
      lineOf.set(section, number);
    } else if (equals > 0 && text !== UNREADABLE_LINE && !/^\s/.test(text)) {
      if (entries.length < MAX_ENTRIES)
        entries.push({ section, name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim(), line: number });
      else sink.problem('EXPORT_TOO_MUCH', 'partial', number);
    } else if (text !== '' && !text.startsWith(';')) {
      if (section === 'version' || section === '') break;
      sink.problem('EXPORT_LINE_UNKNOWN', 'partial', number);
    }
    lines.next();
  }
  const version = order.indexOf('version');
  if (version >= 0 && order.slice(version + 1).some((name) => name !== 'unicode')) {
    sink.problem('EXPORT_TEMPLATE', 'partial', start);
    return;
  }
  if (version < 0) sink.problem('EXPORT_CUT', 'partial', start);
  for (const entry of entries) addEntry(entry, sink);
  // Every right that somebody has is listed: one that is missing is nobody's.
  const rights = lineOf.get('privilege rights');
  if (version >= 0 && rights !== undefined && entries.length < MAX_ENTRIES) sink.extent('right:', 'tree', rights);
}

function addEntry({ section, name, value, line }: Entry, sink: Sink): void {
  if (section === 'privilege rights') {
    if (/^Se[A-Za-z]{1,60}$/.test(name)) sink.state(`right:${name}`, accountsOf(value), { line });
    else sink.problem('EXPORT_LINE_UNKNOWN', 'partial', line);
  } else if (section === 'system access') {
    const address = accountAddress(name);
    if (address !== undefined) sink.state(address, value.replace(/^"(.*)"$/, '$1'), { line });
  } else if (section === 'event audit') {
    const word = auditWord(value);
    if (word !== undefined && /^Audit[A-Za-z]{1,40}$/.test(name)) sink.state(`audit:category!${name}`, word, { line });
  } else if (section === 'registry values') addRegistryValue(name, value, line, sink);
}

/** `MACHINE\System\…\Name=4,1`: type and data. */
function addRegistryValue(path: string, text: string, line: number, sink: Sink): void {
  const cut = path.lastIndexOf('\\');
  const key = registryKey(path.slice(0, Math.max(cut, 0)));
  const comma = text.indexOf(',');
  const type = VALUE_TYPES.get(/^\d{1,2}$/.test(text.slice(0, comma)) ? Number(text.slice(0, comma)) : -1);
  const value = type === undefined ? undefined : templateValue(type, text.slice(comma + 1));
  if (key === undefined || type === undefined || value === undefined) {
    sink.problem('EXPORT_LINE_UNKNOWN', 'partial', line);
    return;
  }
  addValue(sink, key, { name: path.slice(cut + 1), type, value, line });
}

function templateValue(type: string, data: string): string | readonly string[] | undefined {
  if (type === 'REG_DWORD') return /^\d{1,10}$/.test(data.trim()) ? String(Number(data)) : undefined;
  if (type === 'REG_SZ' || type === 'REG_EXPAND_SZ') return data.replace(/^"(.*)"$/, '$1');
  if (type === 'REG_MULTI_SZ') return data.trim() === '' ? [] : data.split(',').map((item) => item.trim().replace(/^"(.*)"$/, '$1'));
  // Bytes in decimal, separated by commas.
  const bytes = data.split(',').map((item) => item.trim());
  if (type !== 'REG_BINARY' || !bytes.every((b) => /^\d{1,3}$/.test(b) && Number(b) < 256)) return undefined;
  return bytes.map((b) => Number(b).toString(16).padStart(2, '0').toUpperCase()).join('');
}

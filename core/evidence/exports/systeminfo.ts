import { csvRows } from '../../explain/csv.ts';
import { indentOf, type Lines } from './lines.ts';
import { isNoDate, readLocalTime } from './local-time.ts';
import type { Sink } from './sink.ts';

const LABELLED = /^([^\s:"][^:]{0,63}):\s*(.*)$/;
const SYSTEM_NAME = /^Microsoft\b/;
/** `10.0.17763 N/A Build 17763`, `6.1.7601 Service Pack 1 ビルド 7601`: version and build are the same in every language. */
const VERSION = /^(\d{1,2}\.\d{1,2}\.(\d{4,6}))\s.{0,80}?\s?(\d{4,6})$/;
const HOTFIX = /\[\d{1,4}\]: (KB\d{6,8})/g;
const UTC_OFFSET = /^\(UTC([+-]\d{2}:\d{2})?\)/;
/** How the role of a computer is called, in the languages whose wording is known. @source Win32_ComputerSystem.DomainRole */
const ROLES: ReadonlyMap<string, 'client' | 'server' | 'dc'> = new Map([
  ['Standalone Workstation', 'client'],
  ['Member Workstation', 'client'],
  ['スタンドアロン ワークステーション', 'client'],
  ['メンバー ワークステーション', 'client'],
  ['Standalone Server', 'server'],
  ['Member Server', 'server'],
  ['Primary Domain Controller', 'dc'],
  ['Backup Domain Controller', 'dc'],
  ['Additional/Backup Domain Controller', 'dc'],
  ['スタンドアロン サーバー', 'server'],
  ['メンバー サーバー', 'server'],
  ['プライマリ ドメイン コントローラー', 'dc'],
]);
/** Names of clients. A session host of Azure Virtual Desktop has one too, but is a server in every other respect. */
const CLIENT = /\bWindows (?:XP|Vista|7|8|8\.1|10|11)(?:\s|$)/;
const MULTI_SESSION = /multi-session|Virtual Desktops/i;
/** Most lines of the text form: network cards and updates take most of them. */
const MAX_LINES = 5000;

/** Does the text form begin here? Name, system and version stand in the first three lines. */
export function isSystemInfo(lines: Lines): boolean {
  return (
    LABELLED.test(lines.trimmed() ?? '') &&
    SYSTEM_NAME.test(LABELLED.exec(lines.trimmed(1) ?? '')?.[2] ?? '') &&
    VERSION.test(LABELLED.exec(lines.trimmed(2) ?? '')?.[2] ?? '')
  );
}

/** Does the table form (`/fo csv`) begin here: a line of headings, then one of values? */
export function isSystemInfoCsv(lines: Lines): boolean {
  const [headings, values] = [lines.trimmed() ?? '', lines.trimmed(1) ?? ''];
  return headings.startsWith('"') && /^"[^"]{1,255}","Microsoft\b[^"]{1,200}","\d{1,2}\.\d{1,2}\.\d{4,6} /.test(values);
}

interface Row {
  readonly label: string;
  readonly value: string;
  readonly line: number;
}

/** Reads the text form. */
export function readSystemInfo(lines: Lines, sink: Sink): void {
  const rows: Row[] = [];
  const updates: { readonly id: string; readonly line: number }[] = [];
  const start = lines.number;
  let last: Row | undefined;
  let updatesOf: Row | undefined;
  for (let text = lines.trimmed(), n = 0; text !== undefined && text !== '' && n < MAX_LINES; text = lines.trimmed(), n++) {
    const line = lines.number;
    const labelled = indentOf(text) === 0 ? LABELLED.exec(text) : null;
    if (indentOf(text) === 0 && labelled === null) break;
    if (labelled !== null) {
      last = { label: labelled[1] as string, value: labelled[2] as string, line };
      rows.push(last);
    } else {
      for (const m of text.matchAll(HOTFIX)) {
        updates.push({ id: m[1] as string, line });
        updatesOf = last;
      }
    }
    lines.next();
  }
  // Before the updates stand domain and logon server.
  const at = updatesOf === undefined ? -1 : rows.indexOf(updatesOf);
  const domain = at >= 2 ? rows[at - 2] : rows.find(({ label }) => label === 'Domain' || label === 'ドメイン');
  const zone = rows.find(({ value }) => UTC_OFFSET.test(value));
  const locale = rows.find(({ value }) => /^[a-z]{2,3}(?:-[a-z]{2,8})?;/i.test(value));
  report(sink, rows, { domain, zone, locale, updates, updateCount: countOf(updatesOf), start });
}

/** Reads the table form; its columns have the order of the lines. */
export function readSystemInfoCsv(lines: Lines, sink: Sink): void {
  const start = lines.number;
  lines.next();
  const line = lines.number;
  const text = lines.take();
  const [row] = csvRows(text);
  const fields = (row?.fields ?? []).map((value) => ({ label: '', value: value.trim(), line }));
  const at = fields.findIndex(({ value }) => /\[0?1\]: KB\d/.test(value));
  const updates = at < 0 ? [] : [...(fields[at] as Row).value.matchAll(HOTFIX)].map((m) => ({ id: m[1] as string, line }));
  const zone = fields.find(({ value }) => UTC_OFFSET.test(value));
  const locale = fields.find(({ value }) => /^[a-z]{2,3}(?:-[a-z]{2,8})?;/i.test(value));
  const domain = at >= 2 ? fields[at - 2] : undefined;
  report(sink, fields, { domain, zone, locale, updates, updateCount: countOf(fields[at]), start });
}

interface Found {
  readonly domain: Row | undefined;
  readonly zone: Row | undefined;
  readonly locale: Row | undefined;
  readonly updates: readonly { readonly id: string; readonly line: number }[];
  /** Number of updates the listing itself states. */
  readonly updateCount: number | undefined;
  readonly start: number;
}

/** Number a row begins with or holds: `2 Hotfix(s) Installed.` */
function countOf(row: Row | undefined): number | undefined {
  const digits = /\d{1,6}/.exec(row?.value ?? '')?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/** Lines in their order: host, system, version, maker, role, build type, owner, organisation, product, installed, started. */
function report(sink: Sink, rows: readonly Row[], found: Found): void {
  sink.section('systeminfo');
  const [host, system, version, , role, , , , , installed, started] = rows;
  if (host === undefined || system === undefined || version === undefined) return;
  const outer = sink.host;
  if (/^[^\s\\/:*?"<>|]{1,63}$/.test(host.value)) {
    sink.named(host.value);
    sink.host ??= host.value;
    sink.state('host:name', host.value, { line: host.line });
  }
  sink.state('os:name', system.value, { line: system.line });
  const m = VERSION.exec(version.value);
  if (m !== null && m[2] === m[3]) {
    sink.state('os:version', m[1] as string, { line: version.line });
    sink.state('os:build', m[2] as string, { line: version.line });
  } else sink.problem('EXPORT_LINE_UNKNOWN', 'partial', version.line);
  const product = ROLES.get(role?.value ?? '') ?? (CLIENT.test(system.value) && !MULTI_SESSION.test(system.value) ? 'client' : undefined);
  if (product !== undefined) sink.state('os:product-type', product, { line: (ROLES.has(role?.value ?? '') ? (role as Row) : system).line });
  const { domain, zone, locale, updates } = found;
  if (domain !== undefined && /^[^\s\\]{1,255}$/.test(domain.value)) sink.state('host:domain', domain.value, { line: domain.line });
  if (zone !== undefined) sink.state('os:time-zone', zone.value, { line: zone.line });
  for (const [address, row] of [
    ['os:install-time', installed],
    ['os:boot-time', started],
  ] as const) {
    if (row === undefined || isNoDate(row.value)) continue;
    const time = readLocalTime(row.value, locale?.value ?? '');
    if (time === undefined) sink.problem('EXPORT_DATE_AMBIGUOUS', 'partial', row.line);
    else sink.state(address, time, { line: row.line });
  }
  for (const { id, line } of updates) sink.state(`host:hotfix!${id}`, 'present', { line });
  if (updates.length > 0 && found.updateCount === updates.length) sink.extent('host:hotfix', 'values', found.start);
  sink.host = outer;
}

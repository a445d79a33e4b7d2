import { indentOf, type Lines } from './lines.ts';
import type { Sink } from './sink.ts';

/** `SERVICE_NAME: winrm` and the like; the label may be translated. */
const NAME = /^[^\s:][^:]{0,63}:\s(\S.{0,255})$/;
/** `        STATE              : 4  RUNNING`: label, number and its symbol, which is never translated. */
const NUMBERED = /^\s+[^\s:][^:]{0,63}:\s([0-9a-f]{1,8})\s+([A-Z][A-Z0-9_]{2,40})\b(.*)$/;
const LABELLED = /^\s+[^:\s][^:]{0,63}:\s?(.*)$/;
const CONTINUED = /^\s+:\s\S/;

/** @source winsvc.h SERVICE_STATUS.dwCurrentState */
const STATES: ReadonlyMap<string, string> = new Map([
  ['1 STOPPED', 'stopped'],
  ['2 START_PENDING', 'start-pending'],
  ['3 STOP_PENDING', 'stop-pending'],
  ['4 RUNNING', 'running'],
  ['5 CONTINUE_PENDING', 'continue-pending'],
  ['6 PAUSE_PENDING', 'pause-pending'],
  ['7 PAUSED', 'paused'],
]);
/** @source winsvc.h QUERY_SERVICE_CONFIG.dwStartType */
const STARTS: ReadonlyMap<string, string> = new Map([
  ['0 BOOT_START', 'boot'],
  ['1 SYSTEM_START', 'system'],
  ['2 AUTO_START', 'auto'],
  ['3 DEMAND_START', 'manual'],
  ['4 DISABLED', 'disabled'],
]);
const ERROR_CONTROLS: ReadonlySet<string> = new Set(['0 IGNORE', '1 NORMAL', '2 SEVERE', '3 CRITICAL']);
/** The service does not exist. @source winerror.h ERROR_SERVICE_DOES_NOT_EXIST */
const ABSENT = /^\[SC\]\s+\w{1,40}(?::\w{1,40})?\s.{0,40}?\b1060\b/;
/** Most lines of one service; dependencies take one line each. */
const MAX_LINES = 300;

/** Does the output of `sc query`, `sc queryex` or `sc qc` begin here? */
export function isServices(lines: Lines): boolean {
  const text = lines.trimmed() ?? '';
  if (ABSENT.test(text)) return true;
  if (!NAME.test(text)) return false;
  // The display name stands between, but not in `sc qc`. The type is a number in hexadecimal with a symbol.
  return [1, 2].some(
    (ahead) => NUMBERED.exec(lines.trimmed(ahead) ?? '')?.[2] !== undefined && (ahead === 1 || NAME.test(lines.trimmed(1) ?? '')),
  );
}

/** Reads all services that follow each other. Numbers with their symbols decide, labels never. */
export function readServices(lines: Lines, sink: Sink): void {
  const start = lines.number;
  let kind: 'sc-query' | 'sc-config' | undefined;
  let cut = false;
  while (isServices(lines)) {
    const service = ABSENT.test(lines.trimmed() ?? '') ? readAbsent(lines, sink) : readService(lines, sink);
    if (kind !== service.kind) sink.section(service.kind);
    kind = service.kind;
    cut = !service.closed;
    lines.skipEmpty();
  }
  if (cut) sink.problem('EXPORT_CUT', 'partial', lines.number);
  // Without these options only services that run are listed, and no drivers.
  const args = sink.command?.name === 'sc' ? sink.command.args.join(' ').toLowerCase() : '';
  const everything = /^query(?:ex)?(?=.*\btype= ?all\b)(?=.*\bstate= ?all\b)(?!.*\b(?:group|ri|bufsize)=)/.test(args);
  if (!cut && everything && kind === 'sc-query') sink.extent('service:', 'tree', start, { looked: ['service:*!state'] });
}

interface ReadService {
  readonly kind: 'sc-query' | 'sc-config';
  readonly closed: boolean;
}

function readAbsent(lines: Lines, sink: Sink): ReadService {
  const line = lines.number;
  lines.next();
  const [verb = '', name] = sink.command?.name === 'sc' ? sink.command.args.filter((word) => !word.startsWith('\\\\')) : [];
  const isConfig = verb.toLowerCase() === 'qc';
  if (name !== undefined && !name.includes('=') && /^(?:query(?:ex)?|qc)$/i.test(verb)) {
    sink.state(`service:${name}!state`, null, { line });
    sink.state(`service:${name}!start`, null, { line });
  }
  return { kind: isConfig ? 'sc-config' : 'sc-query', closed: true };
}

function readService(lines: Lines, sink: Sink): ReadService {
  const name = NAME.exec(lines.take())?.[1] as string;
  let kind: ReadService['kind'] = 'sc-query';
  /** Labelled lines behind the error control of a configuration: path first, account last. */
  let behind: { readonly value: string; readonly line: number }[] | undefined;
  let count = 0;
  if (indentOf(lines.trimmed() ?? '') === 0 && NAME.test(lines.trimmed() ?? '')) lines.next();
  for (
    let text = lines.trimmed();
    text !== undefined && text !== '' && indentOf(text) > 0 && count < MAX_LINES;
    text = lines.trimmed(), count++
  ) {
    const line = lines.number;
    const m = NUMBERED.exec(text);
    const coded = m === null ? '' : `${m[1]} ${m[2]}`;
    const start = STARTS.get(coded);
    const state = STATES.get(coded);
    if (behind === undefined && state !== undefined) sink.state(`service:${name}!state`, state, { line });
    else if (behind === undefined && start !== undefined) {
      kind = 'sc-config';
      sink.state(`service:${name}!start`, start === 'auto' && (m?.[3] ?? '').includes('(DELAYED)') ? 'delayed-auto' : start, { line });
    } else if (behind === undefined && ERROR_CONTROLS.has(coded)) behind = [];
    else if (behind !== undefined) {
      const labelled = LABELLED.exec(text);
      if (labelled !== null) behind.push({ value: labelled[1] as string, line });
      else if (!CONTINUED.test(text)) sink.problem('EXPORT_LINE_UNKNOWN', 'partial', line);
    }
    lines.next();
  }
  const closed = lines.atBlockEnd || lines.atTextEnd || isServices(lines);
  const [path] = behind ?? [];
  if (path !== undefined && path.value !== '') sink.state(`service:${name}!path`, path.value, { line: path.line });
  // Path, group, tag, display name, dependencies, account.
  const account = behind?.[5];
  if (closed && behind?.length === 6 && account !== undefined && account.value !== '')
    sink.state(`service:${name}!account`, account.value, { line: account.line });
  return { kind, closed };
}

import { type Command, parsePrompt } from './commands.ts';
import { Lines } from './lines.ts';
import { isNetAccounts, readNetAccounts } from './net-accounts.ts';
import { httpKindAt, readIpListen, readServiceState, readSslCert, readUrlAcl } from './netsh-http.ts';
import { isRegFile, readRegFile } from './reg-file.ts';
import { isRegQuery, readRegQuery } from './reg-query.ts';
import { isSecurityTemplate, readSecurityTemplate } from './secedit.ts';
import { isServices, readServices } from './services.ts';
import { Sink } from './sink.ts';
import { isSystemInfo, isSystemInfoCsv, readSystemInfo, readSystemInfoCsv } from './systeminfo.ts';
import { isTraceText, readTraceText } from './trace-text.ts';
import { isTracerptCsv, readTracerptCsv } from './tracerpt-csv.ts';
import type { ExportInput, ExportReading } from './types.ts';
import { isVmmLog, readVmmLog } from './vmm-log.ts';
import { isVmmProperties, readVmmProperties } from './vmm-properties.ts';
import { isWhoami, readWhoami } from './whoami.ts';
import { readWinEventCsv, winEventCsvHead } from './win-event-csv.ts';
import { isWinEventJson, readWinEventJson } from './win-event-json.ts';
import { isWinrmText, readWinrmText } from './winrm-text.ts';
import { type MissingEnds, readXmlSection, xmlRootAt } from './xml-section.ts';

/** Lines in a row of which nothing is understood before reading ends: a support script prints less than that in between. */
const MAX_UNKNOWN_LINES = 100_000;
/** Commands whose output is read: when nothing of it is understood, that is said. */
const KNOWN_COMMANDS: ReadonlySet<string> = new Set(['winrm', 'reg', 'sc', 'systeminfo', 'netsh', 'whoami', 'hostname']);
const BANNER = /^Microsoft Windows \[[^\]\d]{0,20}(\d{1,2}\.\d{1,2}\.(\d{4,6}))(?:\.\d{1,6})?\]$/;

/**
 * Reads text that known tools write: one output, or several one after the other (a transcript with prompts and echoed commands). Recognised by shape,
 * codes and names that Windows does not translate; labels only where nothing else tells.
 * @param text decoded text.
 * @returns `undefined` when it is none of these. What is understood of a cut or foreign text is kept, the rest is in `problems`.
 */
export function readExport(text: string, input: ExportInput): ExportReading | undefined {
  const sink = new Sink(text, input);
  if (isWinEventJson(text)) {
    readWinEventJson(text, sink);
    return sink.finish(true);
  }
  const head = winEventCsvHead(text);
  if (head !== undefined) {
    readWinEventCsv(text, head, sink);
    return sink.finish(true);
  }
  return new Sections(text, sink).read();
}

/** The outputs of a text, one after the other. */
class Sections {
  readonly #text: string;
  readonly #sink: Sink;
  readonly #lines: Lines;
  readonly #missing: MissingEnds = new Set();
  #unknown = 0;
  /** Nothing but output that was understood and empty lines so far. */
  #clean = true;
  /** Lines of no known tool were met. */
  #other = false;
  /** The last line that was not understood, if no empty line and no output stands between. */
  #before = '';
  /** A known command of whose output nothing was understood so far. */
  #unanswered: Command | undefined;
  /** A line of its output was met. */
  #answered = false;

  constructor(text: string, sink: Sink) {
    this.#text = text;
    this.#sink = sink;
    this.#lines = new Lines(text, (line) => sink.problem('EXPORT_LINE_TOO_LONG', 'partial', line));
  }

  read(): ExportReading | undefined {
    const lines = this.#lines;
    while (!lines.done && this.#unknown < MAX_UNKNOWN_LINES) {
      const text = lines.trimmed() as string;
      if (text === '') {
        lines.next();
        continue;
      }
      if (this.#prompt(text)) {
        this.#clean = false;
        lines.next();
        continue;
      }
      const before = lines.number;
      if (this.#section(text)) {
        this.#unknown = 0;
        this.#before = '';
        this.#unanswered = undefined;
        // Every reader takes at least the line it recognised.
        if (lines.number === before) lines.next();
        continue;
      }
      this.#clean = false;
      this.#other = true;
      this.#before = text;
      this.#unknown++;
      this.#answered = true;
      lines.next();
    }
    this.#endCommand();
    if (!lines.done) this.#sink.problem('EXPORT_TOO_MUCH', 'partial', lines.number);
    return this.#sink.finish(this.#clean, this.#other);
  }

  #prompt(text: string): boolean {
    const prompt = parsePrompt(text, this.#lines.number);
    if (prompt === undefined) return false;
    this.#endCommand();
    const { command } = prompt;
    this.#sink.command = command;
    this.#sink.host = prompt.host ?? remoteOf(command);
    this.#before = '';
    if (command !== undefined && KNOWN_COMMANDS.has(command.name)) this.#unanswered = command;
    return true;
  }

  /** The output of the last command is over. */
  #endCommand(): void {
    const command = this.#unanswered;
    if (command !== undefined && this.#answered) this.#sink.problem('EXPORT_COMMAND_UNKNOWN', 'note', command.line, command.name);
    else if (command !== undefined && command.name === 'winrm' && /^e/i.test(command.args[0] ?? '')) this.#noListeners(command);
    this.#unanswered = undefined;
    this.#answered = false;
    this.#sink.command = undefined;
    this.#sink.host = undefined;
  }

  /** An enumeration that printed nothing, followed by the next prompt, found nothing. */
  #noListeners(command: Command): void {
    if (!command.args.some((word) => /^winrm\/config\/listener$/i.test(word)) || this.#lines.done) return;
    this.#sink.section('winrm-listener');
    this.#sink.extent('winrm:config/listener', 'tree', command.line);
  }

  /** Reads an output that begins at the current line. */
  #section(text: string): boolean {
    const lines = this.#lines;
    const sink = this.#sink;
    const root = xmlRootAt(lines, this.#text);
    if (root !== undefined) readXmlSection(lines, sink, this.#text, root, this.#missing);
    else if (isRegQuery(lines)) readRegQuery(lines, sink);
    else if (isRegFile(lines)) readRegFile(lines, sink);
    else if (isWinrmText(lines)) readWinrmText(lines, sink);
    else if (isServices(lines)) readServices(lines, sink);
    else if (isSecurityTemplate(lines)) readSecurityTemplate(lines, sink);
    else if (isSystemInfo(lines)) readSystemInfo(lines, sink);
    else if (isSystemInfoCsv(lines)) readSystemInfoCsv(lines, sink);
    else if (isWhoami(lines)) readWhoami(lines, sink);
    else if (isTraceText(lines)) readTraceText(lines, sink, sink.input.templates ?? []);
    else if (isTracerptCsv(lines)) readTracerptCsv(lines, sink, sink.input.traceTables ?? (() => undefined));
    else if (isVmmLog(lines)) readVmmLog(lines, sink);
    else if (isVmmProperties(lines)) readVmmProperties(lines, sink);
    else if (isNetAccounts(lines)) readNetAccounts(lines, sink, this.#before);
    else return this.#http() || this.#short(text);
    return true;
  }

  #http(): boolean {
    const kind = httpKindAt(this.#lines, this.#sink);
    if (kind === 'http-urlacl') readUrlAcl(this.#lines, this.#sink);
    else if (kind === 'http-sslcert') readSslCert(this.#lines, this.#sink);
    else if (kind === 'http-iplisten') readIpListen(this.#lines, this.#sink);
    else if (kind === 'http-servicestate') readServiceState(this.#lines, this.#sink);
    return kind !== undefined;
  }

  /** `ver`, also as cmd.exe prints it at its start, and `hostname`: one line each. */
  #short(text: string): boolean {
    const sink = this.#sink;
    const line = this.#lines.number;
    const banner = BANNER.exec(text);
    if (banner !== null) {
      sink.section('windows-version');
      sink.state('os:version', banner[1] as string, { line });
      sink.state('os:build', banner[2] as string, { line });
    } else if (sink.command?.name === 'hostname' && sink.command.args.length === 0 && /^[A-Za-z0-9][\w.-]{0,62}$/.test(text)) {
      sink.section('hostname');
      sink.state('host:name', text, { line });
      if (sink.host === undefined) sink.named(text);
    } else return false;
    return true;
  }
}

/** Another host that a command names: `sc \\srv query`, `reg query \\srv\HKLM\…`, `systeminfo /s srv`, `winrm … -r:srv`. */
function remoteOf(command: Command | undefined): string | undefined {
  if (command === undefined) return undefined;
  const { name, args } = command;
  const option = (word: string): string | undefined => {
    const at = args.findIndex((arg) => arg.toLowerCase() === word);
    return at < 0 ? undefined : args[at + 1];
  };
  if (name === 'sc') return /^\\\\([^\\]{1,255})$/.exec(args[0] ?? '')?.[1];
  if (name === 'reg') return /^\\\\([^\\]{1,255})\\/.exec(args[1] ?? '')?.[1];
  if (name === 'systeminfo' || name === 'gpresult') return option('/s');
  if (name !== 'winrm') return undefined;
  const url = args.map((arg) => /^[-/]r(?:emote)?:(.{1,500})$/i.exec(arg)?.[1]).find((found) => found !== undefined);
  return url === undefined ? undefined : /^(?:https?:\/\/)?([\w.-]{1,255})/i.exec(url)?.[1];
}

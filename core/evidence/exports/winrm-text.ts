import { indentOf, type Lines } from './lines.ts';
import type { Sink } from './sink.ts';
import { addListeners, addWinrm, asksForListeners, type WinrmNode } from './winrm.ts';

const ROOT = /^(?:Config|Service|Client|Winrs|Auth|DefaultPorts|Listener)(?:\s\[Source="[^"]{1,40}"\])?$/;
/** `Name = value [Source="GPO"]`; a setting without value is the name alone. */
const SETTING = /^\s+([A-Za-z][\w-]{0,63})(?=$|\s=|\s\[Source=)(.*)$/;
const SOURCE = /^(.*?)\s?\[Source="([^"]{1,40})"\]$/;
/** Most settings below one part; Windows has about 20. */
const MAX_SETTINGS = 1000;
/** Most listeners; each needs an address of its own. */
const MAX_LISTENERS = 1000;

/** Does the text output of `winrm get` or `winrm enumerate` begin here? Its names are the same in every language. */
export function isWinrmText(lines: Lines): boolean {
  if (!ROOT.test(lines.trimmed() ?? '')) return false;
  const next = lines.trimmed(1) ?? '';
  return indentOf(next) >= 2 && SETTING.test(next);
}

/** Reads one part of the configuration, or all listeners that follow each other. */
export function readWinrmText(lines: Lines, sink: Sink): void {
  const start = lines.number;
  if (!/^Listener/.test(lines.trimmed() ?? '')) {
    addWinrm(readRoot(lines, sink), sink);
    return;
  }
  const listeners: WinrmNode[] = [];
  while (listeners.length < MAX_LISTENERS && isWinrmText(lines) && /^Listener/.test(lines.trimmed() ?? '')) {
    listeners.push(readRoot(lines, sink));
    lines.skipEmpty();
  }
  addListeners(listeners, sink, start, asksForListeners(sink) ? 'yes' : 'if-alone');
}

interface Draft {
  name: string;
  value: string | undefined;
  source: string | undefined;
  line: number;
  indent: number;
  children: Draft[];
}

function readRoot(lines: Lines, sink: Sink): WinrmNode {
  const line = lines.number;
  const first = lines.take();
  const root: Draft = {
    name: /^\w+/.exec(first)?.[0] ?? '',
    value: undefined,
    source: /\[Source="([^"]{1,40})"\]/.exec(first)?.[1],
    line,
    indent: 0,
    children: [],
  };
  const open = [root];
  let count = 0;
  let broken = false;
  for (let text = lines.trimmed(); text !== undefined && text !== ''; text = lines.trimmed()) {
    const indent = indentOf(text);
    const m = indent >= 2 ? SETTING.exec(text) : null;
    if (m === null) {
      // A long value that the console broke, or foreign text: what follows cannot be placed.
      if (indent === 0 && !ROOT.test(text)) broken = true;
      if (indent > 0) {
        broken = true;
        sink.problem('EXPORT_LINE_UNKNOWN', 'partial', lines.number);
        lines.next();
        continue;
      }
      break;
    }
    if (++count > MAX_SETTINGS) {
      broken = true;
      break;
    }
    while (open.length > 1 && (open.at(-1) as Draft).indent >= indent) open.pop();
    const node: Draft = { name: m[1] as string, ...readValueText(m[2] as string), line: lines.number, indent, children: [] };
    (open.at(-1) as Draft).children.push(node);
    open.push(node);
    lines.next();
  }
  return finish(root, !broken && lines.atBlockEnd);
}

/** What stands behind a name: ` = value`, and ` [Source="GPO"]` when a policy set it. */
function readValueText(rest: string): { readonly value: string | undefined; readonly source: string | undefined } {
  const m = rest.endsWith('"]') ? SOURCE.exec(rest) : null;
  const text = m?.[1] ?? rest;
  return { value: text.startsWith(' =') ? text.slice(2).trim() : undefined, source: m?.[2] };
}

function finish(draft: Draft, closed: boolean, depth = 0): WinrmNode {
  const { name, source, line } = draft;
  // A name alone is an empty setting, unless something lies below it.
  const isPart = depth === 0 || draft.children.length > 0;
  return {
    name,
    source,
    line,
    closed,
    ...(isPart ? {} : { value: draft.value ?? '' }),
    children: depth > 8 ? [] : draft.children.map((child) => finish(child, closed, depth + 1)),
  };
}

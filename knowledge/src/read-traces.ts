import { readdirSync, readFileSync } from 'node:fs';
import type { PackIssue } from './pack.ts';
import type { StoredTraceProvider } from './trace-model.ts';
import { parseTemplates, TraceNotationError } from './trace-notation.ts';

/**
 * Reads the tables of trace events (`<provider>.txt`: comment lines, `provider <name> <guid>`, `builds <number> …`, an empty line, then one event a line) and checks
 * every line. A file with an issue is left out.
 */
export function readTraces(folder: string): { providers: Record<string, StoredTraceProvider>; issues: PackIssue[] } {
  const providers: Record<string, StoredTraceProvider> = Object.create(null) as Record<string, StoredTraceProvider>;
  const issues: PackIssue[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()) {
    const issue = (code: PackIssue['code'], message: string) => issues.push({ code, at: `traces/${file}`, message });
    const text = readFileSync(`${folder}${file}`, 'utf8').replaceAll(/^#.*\n/gm, '');
    const head = /^provider (\S+) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\nbuilds (\d+(?: \d+)*)\n\n/.exec(text);
    if (!head) {
      issue('PACK_SCHEMA', 'the head is not `provider <name> <guid>`, `builds <number> …`, empty line');
      continue;
    }
    const [all, name = '', guid = '', list = ''] = head;
    const builds = list.split(' ').map(Number);
    const events = text.slice(all.length).trimEnd();
    if (guid in providers) issue('PACK_DUPLICATE', 'provider has two tables');
    try {
      parseTemplates(events, builds);
      providers[guid] = { name, builds, events };
    } catch (error) {
      if (!(error instanceof TraceNotationError)) throw error;
      issue('PACK_SCHEMA', error.message);
    }
  }
  return { providers, issues };
}

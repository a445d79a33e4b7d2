import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StoredTraceProvider, TraceProviderTable, TraceTables, TraceTemplate } from './trace-model.ts';
import { parseTemplates } from './trace-notation.ts';

let loaded: TraceTables | undefined;
const parsed = new Map<string, TraceProviderTable>();

/**
 * The tables of trace events. They lie beside the bundled command (`traces.json`), or in `knowledge/generated` of a checkout. They are a file of their own and read
 * when a trace is opened: the command starts without them.
 * @throws Error when neither file exists: the checkout was not prepared.
 */
export function loadTraceTables(): TraceTables {
  if (loaded) return loaded;
  for (const candidate of ['./traces.json', '../generated/traces.json']) {
    const path = fileURLToPath(new URL(candidate, import.meta.url));
    if (!existsSync(path)) continue;
    const stored = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, StoredTraceProvider>>;
    loaded = { providers: new Map(Object.entries(stored)) };
    return loaded;
  }
  throw new Error('trace tables not built: run `npm run build:knowledge`');
}

/** All of a provider: every event with its fields in every build. Undefined when there is no table. */
function wholeProvider(guid: string): TraceProviderTable | undefined {
  const known = parsed.get(guid);
  if (known) return known;
  const stored = loadTraceTables().providers.get(guid);
  if (!stored) return undefined;
  const last = ({ builds }: TraceTemplate): number => builds.at(-1) ?? 0;
  const templates = parseTemplates(stored.events, stored.builds).sort((a, b) => a.id - b.id || a.version - b.version || last(b) - last(a));
  const table = { guid, name: stored.name, builds: stored.builds, templates };
  parsed.set(guid, table);
  return table;
}

/** The variants of one id and version that a build can have: see {@link traceProvider}. */
function possible(variants: readonly TraceTemplate[], build: number, known: boolean): TraceTemplate[] {
  const before = (one: TraceTemplate): number => Math.max(...one.builds.filter((seen) => seen <= build), -1);
  const after = (one: TraceTemplate): number => Math.min(...one.builds.filter((seen) => seen > build), Number.MAX_SAFE_INTEGER);
  const older = variants.filter((one) => before(one) >= 0).sort((a, b) => before(b) - before(a))[0];
  if (older && (known || before(older) === build)) return [older];
  const newer = variants.filter((one) => after(one) < Number.MAX_SAFE_INTEGER).sort((a, b) => after(a) - after(b))[0];
  return [...new Set([older, newer])].filter((one) => one !== undefined);
}

/**
 * What is known of a provider: of each id and version the fields as the build had them. Between two builds of the table that differ both are possible: the older
 * variant comes first, and a reader takes the one that fits the payload. Before all and behind all builds it is the nearest. Without a build every variant is in the
 * table, the newest of an id and version first, see {@link TraceTemplate.builds}.
 * @param guid lower case without braces
 */
export function traceProvider(guid: string, build?: number): TraceProviderTable | undefined {
  const whole = wholeProvider(guid);
  if (!whole || build === undefined) return whole;
  const groups = Map.groupBy(whole.templates, ({ id, version }) => `${id}.${version}`);
  const known = whole.builds.includes(build);
  return { ...whole, templates: [...groups.values()].flatMap((variants) => possible(variants, build, known)) };
}

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { Cause, FactDefinition } from './model.ts';
import { CONNECTION_PROPERTIES, STOP_PROPERTIES } from './model.ts';

/** Why a pack, or one cause of it, was refused. */
export interface PackIssue {
  /** `PACK_SYNTAX` (not YAML/JSON), `PACK_SCHEMA`, `PACK_DUPLICATE`, `PACK_REFERENCE`. */
  readonly code: string;
  /** JSON pointer into the pack. */
  readonly at: string;
  readonly message: string;
}
/** Causes of a pack, or the issues for which it was refused. */
export interface PackResult {
  readonly causes: readonly Cause[];
  readonly issues: readonly PackIssue[];
}

/** Largest pack text accepted; the bundled knowledge is about a tenth of it. */
const MAX_PACK_BYTES = 8 * 1024 * 1024;

/**
 * Reads a user's cause pack (YAML or JSON). Never runs code: aliases are capped, tags are not resolved, and the result is checked
 * against the published schema. A pack with an issue gives no causes at all: half a pack would judge wrongly without a sign.
 * @param text content of the file
 * @param base facts and causes the pack may refer to
 */
export function parsePack(
  text: string,
  base: { readonly facts: readonly FactDefinition[]; readonly causes: readonly Cause[] },
): PackResult {
  if (Buffer.byteLength(text) > MAX_PACK_BYTES) {
    return { causes: [], issues: [{ code: 'PACK_SYNTAX', at: '', message: `larger than ${MAX_PACK_BYTES} bytes` }] };
  }
  let data: unknown;
  try {
    data = parse(text, { maxAliasCount: 100, prettyErrors: true });
  } catch (error) {
    return { causes: [], issues: [{ code: 'PACK_SYNTAX', at: '', message: (error as Error).message }] };
  }
  const issues = validate(schema('cause-pack'), data);
  if (issues.length > 0) return { causes: [], issues };
  const causes = (data as { causes: Cause[] }).causes;
  const known = new Set([...base.causes, ...causes].map(({ id }) => id));
  const semantic = checkCauses(causes, new Set(base.facts.map(({ id }) => id)), known);
  return semantic.length > 0 ? { causes: [], issues: semantic } : { causes, issues: [] };
}

/** Text of a published schema of this package (also beside the bundled command, in `schema/`). */
export function schema(
  name: 'cause-pack' | 'facts' | 'events' | 'codes' | 'messages' | 'settings' | 'findings' | 'blame' | 'recipes',
): string {
  for (const candidate of [`./schema/${name}.schema.json`, `../schema/${name}.schema.json`]) {
    try {
      return readFileSync(new URL(candidate, import.meta.url), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`schema ${name} is missing from the installation`);
}

/** Issues of `data` against a JSON Schema 2020-12. */
export function validate(schemaText: string, data: unknown): PackIssue[] {
  const check = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(JSON.parse(schemaText));
  if (check(data)) return [];
  return (check.errors ?? []).slice(0, 50).map((error) => ({
    code: 'PACK_SCHEMA',
    at: error.instancePath,
    message: `${error.message ?? 'invalid'}${error.params && 'additionalProperty' in error.params ? ` (${String(error.params.additionalProperty)})` : ''}`,
  }));
}

/** What a schema cannot say: unique ids, known properties of stops and attempts, references that exist. `facts` and `known` are checked only when given. */
export function checkCauses(causes: readonly Cause[], facts?: ReadonlySet<string>, known?: ReadonlySet<string>): PackIssue[] {
  const issues: PackIssue[] = [];
  const ids = new Set<string>();
  for (const [index, cause] of causes.entries()) {
    const at = `/causes/${index} (${cause.id})`;
    if (ids.has(cause.id)) issues.push({ code: 'PACK_DUPLICATE', at, message: 'cause id is used twice' });
    ids.add(cause.id);
    const items = [...cause.required, ...(cause.supporting ?? []), ...(cause.refutes ?? []), ...(cause.weakens ?? [])];
    const itemIds = new Set<string>();
    for (const item of items) {
      if (itemIds.has(item.id))
        issues.push({ code: 'PACK_DUPLICATE', at: `${at}/${item.id}`, message: 'item id is used twice in the cause' });
      itemIds.add(item.id);
      walk(item.when, (node) => {
        for (const [kind, properties] of [
          ['stop', STOP_PROPERTIES],
          ['connection', CONNECTION_PROPERTIES],
        ] as const) {
          const conditions = node[kind];
          if (!conditions || typeof conditions !== 'object') continue;
          for (const key of Object.keys(conditions)) {
            const property = key.split('|')[0] ?? '';
            if (!Object.hasOwn(properties, property))
              issues.push({ code: 'PACK_REFERENCE', at: `${at}/${item.id}`, message: `unknown ${kind} property ${property}` });
          }
        }
        for (const key of ['fact', 'factEvent', 'actionBefore']) {
          const name = node[key];
          if (facts && typeof name === 'string' && !facts.has(name))
            issues.push({ code: 'PACK_REFERENCE', at: `${at}/${item.id}`, message: `unknown fact ${name}` });
        }
      });
    }
    for (const check of cause.confirm) {
      if (facts && check.fact && !facts.has(check.fact))
        issues.push({ code: 'PACK_REFERENCE', at: `${at}/confirm`, message: `unknown fact ${check.fact}` });
    }
    if (known && cause.refines && !known.has(cause.refines))
      issues.push({ code: 'PACK_REFERENCE', at, message: `refines unknown cause ${cause.refines}` });
  }
  return issues;
}

function walk(node: unknown, visit: (node: Record<string, unknown>) => void, depth = 0): void {
  if (depth > 40 || typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) {
    for (const child of node) walk(child, visit, depth + 1);
    return;
  }
  visit(node as Record<string, unknown>);
  for (const child of Object.values(node)) walk(child, visit, depth + 1);
}

/**
 * Builds `knowledge/generated/knowledge.json` from the YAML folders, checking every file against its schema and every reference.
 * Exits with 1 and a list of issues when something is wrong. Usage: `npm run build:knowledge`.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isScalar, parse, parseDocument, visit } from 'yaml';
import { checkRecipes } from './src/check-recipes.ts';
import { checkSettings } from './src/check-settings.ts';
import type {
  BlameKnowledge,
  Cause,
  CodeTable,
  CombinedFinding,
  EventKnowledge,
  FactDefinition,
  MessageTemplate,
  Recipe,
  SettingDefinition,
} from './src/model.ts';
import { checkCauses, type PackIssue, schema, validate } from './src/pack.ts';
import { readTraces } from './src/read-traces.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

interface YamlFile {
  readonly stem: string;
  readonly path: string;
  readonly data: unknown;
}

function yamlFiles(folder: string): YamlFile[] {
  return readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const path = `${folder}/${name}`;
      return {
        stem: name.slice(0, -'.yaml'.length),
        path,
        data: parse(readFileSync(`${root}${path}`, 'utf8'), { prettyErrors: true }) as unknown,
      };
    });
}

/** Places where a Japanese text is folded over lines: folding would put a space into the middle of a sentence. */
function foldedJapanese(folder: string): PackIssue[] {
  return readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => {
      const issues: PackIssue[] = [];
      visit(parseDocument(readFileSync(`${root}${folder}/${name}`, 'utf8')), {
        Pair(_, { key, value }) {
          if (isScalar(key) && key.value === 'ja' && isScalar(value) && value.type === 'BLOCK_FOLDED') {
            issues.push({
              code: 'PACK_SCHEMA',
              at: `${folder}/${name}`,
              message: `write Japanese on one line, not folded: ${String(value.value).slice(0, 30)}…`,
            });
          }
        },
      });
      return issues;
    });
}

/** Reads and checks everything; returns the knowledge base and the issues found. */
export function buildKnowledge(): { knowledge: Record<string, unknown>; issues: PackIssue[] } {
  const issues: PackIssue[] = [];
  const collect = <T>(
    folder: string,
    schemaName: 'cause-pack' | 'facts' | 'events' | 'messages' | 'settings' | 'findings' | 'recipes',
    key: string,
  ): T[] => {
    const text = schema(schemaName);
    return yamlFiles(folder).flatMap(({ path, data }) => {
      const found = validate(text, data);
      issues.push(...found.map((issue) => ({ ...issue, at: `${path}${issue.at}` })));
      return found.length > 0 ? [] : ((data as Record<string, T[]>)[key] ?? []);
    });
  };
  const causes = collect<Cause>('causes', 'cause-pack', 'causes');
  const facts = collect<FactDefinition>('facts', 'facts', 'facts');
  const events = collect<EventKnowledge>('events', 'events', 'events');
  const messages = collect<MessageTemplate>('messages', 'messages', 'messages');
  const settings = collect<SettingDefinition>('settings', 'settings', 'settings');
  const findings = collect<CombinedFinding>('findings', 'findings', 'findings');
  const recipes = collect<Recipe>('recipes', 'recipes', 'recipes');
  const blame = { addressParameters: [], windowsModules: [], knownModules: [] } as {
    -readonly [K in keyof BlameKnowledge]: BlameKnowledge[K][number][];
  };
  for (const { path, data } of yamlFiles('blame')) {
    issues.push(...validate(schema('blame'), data).map((issue) => ({ ...issue, at: `${path}${issue.at}` })));
    const part = data as Partial<BlameKnowledge>;
    blame.addressParameters.push(...(part.addressParameters ?? []));
    blame.windowsModules.push(...(part.windowsModules ?? []));
    blame.knownModules.push(...(part.knownModules ?? []));
  }
  const codes: Record<string, CodeTable> = {};
  for (const { stem, path, data } of yamlFiles('codes')) {
    issues.push(...validate(schema('codes'), data).map((issue) => ({ ...issue, at: `${path}${issue.at}` })));
    const table = data as CodeTable;
    const seen = new Set<string>();
    for (const { code } of table.codes ?? []) {
      if (seen.has(code)) issues.push({ code: 'PACK_DUPLICATE', at: `${path}/${code}`, message: 'code is described twice' });
      seen.add(code);
    }
    codes[stem] = table;
  }
  const damages: Record<string, unknown> = {};
  for (const { path, data } of yamlFiles('damages')) {
    for (const [code, text] of Object.entries((data as { damages: Record<string, unknown> }).damages)) {
      if (Object.hasOwn(damages, code))
        issues.push({ code: 'PACK_DUPLICATE', at: `${path}/${code}`, message: 'damage code is described twice' });
      damages[code] = text;
    }
  }
  for (const folder of ['causes', 'facts', 'events', 'codes', 'damages', 'settings', 'findings', 'recipes'])
    issues.push(...foldedJapanese(folder));
  const factIds = new Set<string>();
  for (const fact of facts) {
    if (factIds.has(fact.id)) issues.push({ code: 'PACK_DUPLICATE', at: `facts/${fact.id}`, message: 'fact is defined twice' });
    factIds.add(fact.id);
  }
  const eventKeys = new Set<string>();
  for (const event of events) {
    const key = `${event.provider.toLowerCase()}/${event.id}/${event.channel.toLowerCase()}`;
    if (eventKeys.has(key)) issues.push({ code: 'PACK_DUPLICATE', at: `events/${key}`, message: 'event is described twice' });
    eventKeys.add(key);
  }
  issues.push(...checkCauses(causes, factIds, new Set(causes.map((cause) => cause.id))));
  issues.push(...checkSettings(settings, findings, facts));
  issues.push(...checkRecipes(recipes, new Set(causes.map((cause) => cause.id))));
  return { knowledge: { causes, facts, events, messages, codes, damages, settings, findings, blame, recipes }, issues };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { knowledge, issues } = buildKnowledge();
  const traces = readTraces(`${root}traces/`);
  issues.push(...traces.issues);
  for (const issue of issues) console.error(`${issue.code} ${issue.at}: ${issue.message}`);
  if (issues.length > 0) process.exitCode = 1;
  mkdirSync(`${root}generated`, { recursive: true });
  const text = JSON.stringify(knowledge);
  writeFileSync(`${root}generated/knowledge.json`, text);
  writeFileSync(`${root}generated/traces.json`, JSON.stringify(traces.providers));
  const count = (key: string) => (knowledge[key] as unknown[]).length;
  if (!process.argv.includes('--quiet'))
    console.error(`knowledge: ${count('causes')} causes, ${count('facts')} facts, ${count('events')} events, ${text.length} bytes`);
}

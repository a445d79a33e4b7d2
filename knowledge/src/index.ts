import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type {
  BlameKnowledge,
  Cause,
  CodeTable,
  CombinedFinding,
  EventKnowledge,
  FactDefinition,
  Localized,
  MessageTemplate,
  Recipe,
  SettingDefinition,
} from './model.ts';

export * from './model.ts';
export { loadTraceTables, traceProvider } from './traces.ts';

/** The bundled knowledge base, as built from the YAML folders by `knowledge/build.ts`. */
export interface Knowledge {
  readonly causes: readonly Cause[];
  readonly facts: readonly FactDefinition[];
  readonly events: readonly EventKnowledge[];
  readonly messages: readonly MessageTemplate[];
  /** Code tables by file stem (`logon-status`, `wsman-errors` …). */
  readonly codes: Readonly<Record<string, CodeTable>>;
  /** Texts of damage and error codes by code. */
  readonly damages: Readonly<Record<string, DamageText>>;
  readonly settings: readonly SettingDefinition[];
  readonly findings: readonly CombinedFinding[];
  readonly blame: BlameKnowledge;
  readonly recipes: readonly Recipe[];
}

/** What an error or damage code means: what happened, what is still trustworthy, what to do. */
export interface DamageText {
  readonly meaning: Localized;
  readonly trust: Localized;
  readonly action: Localized;
}

let loaded: Knowledge | undefined;

/**
 * The knowledge base. It lies beside the bundled command (`knowledge.json`), or in `knowledge/generated` of a checkout,
 * where `npm run build:knowledge` (part of every task) writes it.
 * @throws Error when neither file exists: the checkout was not prepared.
 */
export function loadKnowledge(): Knowledge {
  if (loaded) return loaded;
  for (const candidate of ['./knowledge.json', '../generated/knowledge.json']) {
    const path = fileURLToPath(new URL(candidate, import.meta.url));
    if (!existsSync(path)) continue;
    loaded = JSON.parse(readFileSync(path, 'utf8')) as Knowledge;
    return loaded;
  }
  throw new Error('knowledge base not built: run `npm run build:knowledge`');
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EtlProviderTable } from '@winmedic/etl';
import { type TraceProviderTable, traceProvider } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';
import { haveSources, traceTables } from '../../scripts/trace-tables.ts';

/** The tables have the shape that formats/etl reads payloads by: knowledge may not import a format, so the compiler compares them here. */
const forReader: (table: TraceProviderTable) => EtlProviderTable = (table) => table;

const tables = fileURLToPath(new URL('../../knowledge/traces/', import.meta.url));
if (!haveSources) console.log('skipped: no descriptions of manifests (set WINMEDIC_CORPUS)');

describe('trace tables', () => {
  it('can be handed to the reader of traces', () => {
    const table = traceProvider('2ed6006e-4729-4609-b423-3ee7bcd678ef', 18363);
    expect(
      table &&
        forReader(table)
          .templates.find(({ id }) => id === 1001)
          ?.fields.map(({ name }) => name),
    ).toEqual(['MiniportIfIndex', 'LowerIfIndex', 'FragmentSize', 'Fragment']);
  });

  it.skipIf(!haveSources)('are what the descriptions of the manifests say (else: node scripts/trace-tables.ts)', () => {
    for (const [provider, text] of traceTables()) expect(readFileSync(`${tables}${provider}.txt`, 'utf8'), provider).toBe(text);
  });
});

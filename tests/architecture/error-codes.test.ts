import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ROOMS = ['formats', 'protocols', 'core', 'knowledge', 'apps'];
/** A code as the sources write it: the whole of a quoted text. Constants such as `TEXT_KEY` are not quoted. */
const LITERAL =
  /(['"])((?:EVTX|HIVE|DUMP|PE|EVIDENCE|EXPORT|EXPOSURE|FACT|PACK|CLI|EXPLAIN|TEXT|DER|GSS|NTLM|KERBEROS|SPNEGO|CREDSSP|WSMAN|RDP|DCERPC|CONNECT|BLOCK|JOURNAL|PARTITION|CONTAINER|NTFS|LOGFILE|BITLOCKER|EDIT|FAT|CHECK|DISK|RECOVERY|CAPTURE|ETL)_[A-Z0-9_]+)\1/g;

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : sources(path);
    return /(?<!\.test|\.d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

interface Text {
  readonly en?: string;
  readonly ja?: string;
}

/** Names of other people that look like ours: node kinds of the YAML library. */
const NOT_CODES: ReadonlySet<string> = new Set(['BLOCK_FOLDED', 'BLOCK_LITERAL']);

const used = new Map<string, string>();
for (const path of ROOMS.flatMap(sources)) {
  for (const [, , code = ''] of readFileSync(join(root, path), 'utf8').matchAll(LITERAL)) if (!NOT_CODES.has(code)) used.set(code, path);
}
const texts = new Map<string, Readonly<Record<string, Text>>>();
for (const name of readdirSync(join(root, 'knowledge/damages')).filter((name) => name.endsWith('.yaml'))) {
  const file = parse(readFileSync(join(root, 'knowledge/damages', name), 'utf8')) as { damages: Record<string, Record<string, Text>> };
  for (const [code, text] of Object.entries(file.damages)) texts.set(code, text);
}

describe('codes of errors and damages', () => {
  it('are found in the sources', () => {
    expect([...used.keys()]).toEqual(
      expect.arrayContaining(['EVTX_CHUNK_CRC', 'EVIDENCE_NOT_FOUND', 'PACK_SCHEMA', 'CLI_TIME', 'TEXT_NO_EVENT']),
    );
  });

  it('each have a text', () => {
    expect([...used].filter(([code]) => !texts.has(code)).map(([code, path]) => `${code} (${path})`)).toEqual([]);
  });

  it('have no text left when the code is gone', () => {
    expect([...texts.keys()].filter((code) => !used.has(code))).toEqual([]);
  });

  it.each([...texts])('%s says what happened, what still holds and what to do, in both languages', (_, text) => {
    expect(Object.keys(text).sort()).toEqual(['action', 'meaning', 'trust']);
    for (const part of Object.values(text)) {
      expect(part.en).toMatch(/^[^\u3040-\u30ff\u4e00-\u9fff]+[.)]$/);
      expect(part.ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff].*。$/);
    }
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventKnowledge } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FORMATS } from '../../core/explain/formats.ts';

const folder = fileURLToPath(new URL('../../knowledge/events', import.meta.url));
const events = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => (parse(readFileSync(join(folder, name), 'utf8')) as { events: EventKnowledge[] }).events);
const named = events.map((event) => [`${event.provider} ${event.id}`, event] as const);

/** Placeholders of a message with their formats, sorted: the order differs between the languages. */
const placeholders = (text: string): string[] => [...text.matchAll(/\{([^{}]+)\}/g)].map(([, inner = '']) => inner).sort();

describe('messages of events', () => {
  it.each(named)('%s: both languages show the same fields', (_, { message }) => {
    expect(placeholders(message.ja)).toEqual(placeholders(message.en));
  });

  it.each(named)('%s: every format exists and no brace is left over', (_, { message }) => {
    for (const text of [message.en, message.ja]) {
      for (const inner of placeholders(text)) {
        const format = inner.split('|')[1];
        if (format !== undefined) expect(Object.keys(FORMATS)).toContain(format);
      }
      expect(text.replaceAll(/\{[^{}]+\}/g, '')).not.toMatch(/[{}]/);
    }
  });

  it.each(named)('%s: every text exists in its language', (_, { title, message, proves, doesNotProve, fields }) => {
    for (const { en, ja } of [title, message, proves, doesNotProve, ...Object.values(fields ?? {})]) {
      expect(en).not.toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
      expect(ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
    }
  });
});

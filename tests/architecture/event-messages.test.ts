import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INTEREST, patternsOf } from '@winmedic/core/evidence';
import { eventKnowledge } from '@winmedic/core/explain';
import { loadKnowledge } from '@winmedic/knowledge';
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

describe('every event the diagnosis looks at has a message', () => {
  const knowledge = loadKnowledge();
  const known = (provider: string, id: number): boolean => eventKnowledge(knowledge, provider, id) !== undefined;

  it('among those that are always kept', () => {
    const looked = INTEREST.flatMap(({ providers, ids = [] }) => providers.flatMap((provider) => ids.map((id) => ({ provider, id }))));
    expect(looked.filter(({ provider, id }) => !known(provider, id))).toEqual([]);
  });

  it('among those that causes ask for', () => {
    // A pattern of several providers and ids means the pairs that exist: each of its providers and each of its ids must occur in one.
    for (const pattern of patternsOf(knowledge.causes)) {
      const providers = [pattern.provider].flat();
      const ids = [pattern.id].flat();
      for (const provider of providers)
        expect(
          ids.some((id) => known(provider, id)),
          `${provider} of ${ids}`,
        ).toBe(true);
      for (const id of ids)
        expect(
          providers.some((provider) => known(provider, id)),
          `${id} of ${providers}`,
        ).toBe(true);
    }
  });
});

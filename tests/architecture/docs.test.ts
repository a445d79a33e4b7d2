import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { referencePages } from '../../scripts/reference-docs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the generated reference pages are those of this code (npm run docs)', () => {
  for (const [path, text] of referencePages()) expect(readFileSync(join(root, path), 'utf8') === text, path).toBe(true);
});

it('every page for people exists in both languages', () => {
  for (const folder of ['docs/tutorials', 'docs/how-to', 'docs/reference', 'docs/explanation']) {
    const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'));
    for (const name of names.filter((name) => !name.endsWith('.ja.md')))
      expect(names, `${folder}/${name}`).toContain(name.replace(/\.md$/, '.ja.md'));
  }
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

/** Exported declarations of a text that no doc comment stands above. */
function undocumented(text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const match = /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|class|interface|type|let) ([A-Za-z0-9_$]+)/.exec(
      line,
    );
    if (!match?.[1] || /^export type \{/.test(line)) return [];
    let above = index - 1;
    // One comment may stand above a group of one-line declarations.
    while (above >= 0 && /^\s*(\/\/ biome-ignore|@)|^export (const|type) .*;$/.test(lines[above] ?? '')) above--;
    if (/\*\/\s*$/.test(lines[above] ?? '')) return [];
    // Overloads and companion types share the comment of the first declaration of that name.
    if (lines.slice(0, index).some((earlier) => new RegExp(`^export .*\\b${match[1]?.replaceAll('$', '\\$')}\\b`).test(earlier))) return [];
    return [match[1]];
  });
}

it('recognises a missing doc comment', () => {
  expect(undocumented('/** a */\nexport const a = 1;\n\nexport function b() {}\n')).toEqual(['b']);
  expect(undocumented('/** group */\nexport const a = 1;\nexport const b = 2;\n')).toEqual([]);
});

it('every exported symbol has a doc comment', () => {
  const missing = ['formats', 'protocols', 'knowledge', 'core', 'apps', 'labs']
    .flatMap(sourceFiles)
    .flatMap((file) => undocumented(readFileSync(join(root, file), 'utf8')).map((name) => `${file}: ${name}`));
  expect(missing).toEqual([]);
});

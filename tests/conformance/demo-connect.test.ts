import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { loadKnowledge } from '@winmedic/knowledge';
import { ROW_PASSWORD } from '@winmedic/labs/connection-rows';
import { describe, expect, it } from 'vitest';
import { root } from './labs/lab.ts';

/** What the second to the fifth host are shown to have, in this order; the first has nothing. */
const SHOWN = ['uac-remote-filter', 'username-form', 'tls-inspection', 'rdp-logon-screen-open'] as const;
const squeezed = (text: string) => text.replace(/\s+/g, '');

describe('demo:connect', () => {
  it.each([
    ['en', 'NO FAULT FOUND'],
    ['ja', '異常なし'],
  ] as const)('shows five hosts in %s, each with its verdict, and ends with 0', (lang, healthy) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@winmedic/source', '--no-warnings', join(root, 'scripts/demo-connect.ts'), '--lang', lang],
      { encoding: 'utf8', timeout: 120_000 },
    );
    expect(status, stderr).toBe(0);
    const scenes = stdout.split('━━ ').slice(1);
    expect(scenes).toHaveLength(5);
    expect(scenes[0]).toContain(healthy);
    for (const [i, id] of SHOWN.entries()) {
      const cause = loadKnowledge().causes.find((each) => each.id === id);
      const words = cause?.kind === 'finding' ? cause.title[lang] : cause?.sentence[lang];
      // Lines are broken at the width of the terminal.
      expect(squeezed(scenes[i + 1] ?? ''), id).toContain(squeezed(words ?? '?'));
    }
    expect(stdout + stderr).not.toContain(ROW_PASSWORD);
  });
});

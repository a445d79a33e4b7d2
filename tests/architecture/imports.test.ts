import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

/**
 * Rooms and what each may import (besides itself). Arrows run one way:
 * apps -> core -> {knowledge, formats, protocols} -> formats/bytes. `labs` is for tests, benches and the example only.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'formats/bytes': [],
  'formats/evtx': ['formats/bytes'],
  'formats/registry-hive': ['formats/bytes'],
  'formats/crash-dump': ['formats/bytes'],
  'formats/pe': ['formats/bytes'],
  'formats/disk': ['formats/bytes'],
  'formats/etl': ['formats/bytes'],
  // The one format that imports protocols: it uses their message parsers, entry `./messages` only (docs/adr/0009).
  'formats/capture': [
    'formats/bytes',
    'protocols/ntlm',
    'protocols/spnego',
    'protocols/kerberos',
    'protocols/credssp',
    'protocols/wsman',
    'protocols/rdp',
    'protocols/dcerpc',
  ],
  // A protocol imports no protocol, except what authentication packages share (gss, ciphers): docs/adr/0007.
  'protocols/ciphers': [],
  'protocols/gss': ['formats/bytes'],
  'protocols/ntlm': ['formats/bytes', 'protocols/ciphers', 'protocols/gss'],
  'protocols/kerberos': ['formats/bytes', 'protocols/ciphers', 'protocols/gss'],
  'protocols/spnego': ['formats/bytes', 'protocols/gss'],
  'protocols/credssp': ['formats/bytes', 'protocols/gss'],
  'protocols/wsman': ['formats/bytes', 'protocols/gss'],
  'protocols/rdp': ['formats/bytes'],
  'protocols/dcerpc': ['formats/bytes', 'protocols/gss'],
  knowledge: [],
  'core/model': ['knowledge', 'formats/bytes', 'formats/disk', 'formats/capture'],
  'core/explain': ['core/model', 'knowledge', 'formats/bytes', 'formats/evtx'],
  'core/statistics': ['core/model'],
  'core/evidence': [
    'core/model',
    'core/explain',
    'knowledge',
    'formats/bytes',
    'formats/evtx',
    'formats/registry-hive',
    'formats/crash-dump',
    'formats/pe',
    'formats/disk',
    'formats/capture',
    'formats/etl',
    'core/disk',
  ],
  // Opening a disk: containers, keys, outside tools, what is on it. Evidence reads from it, recovery changes it (docs/adr/0008).
  'core/disk': ['core/model', 'knowledge', 'formats/bytes', 'formats/disk', 'formats/registry-hive'],
  'core/recovery': ['core/model', 'core/disk', 'core/evidence', 'knowledge', 'formats/bytes', 'formats/disk', 'formats/registry-hive'],
  'core/exposure': ['core/model', 'knowledge', 'formats/bytes'],
  'core/timeline': ['core/model', 'core/explain', 'knowledge', 'formats/bytes'],
  'core/diagnosis': ['core/model', 'core/explain', 'core/statistics', 'core/timeline', 'knowledge', 'formats/bytes', 'formats/evtx'],
  'core/connection': [
    'core/model',
    'core/explain',
    'core/timeline',
    'core/diagnosis',
    'knowledge',
    'formats/bytes',
    'formats/capture',
    'protocols',
  ],
  'apps/report': ['core', 'knowledge'],
  'apps/cli': ['apps/report', 'core', 'knowledge', 'formats/evtx', 'formats/bytes'],
  labs: ['formats/bytes', 'protocols'],
};

/** Rooms whose code must run in a browser and therefore may not import Node's modules. */
const BROWSER_SAFE = [
  'formats/bytes',
  'formats/evtx',
  'formats/registry-hive',
  'formats/crash-dump',
  'formats/pe',
  'formats/disk',
  'formats/etl',
  'formats/capture',
];

/** npm packages each room may use outside tests; a new one needs a reason in docs/adr. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  knowledge: ['yaml', 'ajv'],
  'core/evidence': ['yauzl', 'yaml', '@rgrove/parse-xml'],
  'core/explain': [],
  'apps/cli': ['commander'],
};

const PACKAGES: Readonly<Record<string, string>> = {
  '@winmedic/bytes': 'formats/bytes',
  '@winmedic/evtx': 'formats/evtx',
  '@winmedic/registry-hive': 'formats/registry-hive',
  '@winmedic/crash-dump': 'formats/crash-dump',
  '@winmedic/pe': 'formats/pe',
  '@winmedic/disk': 'formats/disk',
  '@winmedic/etl': 'formats/etl',
  '@winmedic/capture': 'formats/capture',
  '@winmedic/ciphers': 'protocols/ciphers',
  '@winmedic/gss': 'protocols/gss',
  '@winmedic/ntlm': 'protocols/ntlm',
  '@winmedic/kerberos': 'protocols/kerberos',
  '@winmedic/spnego': 'protocols/spnego',
  '@winmedic/credssp': 'protocols/credssp',
  '@winmedic/wsman': 'protocols/wsman',
  '@winmedic/rdp': 'protocols/rdp',
  '@winmedic/dcerpc': 'protocols/dcerpc',
  '@winmedic/knowledge': 'knowledge',
  '@winmedic/core': 'core',
  '@winmedic/report': 'apps/report',
  '@winmedic/labs': 'labs',
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

function roomOf(path: string): string {
  const parts = path.split(sep);
  const two = parts.slice(0, 2).join('/');
  return Object.hasOwn(ALLOWED, two) ? two : (parts[0] ?? '');
}

/** Specifiers of static, type-only and dynamic imports and re-exports of a TypeScript text. */
function specifiers(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*[,)]/g,
  )) {
    found.add(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return [...found];
}

function importsOf(file: string): Import[] {
  const room = roomOf(file);
  return specifiers(readFileSync(join(root, file), 'utf8')).map((specifier) => {
    if (specifier.startsWith('.')) return { file, room, target: roomOf(relative(root, resolve(join(root, dirname(file)), specifier))) };
    const [scope = '', name = '', ...rest] = specifier.split('/');
    const owner = scope.startsWith('@') ? PACKAGES[`${scope}/${name}`] : undefined;
    if (owner === 'core') return { file, room, target: rest[0] ? `core/${rest[0]}` : 'core' };
    return { file, room, target: owner ?? specifier };
  });
}

const files = ['formats', 'protocols', 'knowledge', 'core', 'apps', 'labs'].flatMap(sourceFiles);
const imports = files.flatMap(importsOf);

describe('direction of imports', () => {
  it('finds the code of every room', () => {
    for (const room of Object.keys(ALLOWED))
      expect(
        files.some((file) => roomOf(file) === room),
        room,
      ).toBe(true);
  });

  it('sees all forms of import', () => {
    expect(
      specifiers(
        "import type { A } from 'a';\nexport * from './b.ts';\nimport 'c';\nconst d = await import('d');\nimport {\n  x,\n} from 'e';",
      ),
    ).toEqual(['a', './b.ts', 'c', 'd', 'e']);
  });

  it('runs one way: apps -> core -> knowledge and formats -> formats/bytes', () => {
    const wrong = imports.filter(({ room, target }) => {
      if (target === room || target.startsWith('node:') || !isOurs(target)) return false;
      const allowed = ALLOWED[room] ?? [];
      return !allowed.some((other) => target === other || target.startsWith(`${other}/`));
    });
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('keeps Node out of what runs in browsers', () => {
    const wrong = imports.filter(({ room, target }) => BROWSER_SAFE.includes(room) && target.startsWith('node:'));
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('keeps Node out of the message parsers of the protocols, and what they import', () => {
    const reached = new Set(files.filter((file) => /^protocols[\\/]\w+[\\/]src[\\/]messages\.ts$/.test(file)));
    expect(reached.size).toBeGreaterThanOrEqual(6);
    for (const file of reached)
      for (const specifier of specifiers(readFileSync(join(root, file), 'utf8')))
        if (specifier.startsWith('.')) reached.add(relative(root, resolve(join(root, dirname(file)), specifier)));
    const wrong = imports.filter(({ file, target }) => reached.has(file) && (target.startsWith('node:') || target === 'protocols/ciphers'));
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('uses only declared libraries, and none in the formats', () => {
    const wrong = imports.filter(({ room, target }) => {
      if (isOurs(target) || target.startsWith('node:') || target === room) return false;
      const library = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
      return !(LIBRARIES[room] ?? []).includes(library);
    });
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });
});

function isOurs(target: string): boolean {
  return Object.keys(ALLOWED).some((room) => target === room || target.startsWith(`${room}/`)) || target === 'core';
}

#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  const { WINMEDIC_LANG, LC_ALL, LC_MESSAGES, LANG } = process.env;
  const japanese = /^ja(?![a-z])/i.test(WINMEDIC_LANG || LC_ALL || LC_MESSAGES || LANG || '');
  const text = japanese
    ? `winmedic には Node 22.19 以降が必要です。現在は ${process.version} です。`
    : `winmedic needs Node 22.19 or newer; this is ${process.version}.`;
  process.stderr.write(`${text}\n`);
  process.exit(2);
}
// Not a static import: an older Node would fail on the missing export before it could say what it needs.
const { enableCompileCache } = await import('node:module');
enableCompileCache();
await import('../dist/main.js');

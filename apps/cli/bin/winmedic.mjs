#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`winmedic needs Node 22.19 or newer; this is ${process.version}.\n`);
  process.exit(2);
}
// Not a static import: an older Node would fail on the missing export before it could say what it needs.
const { enableCompileCache } = await import('node:module');
enableCompileCache();
await import('../dist/main.js');

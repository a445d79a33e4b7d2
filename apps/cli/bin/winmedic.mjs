#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`winmedic needs Node 22.19 or newer; this is ${process.version}.\n`);
  process.exit(2);
}
enableCompileCache?.();
await import('../dist/main.js');

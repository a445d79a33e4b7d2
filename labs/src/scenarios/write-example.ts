import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ScenarioFile } from './host.ts';
import { jaRdsHives } from './ja-rds-hives.ts';
import { jaRdsPowerOff } from './ja-rds-power-off.ts';
import { clearBody, rejectedLogin } from './refused-logins.ts';

const EXAMPLES = new URL('../../../examples/', import.meta.url);

interface Bundled {
  readonly folder: string;
  readonly make: () => readonly ScenarioFile[] | Promise<readonly ScenarioFile[]>;
}

/** The bundled examples: their folders and what writes them. */
export const BUNDLED: readonly Bundled[] = [
  { folder: fileURLToPath(new URL('ja-rds-power-off/', EXAMPLES)), make: jaRdsPowerOff },
  { folder: fileURLToPath(new URL('ja-rds-hives/config/', EXAMPLES)), make: jaRdsHives },
  { folder: fileURLToPath(new URL('captures/clear-body/', EXAMPLES)), make: clearBody },
  { folder: fileURLToPath(new URL('captures/rejected-login/', EXAMPLES)), make: rejectedLogin },
];

/** Writes the bundled examples anew; the bytes are the same every time, those inside an archive too. */
export async function writeExamples(): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { folder, make } of BUNDLED) {
    mkdirSync(folder, { recursive: true });
    for (const { name, bytes } of await make()) {
      rmSync(`${folder}/${name}`, { force: true });
      writeFileSync(`${folder}/${name}`, bytes);
      names.push(name);
    }
  }
  return names;
}

if (import.meta.main) for (const name of await writeExamples()) console.log(name);

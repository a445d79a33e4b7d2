import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jaRdsHives } from './ja-rds-hives.ts';
import { jaRdsPowerOff } from './ja-rds-power-off.ts';

const EXAMPLES = new URL('../../../examples/', import.meta.url);

/** The bundled examples: their folders and what writes them. */
export const BUNDLED = [
  { folder: fileURLToPath(new URL('ja-rds-power-off/', EXAMPLES)), make: jaRdsPowerOff },
  { folder: fileURLToPath(new URL('ja-rds-hives/config/', EXAMPLES)), make: jaRdsHives },
] as const;

/** Writes the bundled examples anew; the bytes are the same every time. */
export function writeExamples(): readonly string[] {
  return BUNDLED.flatMap(({ folder, make }) => {
    mkdirSync(folder, { recursive: true });
    return make().map(({ name, bytes }) => {
      rmSync(`${folder}/${name}`, { force: true });
      writeFileSync(`${folder}/${name}`, bytes);
      return name;
    });
  });
}

if (import.meta.main) for (const name of writeExamples()) console.log(name);

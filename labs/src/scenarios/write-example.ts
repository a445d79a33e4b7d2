import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jaRdsPowerOff } from './ja-rds-power-off.ts';

/** Folder of the bundled example. */
export const EXAMPLE_FOLDER = fileURLToPath(new URL('../../../examples/ja-rds-power-off/', import.meta.url));

/** Writes the bundled example anew; the bytes are the same every time. */
export function writeExample(folder: string = EXAMPLE_FOLDER): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const files = jaRdsPowerOff();
  for (const file of files) {
    rmSync(`${folder}/${file.name}`, { force: true });
    writeFileSync(`${folder}/${file.name}`, file.bytes);
  }
  return files.map((file) => file.name);
}

if (import.meta.main) for (const name of writeExample()) console.log(name);

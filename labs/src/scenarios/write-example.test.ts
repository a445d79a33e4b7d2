import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jaRdsPowerOff } from './ja-rds-power-off.ts';
import { EXAMPLE_FOLDER } from './write-example.ts';

describe('the bundled example', () => {
  const fresh = jaRdsPowerOff();

  it('is what the scenario gives, byte for byte (else run: node labs/src/scenarios/write-example.ts)', () => {
    const committed = readdirSync(EXAMPLE_FOLDER).filter((name) => name.endsWith('.evtx'));
    expect(committed.toSorted()).toEqual(fresh.map((file) => file.name).toSorted());
    for (const file of fresh) expect(Buffer.compare(readFileSync(`${EXAMPLE_FOLDER}/${file.name}`), file.bytes), file.name).toBe(0);
  });

  it('stays small', () => {
    expect(fresh.reduce((sum, file) => sum + file.bytes.length, 0)).toBeLessThan(1_500_000);
  });

  it('comes out the same twice', () => {
    jaRdsPowerOff().forEach((file, index) => {
      expect(Buffer.compare(file.bytes, fresh[index]!.bytes), file.name).toBe(0);
    });
  });
});

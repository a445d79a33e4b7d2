import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUNDLED } from './write-example.ts';

describe.each(BUNDLED)('the bundled example in $folder', ({ folder, make }) => {
  const fresh = make();

  it('is what the scenario gives, byte for byte (else run: node labs/src/scenarios/write-example.ts)', () => {
    const committed = readdirSync(folder).filter((name) => name !== 'README.md');
    expect(committed.toSorted()).toEqual(fresh.map((file) => file.name).toSorted());
    for (const file of fresh) expect(Buffer.compare(readFileSync(`${folder}/${file.name}`), file.bytes), file.name).toBe(0);
  });

  it('stays small', () => {
    expect(fresh.reduce((sum, file) => sum + file.bytes.length, 0)).toBeLessThan(1_500_000);
  });

  it('comes out the same twice', () => {
    make().forEach((file, index) => {
      expect(Buffer.compare(file.bytes, fresh[index]!.bytes), file.name).toBe(0);
    });
  });
});

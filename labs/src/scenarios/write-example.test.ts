import { readdirSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ScenarioFile } from './host.ts';
import { BUNDLED } from './write-example.ts';

/** The files, archives replaced by what is in them: another zlib packs the same bytes otherwise. */
function unpacked(files: readonly ScenarioFile[]): ScenarioFile[] {
  return files.flatMap((file) => (file.name.endsWith('.zip') ? members(file) : [file]));
}

function members({ name, bytes }: ScenarioFile): ScenarioFile[] {
  const zip = Buffer.from(bytes);
  const out: ScenarioFile[] = [];
  for (let at = 0; zip.toString('latin1', at, at + 4) === 'PK\x03\x04'; ) {
    const packed = zip.readUInt32LE(at + 18);
    const data = at + 30 + zip.readUInt16LE(at + 26);
    out.push({ name: `${name}/${zip.toString('utf8', at + 30, data)}`, bytes: inflateRawSync(zip.subarray(data, data + packed)) });
    at = data + packed;
  }
  expect(out.length, name).toBeGreaterThan(0);
  return out;
}

describe.each(BUNDLED)('the bundled example in $folder', async ({ folder, make }) => {
  const fresh = await make();

  it('is what the scenario gives, byte for byte (else run: node labs/src/scenarios/write-example.ts)', () => {
    const names = readdirSync(folder).filter((name) => name !== 'README.md');
    expect(names.toSorted()).toEqual(fresh.map((file) => file.name).toSorted());
    const committed = unpacked(names.map((name) => ({ name, bytes: readFileSync(`${folder}/${name}`) })));
    for (const file of unpacked(fresh)) {
      const same = committed.find(({ name }) => name === file.name);
      expect(same && Buffer.compare(same.bytes, file.bytes), file.name).toBe(0);
    }
    expect(committed.length).toBe(unpacked(fresh).length);
  });

  it('stays small', () => {
    expect(fresh.reduce((sum, file) => sum + file.bytes.length, 0)).toBeLessThan(1_500_000);
  });

  it('comes out the same twice', async () => {
    for (const [index, file] of (await make()).entries()) expect(Buffer.compare(file.bytes, fresh[index]!.bytes), file.name).toBe(0);
  });
});

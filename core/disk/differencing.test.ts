import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childrenOf } from './differencing.ts';
import { diskUses } from './in-use.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winmedic-children-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

const disk = new Uint8Array(1 << 20).fill(7);
const sectors = (): boolean => false;

describe('a container that differencing disks are built on', () => {
  it('is found by a VHDX beside it, and counts as used', () => {
    const base = put('base.vhdx', writeVhdx({ variant: 'dynamic', disk }));
    put('other.vhdx', writeVhdx({ variant: 'dynamic', disk, dataWriteGuid: new Uint8Array(16).fill(0x55) }));
    put('broken.vhdx', new Uint8Array(100_000).fill(0x76));
    expect(childrenOf(base)).toEqual([]);
    const linkage = '{22222222-2222-2222-2222-222222222222}';
    const child = put(
      'child.avhdx',
      writeVhdx({ variant: 'differencing', disk, present: sectors, parent: { linkage, relative: '.\\base.vhdx' } }),
    );
    expect(childrenOf(base)).toEqual(['child.avhdx']);
    expect(childrenOf(child)).toEqual([]);
    expect(diskUses(base).uses).toEqual([{ kind: 'held', by: 'child.avhdx' }]);
    symlinkSync(base, join(folder, 'link.vhdx'));
    expect(childrenOf(join(folder, 'link.vhdx'))).toEqual(['child.avhdx']);
  });

  it('is found by a VHD beside it', () => {
    const id = new Uint8Array(16).fill(0x31);
    const base = put('base.vhd', writeVhd({ variant: 'dynamic', disk, id }));
    put(
      'child.avhd',
      writeVhd({ variant: 'differencing', disk, present: sectors, parent: { id, name: 'base.vhd', relative: '.\\base.vhd' } }),
    );
    expect(childrenOf(base)).toEqual(['child.avhd']);
  });
});

import { memorySource } from '@winmedic/bytes';
import { writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { describe, expect, it } from 'vitest';
import { openContainer, recogniseContainer } from './index.ts';
import { codeOf, diskOf, readOnly } from './test-disks.ts';

const text = (start: string) => {
  const bytes = new Uint8Array(4096);
  for (let i = 0; i < start.length; i++) bytes[i] = start.charCodeAt(i);
  return bytes;
};
const disk = diskOf(1, [0]);

describe('kind of a container', () => {
  it.each([
    ['raw', new Uint8Array(0)],
    ['raw', new Uint8Array(7)],
    ['raw', disk],
    ['raw', text('conect')],
    ['vhdx', text('vhdxfile')],
    ['vhdx', writeVhdx({ variant: 'dynamic', disk })],
    ['vhd', writeVhd({ variant: 'fixed', disk })],
    ['vhd', writeVhd({ variant: 'dynamic', disk })],
    ['vhd', writeVhd({ variant: 'dynamic', disk }).fill(0, 0, 512)],
    ['vhd', writeVhd({ variant: 'dynamic', disk }).subarray(0, -512)],
    ['vhd', writeVhd({ variant: 'fixed', disk }).subarray(0, -1)],
    ['qcow2', text('QFI\xfb\0\0\0\x03')],
    ['vmdk', text('KDMV\x01\0\0\0')],
    ['vmdk', text('COWD')],
    ['vmdk', text('# Disk DescriptorFile\nversion=1\n')],
  ])('%s', (kind, bytes) => {
    expect(recogniseContainer(memorySource(bytes))).toBe(kind);
  });

  it('is what opening goes by', () => {
    for (const start of ['QFI\xfb', 'KDMV', 'something']) expect(codeOf(() => openContainer(readOnly(text(start))))).toBe('CONTAINER_KIND');
    for (const start of ['vhdxfile', 'conectix']) expect(codeOf(() => openContainer(readOnly(text(start))))).toBe('CONTAINER_HEADER');
  });
});

import { writeVhd, writeVhdx } from '@winmedic/labs/container-writer';
import { describe, expect, it } from 'vitest';
import { openContainerChain } from './index.ts';
import { allOf, codeOf, diskOf, guids, MemoryFile, same } from './test-disks.ts';

const MIB = 6;
const id = (n: number) => new Uint8Array(16).fill(n);
const guid = (n: number) => {
  const hex = n.toString(16).padStart(2, '0');
  return `{${hex.repeat(4)}-${hex.repeat(2)}-${hex.repeat(2)}-${hex.repeat(2)}-${hex.repeat(6)}}`;
};
/** Disks of which each has its own MiB; number 0 is the oldest. */
const layers = [0, 1, 2].map((n) => diskOf(MIB, [n, 5], n + 1));
const whole = layers.reduce((below, layer) => {
  const next = below.slice();
  for (let at = 0; at < layer.length; at += 512)
    if (layer.subarray(at, at + 512).some((byte) => byte !== 0)) next.set(layer.subarray(at, at + 512), at);
  return next;
});
const vhds = layers.map((disk, n) =>
  n === 0
    ? writeVhd({ variant: 'dynamic', disk, id: id(1) })
    : writeVhd({ variant: 'differencing', disk, id: id(n + 1), parent: { id: id(n), name: String(n - 1) } }),
);
const vhdxs = layers.map((disk, n) =>
  n === 0
    ? writeVhdx({ variant: 'dynamic', disk, dataWriteGuid: id(1) })
    : writeVhdx({ variant: 'differencing', disk, dataWriteGuid: id(n + 1), parent: { linkage: guid(n), relative: String(n - 1) } }),
);

describe('chains of differencing disks', () => {
  it.each([
    ['VHD', vhds],
    ['VHDX', vhdxs],
  ])('%s: each layer over the one below; only the first is written', (_, files) => {
    const open = files.map((bytes) => new MemoryFile(bytes));
    const asked: string[] = [];
    const disk = openContainerChain(open[2]!, {
      openFile: (reference) => {
        asked.push(reference.paths[0]!);
        return open[Number(reference.paths[0])];
      },
      randomGuid: guids(),
    });
    expect(asked).toEqual(['1', '0']);
    const expected = whole.slice();
    expect(same(allOf(disk), expected)).toBe(true);
    for (const at of [0, 3 << 20, 2 << 20]) {
      disk.write?.(at, new Uint8Array(512).fill(0xab));
      expected.fill(0xab, at, at + 512);
    }
    expect(same(allOf(disk), expected)).toBe(true);
    expect([...open[0]!.written, ...open[1]!.written]).toEqual([]);
  });

  it.each([
    ['VHD', (n: number) => writeVhd({ variant: 'differencing', disk: layers[0]!, id: id(n), parent: { id: id(n), name: 'self' } })],
    [
      'VHDX',
      (n: number) =>
        writeVhdx({ variant: 'differencing', disk: layers[0]!, dataWriteGuid: id(n), parent: { linkage: guid(n), relative: 'self' } }),
    ],
  ])('%s: one that is its own parent ends with an error', (_, make) => {
    const file = new MemoryFile(make(7));
    let opened = 0;
    const code = codeOf(() =>
      openContainerChain(file, {
        openFile: () => {
          opened++;
          return file;
        },
      }),
    );
    expect(code).toBe('CONTAINER_PARENT');
    expect(opened).toBeLessThan(65);
  });

  it('a parent that was changed, is missing or is a raw image is refused', () => {
    const changed = new MemoryFile(vhdxs[0]!);
    openContainerChain(changed, { openFile: () => undefined, randomGuid: guids() }).write?.(0, new Uint8Array(512));
    const openAs = (file: MemoryFile | undefined) => codeOf(() => openContainerChain(new MemoryFile(vhdxs[1]!), { openFile: () => file }));
    expect(openAs(changed)).toBe('CONTAINER_PARENT');
    expect(openAs(undefined)).toBe('CONTAINER_PARENT');
    expect(openAs(new MemoryFile(layers[0]!))).toBe('CONTAINER_KIND');
    expect(openAs(new MemoryFile(vhdxs[0]!))).toBe('no error');
  });
});

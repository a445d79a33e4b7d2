/**
 * Crash dumps: opening a small dump beside merely reading its bytes, and a bitmap dump of a machine with 64 GiB, which must be
 * opened without reading more than a small part (its bitmap alone has 2 MiB).
 */
import { type ByteSource, memorySource } from '@winmedic/bytes';
import { blame, openDump } from '@winmedic/crash-dump';
import { writeDump } from '@winmedic/labs/dump-writer';

const PAGE = 4096;
const MACHINE_PAGES = 2 ** 36 / PAGE;
const modules = Array.from({ length: 151 }, (_, index) => ({
  path: `\\SystemRoot\\System32\\drivers\\driver${index}.sys`,
  base: 0xfffff804_00000000n + BigInt(index) * 0x100000n,
  sizeBytes: 0x40000,
}));
const stack = Array.from({ length: 1024 }, (_, index) => (index % 7 === 0 ? modules[index % 151]!.base + 0x123n : BigInt(index)));
const parts = { code: 0xd1, parameters: [0n, 0n, 0n, modules[70]!.base + 0x77n], modules, stack } as const;
const tables = { addressParameters: new Map([[0xd1, { parameter: 4, is: 'instruction' } as const]]), windowsModules: new Set<string>() };

function milliseconds(work: () => void): number {
  const times: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

/** A bitmap dump with every page of 64 GiB present, of which only the pages of a made full dump hold anything. */
function largeDump(): { readonly source: ByteSource; readonly read: () => number } {
  const full = writeDump({ ...parts, kind: 'full' });
  const header = full.slice(0, 0x2000);
  const view = new DataView(header.buffer);
  const places = new Map<number, number>();
  let at = 0x2000;
  for (let run = 0; run < view.getUint32(0x88, true); run++) {
    const first = Number(view.getBigUint64(0x98 + run * 16, true));
    for (let page = 0; page < Number(view.getBigUint64(0xa0 + run * 16, true)); page++, at += PAGE) places.set(first + page, at);
  }
  view.setUint32(0xf98, 5, true);
  const firstPage = 0x2000 + PAGE + MACHINE_PAGES / 8;
  const part = new Uint8Array(0x38);
  part.set(new TextEncoder().encode('FDMPDUMP'));
  const fields = new DataView(part.buffer);
  fields.setBigUint64(0x20, BigInt(firstPage), true);
  fields.setBigUint64(0x28, BigInt(MACHINE_PAGES), true);
  fields.setBigUint64(0x30, BigInt(MACHINE_PAGES), true);
  let read = 0;
  const source: ByteSource = {
    sizeBytes: firstPage + MACHINE_PAGES * PAGE,
    readAt(offset, into) {
      read += into.length;
      if (offset < 0x2000) return memorySource(header).readAt(offset, into);
      if (offset < 0x2038) return memorySource(part).readAt(offset - 0x2000, into);
      if (offset < firstPage) {
        into.fill(0xff);
      } else {
        const place = places.get(Math.floor((offset - firstPage) / PAGE));
        into.fill(0);
        if (place !== undefined) into.set(full.subarray(place, place + into.length));
      }
      return into.length;
    },
  };
  return { source, read: () => read };
}

const small = writeDump({ ...parts, kind: 'triage' });
const copy = new Uint8Array(small.length);
const floor = milliseconds(() => memorySource(small).readAt(0, copy));
const ours = milliseconds(() => {
  const dump = openDump(memorySource(small));
  if (dump.modules.length !== 151 || blame(dump, tables)?.module.name !== 'driver70.sys') throw new Error('wrong answer');
});
console.log(`small dump, ${small.length} bytes: read ${floor.toFixed(3)} ms, opened and blamed ${ours.toFixed(2)} ms`);

const large = largeDump();
const start = performance.now();
const dump = openDump(large.source);
const elapsed = performance.now() - start;
if (dump.modules.length !== 151) throw new Error('wrong answer');
console.log(
  `bitmap dump of 64 GiB: opened in ${elapsed.toFixed(1)} ms, ${(large.read() / 2 ** 20).toFixed(2)} MiB read (target < 8), ${dump.modules.length} modules`,
);
if (large.read() > 8 * 2 ** 20) process.exitCode = 1;

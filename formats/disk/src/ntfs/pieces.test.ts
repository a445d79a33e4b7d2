import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFixups } from './fixups.ts';
import { matchesName, parseGlob } from './glob.ts';
import { decompressLznt1 } from './lznt1.ts';
import { decodeRuns } from './runs.ts';
import { stretches } from './stretches.ts';

/** A block of two strides with the update sequence number 7, the bytes it stands for 0x1111 and 0x2222. */
function stamped(): Uint8Array {
  const block = new Uint8Array(1024).fill(0xaa);
  const view = new DataView(block.buffer);
  view.setUint16(4, 48, true);
  view.setUint16(6, 3, true);
  for (const [at, value] of [
    [48, 7],
    [50, 0x1111],
    [52, 0x2222],
    [510, 7],
    [1022, 7],
  ] as const) {
    view.setUint16(at, value, true);
  }
  return block;
}

describe('fixups', () => {
  it('put back the bytes the number stands for', () => {
    const block = stamped();
    expect(applyFixups(block)).toBe('ok');
    const view = new DataView(block.buffer);
    expect([view.getUint16(510, true), view.getUint16(1022, true)]).toEqual([0x1111, 0x2222]);
  });

  it('tell a stride of another write and leave the block as it is', () => {
    const block = stamped();
    new DataView(block.buffer).setUint16(1022, 6, true);
    const before = block.slice();
    expect(applyFixups(block)).toBe('torn');
    expect(block).toEqual(before);
  });

  it.each([
    ['an array behind the first tail', 4, 508],
    ['an array at an odd offset', 4, 49],
    ['an array over the header', 4, 4],
    ['too few entries', 6, 2],
    ['too many entries', 6, 4],
  ])('refuse %s', (_, at, value) => {
    const block = stamped();
    new DataView(block.buffer).setUint16(at, value, true);
    expect(applyFixups(block)).toBe('invalid');
  });

  it('refuse a length that is no number of strides', () => {
    expect(applyFixups(new Uint8Array(0))).toBe('invalid');
    expect(applyFixups(new Uint8Array(700))).toBe('invalid');
  });
});

describe('run lists', () => {
  it('are decoded with holes and steps back', () => {
    // 0x18 clusters at 0x5634; 0x30 clusters as a hole; 0x10 clusters 0x20 before the first run's beginning.
    const list = Uint8Array.of(0x21, 0x18, 0x34, 0x56, 0x01, 0x30, 0x11, 0x10, 0xe0, 0x00, 0xff);
    expect(decodeRuns(list, 5)).toEqual({
      runs: [
        { vcn: 5, lcn: 0x5634, clusters: 0x18 },
        { vcn: 29, lcn: undefined, clusters: 0x30 },
        { vcn: 77, lcn: 0x5614, clusters: 0x10 },
      ],
      nextVcn: 93,
      whole: true,
    });
  });

  it.each([
    ['without an end mark', [0x11, 0x01, 0x01]],
    ['cut inside a run', [0x21, 0x01, 0x01]],
    ['with a run of no clusters', [0x11, 0x00, 0x05, 0x00]],
    ['with a run without length', [0x10, 0x05, 0x00]],
    ['with a negative length', [0x11, 0x80, 0x05, 0x00]],
    ['with nine bytes of length', [0x19, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]],
    ['that goes below cluster 0', [0x11, 0x01, 0xff, 0x00]],
    ['beyond any volume', [0x18, 1, 0, 0, 0, 0, 0, 1, 0, 5, 0]],
  ])('%s are not whole', (_, bytes) => {
    expect(decodeRuns(Uint8Array.from(bytes)).whole).toBe(false);
  });

  it('end at the most runs asked for', () => {
    const decoded = decodeRuns(Uint8Array.of(0x11, 1, 1, 0x11, 1, 2, 0x11, 1, 2, 0), 0, 2);
    expect([decoded.runs.length, decoded.whole]).toEqual([2, false]);
  });

  it('of any bytes cover one VCN after the other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const { runs, nextVcn } = decodeRuns(bytes);
        let next = 0;
        for (const run of runs) {
          expect(run.vcn).toBe(next);
          expect(run.clusters).toBeGreaterThan(0);
          next += run.clusters;
        }
        expect(nextVcn).toBe(next);
      }),
    );
  });
});

describe('stretches', () => {
  const runs = [
    { vcn: 0, lcn: 10, clusters: 2 },
    { vcn: 2, lcn: 12, clusters: 1 },
    { vcn: 3, lcn: undefined, clusters: 2 },
    { vcn: 7, lcn: 40, clusters: 1 },
  ];
  it('join neighbours and name holes', () => {
    expect(stretches(runs, 512, 100, 2000)).toEqual({
      parts: [
        { at: 5220, sizeBytes: 1436 },
        { at: undefined, sizeBytes: 564 },
      ],
      whole: true,
    });
  });
  it('end where a run is missing', () => {
    expect(stretches(runs, 512, 4 * 512, 2048)).toEqual({ parts: [{ at: undefined, sizeBytes: 512 }], whole: false });
    expect(stretches(runs, 512, 8 * 512, 1)).toEqual({ parts: [], whole: false });
  });
});

describe('LZNT1', () => {
  // Example of [MS-XCA] 3.3.
  const EXAMPLE =
    '38b088462320002047204100 10a24701a045204400084501 507900c04520052413880 5b4024a44ef0358028c09160148 4500be009e000401 189000'.replaceAll(
      ' ',
      '',
    );
  const TEXT =
    'F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\0';
  const bytes = Uint8Array.from(EXAMPLE.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  it('gives the text of the specification, and zeros behind it', () => {
    expect(TEXT).toHaveLength(142);
    const out = decompressLznt1(bytes, 150)!;
    expect(new TextDecoder().decode(out)).toBe(`${TEXT}${'\0'.repeat(8)}`);
  });

  it('takes chunks stored as they are, and begins each at its own 4 KiB', () => {
    const stored = Uint8Array.of(0x01, 0x30, 0x61, 0x62, ...bytes, 0, 0, 0xff);
    const out = decompressLznt1(stored, 8192)!;
    expect([out[0], out[1], out[2], out[4096], out[4097]]).toEqual([0x61, 0x62, 0, 0x46, 0x23]);
  });

  it.each([
    ['a chunk that is cut', bytes.subarray(0, 40)],
    ['another signature', Uint8Array.of(0x00, 0x40, 0x61)],
    ['a reference before the chunk', Uint8Array.of(0x03, 0xb0, 0x02, 0x61, 0x00, 0x10)],
    ['a reference cut in two', Uint8Array.of(0x02, 0xb0, 0x02, 0x61, 0x00)],
    ['more than fits', bytes],
  ])('refuses %s', (what, input) => {
    expect(decompressLznt1(input, what === 'more than fits' ? 141 : 4096)).toBeUndefined();
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
        const out = decompressLznt1(Uint8Array.of(0xff, 0xb0, ...input), 8192);
        expect(out === undefined || out.length === 8192).toBe(true);
      }),
    );
  });
});

describe('globs', () => {
  it('match names', () => {
    const cases: [string, string, boolean][] = [
      ['*', 'ANY', true],
      ['A?C', 'ABC', true],
      ['A?C', 'AC', false],
      ['C-00000291*', 'C-00000291-00000000-00000032.SYS', true],
      ['C-00000291*', 'C-00000292-00000000-00000032.SYS', false],
      ['*.SYS', 'A.SYS', true],
      ['*.SYS', 'A.SYS.BAK', false],
      ['*A*B*C', 'XXAYYBZZC', true],
      ['*A*B*C', 'XXAYYCZZB', false],
      ['', '', true],
      ['A', '', false],
      ['[A]', 'A', false],
    ];
    for (const [pattern, name, fits] of cases) expect(matchesName(pattern, name), `${pattern} ${name}`).toBe(fits);
  });

  it('of many stars take no longer than name times pattern', () => {
    const begin = performance.now();
    expect(matchesName(`${'*A'.repeat(5000)}B`, 'A'.repeat(255))).toBe(false);
    expect(performance.now() - begin).toBeLessThan(500);
  });

  it('are divided at either separator, and know what a match begins with', () => {
    expect(parseGlob('Windows/System32\\**\\**\\C-*', (text) => text.toUpperCase())).toEqual([
      { kind: 'name', text: 'WINDOWS', prefix: 'WINDOWS' },
      { kind: 'name', text: 'SYSTEM32', prefix: 'SYSTEM32' },
      { kind: 'any-folders' },
      { kind: 'name', text: 'C-*', prefix: 'C-' },
    ]);
  });
});

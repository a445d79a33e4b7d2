import { type ByteSource, memorySource } from '@winmedic/bytes';
import { type WriteKind, writeDump } from '@winmedic/labs/dump-writer';
import { describe, expect, it } from 'vitest';
import { openDump } from './index.ts';
import { described } from './test-dumps.ts';

/** Throws as soon as a read touches a byte at or behind `from`. */
const failing = (bytes: Uint8Array, from: number): ByteSource => ({
  sizeBytes: bytes.length,
  readAt(offset, into) {
    if (offset + into.length > from) throw new Error('EIO');
    return memorySource(bytes).readAt(offset, into);
  },
});

describe.each<WriteKind>(['triage', 'full', 'bitmap', 'complete-ranges'])('an I/O error in a %s dump', (kind) => {
  const bytes = writeDump(described(kind));

  it.each([0, 4096, 8192])('from offset %i on is thrown, not told as a damage', (from) => {
    const damages: string[] = [];
    expect(() => openDump(failing(bytes, from), { onDamage: ({ code }) => damages.push(code) })).toThrow('EIO');
    expect(damages).toEqual([]);
  });
});

describe.each<WriteKind>(['triage', 'full', 'bitmap', 'live-bitmap', 'kernel', 'complete-ranges', 'kernel-ranges'])(
  'a %s dump whose file pretends to be 8 GiB and holds zeros',
  (kind) => {
    it.each([8192, 8192 + 64])('behind byte %i ends in a reason, with little read', (size) => {
      const head = writeDump(described(kind)).subarray(0, size);
      let read = 0;
      const sparse: ByteSource = {
        sizeBytes: 2 ** 33,
        readAt(offset, into) {
          read += into.length;
          into.fill(0);
          memorySource(head).readAt(offset, into);
          return into.length;
        },
      };
      const dump = openDump(sparse);
      expect(dump.modules).toEqual([]);
      expect(dump.modulesUnavailable).toBeDefined();
      expect(read).toBeLessThan(1 << 24);
    });
  },
);

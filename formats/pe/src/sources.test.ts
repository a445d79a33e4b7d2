import { type ByteSource, memorySource } from '@winmedic/bytes';
import { imagePlaces, type WriteImage, writeImage } from '@winmedic/labs/image-writer';
import { describe, expect, it } from 'vitest';
import { readImage } from './index.ts';

const DRIVER: WriteImage = {
  timeDateStamp: 7,
  sizeOfImage: 0x3b000,
  versions: [{ file: [1, 2, 3, 4], product: [5, 6, 7, 8], translations: [{ language: 0x409, texts: { CompanyName: 'A' } }] }],
};
const bytes = writeImage(DRIVER);

describe('a source', () => {
  it('may deliver a little at a time', () => {
    const slow: ByteSource = { sizeBytes: bytes.length, readAt: (offset, into) => memorySource(bytes).readAt(offset, into.subarray(0, 3)) };
    expect(readImage(slow)).toEqual(readImage(memorySource(bytes)));
  });

  it.each([0, 64, imagePlaces(DRIVER).optionalHeader, imagePlaces(DRIVER).versions[0]!])(
    'whose I/O fails from offset %i on is not told as a damaged image',
    (from) => {
      const damages: string[] = [];
      const failing: ByteSource = {
        sizeBytes: bytes.length,
        readAt(offset, into) {
          if (offset + into.length > from) throw new Error('EIO');
          return memorySource(bytes).readAt(offset, into);
        },
      };
      expect(() => readImage(failing, { onDamage: ({ code }) => damages.push(code) })).toThrow('EIO');
      expect(damages).toEqual([]);
    },
  );

  it('that pretends to be 8 GiB is read in some KiB', () => {
    let read = 0;
    const sparse: ByteSource = {
      sizeBytes: 2 ** 33,
      readAt(offset, into) {
        read += into.length;
        into.fill(0);
        memorySource(bytes).readAt(offset, into);
        return into.length;
      },
    };
    expect(readImage(sparse).version?.fileVersion).toBe('1.2.3.4');
    expect(read).toBeLessThan(1 << 17);
  });
});

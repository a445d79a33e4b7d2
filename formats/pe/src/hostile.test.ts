import { type Damage, memorySource } from '@winmedic/bytes';
import { imagePlaces, type WriteImage, writeImage } from '@winmedic/labs/image-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImageInfo, readImage } from './index.ts';
import { fuzzImage } from './test-touch.ts';

const DRIVER: WriteImage = {
  timeDateStamp: 7,
  sizeOfImage: 0x3b000,
  versions: [
    { file: [1, 2, 3, 4], product: [5, 6, 7, 8], translations: [{ language: 0x409, texts: { CompanyName: 'A', FileDescription: 'B' } }] },
  ],
};
const PLACES = imagePlaces(DRIVER);
const VERSION = PLACES.versions[0]!;

/** Reads the driver with something written into it. */
function damaged(change: (view: DataView, bytes: Uint8Array) => void, size?: number): { image: ImageInfo; damages: Damage[] } {
  const bytes = writeImage(DRIVER);
  change(new DataView(bytes.buffer), bytes);
  const damages: Damage[] = [];
  return { image: readImage(memorySource(bytes.subarray(0, size)), { onDamage: (damage) => damages.push(damage) }), damages };
}
const codes = (damages: readonly Damage[]): string[] => damages.map(({ code }) => code);

describe('a damaged image', () => {
  it('keeps stamp and size when its end is missing', () => {
    const { image, damages } = damaged(() => {}, VERSION + 20);
    expect(image).toMatchObject({ timeDateStamp: 7, sizeOfImage: 0x3b000, version: undefined });
    expect(codes(damages)).toEqual(['PE_TRUNCATED', 'PE_TRUNCATED']);
    expect(damages[0]).toMatchObject({ what: 'sections', have: VERSION + 20 });
  });

  it('may lead its resources out of the file', () => {
    const { image, damages } = damaged((view) => view.setUint32(PLACES.resources + 16 + 12, 0x8fff_ffff, true));
    expect(image.version).toBeUndefined();
    expect(codes(damages)).toEqual(['PE_RESOURCES']);
  });

  it('may lead its resources back to their root: three levels are followed and no more', () => {
    const { image, damages } = damaged((view) => {
      // The names of versions are the types again, and so are the languages: no leaf.
      view.setUint32(PLACES.resources + 16 + 8 + 4, 0x8000_0000, true);
      view.setUint32(PLACES.resources + 16 + 4, 0x8000_0000, true);
    });
    expect(image.version).toBeUndefined();
    expect(damages).toEqual([]);
  });

  it('may promise more resources than there are bytes', () => {
    const { damages } = damaged((view) => {
      view.setUint16(PLACES.resources + 12, 0xffff, true);
      view.setUint16(PLACES.resources + 14, 0xffff, true);
    });
    expect(codes(damages)).toEqual(['PE_LIMIT', 'PE_RESOURCES']);
    expect(damages[0]).toMatchObject({ need: 0x1fffe, have: 4096 });
  });

  it('may promise a version of 4 GiB', () => {
    const entry = VERSION - 16;
    const { image, damages } = damaged((view) => view.setUint32(entry + 4, 0xffff_ffff, true));
    expect(image.version).toBeUndefined();
    expect(codes(damages)).toEqual(['PE_LIMIT', 'PE_RESOURCES']);
  });

  it('keeps the numbers when the texts are damaged, and the texts when the numbers are', () => {
    // Behind the fixed part: length of StringFileInfo.
    const texts = VERSION + 40 + 52;
    const noTexts = damaged((view) => view.setUint16(texts, 3, true));
    expect(noTexts.image.version).toEqual({ fileVersion: '1.2.3.4', productVersion: '5.6.7.8' });
    expect(codes(noTexts.damages)).toEqual(['PE_VERSION_INFO']);
    const noNumbers = damaged((view) => view.setUint32(VERSION + 40, 0, true));
    expect(noNumbers.image.version).toMatchObject({ fileVersion: undefined, company: 'A', description: 'B' });
    expect(codes(noNumbers.damages)).toEqual(['PE_VERSION_INFO']);
  });

  it('does not take something else for a version', () => {
    const { image, damages } = damaged((_, bytes) => bytes.set([0x58], VERSION + 6));
    expect(image.version).toBeUndefined();
    expect(codes(damages)).toEqual(['PE_VERSION_INFO']);
  });

  it('is not said to carry certificates behind its end', () => {
    const { image, damages } = damaged((view) => {
      view.setUint32(PLACES.optionalHeader + 112 + 4 * 8, 0xffff_ff00, true);
      view.setUint32(PLACES.optionalHeader + 112 + 4 * 8 + 4, 0x200, true);
    });
    expect(image.certificateTable).toBe(false);
    expect(codes(damages)).toEqual(['PE_TRUNCATED']);
  });

  it('may promise 65,535 sections', () => {
    const { image, damages } = damaged((view) => view.setUint16(PLACES.peHeader + 6, 0xffff, true));
    expect(image.timeDateStamp).toBe(7);
    expect(codes(damages)).toContain('PE_LIMIT');
  });
});

describe('any bytes', () => {
  it('are answered, never thrown at', () => {
    const whole = writeImage(DRIVER);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
        fc.integer({ min: 0, max: whole.length }),
        (changes, size) => {
          const bytes = whole.slice(0, size);
          for (const [at, value] of changes) if (at < size) bytes[at] = value;
          expect(fuzzImage(bytes).damages).toBeLessThan(1001);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

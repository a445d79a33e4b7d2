import { type Damage, memorySource } from '@winmedic/bytes';
import { imagePlaces, type WriteImage, writeImage } from '@winmedic/labs/image-writer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImageInfo, PeError, readImage, recogniseImage } from './index.ts';

function read(bytes: Uint8Array): { readonly image: ImageInfo; readonly damages: Damage[] } {
  const damages: Damage[] = [];
  return { image: readImage(memorySource(bytes), { onDamage: (damage) => damages.push(damage) }), damages };
}

const english = { language: 0x409, texts: { CompanyName: 'Example Corp.', FileDescription: 'Example filter', ProductName: 'Guard' } };
const japanese = { language: 0x411, texts: { CompanyName: '株式会社サンプル', FileDescription: 'サンプル フィルター' } };
const german = { language: 0x407, texts: { CompanyName: 'Beispiel GmbH', OriginalFilename: 'beispiel.sys' } };
const DRIVER: WriteImage = {
  timeDateStamp: 0xfe185fa8,
  sizeOfImage: 0x3b000,
  checkSum: 0x4a1bc,
  versions: [{ file: [7, 15, 18513, 0], product: [7, 15, 0, 1], translations: [english] }],
};

describe('an image', () => {
  it('is told by its headers and its version', () => {
    const { image, damages } = read(writeImage(DRIVER));
    expect(image).toEqual({
      machine: 'x64',
      machineCode: 0x8664,
      bits: 64,
      timeDateStamp: 0xfe185fa8,
      sizeOfImage: 0x3b000,
      checkSum: 0x4a1bc,
      certificateTable: false,
      version: {
        fileVersion: '7.15.18513.0',
        productVersion: '7.15.0.1',
        company: 'Example Corp.',
        description: 'Example filter',
        product: 'Guard',
      },
    });
    expect(damages).toEqual([]);
  });

  it('reads back as written, for every machine and any version', () => {
    const part = fc.integer({ min: 0, max: 0xffff });
    const version = fc.tuple(part, part, part, part);
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((one) => one.replaceAll('\0', '').trim());
    const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(
        fc.record({
          machine: fc.constantFrom('x86' as const, 'x64' as const, 'arm64' as const),
          stamp: u32,
          size: u32,
          sum: u32,
          file: version,
          product: version,
          company: text,
          original: text,
          lengthsInBytes: fc.boolean(),
          certificateBytes: fc.integer({ min: 0, max: 64 }),
        }),
        ({ machine, stamp, size, sum, file, product, company, original, lengthsInBytes, certificateBytes }) => {
          const texts = { CompanyName: company, OriginalFilename: original };
          const versions = [{ file, product, translations: [{ language: 0x409, texts }], lengthsInBytes }];
          const described = { machine, timeDateStamp: stamp, sizeOfImage: size, checkSum: sum, certificateBytes, versions };
          const { image, damages } = read(writeImage(described));
          expect(damages).toEqual([]);
          expect(image).toMatchObject({
            machine,
            bits: machine === 'x86' ? 32 : 64,
            timeDateStamp: stamp,
            sizeOfImage: size,
            checkSum: sum,
          });
          expect(image.certificateTable).toBe(certificateBytes > 0);
          expect(image.version).toEqual({
            fileVersion: file.join('.'),
            productVersion: product.join('.'),
            ...(company !== '' && { company: company.toWellFormed() }),
            ...(original !== '' && { originalFilename: original.toWellFormed() }),
          });
        },
      ),
    );
  });

  it('prefers English texts, and takes what only another language has', () => {
    const versions = [{ file: [1, 0, 0, 0], product: [1, 0, 0, 0], translations: [german, japanese, english] }] as const;
    expect(read(writeImage({ versions })).image.version).toMatchObject({ company: 'Example Corp.', originalFilename: 'beispiel.sys' });
    const foreign = [{ file: [1, 0, 0, 0], product: [1, 0, 0, 0], translations: [japanese, german] }] as const;
    expect(read(writeImage({ versions: foreign })).image.version).toMatchObject({
      company: '株式会社サンプル',
      originalFilename: 'beispiel.sys',
    });
  });

  it('prefers the English one of several version resources', () => {
    const of = (language: number, file: readonly [number, number, number, number], translation: typeof english) =>
      ({ language, file, product: file, translations: [translation] }) as const;
    const { image } = read(writeImage({ versions: [of(0x407, [1, 0, 0, 0], english), of(0x809, [2, 0, 0, 0], english)] }));
    expect(image.version?.fileVersion).toBe('2.0.0.0');
  });

  it('may have no version, or texts without numbers', () => {
    expect(read(writeImage()).image.version).toBeUndefined();
    const { image, damages } = read(writeImage({ versions: [{ file: null, product: null, translations: [english] }] }));
    expect(image.version).toEqual({
      fileVersion: undefined,
      productVersion: undefined,
      company: 'Example Corp.',
      description: 'Example filter',
      product: 'Guard',
    });
    expect(damages).toEqual([]);
  });

  it('is recognised by its first bytes', () => {
    const bytes = writeImage(DRIVER);
    expect(recogniseImage(bytes.subarray(0, 512))).toBe(true);
    expect(recogniseImage(bytes.subarray(0, 100))).toBe(false);
    expect(recogniseImage(new TextEncoder().encode('MZ is how this letter begins, and it goes on for more than a header'))).toBe(false);
  });
});

describe('what is no image', () => {
  const refusal = (bytes: Uint8Array): string | undefined => {
    try {
      readImage(memorySource(bytes));
      return undefined;
    } catch (error) {
      return (error as PeError).code;
    }
  };

  it('is refused by name', () => {
    expect(refusal(new Uint8Array(0))).toBe('PE_EMPTY');
    expect(refusal(new Uint8Array(4096))).toBe('PE_NOT_IMAGE');
    const dos = writeImage(DRIVER);
    dos[imagePlaces(DRIVER).peHeader] = 0x4e;
    expect(refusal(dos)).toBe('PE_NOT_IMAGE');
    const rom = writeImage(DRIVER);
    rom.set([0x07, 0x01], imagePlaces(DRIVER).optionalHeader);
    expect(refusal(rom)).toBe('PE_NOT_IMAGE');
  });

  it('is an image cut within its headers', () => {
    const bytes = writeImage(DRIVER);
    const { sectionTable } = imagePlaces(DRIVER);
    for (let size = 2; size < sectionTable; size++) expect(refusal(bytes.subarray(0, size)), String(size)).toBe('PE_HEADER_TRUNCATED');
    expect(refusal(bytes.subarray(0, sectionTable))).toBeUndefined();
  });

  it('has an error that names code, field and place', () => {
    expect(() => readImage(memorySource(new Uint8Array(9)))).toThrow(PeError);
    expect(() => readImage(memorySource(new Uint8Array(9)))).toThrow('PE_NOT_IMAGE: MS-DOS signature at 0x0');
  });
});

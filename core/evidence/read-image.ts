import type { ByteSource } from '@winmedic/bytes';
import { readImage } from '@winmedic/pe';
import type { DumpObservation, ImageObservation } from '../model/state.ts';
import type { Problems } from './problems.ts';

/** One image (driver, DLL, program) to be read. */
export interface ImageInput {
  readonly source: ByteSource;
  readonly path: string;
  readonly sourceId: string;
}

/**
 * Reads what identifies an image.
 * @throws PeError when the input is no image; I/O errors.
 */
export function observeImage(input: ImageInput, problems: Problems): ImageObservation {
  const image = readImage(input.source, { onDamage: (damage) => problems.damage(input.path, damage) });
  const { fileVersion, productVersion, company, description } = image.version ?? {};
  return {
    type: 'image',
    name: input.path.split(/[\\/]/).at(-1) ?? input.path,
    sizeOfImage: image.sizeOfImage,
    timeDateStamp: image.timeDateStamp,
    checkSum: image.checkSum,
    ...(fileVersion !== undefined && { fileVersion }),
    ...(productVersion !== undefined && { productVersion }),
    ...(company !== undefined && { company }),
    ...(description !== undefined && { description }),
    origin: { sourceId: input.sourceId, path: input.path },
  };
}

/**
 * Adds version and maker to the module a dump points at, from the very file of the dump: the same name in any case, the same stamp and the
 * same size in memory. A file of the same name only is another build and is said to be, never used; where the dump keeps no stamp nothing
 * can be said.
 */
export function withImage(dump: DumpObservation, images: readonly ImageObservation[]): DumpObservation {
  const { blame } = dump;
  if (blame?.image === undefined) return dump;
  const { timeDateStamp, sizeOfImage } = blame.image;
  const named = images.filter(({ name }) => name.toLowerCase() === blame.module.toLowerCase());
  const same = named.find((image) => image.timeDateStamp === timeDateStamp && pagesOf(image.sizeOfImage) === pagesOf(sizeOfImage));
  if (same === undefined) return named.length === 0 ? dump : { ...dump, blame: { ...blame, otherBuild: true } };
  const { fileVersion: version, company } = same;
  return { ...dump, blame: { ...blame, ...(version !== undefined && { version }), ...(company !== undefined && { company }) } };
}

/** Memory is given out in whole pages: an image whose sections are aligned more tightly takes up a little more than it says. */
function pagesOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 4096);
}

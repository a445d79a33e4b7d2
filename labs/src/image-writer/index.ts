/**
 * Writer of PE images with known headers and version information, for tests. It shares no code with the reader in `formats/pe`, so that a
 * fault in one does not hide a fault in the other.
 */
export type { ImagePlaces, WriteImage, WriteTranslation, WriteVersion } from './types.ts';
export { imagePlaces, writeImage } from './write-image.ts';

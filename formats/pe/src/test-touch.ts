import { memorySource } from '@winmedic/bytes';
import { PeError } from './errors.ts';
import { recogniseImage } from './headers.ts';
import { MAX_TEXT_CHARS } from './limits.ts';
import { readImage } from './read-image.ts';

/**
 * For fuzzing: reads an image and touches everything it gives. A {@link PeError} is an answer; any other throw is a fault.
 * @returns how many damages were told, and the error's code when it was refused.
 */
export function fuzzImage(bytes: Uint8Array): { readonly damages: number; readonly refused: string | undefined } {
  let damages = 0;
  const recognised = recogniseImage(bytes);
  try {
    const image = readImage(memorySource(bytes), { onDamage: () => damages++ });
    if (!recognised) throw new Error('read, but not recognised');
    for (const number of [image.machineCode, image.timeDateStamp, image.sizeOfImage, image.checkSum]) {
      if (!Number.isInteger(number) || number < 0) throw new Error('a number that is none');
    }
    const { fileVersion, productVersion, ...texts } = image.version ?? { fileVersion: undefined, productVersion: undefined };
    for (const version of [fileVersion, productVersion]) {
      if (version !== undefined && !/^\d{1,5}(?:\.\d{1,5}){3}$/.test(version)) throw new Error('a version that is none');
    }
    for (const text of Object.values(texts)) if (text === '' || text.length > MAX_TEXT_CHARS) throw new Error('a text out of bounds');
    return { damages, refused: undefined };
  } catch (error) {
    if (error instanceof PeError) return { damages, refused: error.code };
    throw error;
  }
}

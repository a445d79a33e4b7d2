import { viewOf } from '@winmedic/bytes';

/** Bytes that share one fixup: 512 whatever the sector size (NTFS calls it the sequence number stride). */
export const FIXUP_STRIDE = 512;

/** `ok`; `torn`: a stride was not written together with the others; `invalid`: the array itself cannot be one. */
export type FixupResult = 'ok' | 'torn' | 'invalid';

/**
 * Resolves the update sequence array of a FILE or INDX block in place: checks that the last two bytes of each 512-byte stride are the update sequence
 * number and puts the bytes back that it stands for. After `torn` or `invalid` the block is unchanged.
 * @source Linux-NTFS documentation, "Fixup"; [MS-FSCC] does not describe it
 */
export function applyFixups(block: Uint8Array): FixupResult {
  const strides = block.length / FIXUP_STRIDE;
  if (block.length < FIXUP_STRIDE || !Number.isInteger(strides)) return 'invalid';
  const view = viewOf(block);
  const at = view.getUint16(4, true);
  const count = view.getUint16(6, true);
  // The array lies before the first tail; one entry more than strides: the number itself.
  if (count !== strides + 1 || at < 8 || at % 2 !== 0 || at + count * 2 > FIXUP_STRIDE - 2) return 'invalid';
  const number = view.getUint16(at, true);
  for (let i = 1; i <= strides; i++) if (view.getUint16(i * FIXUP_STRIDE - 2, true) !== number) return 'torn';
  for (let i = 1; i <= strides; i++) view.setUint16(i * FIXUP_STRIDE - 2, view.getUint16(at + i * 2, true), true);
  return 'ok';
}

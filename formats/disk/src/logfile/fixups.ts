import { viewOf } from '@winmedic/bytes';
import { PAGE, STRIDE } from './layout.ts';

/**
 * Undoes the multi-sector protection of a page in place. False when the page is torn or its update sequence array is not that of a page of this size: the
 * bytes are then as read.
 * @param page whole page. @param headerEnd the array must not begin before. @param dataStart nor end behind.
 */
export function undoFixups(page: Uint8Array, headerEnd: number, dataStart: number): boolean {
  const view = viewOf(page);
  const at = view.getUint16(PAGE.usaOffset, true);
  const count = view.getUint16(PAGE.usaCount, true);
  if (count !== page.length / STRIDE + 1 || at < headerEnd || at % 2 !== 0 || at + count * 2 > dataStart) return false;
  const stamp = view.getUint16(at, true);
  for (let i = 1; i < count; i++) if (view.getUint16(i * STRIDE - 2, true) !== stamp) return false;
  for (let i = 1; i < count; i++) view.setUint16(i * STRIDE - 2, view.getUint16(at + i * 2, true), true);
  return true;
}

/** True when every byte is `value`. */
export function isFilled(bytes: Uint8Array, value: number): boolean {
  return bytes.every((byte) => byte === value);
}

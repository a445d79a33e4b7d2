import { viewOf } from '@winmedic/bytes';
import { unitsText } from './numbers.ts';

/** Reparse tags this reader looks into. @source [MS-FSCC] 2.1.2.1 */
const REPARSE_TAG = { mountPoint: 0xa000_0003, symbolicLink: 0xa000_000c, lxSymbolicLink: 0xa000_001d } as const;

/** A reparse point: its tag and where a link points. */
export interface ReparsePoint {
  readonly tag: number;
  readonly target?: string;
  readonly relative?: boolean;
}

/**
 * Reads a reparse point. The target is the substitute name as stored (`\??\C:\folder` when it is absolute): the print name is only for showing.
 * @returns undefined when it is too short to have a tag; `broken` beside a tag whose link data do not fit.
 * @source [MS-FSCC] 2.1.2.4 (symbolic link), 2.1.2.5 (mount point), 2.1.2.7 (LX_SYMLINK)
 */
export function parseReparse(value: Uint8Array): { readonly point: ReparsePoint; readonly broken: boolean } | undefined {
  if (value.length < 8) return undefined;
  const view = viewOf(value);
  const tag = view.getUint32(0, true);
  const end = 8 + view.getUint16(4, true);
  if (end > value.length) return { point: { tag }, broken: true };
  if (tag === REPARSE_TAG.lxSymbolicLink) {
    // A version of 4 bytes, then UTF-8 without an end mark.
    if (end < 12) return { point: { tag }, broken: true };
    const target = new TextDecoder().decode(value.subarray(12, end));
    return { point: { tag, target, relative: !target.startsWith('/') }, broken: false };
  }
  if (tag !== REPARSE_TAG.symbolicLink && tag !== REPARSE_TAG.mountPoint) return { point: { tag }, broken: false };
  const names = tag === REPARSE_TAG.symbolicLink ? 20 : 16;
  if (end < names) return { point: { tag }, broken: true };
  const from = names + view.getUint16(8, true);
  const bytes = view.getUint16(10, true);
  if (from + bytes > end || bytes % 2 !== 0) return { point: { tag }, broken: true };
  const target = unitsText(view, from, bytes / 2);
  return { point: { tag, target, relative: tag === REPARSE_TAG.symbolicLink && (view.getUint32(16, true) & 1) !== 0 }, broken: false };
}

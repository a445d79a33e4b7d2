import type { Metadata } from './metadata.ts';

/** Sectors of Vista's volume header that stay plain where they are. @source libyal BDE format, "BitLocker Windows Vista" */
const VISTA_PLAIN_SECTORS = 16;

/** A stretch of the plain volume and where its bytes are. */
export interface Stretch {
  readonly kind: 'encrypted' | 'plain' | 'zeros' | 'vista-header';
  /** First byte of it and behind the last, in the plain volume. */
  readonly from: number;
  readonly to: number;
  /** Where `from` lies below. */
  readonly below: number;
}

/**
 * The whole plain volume in stretches, in order: the moved volume header first, zeros where metadata and the moved header lie, everything else in its own
 * place, and plain from the encrypted size on. All borders lie on sectors.
 * @source libyal BDE format, "Virtual sector(s)"
 */
export function layoutOf(metadata: Metadata, sizeBytes: number): readonly Stretch[] {
  const { header, copies, copyBytes, movedTo, movedBytes, encryptedBytes } = metadata;
  const { sectorBytes } = header;
  const vista = metadata.blockVersion === 1;
  const hidden = copies.map((from) => ({ from, to: from + copyBytes }));
  if (!vista) hidden.push({ from: movedTo, to: movedTo + movedBytes });
  const zeros = hidden
    .map(({ from, to }) => ({ from: Math.floor(from / sectorBytes) * sectorBytes, to: Math.ceil(to / sectorBytes) * sectorBytes }))
    .sort((a, b) => a.from - b.from);

  const stretches: Stretch[] = [];
  const add = (kind: Stretch['kind'], from: number, to: number, below = from): void => {
    const end = Math.min(to, sizeBytes);
    // Whether bytes are encrypted depends on where they lie, not on what they stand for.
    const border = kind === 'encrypted' ? Math.min(end, from + Math.max(0, encryptedBytes - below)) : end;
    if (from < border) stretches.push({ kind, from, to: border, below });
    if (border < end)
      stretches.push({ kind: 'plain', from: Math.max(from, border), to: end, below: below + Math.max(from, border) - from });
  };
  let at = 0;
  if (vista) {
    add('vista-header', 0, sectorBytes);
    add('plain', sectorBytes, VISTA_PLAIN_SECTORS * sectorBytes);
    at = VISTA_PLAIN_SECTORS * sectorBytes;
  } else {
    add('encrypted', 0, movedBytes, movedTo);
    at = movedBytes;
  }
  for (const { from, to } of zeros) {
    if (from > at) add('encrypted', at, from);
    if (to > at) add('zeros', Math.max(from, at), to);
    at = Math.max(at, to);
  }
  if (at < sizeBytes) add('encrypted', at, sizeBytes);
  return stretches;
}

import type { DiskPiece } from './assemble.ts';

/** A slot of an MBR, in sectors. */
export interface MbrSlot {
  readonly type: number;
  readonly start: number;
  readonly count: number;
  readonly active?: boolean;
}

/** An MBR to be written. */
export interface WriteMbr {
  /** The four slots; undefined for an empty one. */
  readonly slots: readonly (MbrSlot | undefined)[];
  readonly signature?: number;
  readonly sectorBytes?: number;
  /** Partitions of the first extended slot, relative to its beginning: place of their extended boot record and, relative to that, of the partition. */
  readonly logical?: readonly { readonly record: number; readonly type: number; readonly start: number; readonly count: number }[];
}

/** First sector of a disk. @source UEFI Specification 2.10, 5.2.1 */
export function mbrSector(mbr: Pick<WriteMbr, 'slots' | 'signature'>): Uint8Array {
  const sector = new Uint8Array(512);
  const view = new DataView(sector.buffer);
  view.setUint32(440, mbr.signature ?? 0x1234_5678, true);
  for (const [index, slot] of mbr.slots.entries()) {
    if (slot === undefined) continue;
    const at = 446 + index * 16;
    view.setUint8(at, slot.active === true ? 0x80 : 0);
    // Cylinder, head and sector: the value for "beyond what they can say".
    sector.set([0xfe, 0xff, 0xff], at + 1);
    view.setUint8(at + 4, slot.type);
    sector.set([0xfe, 0xff, 0xff], at + 5);
    view.setUint32(at + 8, slot.start, true);
    view.setUint32(at + 12, slot.count, true);
  }
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/** MBR, and the extended boot records of its logical partitions. */
export function mbrPieces(mbr: WriteMbr): readonly DiskPiece[] {
  const sectorBytes = mbr.sectorBytes ?? 512;
  const pieces: DiskPiece[] = [{ offset: 0, bytes: mbrSector(mbr) }];
  const extended = mbr.slots.find((slot) => slot?.type === 0x05 || slot?.type === 0x0f);
  for (const [index, logical] of (mbr.logical ?? []).entries()) {
    if (extended === undefined) throw new TypeError('logical partitions need an extended one');
    const next = mbr.logical?.[index + 1];
    const link = next === undefined ? undefined : { type: 0x05, start: next.record, count: next.start + next.count };
    pieces.push({ offset: (extended.start + logical.record) * sectorBytes, bytes: mbrSector({ slots: [logical, link], signature: 0 }) });
  }
  return pieces;
}

/**
 * Marks of a dynamic MBR disk: private header in sector 6 and in the last one, as far as the reader looks (name and version only).
 * @source Linux-NTFS "LDM", PRIVHEAD
 */
export function ldmPieces(sizeBytes: number): readonly DiskPiece[] {
  const header = new Uint8Array(512);
  header.set(new TextEncoder().encode('PRIVHEAD'));
  header.set([0, 2, 0, 12], 12);
  return [
    { offset: 6 * 512, bytes: header },
    { offset: sizeBytes - 512, bytes: header },
  ];
}

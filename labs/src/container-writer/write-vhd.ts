import { encodeUtf16 } from '@winmedic/bytes';
import type { VhdParent, WriteVhd } from './types.ts';

const SECTOR = 512;
const TYPES = { fixed: 2, dynamic: 3, differencing: 4 } as const;

/** Writes a VHD as the VHD specification 1.0 describes it. */
export function writeVhd(what: WriteVhd): Uint8Array {
  const footer = footerOf(what);
  if (what.variant === 'fixed') return concat([what.disk, footer]);
  const blockBytes = what.blockBytes ?? 0x20_0000;
  const count = Math.ceil(what.disk.length / blockBytes);
  const table = new Uint8Array(up(count * 4)).fill(0xff);
  const tableView = new DataView(table.buffer);
  const locators = what.parent ? locatorsOf(what.parent) : [];
  let at = SECTOR + 1024;
  const locatorPlaces = locators.map(({ data }) => {
    const place = at;
    at += up(data.length);
    return place;
  });
  const tableOffset = at;
  at += table.length;
  const present = what.present ?? ((sector: number) => isData(what.disk.subarray(sector * SECTOR, (sector + 1) * SECTOR)));
  const parts: Uint8Array[] = [];
  for (let block = 0; block < count; block++) {
    const sectors = blockBytes / SECTOR;
    const bitmap = new Uint8Array(up(Math.ceil(sectors / 8)));
    const data = new Uint8Array(blockBytes);
    let any = false;
    for (let i = 0; i < sectors; i++) {
      const sector = block * sectors + i;
      if (sector * SECTOR >= what.disk.length || !present(sector)) continue;
      any = true;
      bitmap[i >> 3]! |= 128 >> (i % 8);
      data.set(what.disk.subarray(sector * SECTOR, (sector + 1) * SECTOR), i * SECTOR);
    }
    if (!any) continue;
    tableView.setUint32(block * 4, at / SECTOR);
    parts.push(bitmap, data);
    at += bitmap.length + data.length;
  }
  const header = headerOf(what, tableOffset, count, blockBytes);
  const headerView = new DataView(header.buffer);
  locators.forEach(({ code, data }, i) => {
    const entry = 576 + i * 24;
    put(header, entry, code);
    headerView.setUint32(entry + 4, up(data.length) / SECTOR);
    headerView.setUint32(entry + 8, data.length);
    headerView.setBigUint64(entry + 16, BigInt(locatorPlaces[i]!));
  });
  headerView.setUint32(36, sum(header, 36));
  return concat([footer, header, ...locators.map(({ data }) => pad(data)), table, ...parts, footer]);
}

/** Puts the checksum of a footer into it. */
export function vhdFooterSum(footer: Uint8Array): Uint8Array {
  new DataView(footer.buffer, footer.byteOffset).setUint32(64, sum(footer, 64));
  return footer;
}

function footerOf(what: WriteVhd): Uint8Array {
  const footer = new Uint8Array(SECTOR);
  const view = new DataView(footer.buffer);
  put(footer, 0, 'conectix');
  view.setUint32(8, 2);
  view.setUint32(12, 0x1_0000);
  view.setBigUint64(16, what.variant === 'fixed' ? 0xffff_ffff_ffff_ffffn : BigInt(SECTOR));
  put(footer, 28, 'win ');
  view.setUint32(32, 0x6_0001);
  put(footer, 36, 'Wi2k');
  view.setBigUint64(40, BigInt(what.disk.length));
  view.setBigUint64(48, BigInt(what.disk.length));
  // Cylinders, heads, sectors: a geometry as small as the format allows, not the size of the disk.
  view.setUint16(56, 1);
  footer[58] = 4;
  footer[59] = 17;
  view.setUint32(60, TYPES[what.variant]);
  footer.set(what.id ?? new Uint8Array(16).fill(0x11), 68);
  footer[84] = what.savedState === true ? 1 : 0;
  return vhdFooterSum(footer);
}

function headerOf(what: WriteVhd, tableOffset: number, count: number, blockBytes: number): Uint8Array {
  const header = new Uint8Array(1024);
  const view = new DataView(header.buffer);
  put(header, 0, 'cxsparse');
  view.setBigUint64(8, 0xffff_ffff_ffff_ffffn);
  view.setBigUint64(16, BigInt(tableOffset));
  view.setUint32(24, 0x1_0000);
  view.setUint32(28, count);
  view.setUint32(32, blockBytes);
  if (what.parent) {
    header.set(what.parent.id, 40);
    view.setUint32(56, what.parent.timeStamp ?? 0);
    for (let i = 0; i < what.parent.name.length; i++) view.setUint16(64 + i * 2, what.parent.name.charCodeAt(i));
  }
  return header;
}

function locatorsOf(parent: VhdParent): { code: string; data: Uint8Array }[] {
  const { relative, absolute, url } = parent;
  return [
    ...(absolute === undefined ? [] : [{ code: 'W2ku', data: encodeUtf16(absolute) }]),
    ...(relative === undefined ? [] : [{ code: 'W2ru', data: encodeUtf16(relative) }]),
    ...(url === undefined ? [] : [{ code: 'MacX', data: new TextEncoder().encode(url) }]),
  ];
}

/** One's complement of the sum of all bytes but the four of the checksum. */
function sum(bytes: Uint8Array, field: number): number {
  return ~bytes.reduce((total, byte, i) => (i >= field && i < field + 4 ? total : total + byte), 0) >>> 0;
}

function up(size: number): number {
  return Math.ceil(size / SECTOR) * SECTOR;
}

function pad(data: Uint8Array): Uint8Array {
  const whole = new Uint8Array(up(data.length));
  whole.set(data);
  return whole;
}

function isData(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte !== 0);
}

function put(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

import { crc32, deflateRawSync } from 'node:zlib';
import type { ScenarioFile } from './host.ts';

/** General purpose bit 11: names are UTF-8 (APPNOTE 4.4.4). */
const UTF8_NAMES = 0x0800;
const DEFLATED = 8;
/** 1980-01-01, the first day a zip can tell (APPNOTE 4.4.6): the same archive in every run. */
const FIRST_DAY = 0x21;

/** What local and central headers share (APPNOTE 4.4.3 to 4.4.10). */
function common(name: Buffer, content: Uint8Array, packed: Buffer): Buffer {
  const out = Buffer.alloc(26);
  out.writeUInt16LE(20, 0);
  out.writeUInt16LE(UTF8_NAMES, 2);
  out.writeUInt16LE(DEFLATED, 4);
  out.writeUInt16LE(FIRST_DAY, 8);
  out.writeUInt32LE(crc32(content), 10);
  out.writeUInt32LE(packed.length, 14);
  out.writeUInt32LE(content.length, 18);
  out.writeUInt16LE(name.length, 22);
  return out;
}

/** A zip archive of files without folders. The packed bytes are those of the zlib at hand: compare what is in it, not the archive. */
export function zipOf(files: readonly ScenarioFile[]): Uint8Array {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of files) {
    const encoded = Buffer.from(name);
    const packed = deflateRawSync(bytes, { level: 9 });
    const head = common(encoded, bytes, packed);
    const parts = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, encoded, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, rest, encoded);
    local.push(parts);
    at += parts.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

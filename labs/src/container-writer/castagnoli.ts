/** CRC-32C bit by bit, as its definition reads. */
export function castagnoli(bytes: Uint8Array): number {
  let register = 0xffffffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? 0x82f63b78 : 0);
  }
  return (register ^ 0xffffffff) >>> 0;
}

/** Puts the checksum of a VHDX structure into its bytes 4 to 7. */
export function sealVhdx(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(4, 0, true);
  view.setUint32(4, castagnoli(bytes), true);
  return bytes;
}

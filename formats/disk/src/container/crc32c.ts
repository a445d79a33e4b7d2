/** CRC-32C, reflected form of the polynomial 0x1EDC6F41. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? POLYNOMIAL ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * CRC-32C (Castagnoli) as an unsigned number.
 * @param seed CRC of the bytes before these, to continue.
 * @source [MS-VHDX] section 2
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  let value = ~seed;
  for (let i = 0; i < bytes.length; i++) value = TABLE[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** Checksum of a VHDX structure: over all of it, with the four bytes at offset 4 taken as zero. @source [MS-VHDX] 2.2.2, 2.2.3.1, 2.3.1.1 */
export function structureChecksum(bytes: Uint8Array): number {
  return crc32c(bytes.subarray(8), crc32c(new Uint8Array(4), crc32c(bytes.subarray(0, 4))));
}

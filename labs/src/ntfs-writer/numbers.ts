/** The next multiple of `step` that is not below `value`. */
export function alignUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** A view of little-endian numbers over all bytes of an array. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 64-bit file reference: record number in the low 48 bits, sequence number above. @source Linux-NTFS "File reference" */
export function fileReference(record: number, sequence: number): bigint {
  return BigInt(record) | (BigInt(sequence) << 48n);
}

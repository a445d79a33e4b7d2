const CRC_TABLE = (() => {
  const table = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    table[n] = c;
  }
  return table;
})();

/** CRC-32 (IEEE, reflected) over the parts one after another, as the file and chunk headers use it. */
export function crc32(...parts: readonly Uint8Array[]): number {
  let crc = 0xffffffff;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ part[i]!) & 0xff]!;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * Returns the 16-bit hash stored with a name: h = h * 65599 + code unit, low 16 bits.
 * Measured: `Event` gives 0x0cba, `EventID` 0x61f5 in real chunks.
 */
export function nameHash(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 65599) + name.charCodeAt(i)) >>> 0;
  return hash & 0xffff;
}

/** Returns 16 bytes derived from the text alone (four FNV-1a runs): the GUID of a template, the same for the same template everywhere. */
export function contentGuid(text: string): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  for (let word = 0; word < 4; word++) {
    let hash = (0x811c9dc5 ^ Math.imul(word, 0x9e3779b9)) >>> 0;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
    view.setUint32(word * 4, hash, true);
  }
  return out;
}

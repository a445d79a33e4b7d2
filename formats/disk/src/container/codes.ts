/** Codes of errors thrown by `container/`: unusable input or a refused write. */
export const CONTAINER_ERROR_CODES = [
  /** The file is no container this package reads (raw, qcow2, vmdk). */
  'CONTAINER_KIND',
  /** The structures that say what the disk is cannot be read in any of their copies, or contradict each other. */
  'CONTAINER_HEADER',
  /** A version, a required region or a required metadata item that this package does not know. */
  'CONTAINER_UNSUPPORTED',
  /** A size or count is beyond what the format allows. */
  'CONTAINER_LIMIT',
  /** The parent of a differencing disk is missing, is another disk, or the chain is too long. */
  'CONTAINER_PARENT',
  /** The log of a VHDX is not empty and cannot be replayed. */
  'CONTAINER_LOG',
  /** A block cannot be read: its place lies outside the file or inside another structure. */
  'CONTAINER_BLOCK',
  /** A write that is refused: nothing may be written, or no random bytes were handed in. */
  'CONTAINER_WRITE',
] as const;

/** Codes of damages reported by `container/`. */
export const CONTAINER_DAMAGE_CODES = [
  /** One of two copies of a structure (VHD footer, VHDX header or region table) is damaged; the other one is used. */
  'CONTAINER_COPY',
  /** A block's place lies outside the file, inside another structure or in another block; reading the block fails with CONTAINER_BLOCK. */
  'CONTAINER_BLOCK_PLACE',
  /** A field contradicts the rest and is not needed for reading. */
  'CONTAINER_FIELD',
] as const;

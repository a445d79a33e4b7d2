/** Sections read. Images have some ten, and the loader of Windows takes at most 96 (learn.microsoft.com, IMAGE_FILE_HEADER). */
export const MAX_SECTIONS = 1024;
/** Data directories the format defines. */
export const MAX_DIRECTORIES = 16;
/** Entries read of one resource directory. The directories on the way to the version have some ten. */
export const MAX_RESOURCE_ENTRIES = 4096;
/** Version resources looked at: one per language, and images have one or two. */
export const MAX_VERSIONS = 64;
/** Bytes of a version resource: its length is a 16-bit number. */
export const MAX_VERSION_BYTES = 0xffff;
/** Characters kept of a text. Names of makers and products fit in a line. */
export const MAX_TEXT_CHARS = 1024;
/** Damages told through `onDamage`: a crafted file could cause one per entry of every table. */
export const MAX_DAMAGES_REPORTED = 1000;

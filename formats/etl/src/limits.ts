/** Largest buffer believed: EVENT_TRACE_PROPERTIES.BufferSize may not exceed 16 MiB (16,384 KB). @source Microsoft Learn, EVENT_TRACE_PROPERTIES */
export const MAX_BUFFER_BYTES = 16 * 1024 * 1024;

/** Damages told of one read: a broken trace has one in every buffer, and nobody reads the thousandth. */
export const MAX_DAMAGES = 1000;

/** Bytes of buffers held at once to order records by time. Each processor overlaps with one or two buffers, of 64 KiB as a rule: thousands of them fit. */
export const MAX_HELD_BYTES = 96 * 1024 * 1024;

/** Buffers ordered at once: their places take 40 bytes each. A million buffers of 64 KiB are 64 GiB of trace. */
export const MAX_PLANNED_BUFFERS = 1_000_000;

/**
 * What all compressed buffers together may decompress to: this much, and {@link EXPANSION} times the size of the file. Traces compress four to ten
 * times; a file made to hang a reader, any number of times.
 */
export const FREE_EXPANSION_BYTES = 64 * 1024 * 1024;
/** See {@link FREE_EXPANSION_BYTES}. */
export const EXPANSION = 64;

/** Providers counted by name; a busy machine has some 1,200 registered. */
export const MAX_PROVIDERS = 4096;

/** Extended items of one record; Windows defines fewer than twenty kinds, none needed twice. */
export const MAX_EXTENDED_ITEMS = 64;

/** Names kept in the header: logger and file, in characters. Windows allows 1,024. */
export const MAX_NAME_CHARS = 1024;

/** Values of one payload, members of structs and elements of arrays counted one by one. Half a record of single bytes would be 32,000. */
export const MAX_VALUES = 4096;

/** Structs within structs. TraceLogging tools write two or three. */
export const MAX_DEPTH = 16;

/** Bytes of a binary value shown as hexadecimal. Strings are kept whole: a record, and so every string in it, is smaller than 64 KiB. */
export const MAX_BINARY_BYTES = 16 * 1024;

/** One packet put together of fragments: a segmentation offload hands over up to 256 KiB. */
export const MAX_PACKET_BYTES = 512 * 1024;

/** Packets begun and not yet ended: one for each thread that sends or receives at the moment. */
export const MAX_OPEN_PACKETS = 1024;

/** Bytes of packets begun and not yet ended, all together. */
export const MAX_OPEN_PACKET_BYTES = 16 * 1024 * 1024;

/** Packets of PktMon remembered to leave out their later appearances: these follow within milliseconds. */
export const MAX_SEEN_PACKETS = 65_536;

/** Damages of packets kept: the first tell what is wrong. */
export const MAX_PACKET_DAMAGES = 64;

/** Drop reasons counted; Windows has some 200. */
export const MAX_DROP_REASONS = 1024;

import type { DatagramProtocol, StreamProtocol } from './types.ts';

/** Protocols over TCP, asked in this order. */
export const STREAM_PROTOCOLS: readonly StreamProtocol[] = [];

/** Protocols over UDP. */
export const DATAGRAM_PROTOCOLS: readonly DatagramProtocol[] = [];

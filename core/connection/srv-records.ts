import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { type Resolver, promises as system } from 'node:dns';
import { isIP } from 'node:net';
import type { SrvAnswer } from './kerberos-settings.ts';

/** What is needed of a resolver of Node: the module itself, or one with servers of its own. */
export type SrvResolver = Pick<Resolver['promises' & keyof Resolver] & typeof system, 'resolveSrv' | 'getServers'>;

/** Silence of a server after which the next is asked. */
const ANSWER_MS = 2000;
/** Servers asked one after the other, as resolvers do (MAXNS of resolv.conf(5)). */
const MAX_SERVERS = 3;
const TYPE_SRV = 33;
const CLASS_IN = 1;
/** A name has at most 255 bytes (RFC 1035 section 2.3.4), so at most 127 labels; pointers are counted with them. */
const MAX_STEPS = 128;
/** Records that are read: an answer over UDP without EDNS has 512 bytes. */
const MAX_RECORDS = 32;

import { CREDSSP } from './credssp.ts';
import { DNS, DNS_UDP, NETBIOS_NAMES } from './dns.ts';
import { KERBEROS, KERBEROS_UDP } from './kerberos.ts';
import { LDAP } from './ldap.ts';
import { RDP } from './rdp.ts';
import { RPC } from './rpc.ts';
import { SMB } from './smb.ts';
import type { DatagramProtocol, StreamProtocol } from './types.ts';

/** Protocols over TCP, asked in this order. */
export const STREAM_PROTOCOLS: readonly StreamProtocol[] = [RPC, SMB, RDP, KERBEROS, LDAP, CREDSSP, DNS];

/** Protocols over UDP. */
export const DATAGRAM_PROTOCOLS: readonly DatagramProtocol[] = [KERBEROS_UDP, DNS_UDP, NETBIOS_NAMES];

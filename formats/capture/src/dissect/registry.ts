import { CREDSSP } from './credssp.ts';
import { DNS, DNS_UDP, NETBIOS_NAMES } from './dns.ts';
import { HTTP } from './http.ts';
import { KERBEROS, KERBEROS_UDP } from './kerberos.ts';
import { LDAP } from './ldap.ts';
import { MAIL } from './mail.ts';
import { RDP } from './rdp.ts';
import { RPC } from './rpc.ts';
import { SMB } from './smb.ts';
import { TLS } from './tls.ts';
import type { DatagramProtocol, StreamProtocol } from './types.ts';

/** Protocols over TCP, asked in this order. HTTP is last: on its ports it takes whatever nobody else knows. */
export const STREAM_PROTOCOLS: readonly StreamProtocol[] = [TLS, RPC, SMB, RDP, KERBEROS, LDAP, CREDSSP, DNS, MAIL, HTTP];

/** Protocols over UDP. */
export const DATAGRAM_PROTOCOLS: readonly DatagramProtocol[] = [KERBEROS_UDP, DNS_UDP, NETBIOS_NAMES];

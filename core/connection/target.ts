import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { ConnectionVia } from '../model/connection.ts';
import { ConnectError } from './connect-error.ts';

/** A target as typed, taken apart. */
export interface Target {
  /** As the user wrote it. */
  readonly text: string;
  /** Name or address without brackets. */
  readonly host: string;
  readonly kind: 'address' | 'name' | 'fqdn';
  readonly port: number;
  /** The port was not given: another one may be taken. */
  readonly defaultPort: boolean;
  readonly transport: 'http' | 'https';
  /** URL path, `/wsman` unless given. */
  readonly path: string;
}

const DEFAULT_PORTS = { winrm: { http: 5985, https: 5986 }, dcom: { http: 135, https: 135 }, rdp: { http: 3389, https: 3389 } } as const;
/** DNS names have at most 253 characters (RFC 1035 section 2.3.4), addresses with zone fewer. */
const MAX_HOST = 255;

/**
 * Reads a target: `host`, `host:port`, `[v6]`, `[v6]:port`, a bare IPv6 address, `http(s)://host:port/prefix`.
 * @param options `https` as asked for; a URL's own scheme wins.
 * @throws ConnectError `CONNECT_TARGET` when it is none of these.
 */
export function parseTarget(text: string, options: { readonly via?: ConnectionVia; readonly https?: boolean } = {}): Target {
  const wrong = (what: string) => new ConnectError('CONNECT_TARGET', what);
  const trimmed = text.trim();
  const url = /^(https?):\/\/([^/?#]*)(\/[^?#]*)?$/i.exec(trimmed);
  if (url === null && /[/?#\s@]/.test(trimmed)) throw wrong('target');
  const transport = url === null ? (options.https ? 'https' : 'http') : (url[1] as string).toLowerCase() === 'https' ? 'https' : 'http';
  const place = url === null ? trimmed : (url[2] as string);
  const { host, port } = hostAndPort(place);
  // Ranges are refused here once for all: whoever wants many hosts writes them out.
  const single = isAddress(host) || (/^[\p{L}\p{N}._-]+$/u.test(host) && !/^[\d.]+-[\d.]+$/.test(host));
  if (host.length > MAX_HOST || !single) throw wrong('host of the target');
  if (port !== undefined && !(port >= 1 && port <= 65535)) throw wrong('port of the target');
  const path = url?.[3] === undefined || url[3] === '/' ? '/wsman' : url[3];
  if (!/^[\x21-\x7e]+$/.test(path)) throw wrong('path of the target');
  const kind = isAddress(host) ? 'address' : host.replace(/\.$/, '').includes('.') ? 'fqdn' : 'name';
  // 5986 without a scheme can only mean HTTPS: WinRM never listens there otherwise.
  const guessed = url === null && port === 5986 && (options.via ?? 'winrm') === 'winrm' ? 'https' : transport;
  return {
    text,
    host,
    kind,
    port: port ?? DEFAULT_PORTS[options.via ?? 'winrm'][guessed],
    defaultPort: port === undefined,
    transport: guessed,
    path,
  };
}

/** An address, IPv6 also with its zone: a name or number of an interface (RFC 4007 section 11.2). */
function isAddress(host: string): boolean {
  const [address = '', ...zone] = host.split('%');
  return isIP(address) > 0 && (zone.length === 0 || (isIP(address) === 6 && /^[\p{L}\p{N}._~-]+$/u.test(zone.join('%'))));
}

/**
 * The name as it stands in HTTP, TLS and certificates: other letters than ASCII's in Punycode (RFC 5891), as the resolver of the system asks for
 * them too.
 */
export function asciiHost(host: string): string {
  // What has no such form is asked for nowhere; cut down to bytes, its letters could become a line end.
  return /^[ -~]*$/.test(host) ? host : domainToASCII(host) || 'invalid';
}

function hostAndPort(place: string): { host: string; port?: number } {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(place);
  if (bracketed !== null) {
    const host = bracketed[1] as string;
    if (isIP(host.split('%')[0] ?? '') !== 6) throw new ConnectError('CONNECT_TARGET', 'address in brackets');
    return bracketed[2] === undefined ? { host } : { host, port: Number(bracketed[2]) };
  }
  if (isIP(place.split('%')[0] ?? '') === 6) return { host: place };
  const colon = place.lastIndexOf(':');
  if (colon < 0) return { host: place };
  const digits = place.slice(colon + 1);
  if (!/^\d{1,5}$/.test(digits)) throw new ConnectError('CONNECT_TARGET', 'port of the target');
  return { host: place.slice(0, colon), port: Number(digits) };
}

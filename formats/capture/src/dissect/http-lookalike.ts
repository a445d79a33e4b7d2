import { startsHttp } from './http-start.ts';
import { latin1 } from './latin1.ts';
import { recogniseTls } from './tls-records.ts';

/**
 * What bytes look like that are not what the port is for: `tls`, `http`, `http2`, `ssh`, `smtp`, `ftp`, `pop3`, `imap`, `vnc`, `smb`, `rdp`, `rpc`, `telnet`;
 * empty when nothing is recognised. Signatures: RFC 4253 4.2, RFC 5321 4.2, RFC 959 5.4, RFC 1939 3, RFC 3501 7.1, RFC 6143 7.1.1, RFC 9113 3.4, MS-SMB2 2.2.1,
 * T.123 (TPKT), C706 12.6.3.1, RFC 854.
 */
export function looksLike(first: Uint8Array): string {
  if (recogniseTls(first) === 'yes') return 'tls';
  if (startsHttp(first) === 'yes') return 'http';
  const text = latin1(first.subarray(0, 128));
  if (text.startsWith('PRI * HTTP/2')) return 'http2';
  if (text.startsWith('SSH-')) return 'ssh';
  if (text.startsWith('RFB 0')) return 'vnc';
  if (text.startsWith('+OK')) return 'pop3';
  if (text.startsWith('* OK')) return 'imap';
  if (/^220[ -]/.test(text)) return /ftp/i.test(text) ? 'ftp' : /smtp|mail/i.test(text) ? 'smtp' : '';
  if (/^(?:EHLO|HELO) /i.test(text)) return 'smtp';
  if (first[0] === 0 && /^[\xfe\xff]SMB/.test(text.slice(4, 8))) return 'smb';
  if (first[0] === 3 && first[1] === 0 && first[5] !== undefined && (first[5] & 0xf0) >= 0xd0) return 'rdp';
  if (first[0] === 5 && (first[1] ?? 255) <= 1 && (first[2] ?? 255) <= 19 && (first[4] === 0x10 || first[4] === 0)) return 'rpc';
  if (first[0] === 0xff && (first[1] ?? 0) >= 0xfa && first[1] !== 0xff) return 'telnet';
  return '';
}

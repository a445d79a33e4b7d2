import { describe, expect, it } from 'vitest';
import { asciiHost, parseTarget } from './target.ts';

describe('targets', () => {
  it.each([
    ['hv01', { host: 'hv01', kind: 'name', port: 5985, transport: 'http', defaultPort: true, path: '/wsman' }],
    ['hv01.corp.example', { kind: 'fqdn', port: 5985 }],
    ['hv01:5986', { host: 'hv01', port: 5986, transport: 'https', defaultPort: false }],
    ['192.0.2.7:80', { host: '192.0.2.7', kind: 'address', port: 80, transport: 'http' }],
    ['[2001:db8::1]:5985', { host: '2001:db8::1', kind: 'address', port: 5985 }],
    ['2001:db8::1', { host: '2001:db8::1', kind: 'address', port: 5985, defaultPort: true }],
    ['fe80::1%eth0', { host: 'fe80::1%eth0', kind: 'address' }],
    ['https://hv01', { port: 5986, transport: 'https', path: '/wsman' }],
    ['http://hv01:8080/prefix/wsman', { port: 8080, path: '/prefix/wsman' }],
    ['HTTPS://HV01/', { host: 'HV01', transport: 'https', path: '/wsman' }],
    [' サーバー ', { host: 'サーバー', kind: 'name' }],
  ])('%s', (text, expected) => {
    expect(parseTarget(text)).toMatchObject({ text, ...expected });
  });

  it.each([
    ['hv_01.corp.example', 'hv_01.corp.example'],
    ['サーバー', 'xn--vckucxgb'],
    // Its low byte alone would be a line end.
    ['hv\u010a01', 'xn--hv01-6ta'],
    ['hv01.xn--a\u00df\u3002', 'invalid'],
  ])('stand in HTTP and TLS as ASCII: %j', (host, expected) => {
    expect(asciiHost(host)).toBe(expected);
  });

  it('takes the ports of the way', () => {
    expect(parseTarget('hv01', { via: 'dcom' }).port).toBe(135);
    expect(parseTarget('hv01', { via: 'rdp' }).port).toBe(3389);
    expect(parseTarget('hv01', { https: true })).toMatchObject({ port: 5986, transport: 'https' });
  });

  it.each([
    '',
    'a b',
    'hv01:0',
    'hv01:65536',
    'hv01:x',
    '[hv01]:5985',
    'ftp://hv01',
    'user@hv01',
    'http://user:secret@hv01/',
    'hv01/wsman',
    '10.0.0.0/8',
    'fe80::1%\0',
    'fe80::1%eth0\u0007',
    '[fe80::1%]',
    '192.0.2.7%eth0',
    'a'.repeat(256),
    'http://hv01/a b',
    'http://',
  ])('refuses %j', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: 'CONNECT_TARGET' }));
  });
});

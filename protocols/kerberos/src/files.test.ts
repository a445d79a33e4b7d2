import { joinBytes } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { chooseTicket } from './cache-choice.ts';
import { type CachedCredential, readCredentialCache, writeCredentialCache } from './credential-cache.ts';
import { KerberosError } from './errors.ts';
import { type KeytabEntry, keytabFromPassword, readKeytab, writeKeytab } from './keytab.ts';
import { parseKdcAddress, parseKrb5Conf, realmOfHost } from './krb5-conf.ts';

const entry: KeytabEntry = {
  realm: 'CORP.EXAMPLE',
  name: ['HTTP', 'host.corp.example'],
  nameType: 1,
  time: 1_790_000_000,
  kvno: 300,
  etype: 18,
  key: new Uint8Array(32).fill(5),
};

function onlyOwnErrors(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KerberosError);
  }
}

describe('a keytab', () => {
  it('comes back as it was written', () => {
    const entries = [entry, { ...entry, name: ['日本'], kvno: 2, etype: 23, key: new Uint8Array(16) }];
    expect(readKeytab(writeKeytab(entries))).toEqual({ entries, damages: [] });
  });

  it('has holes that are skipped and an 8-bit version where no other stands', () => {
    const whole = writeKeytab([entry]);
    const size = whole.length - 6;
    const hole = Uint8Array.of(0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4);
    const short = joinBytes(Uint8Array.of(5, 2), hole, Uint8Array.of(0, 0, 0, size - 4), whole.subarray(6, -4));
    expect(readKeytab(short)).toEqual({ entries: [{ ...entry, kvno: 300 & 0xff }], damages: [] });
  });

  it('that is cut or has a broken entry gives the rest and tells the damage', () => {
    const two = writeKeytab([entry, entry]);
    const cut = readKeytab(two.subarray(0, -5));
    expect([cut.entries.length, cut.damages.map(({ code }) => code)]).toEqual([1, ['KERBEROS_KEYTAB_TRUNCATED']]);
    const broken = Uint8Array.from(two);
    broken.set([0xff, 0xff], 6);
    const rest = readKeytab(broken);
    expect([rest.entries.length, rest.damages.map(({ code }) => code)]).toEqual([1, ['KERBEROS_KEYTAB_ENTRY']]);
    for (let at = 0; at < two.length; at++) {
      onlyOwnErrors(() => readKeytab(two.subarray(0, at)));
      onlyOwnErrors(() => readKeytab(two.map((byte, i) => (i === at ? byte ^ 0x81 : byte))));
    }
  });

  it.each([[[]], [[5, 1, 0, 0]], [[5, 4, 0, 0]], [[0x60, 1]]])('is not %j', (bytes) => {
    expect(() => readKeytab(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'KERBEROS_NOT_KEYTAB' }));
  });

  it('of a password has a key of each type with the salt of the realm', () => {
    const entries = keytabFromPassword({ realm: 'ATHENA.MIT.EDU', name: ['raeburn'], password: 'password', etypes: [18, 23] });
    expect(entries.map(({ etype, key }) => [etype, key.length])).toEqual([
      [18, 32],
      [23, 16],
    ]);
  });
});

const alice = { realm: 'CORP.EXAMPLE', name: ['alice'], nameType: 1 };
const credential = (name: readonly string[], more: Partial<CachedCredential> = {}): CachedCredential => ({
  client: alice,
  service: { realm: 'CORP.EXAMPLE', name, nameType: 2 },
  sessionKey: { etype: 18, key: new Uint8Array(32).fill(1) },
  authTime: 1_000_000,
  startTime: 1_000_000,
  endTime: 9_000_000,
  renewTill: 0,
  flags: 0x0060_0000,
  ticket: Uint8Array.of(0x61, 1, 0),
  ...more,
});
const grant = credential(['krbtgt', 'CORP.EXAMPLE']);

describe('a credential cache', () => {
  it('comes back as it was written, with the difference of clocks', () => {
    for (const kdcOffset of [0, 900_250, -1_500]) {
      const cache = { principal: alice, kdcOffset, credentials: [grant, credential(['HTTP', 'host'])] };
      expect(readCredentialCache(writeCredentialCache(cache))).toEqual({ ...cache, damages: [] });
    }
  });

  it('of version 3 has no header and names the type of a key twice', () => {
    const whole = writeCredentialCache({ principal: alice, credentials: [] });
    const one = writeCredentialCache({ principal: alice, credentials: [grant] });
    // Version 4: two bytes of version, two of header length, twelve of header.
    const head = joinBytes(Uint8Array.of(5, 3), whole.subarray(16));
    const body = one.subarray(whole.length);
    const names = namesLength(body);
    const version3 = joinBytes(head, body.subarray(0, names + 2), body.subarray(names, names + 2), body.subarray(names + 2));
    expect(readCredentialCache(version3)).toEqual({ principal: alice, kdcOffset: 0, credentials: [grant], damages: [] });
  });

  it('leaves out what MIT keeps of its own among the credentials', () => {
    const own = credential(['krb5_ccache_conf_data', 'fast_avail'], {
      service: { realm: 'X-CACHECONF:', name: ['krb5_ccache_conf_data', 'fast_avail'], nameType: 0 },
    });
    expect(readCredentialCache(writeCredentialCache({ principal: alice, credentials: [own, grant] })).credentials).toEqual([grant]);
  });

  it('that is cut gives what stands before, and no bytes make anything but KerberosError', () => {
    const whole = writeCredentialCache({ principal: alice, credentials: [grant, grant] });
    const cut = readCredentialCache(whole.subarray(0, -1));
    expect([cut.credentials.length, cut.damages.map(({ code }) => code)]).toEqual([1, ['KERBEROS_CACHE_TRUNCATED']]);
    for (let at = 0; at < whole.length; at++) {
      onlyOwnErrors(() => readCredentialCache(whole.subarray(0, at)));
      onlyOwnErrors(() => readCredentialCache(whole.map((byte, i) => (i === at ? byte ^ 0xff : byte))));
    }
  });

  it('with an impossible count stops there', () => {
    const whole = Uint8Array.from(writeCredentialCache({ principal: alice, credentials: [grant] }));
    const start = writeCredentialCache({ principal: alice, credentials: [] }).length;
    whole.set([0xff, 0xff, 0xff, 0xff], start + 4);
    expect(readCredentialCache(whole).damages).toEqual([
      expect.objectContaining({ code: 'KERBEROS_CACHE_VALUE', what: 'number of components' }),
    ]);
  });

  it.each([[[]], [[5, 1]], [[5, 2, 0, 0]], [[5, 4, 0]]])('is not %j', (bytes) => {
    expect(() => readCredentialCache(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'KERBEROS_NOT_CACHE' }));
  });

  it('offers the ticket of the service first, then a ticket-granting ticket, and neither when it is over', () => {
    const service = credential(['HTTP', 'HOST.corp.example'], { endTime: 5_000_000 });
    const cache = { principal: alice, kdcOffset: 0, credentials: [grant, service], damages: [] };
    expect(chooseTicket(cache, 'HTTP/host.corp.example', 4_000_000)).toEqual({ direct: true, credential: service });
    expect(chooseTicket(cache, 'HTTP/host.corp.example', 6_000_000)).toEqual({ direct: false, credential: grant });
    expect(chooseTicket(cache, 'WSMAN/host.corp.example', 4_000_000)).toEqual({ direct: false, credential: grant });
    expect(() => chooseTicket(cache, 'HTTP/host.corp.example', 10_000_000)).toThrow(
      expect.objectContaining({ code: 'KERBEROS_NO_TICKET' }),
    );
    expect(() => chooseTicket({ ...cache, credentials: [] }, 'HTTP/x', 0)).toThrow(expect.objectContaining({ what: 'ticket cache' }));
  });
});

/** Bytes of the two principals a credential begins with. */
function namesLength(body: Uint8Array): number {
  const view = new DataView(body.buffer, body.byteOffset);
  let at = 0;
  for (let principal = 0; principal < 2; principal++) {
    const parts = view.getUint32(at + 4);
    at += 8;
    for (let text = 0; text <= parts; text++) at += 4 + view.getUint32(at);
  }
  return at;
}

describe('krb5.conf', () => {
  const conf = parseKrb5Conf(`
# comment
; another
include /etc/krb5.conf.d/extra
includedir /etc/krb5.conf.d/
[libdefaults]
  default_realm = CORP.EXAMPLE
  dns_lookup_kdc = off
  default_ccache_name = FILE:/tmp/krb5cc_%{uid}
  default_realm = SECOND.EXAMPLE
[realms]
  CORP.EXAMPLE = {
    kdc = dc1.corp.example
    kdc = tcp/dc2.corp.example:1088
    auth_to_local_names = {
      kdc = not-one
    }
    admin_server = dc1.corp.example
  }
  OTHER.EXAMPLE = {
    kdc = [2001:db8::1]:88
  }
[domain_realm]
  .corp.example = CORP.EXAMPLE
  web.corp.example = "OTHER.EXAMPLE"
  sub.corp.example = SUB.EXAMPLE
[capaths]
  A = {
    B = C
  }
[libdefaults]
nonsense
`);

  it('gives realm, lookup, cache and KDCs; the first value counts', () => {
    expect(conf).toMatchObject({ defaultRealm: 'CORP.EXAMPLE', dnsLookupKdc: false, defaultCacheName: 'FILE:/tmp/krb5cc_%{uid}' });
    expect([...conf.kdcs]).toEqual([
      ['CORP.EXAMPLE', ['dc1.corp.example', 'tcp/dc2.corp.example:1088']],
      ['OTHER.EXAMPLE', ['[2001:db8::1]:88']],
    ]);
  });

  it('tells what was not read', () => {
    expect(conf.notRead.map(({ line, what }) => `${line} ${what}`)).toEqual(['4 include', '5 includedir', '28 capaths', '32 syntax']);
  });

  it.each([
    ['host.corp.example', 'CORP.EXAMPLE'],
    ['A.B.Corp.Example.', 'CORP.EXAMPLE'],
    ['web.corp.example', 'OTHER.EXAMPLE'],
    ['x.sub.corp.example', 'SUB.EXAMPLE'],
    ['corp.example', undefined],
    ['elsewhere', undefined],
    ['', undefined],
  ])('puts %s into %s', (host, realm) => {
    expect(realmOfHost(conf, host)).toBe(realm);
  });

  it('of nothing has the defaults, and hostile ones end', () => {
    expect(parseKrb5Conf('')).toMatchObject({ defaultRealm: undefined, dnsLookupKdc: true, notRead: [] });
    expect(parseKrb5Conf('x\n'.repeat(100_001)).notRead.at(-1)).toEqual({ line: 100_001, what: 'limit' });
    expect(parseKrb5Conf(`[realms]\n__proto__ = {\nkdc = x\n}\n${'a = {\n'.repeat(100)}`).kdcs.get('__proto__')).toEqual(['x']);
    expect(parseKrb5Conf(`[libdefaults]\ndefault_realm = ${'x'.repeat(5000)}`).notRead).toEqual([{ line: 2, what: 'syntax' }]);
  });

  it.each([
    ['dc1', { host: 'dc1', port: 88 }],
    ['dc1:1088', { host: 'dc1', port: 1088 }],
    ['udp/dc1', { host: 'dc1', port: 88, protocol: 'udp' }],
    ['[::1]:99', { host: '::1', port: 99 }],
    ['192.0.2.1', { host: '192.0.2.1', port: 88 }],
    ['https://proxy/KdcProxy', undefined],
    ['dc1:0', undefined],
    ['dc1:99999', undefined],
    ['', undefined],
  ])('names the KDC %s', (text, expected) => {
    expect(parseKdcAddress(text)).toEqual(expected);
  });
});

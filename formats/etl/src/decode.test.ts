import { encodePayload, type WriteField, type WriteFieldValues, writeEtl } from '@winmedic/labs/etl-writer';
import { describe, expect, it } from 'vitest';
import { decodeFirst, PROVIDER, template, templates } from './test-trace.ts';
import type { EtlField, EtlOptions } from './types.ts';

const trace = (payload: Uint8Array, version = 0): Uint8Array =>
  writeEtl({}, [{ kind: 'event', at: 134_195_136_000_000_000n, provider: PROVIDER, id: 1, version, payload }]);
const read = (payload: Uint8Array | readonly number[], ...fields: EtlField[]) =>
  decodeFirst(trace(Uint8Array.from(payload)), template(...fields));
const values = (payload: Uint8Array | readonly number[], ...fields: EtlField[]) => Object.fromEntries(read(payload, ...fields).fields);
const u16 = (text: string): number[] => [...text].flatMap((c) => [c.charCodeAt(0) & 0xff, c.charCodeAt(0) >> 8]);

describe('values', () => {
  it.each<[string, EtlField, number[], string]>([
    ['signed', { name: 'v', type: 'Int16' }, [0xfe, 0xff], '-2'],
    ['hexadecimal by its type', { name: 'v', type: 'HexInt32' }, [5, 0, 7, 0x80], '0x80070005'],
    ['a status', { name: 'v', type: 'UInt32', out: 'ntstatus' }, [0x22, 0, 0, 0xc0], '0xc0000022'],
    ['a negative HRESULT', { name: 'v', type: 'Int32', out: 'hresult' }, [5, 0, 7, 0x80], '0x80070005'],
    ['a Win32 error', { name: 'v', type: 'UInt32', out: 'win32' }, [5, 0, 0, 0], '5'],
    ['IPv4', { name: 'v', type: 'UInt32', out: 'ipv4' }, [192, 0, 2, 7], '192.0.2.7'],
    ['a port', { name: 'v', type: 'UInt16', out: 'port' }, [0x17, 0x61], '5985'],
    [
      'IPv6',
      { name: 'v', type: 'Binary', length: 16, out: 'ipv6' },
      [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1],
      '2001:db8::1',
    ],
    ['an IPv4 socket', { name: 'v', type: 'Binary', length: 8, out: 'socket-address' }, [2, 0, 0x17, 0x61, 10, 0, 0, 9], '10.0.0.9:5985'],
    [
      'an IPv6 socket',
      { name: 'v', type: 'Binary', length: 28, out: 'socket-address' },
      [23, 0, 0, 80, 0, 0, 0, 0, 0xfe, 0x80, ...new Array<number>(13).fill(0), 1, 4, 0, 0, 0],
      '[fe80::1%4]:80',
    ],
    ['another socket', { name: 'v', type: 'Binary', length: 4, out: 'socket-address' }, [1, 0, 0x2f, 0x74], '01002f74'],
    ['a truth', { name: 'v', type: 'Boolean' }, [0, 1, 0, 0], 'true'],
    ['a short float', { name: 'v', type: 'Float' }, [0xcd, 0xcc, 0xcc, 0x3d], '0.1'],
    [
      'a SYSTEMTIME',
      { name: 'v', type: 'SYSTEMTIME' },
      [0xea, 7, 4, 0, 3, 0, 1, 0, 12, 0, 30, 0, 5, 0, 0x0f, 0],
      '2026-04-01T12:30:05.0150000Z',
    ],
    ['no SYSTEMTIME', { name: 'v', type: 'SYSTEMTIME' }, new Array<number>(16).fill(0), '0'.repeat(32)],
    ['counted text', { name: 'v', type: 'CountedUnicodeString' }, [4, 0, ...u16('ab')], 'ab'],
    ['counted bytes', { name: 'v', type: 'CountedBinary' }, [2, 0, 0xab, 0xcd], 'abcd'],
    ['text without NUL at the end', { name: 'v', type: 'UnicodeString' }, u16('ab'), 'ab'],
    ['bytes of no stated length', { name: 'v', type: 'Binary' }, [1, 2, 3], '010203'],
  ])('are shown: %s', (_, field, payload, text) => {
    expect(read(payload, field)).toMatchObject({ fields: new Map([['v', text]]), known: true, restBytes: 0 });
  });

  it('of one-byte text are UTF-8 or Windows-1252, also when a chunk cuts a character', () => {
    const ansi = (...bytes: number[]) => values([...bytes, 0], { name: 'v', type: 'AnsiString' })['v'];
    expect(ansi(...new TextEncoder().encode('日本'))).toBe('日本');
    expect(ansi(0x63, 0x61, 0x66, 0xe9, 0x21)).toBe('café!');
    const cut = new TextEncoder().encode('<a>日');
    expect(ansi(...cut.subarray(0, 5))).toBe('<a>\ufffd');
    expect(ansi(0xa5, ...new TextEncoder().encode('</a>'))).toBe('\ufffd</a>');
  });

  it('that are long are whole as text and cut as bytes, which is said', () => {
    const long = 'x'.repeat(30_000);
    expect(values(Uint8Array.from(u16(long)), { name: 'v', type: 'UnicodeString' })['v']).toBe(long);
    const binary = read(new Uint8Array(20_000), { name: 'v', type: 'Binary', length: 20_000 });
    expect(binary.fields.get('v')).toHaveLength(32_768);
    expect(binary.shortened).toEqual(['v']);
  });
});

describe('lengths and counts', () => {
  const fields: (EtlField & WriteField)[] = [
    { name: 'Count', type: 'UInt16' },
    {
      name: 'Items',
      type: 'Struct',
      count: 'Count',
      fields: [
        { name: 'Size', type: 'UInt8' },
        { name: 'Data', type: 'Binary', length: 'Size' },
        { name: 'Pair', type: 'Struct', fields: [{ name: 'A', type: 'Int8' }] },
      ],
    },
    { name: 'Ports', type: 'UInt16', count: 2 },
  ];
  const given: WriteFieldValues = {
    Count: 2,
    Items: [
      { Size: 1, Data: Uint8Array.of(9), Pair: { A: -1 } },
      { Size: 2, Data: Uint8Array.of(8, 7), Pair: { A: 1 } },
    ],
    Ports: [80, 443],
  };

  it('come from earlier fields, each struct from its own', () => {
    expect(Object.fromEntries(read(encodePayload(fields, given), ...fields).fields)).toEqual({
      Count: '2',
      'Items[0].Size': '1',
      'Items[0].Data': '09',
      'Items[0].Pair.A': '-1',
      'Items[1].Size': '2',
      'Items[1].Data': '0807',
      'Items[1].Pair.A': '1',
      'Ports[0]': '80',
      'Ports[1]': '443',
    });
  });

  it('that do not fit end the reading at their field', () => {
    const whole = encodePayload(fields, given);
    expect(read(whole.subarray(0, 7), ...fields)).toMatchObject({ cutAt: 'Items[1].Data', restBytes: 1 });
    expect(read([1, 2], { name: 'n', type: 'Binary', length: 'missing' })).toMatchObject({ cutAt: 'n', restBytes: 2 });
    expect(read([], { name: 'n', type: 'UnicodeString' })).toMatchObject({ cutAt: 'n' });
    expect(read([1, 9, 0, 0, 0, 0, 0, 5], { name: 's', type: 'SID' })).toMatchObject({ cutAt: 's' });
  });

  it('are capped, also of structs without fields', () => {
    const { fields: shown, cutAt } = read(
      [0xff, 0xff],
      { name: 'n', type: 'UInt16' },
      { name: 's', type: 'Struct', count: 'n', fields: [] },
    );
    expect([shown.size, cutAt]).toEqual([1, 's[4095]']);
    let deep: EtlField = { name: 'x', type: 'UInt8' };
    for (let i = 0; i < 40; i++) deep = { name: 's', type: 'Struct', fields: [deep] };
    expect(read([1], deep).cutAt).toMatch(/^s(\.s){16}$/);
  });

  it('leave the rest alone', () => {
    expect(read([1, 2, 3], { name: 'a', type: 'UInt8' })).toMatchObject({ restBytes: 2 });
  });
});

describe('versions', () => {
  const u32: EtlField = { name: 'a', type: 'UInt32' };
  const both: EtlOptions = templates(
    { id: 1, version: 4, name: 'Four', fields: [u32, u32, u32] },
    { id: 1, version: 0, fields: [u32] },
    { id: 1, version: 2, name: 'Two', fields: [u32, { ...u32, name: 'b' }] },
  );

  it('are taken as they are', () => {
    expect(decodeFirst(trace(new Uint8Array(9), 2), both)).toMatchObject({ templateVersion: 2, restBytes: 1 });
  });

  it('that are missing are replaced by the lowest that fits exactly, else the nearest', () => {
    expect(decodeFirst(trace(new Uint8Array(8), 3), both)).toMatchObject({ templateVersion: 2, restBytes: 0 });
    expect(decodeFirst(trace(new Uint8Array(9), 9), both)).toMatchObject({ templateVersion: 4, cutAt: 'a' });
  });

  it('with several layouts are told apart by the payload', () => {
    const variants = templates({ id: 1, version: 0, fields: [u32] }, { id: 1, version: 0, fields: [u32, { ...u32, name: 'later' }] });
    expect([...decodeFirst(trace(new Uint8Array(8)), variants).fields.keys()]).toEqual(['a', 'later']);
    expect([...decodeFirst(trace(new Uint8Array(4)), variants).fields.keys()]).toEqual(['a']);
  });

  it('of unknown events give nothing', () => {
    expect(decodeFirst(trace(new Uint8Array(4)))).toEqual({ fields: new Map(), known: false, restBytes: 0 });
  });

  it('of classic events go by class and type', () => {
    const bytes = writeEtl({}, [
      { kind: 'classic', at: 134_195_136_000_000_000n, provider: PROVIDER, id: 1, version: 2, payload: new Uint8Array(8) },
    ]);
    expect(decodeFirst(bytes, both)).toMatchObject({ known: true, templateVersion: 2 });
  });
});

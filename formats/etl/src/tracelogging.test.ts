import { joinBytes } from '@winmedic/bytes';
import { writeEtl } from '@winmedic/labs/etl-writer';
import { describe, expect, it } from 'vitest';
import { decodeFirst, PROVIDER } from './test-trace.ts';
import { readSchema } from './tracelogging.ts';

const text = (value: string): number[] => [...new TextEncoder().encode(value), 0];
/** A description: size, tags, name, fields as given. */
function schema(tags: readonly number[], name: string, ...fields: readonly (readonly number[])[]): Uint8Array {
  const body = [...tags, ...text(name), ...fields.flat()];
  return Uint8Array.from([(body.length + 2) & 0xff, (body.length + 2) >> 8, ...body]);
}
const field = (name: string, ...type: number[]): number[] => [...text(name), ...type];

/** A trace with one event of this description and payload. */
function decode(description: Uint8Array, payload: readonly number[]) {
  const items = [{ type: 0xb, data: description }];
  return decodeFirst(
    writeEtl({}, [{ kind: 'event', at: 134_195_136_000_000_000n, provider: PROVIDER, id: 0, items, payload: Uint8Array.from(payload) }]),
  );
}

describe('events that describe themselves', () => {
  it('have a name and fields, tags of any length passed over', () => {
    const made = schema([0x81, 0x80, 0x01], 'Größe', field('a', 0x88, 0x84, 0x81, 0x02), field('b', 4));
    expect(readSchema(made)).toEqual({
      name: 'Größe',
      fields: [
        { name: 'a', type: 'UInt32', out: 'hex' },
        { name: 'b', type: 'UInt8' },
      ],
    });
    expect(Object.fromEntries(decode(made, [0xff, 1, 0, 0, 7]).fields)).toEqual({ a: '0x1ff', b: '7' });
  });

  it('read every way of showing', () => {
    const made = schema(
      [0],
      'Shown',
      field('bool', 0x84, 3),
      field('char', 0x86, 2),
      field('port', 0x86, 7),
      field('v4', 0x88, 8),
      field('v6', 0x8e, 9),
      field('json', 0x82, 12),
      field('status', 0x87, 14),
      field('time', 0x8a, 16),
      field('pid', 0x88, 5),
      field('hidden', 0x88, 1),
      field('utf8', 0x97, 35),
    );
    const payload = [
      ...[1, 0x2a, 0, 0x17, 0x61, 127, 0, 0, 1],
      ...[16, 0, ...new Array<number>(15).fill(0), 1],
      ...text('{"é":1}'),
      ...[0x22, 0, 0, 0xc0],
      ...[0, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 1],
      ...[4, 0, 0, 0, 5, 0, 0, 0],
      ...[3, 0, ...new TextEncoder().encode('日')],
    ];
    expect(Object.fromEntries(decode(made, payload).fields)).toEqual({
      bool: 'true',
      char: '*',
      port: '5985',
      v4: '127.0.0.1',
      v6: '::1',
      json: '{"é":1}',
      status: '0xc0000022',
      time: '1970-01-01T00:00:00.0000000Z',
      pid: '4',
      hidden: '5',
      utf8: '日',
    });
  });

  it('have arrays with a constant number and with one in the payload, and nested structs', () => {
    const made = schema(
      [0],
      'Nested',
      field('pair', 0x26, 2, 0),
      field('outer', 0xd8, 2),
      field('id', 4),
      field('inner', 0x98, 1),
      field('name', 2),
      field('last', 0x44),
    );
    const payload = [1, 0, 2, 0, 2, 0, 10, ...text('x'), 11, ...text('y'), 3, 0, 7, 8, 9];
    expect(decode(made, payload)).toMatchObject({ known: true, restBytes: 0 });
    expect(Object.fromEntries(decode(made, payload).fields)).toEqual({
      'pair[0]': '1',
      'pair[1]': '2',
      'outer[0].id': '10',
      'outer[0].inner.name': 'x',
      'outer[1].id': '11',
      'outer[1].inner.name': 'y',
      'last[0]': '7',
      'last[1]': '8',
      'last[2]': '9',
    });
  });

  it('show an array of characters as text', () => {
    expect(decode(schema([0], 'Chars', field('c', 0xc4, 2)), [3, 0, 0x61, 0x62, 0x63]).fields.get('c')).toBe('abc');
    expect(decode(schema([0], 'Wide', field('w', 0xa6, 2, 2, 0)), [0x61, 0, 0x62, 0]).fields.get('w')).toBe('ab');
  });

  it.each([
    ['a serializer of its own', field('own', 0x64)],
    ['an unknown type', field('own', 31)],
    ['a pointer', field('own', 16)],
    ['an end within its type', text('own')],
    ['a missing constant number', field('own', 0x24, 1)],
  ])('stop at a field with %s, and say so', (_, odd) => {
    const read = decode(schema([0], 'Odd', field('first', 4), odd), [5, 6, 7]);
    expect(read).toMatchObject({ known: true, cutAt: 'own', restBytes: 2 });
    expect([...read.fields]).toEqual([['first', '5']]);
  });

  it('never run away: depth, number of fields, sizes', () => {
    const deep = schema([0], 'Deep', ...Array.from({ length: 200 }, () => field('s', 0x98, 1)), field('x', 4));
    expect(readSchema(deep).brokenAt).toBe('s');
    const many = joinBytes(schema([0], 'Many'), new Uint8Array(60_000));
    many[0] = 0xff;
    many[1] = 0xff;
    expect(readSchema(many).fields.length).toBeLessThanOrEqual(4096);
    for (let length = 0; length < 20; length++) {
      expect(() => readSchema(schema([0x80], 'Short', field('a', 0xa8, 0x84)).subarray(0, length))).not.toThrow();
    }
  });
});

import { describe, expect, it } from 'vitest';
import { HTTP } from './http.ts';
import { converse, type Said } from './test-stream.ts';

const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const asked = (...lines: readonly string[]): Said => [
  'client',
  head('POST /wsman HTTP/1.1', 'Host: hv01:5985', ...lines, 'Content-Length: 0'),
];
const answered: Said = ['server', head('HTTP/1.1 200 ', 'Server: Microsoft-HTTPAPI/2.0', 'Content-Length: 0')];

describe('headers that come again', () => {
  it('are the same text, and stay what they were', () => {
    const said = Array.from({ length: 6 }, (): Said[] => [asked('User-Agent: Microsoft WinRM Client'), answered]).flat();
    const { messages } = converse(HTTP, said);
    expect(messages).toHaveLength(12);
    for (const message of messages) {
      const client = message.from === 'client';
      expect(message).toMatchObject({
        headers: client
          ? [
              ['Host', 'hv01:5985'],
              ['User-Agent', 'Microsoft WinRM Client'],
              ['Content-Length', '0'],
            ]
          : [
              ['Server', 'Microsoft-HTTPAPI/2.0'],
              ['Content-Length', '0'],
            ],
      });
    }
    const [first, second] = messages.filter(({ from }) => from === 'client').slice(-2);
    expect(first && 'headers' in first && first.headers[0]).toBe(second && 'headers' in second && second.headers[0]);
  });

  it('are not changed by a fold in one of the messages', () => {
    const plain = asked('X-Note: a');
    const folded = asked('X-Note: a', ' b');
    const { messages } = converse(HTTP, [plain, answered, plain, answered, plain, answered, folded, answered, plain, answered]);
    const notes = messages.flatMap((message) => ('headers' in message ? message.headers.filter(([name]) => name === 'X-Note') : []));
    expect(notes.map(([, value]) => value)).toEqual(['a', 'a', 'a', 'a b', 'a']);
  });

  it('never hold credentials', () => {
    const secret = asked('Authorization: Basic dTpwdzEyMw==', 'Cookie: sid=pw123');
    const said = Array.from({ length: 5 }, (): Said[] => [secret, answered]).flat();
    const { messages } = converse(HTTP, said);
    for (const message of messages.filter(({ from }) => from === 'client'))
      expect(message).toMatchObject({
        authorization: { scheme: 'Basic', basicUser: 'u' },
        headers: [
          ['Host', 'hv01:5985'],
          ['Authorization', ''],
          ['Cookie', ''],
          ['Content-Length', '0'],
        ],
      });
    expect(JSON.stringify(messages, (_, value) => (typeof value === 'bigint' ? `${value}` : value))).not.toMatch(/pw123|dTpwdz/);
  });

  it('differ in one letter and are not taken for each other', () => {
    const said = Array.from({ length: 40 }, (_, n): Said[] => [asked(`X-Number: ${n}`), answered]).flat();
    const { messages } = converse(HTTP, said);
    const numbers = messages.flatMap((message) => ('headers' in message ? message.headers.filter(([name]) => name === 'X-Number') : []));
    expect(numbers.map(([, value]) => Number(value))).toEqual(Array.from({ length: 40 }, (_, n) => n));
  });

  it('in pieces of any size are the same', () => {
    const said = Array.from({ length: 5 }, (): Said[] => [asked('User-Agent: x'), answered]).flat();
    const whole = converse(HTTP, said).messages.map((message) => ('headers' in message ? message.headers : []));
    for (const size of [1, 7, 64]) {
      const pieces = converse(HTTP, said, { piece: () => size }).messages.map((message) => ('headers' in message ? message.headers : []));
      expect(pieces).toEqual(whole);
    }
  });
});

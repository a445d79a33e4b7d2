import { describe, expect, it } from 'vitest';
import { HttpAnswerReader, NotHttp } from './http-answer.ts';

/** What a reader makes of pieces that go on and on: how many it took before it refused. */
function taken(start: string, piece: string, most: number): number {
  const reader = new HttpAnswerReader();
  reader.push(Buffer.from(start));
  for (let n = 0; n < most; n++) {
    try {
      if (reader.push(Buffer.from(piece))) return n;
    } catch (error) {
      expect(error).toBeInstanceOf(NotHttp);
      return n;
    }
  }
  return most;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('an answer without end', () => {
  it.each([
    ['chunks of one byte', CHUNKED, '1\r\nx\r\n'.repeat(1000), 1000, 100],
    ['trailers', `${CHUNKED}0\r\n`, 'X: y\r\n', 10_000, 256],
    ['headers', 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'.repeat(1000), 1000, 10],
    ['interim answers', '', 'HTTP/1.1 100 Continue\r\n\r\n', 1000, 8],
  ])('of %s is refused', (_, start, piece, most, limit) => {
    expect(taken(start, piece, most)).toBeLessThanOrEqual(limit);
  });

  it('is told from one of many chunks', () => {
    expect(taken(CHUNKED, '1\r\nx\r\n'.repeat(1000), 90)).toBe(90);
  });
});

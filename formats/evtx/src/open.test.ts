import { describe, expect, it } from 'vitest';
import { openEvtx } from './index.ts';

describe('opening a log', () => {
  it('looks at its head only, even when no chunk follows', () => {
    let read = 0;
    const sizeBytes = 2 ** 33;
    const log = openEvtx({
      sizeBytes,
      readAt(offset, into) {
        const length = Math.min(into.length, sizeBytes - offset);
        read += length;
        into.fill(0, 0, length);
        if (offset === 0) into.set(new TextEncoder().encode('ElfFile\0').subarray(0, length));
        return length;
      },
    });
    expect(log.headers[0]?.present).toBe(true);
    expect(read).toBeLessThan(1 << 20);
  });
});

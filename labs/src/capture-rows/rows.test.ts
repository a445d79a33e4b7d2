import { describe, expect, it } from 'vitest';
import type { WritePacket } from '../capture-writer/index.ts';
import { CONNECTION_ROWS, ROW_PASSWORD } from '../connection-rows/index.ts';
import { CAPTURE_ROWS } from './index.ts';

const byHand = CAPTURE_ROWS.flatMap(({ id, making }) => (making.by === 'frames' ? [[id, making.frames] as const] : []));

/** Everything that TCP and UDP carry, one packet after the other. */
const everything = (packets: readonly WritePacket[]) => Buffer.concat(packets.map(({ bytes }) => bytes)).toString('latin1');

describe('the captures of the diagnosis table', () => {
  it('have each row, and each case of the live rows', () => {
    const live = new Set(CAPTURE_ROWS.map(({ liveRow }) => liveRow));
    expect(CONNECTION_ROWS.filter(({ id }) => !live.has(id)).map(({ id }) => id)).toEqual([]);
    const rows = new Set(CAPTURE_ROWS.map(({ row }) => row));
    expect(Array.from({ length: 36 }, (_, i) => i).filter((row) => !rows.has(row))).toEqual([]);
  });

  it('have names of their own, and belong to rows that exist', () => {
    const ids = CAPTURE_ROWS.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    const known = new Map(CONNECTION_ROWS.map(({ id, row }) => [id, row]));
    for (const { id, row, liveRow } of CAPTURE_ROWS) if (liveRow !== undefined) expect([0, known.get(liveRow)], id).toContain(row);
  });

  it('say in both languages how they are made, and why something cannot be seen', () => {
    for (const { id, how, expected } of CAPTURE_ROWS) {
      expect(how.ja, id).not.toBe(how.en);
      expect(expected.why !== undefined, id).toBe(expected.cause === 'not-visible');
      if (expected.cause === null && expected.failed === '') expect(expected.grade, id).toBe('confirmed');
    }
  });

  it.each(byHand)('%s can be written, in the order of time', async (_, frames) => {
    const packets = await frames();
    expect(packets.length).toBeGreaterThan(0);
    expect(packets.every(({ at }) => at > 0n)).toBe(true);
    expect(packets.every((packet, i) => i === 0 || packet.at >= (packets[i - 1] as WritePacket).at)).toBe(true);
  });

  it('do not show a password that was proved only', async () => {
    const proved = byHand.filter(([id]) => !id.startsWith('basic-'));
    for (const [id, frames] of proved) {
      const seen = everything(await frames());
      const utf16 = Buffer.from(ROW_PASSWORD, 'utf16le').toString('latin1');
      expect(seen.includes(ROW_PASSWORD) || seen.includes(utf16), id).toBe(false);
    }
  });
});

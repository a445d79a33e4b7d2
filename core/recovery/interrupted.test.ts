import { readFileSync, writeFileSync } from 'node:fs';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Recipe } from '@winmedic/knowledge/model';
import { afterAll, describe, expect, it } from 'vitest';
import { type FileSink, openFileSink } from '../disk/file-device.ts';
import { openDisk } from '../disk/open-disk.ts';
import { applyRepair, planRepair, undoRepair } from './index.ts';
import { bytesOf, damagedVolume, imageFolder } from './test-disk.ts';

const images = imageFolder();
afterAll(() => images.dispose());

const recipe = loadKnowledge().recipes.find(({ id }) => id === 'crowdstrike-291') as Recipe;
const original = bytesOf(damagedVolume());

class Gone extends Error {}

/** A disk that vanishes in the middle of a write, after a share of it. */
function vanishing(path: string, atWrite: number, share: number): FileSink {
  const sink = openFileSink(path);
  let writes = 0;
  return {
    ...sink,
    get sizeBytes() {
      return sink.sizeBytes;
    },
    write(offset, bytes) {
      if (writes++ === atWrite) {
        sink.write(offset, bytes.subarray(0, Math.floor(bytes.length * share)));
        throw new Gone('vanished');
      }
      sink.write(offset, bytes);
    },
  };
}

function repair(path: string, openSink?: (path: string) => FileSink) {
  const disk = openDisk(path, { plan: true });
  try {
    const planned = planRepair(disk, { purpose: 'test', steps: recipe.steps });
    return applyRepair(planned, openSink && { openSink });
  } finally {
    disk.close();
  }
}

const whole = images.image(original);
const { writes } = repair(whole);
const repaired = readFileSync(whole);

describe(`a repair of ${writes} writes that is interrupted`, () => {
  it.each([0, 0.5, 1])('at any of them, %d of it done, is taken back by undo or brought to its end', (share) => {
    for (let n = 0; n < writes; n++) {
      const path = images.image(original);
      expect(() => repair(path, (one) => vanishing(one, n, share)), `write ${n}`).toThrow(
        expect.objectContaining({ code: 'JOURNAL_INTERRUPTED' }),
      );
      const torn = readFileSync(path);
      // Nothing at all of the first write: there is nothing to take back.
      expect(undoRepair(path).outcome, `write ${n}`).toBe(n === 0 && share === 0 ? 'nothing' : 'undone');
      expect(Buffer.compare(readFileSync(path), original), `write ${n}`).toBe(0);
      writeFileSync(path, torn);
      expect(undoRepair(path, { finish: true, journal: `${path.replaceAll(' ', '_')}.winmedic-undo` }).outcome).toBe('finished');
      expect(Buffer.compare(readFileSync(path), repaired), `write ${n}`).toBe(0);
    }
  });

  it('refuses another repair until it was undone or finished', () => {
    const path = images.image(original);
    expect(() => repair(path, (one) => vanishing(one, 2, 0.5))).toThrow();
    const disk = openDisk(path, { plan: true });
    expect(planRepair(disk, { purpose: 'test', steps: recipe.steps }).refusals.map(({ code }) => code)).toEqual(['RECOVERY_TORN']);
    disk.close();
    undoRepair(path);
    expect(repair(path).writes).toBe(writes);
  });

  it('may be interrupted while it is undone', () => {
    for (let n = 0; n < writes; n++) {
      const path = images.image(original);
      repair(path);
      expect(() => undoRepair(path, { openSink: (one) => vanishing(one, n, 0.5) })).toThrow();
      undoRepair(path);
      expect(Buffer.compare(readFileSync(path), original), `write ${n}`).toBe(0);
    }
  });
});

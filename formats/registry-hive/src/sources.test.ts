import { type ByteSource, memorySource } from '@winmedic/bytes';
import { writeDirtyHive } from '@winmedic/labs/hive-writer';
import { describe, expect, it } from 'vitest';
import { applyWrites, type HiveOptions, type HiveSink, openHive, planEdit, undoWrites } from './index.ts';
import { BASE, CHANGES, dump, files, START } from './write/test-files.ts';

/** Delivers at most `most` bytes per call, as a pipe may. */
const little = (bytes: Uint8Array, most: number): ByteSource => ({
  sizeBytes: bytes.length,
  readAt: (offset, into) => memorySource(bytes).readAt(offset, into.subarray(0, most)),
});

/** Every key and value, and what was told. */
function all(source: ByteSource, options: HiveOptions = {}): string[] {
  const damages: string[] = [];
  const hive = openHive(source, { ...options, onDamage: ({ code }) => damages.push(code) });
  const lines = [...hive.walk()].flatMap((key) => [key.path, ...[...key.values()].map((value) => `${value.name} ${value.data().join()}`)]);
  return [hive.state, ...lines, ...damages];
}

describe.each(['old', 'new'] as const)('a source that delivers a little at a time, with logs of the %s format', (format) => {
  const { hive, log1, log2 } = writeDirtyHive(BASE, CHANGES, { format });
  const logs = [log1, log2].filter((log) => log.length > 0);
  const given = (of: (bytes: Uint8Array) => ByteSource): HiveOptions => ({
    logs: logs.map((log, i) => ({ name: `LOG${i + 1}`, source: of(log) })),
  });

  it('gives what one that delivers at once gives', () => {
    const whole = all(memorySource(hive), given(memorySource));
    expect(whole[0]).toBe('replayed');
    expect(
      all(
        little(hive, 700),
        given((bytes) => little(bytes, 700)),
      ),
    ).toEqual(whole);
    const image = openHive(
      little(hive, 700),
      given((bytes) => little(bytes, 700)),
    ).image();
    expect(image).toEqual(openHive(memorySource(hive), given(memorySource)).image());
  });

  it('is edited, and undone to the last byte', () => {
    const { sinks } = files(hive, logs);
    const slow: HiveSink[] = sinks.map((sink) => ({
      get sizeBytes() {
        return sink.sizeBytes;
      },
      readAt: (offset, into) => sink.readAt(offset, into.subarray(0, 5)),
      write: (offset, bytes) => sink.write(offset, bytes),
      resize: (size) => sink.resize(size),
    }));
    const plan = planEdit({ source: slow[0]!, logs: slow.slice(1).map((source, i) => ({ name: `LOG${i + 1}`, source })) }, [START]);
    applyWrites(slow, plan);
    expect(dump(sinks[0]!.bytes).join('\n')).toContain('Start 4 04000000');
    undoWrites(slow, plan.undo);
    expect(sinks.map((sink) => sink.bytes)).toEqual([hive, ...logs]);
  });
});

describe('an I/O error', () => {
  const { hive, log1 } = writeDirtyHive(BASE, CHANGES);
  /** Reads until a call touches one of the bytes that cannot be read. */
  const failing = (bytes: Uint8Array, from: number): ByteSource => ({
    sizeBytes: bytes.length,
    readAt(offset, into) {
      if (offset + into.length > from) throw new Error('EIO');
      return memorySource(bytes).readAt(offset, into);
    },
  });

  it.each([0, 4096, 8192])('of the hive from offset %i on is thrown, not told as a damage', (from) => {
    const damages: string[] = [];
    const read = (): unknown => [
      ...openHive(failing(hive, from), {
        logs: [{ name: 'LOG1', source: memorySource(log1) }],
        onDamage: ({ code }) => damages.push(code),
      }).walk(),
    ];
    expect(read).toThrow('EIO');
    expect(damages).toEqual([]);
  });

  it.each([0, 512, 1024])('of a log from offset %i on is thrown, so that no older state passes for the newest', (from) => {
    expect(() => all(memorySource(hive), { logs: [{ name: 'LOG1', source: failing(log1, from) }] })).toThrow('EIO');
  });
});

describe('a file of 8 GiB that holds almost nothing', () => {
  it('is refused before anything is read', () => {
    let reads = 0;
    const source: ByteSource = { sizeBytes: 2 ** 33, readAt: () => ++reads };
    expect(() => openHive(source)).toThrow('HIVE_TOO_LARGE');
    expect(reads).toBe(0);
  });
});

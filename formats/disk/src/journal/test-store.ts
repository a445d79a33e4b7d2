import { createHash } from 'node:crypto';
import { memoryDisk } from '@winmedic/labs/disk-writer';
import fc from 'fast-check';
import { type BlockPlan, type BlockSink, type JournalHeader, type JournalStore, Overlay } from '../index.ts';

/** SHA-256 of Node, as `core` hands it in. */
export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** A header to write. */
export const HEADER: JournalHeader = {
  purpose: 'repair --for crowdstrike-291',
  disk: 'disk.raw',
  identity: ['gpt={11111111-2222-4333-8444-555555555555}'],
  madeAt: '2026-07-19T04:09:11.000Z',
  actions: [{ kind: 'rename', path: 'Windows\\日本' }],
};

/** A store in memory. */
export interface TestStore extends JournalStore {
  bytes: Uint8Array;
  flushes: number;
}

/** A store that holds these bytes. */
export function testStore(bytes: Uint8Array = new Uint8Array(0)): TestStore {
  return {
    bytes,
    flushes: 0,
    get sizeBytes() {
      return this.bytes.length;
    },
    readAt(offset, into) {
      const part = this.bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    append(more) {
      const next = new Uint8Array(this.bytes.length + more.length);
      next.set(this.bytes);
      next.set(more, this.bytes.length);
      this.bytes = next;
    },
    flush() {
      this.flushes++;
    },
  };
}

/** A disk that stops after a number of written bytes, inside a write too, as with a power cut; `budget` counts down. */
export interface StoppingDisk extends BlockSink {
  readonly bytes: Uint8Array;
  budget: number;
  /** Everything that was done, in order. */
  readonly log: ({ readonly offset: number; readonly length: number } | 'flush' | 'resize')[];
}

/** The error a {@link StoppingDisk} stops with. */
export class Stopped extends Error {}

/** A disk over a copy of these bytes. */
export function stoppingDisk(bytes: Uint8Array, budget = Number.POSITIVE_INFINITY): StoppingDisk {
  const disk = memoryDisk(bytes.slice());
  const spend = (want: number): number => {
    const got = Math.min(want, self.budget);
    self.budget -= want;
    return got;
  };
  const self: StoppingDisk = {
    sectorBytes: 512,
    budget,
    log: [],
    get sizeBytes() {
      return disk.sizeBytes;
    },
    get bytes() {
      return disk.bytes;
    },
    readAt: (offset, into) => disk.readAt(offset, into),
    write(offset, part) {
      const got = spend(part.length);
      if (got > 0) disk.write(offset, part.subarray(0, got));
      self.log.push({ offset, length: Math.max(0, got) });
      if (got < part.length) throw new Stopped('power cut');
    },
    flush() {
      if (self.budget < 0) throw new Stopped('power cut');
      self.log.push('flush');
    },
    resize(size) {
      if (spend(1) < 1) throw new Stopped('power cut');
      disk.resize(size);
      self.log.push('resize');
    },
  };
  return self;
}

/** Bytes of a disk that differ from sector to sector. */
export function diskBytes(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 9) * 13) & 0xff);
}

/** Writes to an overlay: where, what, and whether a new epoch begins before. */
export interface TestWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly barrier: boolean;
}

/** Any writes, some of them behind the end. */
export const anyWrites = fc.array(
  fc.record({ offset: fc.nat(9000), bytes: fc.uint8Array({ minLength: 1, maxLength: 1200 }), barrier: fc.boolean() }),
  { maxLength: 8 },
);

/** The plan of these writes over a disk, and the bytes the disk has afterwards. */
export function planOf(base: Uint8Array, writes: readonly TestWrite[]): { readonly plan: BlockPlan; readonly after: Uint8Array } {
  const overlay = new Overlay(memoryDisk(base.slice()), { growable: true });
  for (const { offset, bytes, barrier } of writes) {
    if (barrier) overlay.barrier();
    overlay.write(offset, bytes);
  }
  const after = new Uint8Array(overlay.sizeBytes);
  overlay.readAt(0, after);
  return { plan: overlay.plan(), after };
}

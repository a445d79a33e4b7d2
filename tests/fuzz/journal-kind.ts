import { createHash } from 'node:crypto';
import {
  applyJournal,
  type BlockPlan,
  compareDisk,
  finishJournal,
  type JournalHeader,
  type JournalStore,
  Overlay,
  readJournal,
  undoJournal,
  writeJournal,
} from '@winmedic/disk';
import { mutateRange } from './binary-mutations.ts';
import { guarded, orderlyDisk, Taking } from './disk-device.ts';
import type { Kind } from './kind.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const HEADER: JournalHeader = {
  purpose: 'repair',
  disk: 'disk.raw',
  identity: ['disk={1}'],
  madeAt: '2026-01-01T00:00:00Z',
  actions: [{ kind: 'rename' }],
};

/**
 * Undo journals, damaged and cut off, against disks in every state between before and after. Whatever is done with such a journal, the disk is as it was
 * when it is refused, else wholly as before or wholly as after the repair.
 */
export function journalKind(): Kind {
  const inputs = seeds();
  return {
    name: 'journal',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const bytes = inputs[seed]!.journal.slice();
      const names: string[] = [];
      for (let n = random.below(3); n > 0; n--) names.push(mutateRange(bytes, 0, random.below(2) === 0 ? 256 : bytes.length, random));
      if (random.below(6) > 0) return { bytes, names };
      const cut = random.below(bytes.length + 1);
      return { bytes: bytes.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random, seed) => {
      const { before, after, plan } = inputs[seed]!;
      const counts = { read: 0, done: 0, refused: 0 };
      const disk = new Taking(before);
      // As a repair that was interrupted leaves it: some of the changes, the last one in part.
      let left = random.below(plan.changes.length + 2);
      for (const change of plan.changes) {
        if (left-- <= 0) break;
        const part = left === 0 ? change.new.subarray(0, random.below(change.new.length + 1)) : change.new;
        disk.write(change.offset, part);
      }
      if (random.below(8) === 0) disk.bytes[random.below(disk.bytes.length)]! ^= 0xff;
      const found = disk.bytes.slice();
      const act = random.pick([applyJournal, finishJournal, undoJournal]);
      const done = orderlyDisk(() => {
        const store = storeOf(bytes);
        const journal = readJournal(store, sha256);
        counts.read++;
        compareDisk(journal, disk);
        act(disk, store, journal, { sha256 });
      });
      counts.done += Number(done);
      counts.refused += Number(!done);
      // A byte that nobody planned for may have been changed outside of all stretches: it stays.
      const wanted = done ? (act === undoJournal ? before : after) : found;
      const outside = done ? differing(found, disk.bytes, plan) : undefined;
      if (outside !== undefined) throw new Error(`byte ${outside} was changed, which is in no plan`);
      if (!done && Buffer.compare(disk.bytes, found) !== 0) throw new Error('a refusal changed the disk');
      if (done && !plan.changes.every((change) => same(change, disk.bytes, wanted)))
        throw new Error('the disk is neither as before nor as after');
      if (done && disk.sizeBytes !== wanted.length) throw new Error(`a disk of ${disk.sizeBytes} bytes`);
      return counts;
    },
    maxMs: 2000,
    extension: 'journal',
  };
}

function same({ offset, new: { length } }: BlockPlan['changes'][number], disk: Uint8Array, wanted: Uint8Array): boolean {
  return Buffer.compare(disk.subarray(offset, offset + length), wanted.subarray(offset, offset + length)) === 0;
}

/** First byte that changed outside of all stretches of the plan. */
function differing(found: Uint8Array, now: Uint8Array, { changes }: BlockPlan): number | undefined {
  for (let at = 0; at < Math.min(found.length, now.length); at++)
    if (found[at] !== now[at] && !changes.some(({ offset, new: { length } }) => at >= offset && at < offset + length)) return at;
  return undefined;
}

function storeOf(initial: Uint8Array): JournalStore & { readonly bytes: Uint8Array } {
  const held = new Taking(initial);
  return {
    get sizeBytes() {
      return held.sizeBytes;
    },
    get bytes() {
      return held.bytes;
    },
    readAt: (offset, into) => held.readAt(offset, into),
    append: (more) => held.write(held.sizeBytes, more),
    flush: () => {},
  };
}

interface Seed {
  readonly name: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly plan: BlockPlan;
  readonly journal: Uint8Array;
}

function seeds(): Seed[] {
  return [
    seed('raw', false, undefined),
    seed('growing', true, undefined),
    seed('applied', false, 'applied'),
    seed('undone', true, 'undone'),
  ];
}

function seed(name: string, growable: boolean, state: 'applied' | 'undone' | undefined): Seed {
  const before = Uint8Array.from({ length: 32_768 }, (_, i) => (i * 31 + (i >> 9)) & 0xff);
  const overlay = new Overlay(guarded(before), { growable });
  const write = (offset: number, size: number): void => overlay.write(offset, new Uint8Array(size).fill(offset >> 9 || 1));
  write(1000, 30);
  write(20_000, 3000);
  overlay.barrier();
  write(4096, 512);
  if (growable) write(32_768, 1024);
  overlay.barrier();
  write(30_000, 8);
  const plan = overlay.plan();
  const store = storeOf(new Uint8Array());
  const journal = writeJournal(store, HEADER, plan, sha256);
  const disk = new Taking(before);
  if (state !== undefined) applyJournal(disk, store, journal, { sha256 });
  if (state === 'undone') undoJournal(disk, store, readJournal(store, sha256), { sha256 });
  const after = new Uint8Array(overlay.sizeBytes);
  overlay.readAt(0, after);
  return { name, before, after, plan, journal: store.bytes };
}

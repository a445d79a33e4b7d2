import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BlockDevice,
  cached,
  counting,
  type NtfsVolume,
  Overlay,
  openContainerChain,
  parseStartupKey,
  readPartitions,
  recogniseContainer,
  slice,
} from '@winmedic/disk';
import { loadKnowledge } from '@winmedic/knowledge';
import type { RecipeStep } from '@winmedic/knowledge/model';
import type { DiskKeys } from '../../core/disk/keys.ts';
import { type OpenDiskOptions, OpenedDisk } from '../../core/disk/open-disk.ts';
import { DiskVolume } from '../../core/disk/volume.ts';
import { collectEvidence, Problems } from '../../core/evidence/index.ts';
import { inspectDisk } from '../../core/recovery/inspect-disk.ts';
import { planRepair } from '../../core/recovery/plan-repair.ts';
import type { FreeStep, RepairRequest } from '../../core/recovery/request.ts';
import { carriedOut, errorsOf, guarded, noNewErrors, orderly, sameAsOverlay } from './disk-device.ts';
import { mutateImage } from './disk-regions.ts';
import { type DiskSeed, diskSeeds } from './disk-seeds.ts';
import { walkFat, walkNtfs } from './disk-walk.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';

/**
 * Whole disks, from the container to the hives: everything is read, and repairs are planned. The disk itself is never written to; a repair that is planned
 * changes only the sectors of its plan and leaves no error in the volume that was not there before.
 */
export function diskKind(): Kind {
  const recipes = loadKnowledge().recipes.map(({ steps }) => steps);
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-fuzzed-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const inputs = diskSeeds().map((seed) => ({ ...seed, target: new Uint8Array(seed.bytes.length) }));
  return {
    name: 'disk',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const { bytes, target, regions, outer } = inputs[seed]!;
      target.set(bytes);
      const names = random.below(4) === 0 && outer.length > 0 ? mutateImage(target, outer, random) : [];
      if (names.length === 0) names.push(...through(inputs[seed]!, target, (clear) => mutateImage(clear, regions, random)));
      if (random.below(60) > 0) return { bytes: target, names };
      const cut = random.below(bytes.length + 1);
      return { bytes: target.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes, random, seed) => read(bytes, inputs[seed]!, recipes, random, join(folder, 'disk.img')),
    maxMs: 8000,
    // Each opens a disk, plans and carries out a repair and gathers the evidence: some 50 ms.
    atLeast: 150,
    extension: 'disk',
  };
}

/** Changes the virtual disk, decrypted, of an image that is still whole. */
function through(seed: DiskSeed, target: Uint8Array, change: (clear: Uint8Array) => string[]): string[] {
  if (seed.startupKeys.size === 0 && recogniseContainer(guarded(target)) === 'raw') return change(target);
  const taking: BlockDevice = {
    ...guarded(target),
    write: (offset, part) => {
      target.set(part.subarray(0, Math.max(0, target.length - offset)), offset);
    },
  };
  const disk = opened(taking, seed, {});
  const clear = new Uint8Array(disk.device.sizeBytes);
  disk.device.readAt(0, clear);
  const locked = disk.volumes.filter(({ kind }) => kind === 'bitlocker');
  const stretches = [
    { device: disk.device, offset: 0, length: clear.length },
    ...locked.map((volume) => ({ device: volume.clear(), offset: volume.partition.offset, length: volume.partition.sizeBytes })),
  ].reverse();
  for (const { device, offset, length } of stretches) if (device !== disk.device) device.readAt(0, clear.subarray(offset, offset + length));
  const before = clear.slice();
  const names = change(clear);
  for (let at = 0; at < clear.length; at += 512) {
    if (Buffer.compare(clear.subarray(at, at + 512), before.subarray(at, at + 512)) === 0) continue;
    const { device, offset } = stretches.find((one) => at >= one.offset && at < one.offset + one.length)!;
    orderly(() => device.write?.(at - offset, clear.subarray(at, at + 512)));
  }
  return names;
}

function keysOf({ startupKeys }: DiskSeed): DiskKeys {
  return { startup: [...startupKeys.values()].map((bytes) => ({ id: parseStartupKey(bytes).id, file: bytes })) };
}

/** As `openDisk` opens a file. */
function opened(file: BlockDevice, seed: DiskSeed, options: OpenDiskOptions): OpenedDisk {
  const count = { reads: 0, bytes: 0 };
  const kind = recogniseContainer(file);
  const below = options.plan === true ? cached(counting(file, count)) : file;
  const overlay = options.plan === true ? new Overlay(below, { growable: kind !== 'raw' }) : undefined;
  const bottom = overlay ?? below;
  const container =
    kind === 'vhd' || kind === 'vhdx'
      ? openContainerChain(bottom, { ...options, randomGuid: () => new Uint8Array(randomBytes(16)), openFile: () => undefined })
      : undefined;
  const device = container ?? bottom;
  const table = readPartitions(device, options);
  const volumes = table.partitions.map((partition) => {
    const sizeBytes = Math.max(0, Math.min(partition.sizeBytes, device.sizeBytes - partition.offset));
    return new DiskVolume(slice(device, Math.min(partition.offset, device.sizeBytes), sizeBytes), partition, {
      ...options,
      keys: keysOf(seed),
    });
  });
  return new OpenedDisk({
    path: 'fuzzed disk',
    kind,
    bottom,
    overlay,
    isDevice: false,
    containerInfo: container?.info,
    parents: [],
    device,
    table,
    volumes,
    count,
    closers: [],
  });
}

type Counts = { opened: number; volumes: number; damages: number; planned: number; nothing: number; refused: number; observations: number };

async function read(
  bytes: Uint8Array,
  seed: DiskSeed,
  recipes: readonly (readonly RecipeStep[])[],
  random: Random,
  path: string,
): Promise<Counts> {
  const counts: Counts = { opened: 0, volumes: 0, damages: 0, planned: 0, nothing: 0, refused: 0, observations: 0 };
  const options = { onDamage: () => void counts.damages++ };
  const file = guarded(bytes);
  orderly(() => {
    const disk = opened(file, seed, options);
    counts.opened++;
    for (const volume of disk.volumes) {
      orderly(() => {
        if (random.below(3) > 0) return;
        if (volume.ntfs !== undefined) walkNtfs(volume.ntfs, random);
        else if (volume.fat !== undefined) walkFat(volume.fat, random);
        counts.volumes++;
      });
    }
    if (random.below(3) === 0) inspectDisk(disk, new Problems());
  });
  orderly(() => plan(opened(file, seed, { ...options, plan: true }), bytes, seed, requestOf(recipes, random), counts));
  if (random.below(12) === 0) counts.observations += await evidence(bytes, seed, path);
  return counts;
}

/** The disk as a file among the evidence, which must be left as it is. */
async function evidence(bytes: Uint8Array, seed: DiskSeed, path: string): Promise<number> {
  writeFileSync(path, bytes);
  const { facts, events, state, dumps, images } = await collectEvidence([path], { hash: false, disk: { keys: keysOf(seed) } });
  if (Buffer.compare(readFileSync(path), bytes) !== 0) throw new Error('gathering evidence changed the disk');
  return facts.length + events.length + state.length + dumps.length + images.length;
}

function plan(disk: OpenedDisk, bytes: Uint8Array, seed: DiskSeed, request: RepairRequest, counts: Counts): void {
  const repair = planRepair(disk, request);
  if (repair.outcome !== 'refused' && repair.refusals.length > 0) throw new Error('a refusal that refuses nothing');
  if (repair.outcome !== 'planned') {
    if (repair.plan.changes.length > 0) throw new Error(`changes of a repair that is ${repair.outcome}`);
    counts[repair.outcome]++;
    return;
  }
  counts.planned++;
  const after = carriedOut(repair.plan, bytes);
  sameAsOverlay(disk.overlay!, after);
  const { number } = repair.volume;
  const before = errorsOf(ntfsOf(guarded(bytes), seed, number));
  noNewErrors(before, errorsOf(ntfsOf(guarded(after), seed, number)));
  // What was repaired needs no repair.
  const again = planRepair(opened(guarded(after), seed, { plan: true }), { ...request, volume: number });
  const left = again.steps.filter(({ step, outcome }) => 'quarantine' in step && outcome === 'planned');
  if (left.length > 0) throw new Error('the same repair would be made again');
}

/** @throws {Error} when the volume that was repaired can no longer be opened. */
function ntfsOf(file: BlockDevice, seed: DiskSeed, number: number): NtfsVolume {
  const volume = opened(file, seed, {}).volumes.find((one) => one.number === number)?.ntfs;
  if (volume === undefined) throw new Error(`no volume ${number}`);
  return volume;
}

const TEXT = { en: '', ja: '' };

function requestOf(recipes: readonly (readonly RecipeStep[])[], random: Random): RepairRequest {
  const steps: (RecipeStep | FreeStep)[] = [...random.pick(recipes)];
  if (random.below(4) === 0) steps.push({ id: 'boot', text: TEXT, safeboot: random.pick(['clear', 'minimal', 'network']) });
  if (random.below(8) === 0) steps.push({ id: 'log', text: TEXT, resetLog: true });
  if (random.below(6) === 0) {
    const data = new Uint8Array(random.below(3000)).fill(1);
    const key = random.pick(['Select', 'Select\\New', 'ControlSet001\\Services\\CSAgent']);
    const change = random.pick([
      { op: 'create-key', key: `${key}\\Made` } as const,
      { op: 'create-value', key, value: 'Made', type: 3, data } as const,
      { op: 'delete-key', key } as const,
    ]);
    steps.push({ id: 'hive', text: TEXT, hive: 'Windows\\System32\\config\\SYSTEM', changes: [change] });
  }
  return { purpose: 'fuzz', steps, with: new Set(random.below(2) === 0 ? ['disable-sensor', 'txr-logs'] : []) };
}

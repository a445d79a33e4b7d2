import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { NtfsVolume } from '@winmedic/disk';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Recipe } from '@winmedic/knowledge/model';
import { openHive } from '@winmedic/registry-hive';
import { afterAll, describe, expect, it } from 'vitest';
import { openDisk } from '../disk/open-disk.ts';
import { CONFIG_FOLDER, hiveOnDisk, windowsVolume } from '../disk/windows.ts';
import { applyRepair, journalPath, type PlannedRepair, planRepair, type RepairRequest, undoRepair, verifyDisk } from './index.ts';
import { bytesOf, type DiskSpec, damagedVolume, FILES, imageFolder } from './test-disk.ts';

const images = imageFolder();
afterAll(() => images.dispose());

const recipe = loadKnowledge().recipes.find(({ id }) => id === 'crowdstrike-291') as Recipe;
const request: RepairRequest = { purpose: 'repair --for crowdstrike-291', steps: recipe.steps };

function planned<T>(path: string, wanted: Partial<RepairRequest>, work: (plan: PlannedRepair) => T): T {
  const disk = openDisk(path, { plan: true });
  try {
    return work(planRepair(disk, { ...request, ...wanted }));
  } finally {
    disk.close();
  }
}

function looked<T>(path: string, work: (volume: NtfsVolume) => T): T {
  const disk = openDisk(path);
  try {
    return work(windowsVolume(disk).ntfs as NtfsVolume);
  } finally {
    disk.close();
  }
}

const made = (spec: DiskSpec = {}): string => images.image(bytesOf(damagedVolume(spec)));
const outcomes = ({ steps }: PlannedRepair) => Object.fromEntries(steps.map(({ step, outcome }) => [step.id, outcome]));

describe('the recipe for channel file 291', () => {
  it('renames the file of the faulty time alone, with its short name, and leaves the others as they are', () => {
    const path = made();
    planned(path, {}, applyRepair);
    looked(path, (volume) => {
      expect(volume.lookup(FILES.faulty)).toBeUndefined();
      const renamed = volume.lookup(FILES.faulty.replace(/s$/, '_'));
      expect(renamed?.names.map(({ name }) => name).sort()).toEqual(['C-00000291-00000000-00000032.sy_', 'C-0000~2.SY_']);
      expect(volume.lookup(FILES.older)?.name).toBe('C-00000291-00000000-00000029.sys');
      expect(volume.lookup(FILES.fixed)?.name).toBe('C-00000291-00000000-00000033.sys');
    });
  });

  it('tells what was left alone and why', () => {
    planned(made(), {}, ({ steps }) => {
      expect(steps[0]!.actions.filter(({ kind }) => kind === 'kept')).toEqual([
        expect.objectContaining({ path: FILES.older, why: 'older' }),
        expect.objectContaining({ path: FILES.fixed, why: 'newer' }),
      ]);
    });
  });

  it('leaves hives that need no logs and hold what the logs held', () => {
    const path = made({ start: 2 });
    planned(path, {}, applyRepair);
    looked(path, (volume) => {
      const { source } = hiveOnDisk(volume, `${CONFIG_FOLDER}\\SYSTEM`)!;
      const hive = openHive(source);
      expect(hive.state).toBe('clean');
      expect(hive.key('ControlSet001\\Services\\CSAgent')?.value('Start')?.number()).toBe(2n);
      expect([...hive.key('ControlSet001\\Services\\CSAgent\\Sim')!.values()]).toHaveLength(40);
    });
  });

  it('puts the logs of the transactional registry aside, those of the transaction manager not', () => {
    const path = made();
    planned(path, {}, applyRepair);
    looked(path, (volume) => {
      const names = [...volume.entries(volume.lookup(`${CONFIG_FOLDER}\\TxR`)!)].map(({ name }) => name);
      expect(names.filter((name) => /_$/.test(name))).toHaveLength(2);
      expect(names.filter((name) => name.endsWith('.TM.blf'))).toHaveLength(1);
    });
  });

  it.each([
    ['9600', 'skipped'],
    ['14393', 'planned'],
    ['26100', 'planned'],
    [null, 'skipped'],
  ])('of build %s has that step %s: builds are compared as numbers', (build, outcome) => {
    planned(made({ build }), {}, (plan) => expect(outcomes(plan)).toMatchObject({ 'txr-logs': outcome, 'channel-file': 'planned' }));
  });

  it('disables the sensor only when asked to', () => {
    planned(made(), {}, (plan) => expect(outcomes(plan)['disable-sensor']).toBe('skipped'));
    const path = made();
    planned(path, { with: new Set(['disable-sensor']) }, (plan) => {
      expect(outcomes(plan)).toMatchObject({ hives: 'planned', 'disable-sensor': 'planned' });
      applyRepair(plan);
    });
    looked(path, (volume) => {
      const { source } = hiveOnDisk(volume, `${CONFIG_FOLDER}\\SYSTEM`)!;
      expect(openHive(source).key('ControlSet001\\Services\\CSAgent')?.value('Start')?.number()).toBe(4n);
    });
  });

  it('leaves steps out when told to', () => {
    planned(made(), { without: new Set(['hives', 'txr-logs']) }, ({ changes, steps }) => {
      expect(steps.map(({ outcome }) => outcome)).toEqual(['planned', 'skipped', 'skipped', 'skipped']);
      expect(changes.reduce((sum, { differing }) => sum + differing, 0)).toBeLessThan(60);
    });
  });

  it('has nothing to do the second time', () => {
    const path = made();
    planned(path, {}, applyRepair);
    planned(path, {}, (plan) => {
      expect(plan.outcome).toBe('nothing');
      expect(plan.steps[0]!.actions).toContainEqual({ kind: 'present', path: FILES.faulty.replace(/s$/, '_') });
    });
  });

  it('is refused when there is no such file', () => {
    const path = made();
    planned(
      path,
      { steps: [{ ...recipe.steps[0]!, quarantine: { folder: 'Windows\\System32\\drivers', glob: 'x*.sys' }, required: true } as never] },
      (plan) => {
        expect(plan.outcome).toBe('refused');
        expect(plan.refusals.map(({ code }) => code)).toEqual(['RECOVERY_NOTHING_FOUND']);
      },
    );
  });
});

describe('a mirror of $MFT that a crash left behind', () => {
  it('is told and does not forbid a repair that leaves it as it is', () => {
    const path = made();
    const at = looked(path, (volume) => {
      const [run] = volume.file(1)!.attributes.find(({ type }) => type === 0x80)!.runs;
      return run!.lcn! * volume.boot.clusterBytes;
    });
    const bytes = readFileSync(path);
    bytes[at + 8]! ^= 1;
    writeFileSync(path, bytes);
    planned(path, {}, (plan) => {
      const mirror = { id: 'mirror', ok: true, findings: ['record 0: differs'] };
      expect(plan.outcome).toBe('planned');
      expect(plan.checks).toContainEqual(expect.objectContaining(mirror));
      expect(applyRepair(plan).checks).toContainEqual(expect.objectContaining(mirror));
    });
    expect(readFileSync(path)[at + 8]).toBe(bytes[at + 8]);
  });
});

describe('nothing is written', () => {
  it.each([
    ['HIBR', 'refused'],
    ['hibr', 'refused'],
    ['WAKE', 'planned'],
    ['\0\0\0\0', 'planned'],
    ['what', 'refused'],
  ])('when hiberfil.sys begins with %j: %s', (head, outcome) => {
    planned(made({ more: [{ path: 'hiberfil.sys', content: head + 'x'.repeat(8192) }] }), {}, (plan) => {
      expect(plan.outcome).toBe(outcome);
      if (outcome === 'refused') expect(plan.refusals.map(({ code }) => code)).toEqual(['RECOVERY_HIBERNATED']);
    });
  });

  it('on NTFS of another version', () => {
    planned(made({ volume: { version: { major: 1, minor: 2 } } }), {}, ({ refusals }) =>
      expect(refusals.map(({ code }) => code)).toEqual(['RECOVERY_NTFS_VERSION']),
    );
  });

  it('when the disk changed after it was planned', () => {
    const path = made();
    planned(path, {}, (plan) => {
      const bytes = readFileSync(path);
      bytes[plan.changes[0]!.offset + 3]! ^= 1;
      writeFileSync(path, bytes);
      expect(() => applyRepair(plan)).toThrow(expect.objectContaining({ code: 'JOURNAL_FOREIGN' }));
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
      expect(existsSync(journalPath(path, false))).toBe(false);
    });
  });

  it('when the journal cannot be made', () => {
    const path = made();
    const before = readFileSync(path);
    planned(path, {}, (plan) => {
      expect(() => applyRepair(plan, { journal: `${path}/none/journal` })).toThrow(expect.objectContaining({ code: 'RECOVERY_JOURNAL' }));
    });
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
  });
});

describe('undo', () => {
  it('gives the disk back bit for bit, and can be repeated', () => {
    const path = made();
    const before = readFileSync(path);
    const { journal } = planned(path, {}, (plan) => applyRepair(plan));
    expect(statSync(journal).mode & 0o077).toBe(0);
    expect(Buffer.compare(readFileSync(path), before)).not.toBe(0);
    expect(undoRepair(path)).toMatchObject({ outcome: 'undone', before: 'changed', purpose: request.purpose });
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
    expect(undoRepair(path, { journal })).toMatchObject({ outcome: 'nothing', before: 'untouched' });
  });

  it('takes back several repairs, the newest first', () => {
    const path = made();
    const before = readFileSync(path);
    planned(path, { without: new Set(['hives', 'txr-logs']) }, applyRepair);
    planned(path, {}, applyRepair);
    expect(undoRepair(path).journal).toMatch(/-2$/);
    expect(undoRepair(path).journal).toMatch(/undo$/);
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
    expect(() => undoRepair(path)).toThrow(expect.objectContaining({ code: 'RECOVERY_NO_JOURNAL' }));
  });

  it('is refused when something else wrote there since', () => {
    const path = made();
    const { offset } = planned(path, {}, (plan) => {
      applyRepair(plan);
      return plan.changes[0]!;
    });
    const bytes = readFileSync(path);
    bytes[offset + 20] = (bytes[offset + 20]! + 7) & 0xff;
    writeFileSync(path, bytes);
    expect(undoRepair(path)).toMatchObject({ outcome: 'refused', before: 'foreign', foreignAt: offset + 20 });
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
  });

  it('leaves nothing behind but the image and its journal', () => {
    const path = made();
    planned(path, {}, applyRepair);
    const name = path.slice(path.lastIndexOf('/') + 1);
    expect(
      readdirSync(images.folder)
        .filter((one) => one.replaceAll('_', ' ').startsWith(name))
        .sort(),
    ).toEqual([name, `${name.replace(' ', '_')}.winmedic-undo`].sort());
  });
});

describe('verify', () => {
  it('finds a repaired volume sound and says how it stands to the journal', () => {
    const path = made();
    planned(path, {}, applyRepair);
    const disk = openDisk(path);
    const { journal, volumes } = verifyDisk(disk);
    disk.close();
    expect(journal?.state).toBe('changed');
    expect(volumes[0]!.check?.findings).toEqual([]);
    expect(volumes[0]!.hives.map(({ state }) => state)).toEqual(['clean', 'clean']);
  });
});

describe('a hive with transactions that are not closed', () => {
  const pending = ({ steps }: PlannedRepair) =>
    steps.flatMap(({ actions }) => actions.filter(({ kind }) => kind === 'transactions-pending'));

  it('is told of as long as their logs stay beside it', () => {
    const spec = { transactions: true };
    const sensor = new Set(['disable-sensor']);
    const without = new Set(['txr-logs']);
    planned(made(spec), { with: sensor, without }, (plan) =>
      expect(pending(plan)).toEqual([{ kind: 'transactions-pending', path: `${CONFIG_FOLDER}\\SYSTEM` }]),
    );
    planned(made(spec), { with: sensor }, (plan) => expect(pending(plan)).toEqual([]));
    planned(made(spec), { without }, (plan) => expect(pending(plan)).toEqual([]));
    planned(made(), { with: sensor, without }, (plan) => expect(pending(plan)).toEqual([]));
  });
});

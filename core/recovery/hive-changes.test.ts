import { afterAll, describe, expect, it } from 'vitest';
import { hiveDataText, parseHiveData } from '../disk/hive-data.ts';
import { findHive } from '../disk/hive-key.ts';
import { openDisk } from '../disk/open-disk.ts';
import { hiveStep, type KeyWish } from './hive-request.ts';
import { type PlannedRepair, planRepair } from './plan-repair.ts';
import type { RepairStep } from './request.ts';
import { bytesOf, damagedVolume, imageFolder } from './test-disk.ts';

const images = imageFolder();
afterAll(() => images.dispose());
const path = images.image(bytesOf(damagedVolume()));

function planned(
  make: (step: (key: string, ...wishes: KeyWish[]) => RepairStep) => readonly RepairStep[],
  without?: string,
): PlannedRepair {
  const disk = openDisk(path, { plan: true });
  try {
    const steps = make((key, ...wishes) => hiveStep(findHive(disk, key), wishes));
    return planRepair(disk, { purpose: 'test', steps, ...(without !== undefined && { without: new Set([without]) }) });
  } finally {
    disk.close();
  }
}

const KEY = 'SYSTEM\\CurrentControlSet\\Services\\CSAgent';
const set = (name: string, text: string): KeyWish => ({ kind: 'set', name, data: parseHiveData(text)! });

describe('changes of a key', () => {
  it('are told as what was and what will be, once each', () => {
    const { steps, outcome } = planned((step) => [
      step(KEY, set('start', 'dword:4'), set('ImagePath', `sz:${'long '.repeat(20)}`), set('New', 'multi:a;b')),
    ]);
    expect(outcome).toBe('planned');
    expect(steps[0]?.actions.filter(({ kind }) => kind === 'value')).toMatchObject([
      { from: 'dword:1', to: 'dword:4' },
      { value: 'ImagePath', from: 'sz:csagent.sys', to: `sz:${'long '.repeat(20)}` },
      { value: 'New', to: 'multi:a;b' },
    ]);
  });

  it('are none when all is so already', () => {
    const { steps } = planned((step) => [step(KEY, set('Start', hiveDataText(parseHiveData('dword:1')!)))]);
    expect(steps[0]?.actions.filter(({ kind }) => kind === 'value')).toEqual([]);
  });

  it('belong to the step that wants them, not to one before it that is left out', () => {
    const replay: RepairStep = { id: 'hives', text: { en: '', ja: '' }, replay: ['SYSTEM'] };
    const { steps } = planned((step) => [replay, step(KEY, set('Start', 'dword:4'))], 'hives');
    expect(steps.map(({ outcome }) => outcome)).toEqual(['skipped', 'planned']);
    expect(steps[0]?.actions).toEqual([]);
  });
});

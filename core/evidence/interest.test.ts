import type { Cause } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import { INTEREST, interestQueries, isBuiltIn } from './interest.ts';
import { patternsOf } from './patterns.ts';

describe('events of interest', () => {
  it.each([
    ['User32', 1074],
    ['USER32', 1074],
    ['EventLog', 6008],
    ['Microsoft-Windows-Eventlog', 1102],
    ['Microsoft-Windows-Kernel-Power', 41],
    ['Microsoft-Windows-Kernel-General', 13],
    ['Microsoft-Windows-Kernel-Boot', 20],
    ['Microsoft-Windows-WER-SystemErrorReporting', 1001],
    ['volmgr', 162],
    ['Microsoft-Windows-Winlogon', 7002],
    ['Microsoft-Windows-Security-Auditing', 4625],
    ['Microsoft-Windows-TerminalServices-LocalSessionManager', 25],
    ['Microsoft-Windows-RemoteDesktopServices-RdpCoreTS', 140],
    ['Microsoft-Windows-WHEA-Logger', 12345],
    ['Microsoft-Windows-Hyper-V-Worker', 18590],
    ['storahci', 129],
  ])('hold %s %i', (provider, id) => {
    expect(isBuiltIn(provider, id)).toBe(true);
  });
  it('leave out what fills logs', () => {
    expect(isBuiltIn('Service Control Manager', 7036)).toBe(false);
    expect(isBuiltIn('Microsoft-Windows-Security-Auditing', 4672)).toBe(false);
  });
  it('name no provider and id twice', () => {
    const seen = new Set<string>();
    for (const i of INTEREST)
      for (const p of i.providers)
        for (const id of i.ids ?? []) {
          const key = `${p.toLowerCase()}/${id}/${JSON.stringify(i.where)}`;
          expect(seen).not.toContain(key);
          seen.add(key);
        }
  });
});

describe('patterns of causes', () => {
  const added = (...patterns: Parameters<typeof interestQueries>[0] & object): unknown[] =>
    interestQueries(patterns).slice(INTEREST.length);
  it('add nothing for what is kept anyway', () => {
    expect(added({ provider: 'user32', id: [1074, 1075] })).toEqual([]);
  });
  it('add their events once, with their conditions', () => {
    const own = { provider: ['A', 'B'], id: 7, where: { 'Name|contains|all': ['x', 'y'], Gone: null, 'Code|gte': 5 } };
    const where = [
      { field: 'Name', op: 'contains', values: ['x', 'y'], all: true },
      { field: 'Gone', op: 'null', values: [] },
      { field: 'Code', op: 'gte', values: ['5'] },
    ];
    expect(added(own, own)).toEqual([
      { providers: ['A'], ids: [7], where },
      { providers: ['B'], ids: [7], where },
    ]);
  });
  it('leave a condition the reader does not know to the diagnosis', () => {
    expect(added({ provider: 'A', id: 7, where: { 'Name|base64': 'x' } })).toEqual([{ providers: ['A'], ids: [7] }]);
  });
  it('are found in every part of a cause, at any depth', () => {
    const pattern = (id: number): { provider: string; id: number } => ({ provider: 'P', id });
    const item = (id: number): Cause['required'][number] => ({
      id: `i${id}`,
      text: { en: '', ja: '' },
      when: { all: [{ any: [{ not: { event: pattern(id) } }] }] },
    });
    const cause = {
      required: [item(1)],
      supporting: [item(2)],
      refutes: [{ ...item(3), when: { absent: pattern(3) } }],
      weakens: [{ ...item(4), when: { actionBefore: 'a', records: [pattern(4)] } }],
    } as unknown as Cause;
    expect(patternsOf([cause]).map((p) => p.id)).toEqual([1, 2, 3, 4]);
  });
});

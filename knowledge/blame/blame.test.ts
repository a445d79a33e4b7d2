import { describe, expect, it } from 'vitest';
import { buildKnowledge } from '../build.ts';
import type { BlameKnowledge, CodeTable } from '../src/model.ts';

const { knowledge } = buildKnowledge();
const { addressParameters, windowsModules, knownModules } = knowledge['blame'] as BlameKnowledge;
const bugchecks = (knowledge['codes'] as Record<string, CodeTable>)['bugchecks']?.codes ?? [];

const twice = (names: readonly string[]): string[] => names.filter((name, at) => names.indexOf(name) !== at);

describe('address parameters', () => {
  it('belong to stop codes that exist, each once', () => {
    const known = new Set(bugchecks.map(({ code }) => code));
    expect(addressParameters.filter(({ code }) => !known.has(code))).toEqual([]);
    expect(twice(addressParameters.map(({ code }) => code))).toEqual([]);
  });

  it('stand where the documentation of the most met codes has them', () => {
    const placed = Object.fromEntries(addressParameters.map(({ code, parameter, is }) => [code, `${parameter} ${is}`]));
    expect(placed).toMatchObject({
      '0xa': '4 instruction',
      '0x1e': '2 instruction',
      '0x3b': '2 instruction',
      '0x50': '3 instruction',
      '0x7e': '2 instruction',
      '0xd1': '4 instruction',
      '0x139': '3 exception-record',
    });
  });

  it('are given for no code whose parameters change with a subcode', () => {
    for (const code of ['0x1a', '0x9f', '0xc2', '0xc4', '0xe6', '0x124', '0x133'])
      expect(
        addressParameters.some((entry) => entry.code === code),
        code,
      ).toBe(false);
  });
});

describe('modules', () => {
  it('are Windows’ own or another maker’s, never both, each once', () => {
    const own = new Set(windowsModules);
    const names = knownModules.map(({ name }) => name);
    expect(windowsModules.length).toBeGreaterThan(500);
    expect(names.length).toBeGreaterThan(500);
    expect(names.filter((name) => own.has(name))).toEqual([]);
    expect(twice(windowsModules)).toEqual([]);
    expect(twice(names)).toEqual([]);
  });

  it('that come with Windows but are another maker’s are not taken for Windows’ own', () => {
    const own = new Set(windowsModules);
    const foreign = [
      'megasas.sys',
      'bxvbda.sys',
      'mlx4_bus.sys',
      'iastorav.sys',
      'e1i65x64.sys',
      'nvraid.sys',
      'percsas3i.sys',
      'vmci.sys',
    ];
    expect(foreign.filter((name) => own.has(name))).toEqual([]);
  });

  it('are told by name only where the name says enough', () => {
    const vague = ['tracker.sys', 'scanner.sys', 'monitoring.sys', 'file_monitor.sys', 'filefilter.sys', 'message.sys', 'filter.sys'];
    const names = new Set([...windowsModules, ...knownModules.map(({ name }) => name)]);
    expect(vague.filter((name) => names.has(name))).toEqual([]);
  });

  it('say where the maker was read, or that nobody checked it', () => {
    const unfounded = knownModules.filter(({ source, unverified }) => (source === 'general knowledge') !== (unverified === true));
    expect(unfounded).toEqual([]);
  });
});

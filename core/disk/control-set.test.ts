import { dword, writeHive } from '@winmedic/labs/hive-writer';
import { openHive } from '@winmedic/registry-hive';
import { describe, expect, it } from 'vitest';
import { nextControlSet } from './control-set.ts';
import { realKey } from './hive-key.ts';

function system(select: Readonly<Record<string, number>>, sets: readonly number[]) {
  const values = Object.entries(select).map(([name, value]) => dword(name, value));
  const keys = [{ name: 'Select', values }, ...sets.map((set) => ({ name: `ControlSet00${set}` }))];
  const bytes = writeHive({ root: { name: 'ROOT', keys } });
  return openHive({
    sizeBytes: bytes.length,
    readAt(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
  });
}

describe('the control set of the next start', () => {
  it.each([
    ['the default one', { Current: 1, Default: 2, LastKnownGood: 1 }, [1, 2], 'ControlSet002'],
    ['the current one where the default one is not there', { Current: 1, Default: 3 }, [1, 2], 'ControlSet001'],
    ['the current one where no default is named', { Current: 2 }, [1, 2], 'ControlSet002'],
    ['the only one where none is named', {}, [1], 'ControlSet001'],
    ['not known where several are there and none is named', {}, [1, 2], undefined],
  ])('is %s', (_, select, sets, name) => {
    expect(nextControlSet(system(select, sets))).toBe(name);
  });

  it('is what CurrentControlSet stands for in a key that is named', () => {
    expect(realKey(system({ Current: 1, Default: 2 }, [1, 2]), 'CurrentControlSet\\Services\\Tcpip')).toBe(
      'ControlSet002\\Services\\Tcpip',
    );
  });
});

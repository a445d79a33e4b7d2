import { describe, expect, it } from 'vitest';
import { fieldTest, type SigmaValue, sigmaCondition } from './sigma-key.ts';

const holds = (key: string, value: SigmaValue | readonly SigmaValue[], ...texts: string[]): boolean =>
  fieldTest(sigmaCondition(key, value))(texts);

describe('a Sigma key', () => {
  it('compares integers by value whatever their form, alone and in lists', () => {
    expect(holds('f', '0xc000006a', '3221225578')).toBe(true);
    expect(holds('f', 3221225578, '0xC000006A')).toBe(true);
    expect(holds('f', ['1', '2', '3', '4', '0x5'], '5')).toBe(true);
    expect(holds('f', ['1', '2', '3', '4', '0x5'], '6')).toBe(false);
    expect(holds('f', 5, '15')).toBe(false);
  });

  it('does not count padding where the end of the text matters', () => {
    expect(holds('f', 'user32', 'User32 ')).toBe(true);
    expect(holds('f', 'User32 ', 'User32')).toBe(true);
    expect(holds('f|endswith', '32', 'User32  ')).toBe(true);
    expect(holds('f|startswith', 'User32 ', 'User32')).toBe(false);
  });

  it('has `not`, which is true for an absent field', () => {
    expect(holds('f|contains|not', 'KB2267602', 'Update KB1')).toBe(true);
    expect(holds('f|contains|not', 'KB2267602', 'Update kb2267602')).toBe(false);
    expect(holds('f|contains|not', 'KB2267602')).toBe(true);
  });

  it('means absent or empty by null', () => {
    expect(holds('f', null)).toBe(true);
    expect(holds('f', null, '')).toBe(true);
    expect(holds('f', null, 'x')).toBe(false);
    expect(holds('f|not', null, 'x')).toBe(true);
  });

  it.each([
    ['f|base64', 'x'],
    ['f|contains|re', 'x'],
    ['f', [null, 'x']],
    ['f', []],
  ] as const)('%s: %o is refused', (key, value) => {
    expect(() => holds(key, value)).toThrow('EVTX_QUERY');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReason, REASON_FLAGS, REASON_MAJORS, REASON_MINORS, reasonCodeValue } from './reason.ts';

describe('shutdown reason codes', () => {
  it.each([
    ['0x500ff', false, 'SYSTEM', 'NONE', []],
    ['0x80020010', true, 'OPERATINGSYSTEM', 'SERVICEPACK', []],
    ['0x80020003', true, 'OPERATINGSYSTEM', 'UPGRADE', []],
    ['0x840000ff', true, 'OTHER', 'NONE', ['CLEAN_UI']],
    ['0x80070015', true, 'LEGACY_API', 'WMI', []],
    ['0x8000000c', true, 'OTHER', 'ENVIRONMENT', []],
    ['0x80040002', true, 'APPLICATION', 'INSTALLATION', []],
    ['0x84020004', true, 'OPERATINGSYSTEM', 'RECONFIG', ['CLEAN_UI']],
    ['0x85000000', true, 'OTHER', 'OTHER', ['CLEAN_UI', 'COMMENT_REQUIRED']],
    ['0xa000000', false, 'OTHER', 'OTHER', ['DIRTY_UI', 'DIRTY_PROBLEM_ID_REQUIRED']],
    ['0x5000000', false, 'OTHER', 'OTHER', ['CLEAN_UI', 'COMMENT_REQUIRED']],
    ['0x800000ff', true, 'OTHER', 'NONE', []],
    ['0x80030002', true, 'SOFTWARE', 'INSTALLATION', []],
    ['0x80020021', true, 'OPERATINGSYSTEM', 'DC_PROMOTION', []],
    ['0x50006', false, 'SYSTEM', 'UNSTABLE', []],
    ['0x84010001', true, 'HARDWARE', 'MAINTENANCE', ['CLEAN_UI']],
  ])('%s', (code, planned, major, minor, flags) => {
    expect(decodeReason(code)).toEqual({ code, planned, userDefined: false, major, minor, flags });
  });

  it('reads padded, upper-case, decimal and signed forms as the same code', () => {
    for (const form of ['0x000500FF', '0X500ff', '327935', 327935, ' 0x500ff ']) expect(decodeReason(form)?.code).toBe('0x500ff');
    expect(decodeReason(-2147352560)?.code).toBe('0x80020010');
    expect(decodeReason('-2147352560')?.code).toBe('0x80020010');
  });

  it('gives user-defined reasons as the numbers an administrator configured', () => {
    expect(decodeReason(0xc0400005)).toEqual({ code: '0xc0400005', planned: true, userDefined: true, flags: [], major: '64', minor: '5' });
  });

  it('does not invent names for bits and numbers it does not know', () => {
    expect(decodeReason(0x20091234)).toEqual({
      code: '0x20091234',
      planned: false,
      userDefined: false,
      flags: ['0x20000000'],
      major: '9',
      minor: '4660',
    });
  });

  it.each(['', 'abc', '0x', '0x1ffffffff', '5000000000', '1.5', '0x500ff;rm'])('is not misled by %j', (text) => {
    expect(decodeReason(text)).toBeUndefined();
  });

  it('loses no bit: the parts add up to the code again', () => {
    const back = (map: ReadonlyMap<number, string>, name: string) => [...map].find(([, symbol]) => symbol === name)?.[0] ?? Number(name);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (code) => {
        const reason = decodeReason(code)!;
        const flags = reason.flags.reduce((sum, flag) => sum + back(REASON_FLAGS, flag), 0);
        const sum =
          flags +
          (reason.planned ? 0x80000000 : 0) +
          (reason.userDefined ? 0x40000000 : 0) +
          back(REASON_MAJORS, reason.major) * 0x10000 +
          back(REASON_MINORS, reason.minor);
        expect(sum).toBe(code);
        expect(reasonCodeValue(reason.code)).toBe(code);
      }),
    );
  });
});

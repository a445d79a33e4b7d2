/**
 * The shutdown reason code of User32 1074 and 1076: `flags | major << 16 | minor` (Windows SDK, reason.h).
 * It is not an HRESULT, although some values look like one. This is the one decoder of the project.
 */
import type { ShutdownReason } from '../model/index.ts';

/** Flag bits and their symbols in reason.h (prefix `SHTDN_REASON_FLAG_` left out), highest bit last. */
export const REASON_FLAGS: ReadonlyMap<number, string> = new Map([
  [0x01000000, 'COMMENT_REQUIRED'],
  [0x02000000, 'DIRTY_PROBLEM_ID_REQUIRED'],
  [0x04000000, 'CLEAN_UI'],
  [0x08000000, 'DIRTY_UI'],
  [0x10000000, 'MOBILE_UI_RESERVED'],
  [0x40000000, 'USER_DEFINED'],
  [0x80000000, 'PLANNED'],
]);

/** Major reasons by number (bits 16-23) and their symbols in reason.h (`SHTDN_REASON_MAJOR_`). */
export const REASON_MAJORS: ReadonlyMap<number, string> = new Map([
  [0x00, 'OTHER'],
  [0x01, 'HARDWARE'],
  [0x02, 'OPERATINGSYSTEM'],
  [0x03, 'SOFTWARE'],
  [0x04, 'APPLICATION'],
  [0x05, 'SYSTEM'],
  [0x06, 'POWER'],
  [0x07, 'LEGACY_API'],
]);

/** Minor reasons by number (bits 0-15) and their symbols in reason.h (`SHTDN_REASON_MINOR_`). `NONE` has no title in Windows. */
export const REASON_MINORS: ReadonlyMap<number, string> = new Map([
  [0x00, 'OTHER'],
  [0x01, 'MAINTENANCE'],
  [0x02, 'INSTALLATION'],
  [0x03, 'UPGRADE'],
  [0x04, 'RECONFIG'],
  [0x05, 'HUNG'],
  [0x06, 'UNSTABLE'],
  [0x07, 'DISK'],
  [0x08, 'PROCESSOR'],
  [0x09, 'NETWORKCARD'],
  [0x0a, 'POWER_SUPPLY'],
  [0x0b, 'CORDUNPLUGGED'],
  [0x0c, 'ENVIRONMENT'],
  [0x0d, 'HARDWARE_DRIVER'],
  [0x0e, 'OTHERDRIVER'],
  [0x0f, 'BLUESCREEN'],
  [0x10, 'SERVICEPACK'],
  [0x11, 'HOTFIX'],
  [0x12, 'SECURITYFIX'],
  [0x13, 'SECURITY'],
  [0x14, 'NETWORK_CONNECTIVITY'],
  [0x15, 'WMI'],
  [0x16, 'SERVICEPACK_UNINSTALL'],
  [0x17, 'HOTFIX_UNINSTALL'],
  [0x18, 'SECURITYFIX_UNINSTALL'],
  [0x19, 'MMC'],
  [0x1a, 'SYSTEMRESTORE'],
  [0x20, 'TERMSRV'],
  [0x21, 'DC_PROMOTION'],
  [0x22, 'DC_DEMOTION'],
  [0xff, 'NONE'],
]);

const PLANNED = 'PLANNED';
const USER_DEFINED = 'USER_DEFINED';

/**
 * The 32-bit value of a reason code as logs and people write it: `0x500ff`, `0X000500FF`, decimal `327935`, or a number
 * (signed 32-bit values are taken as their unsigned twin). `undefined` when it is not a 32-bit number.
 */
export function reasonCodeValue(code: string | number): number | undefined {
  let value: number;
  if (typeof code === 'number') value = code;
  else {
    const text = code.trim();
    if (!/^(?:0x[0-9a-f]{1,16}|-?\d{1,10})$/i.test(text)) return undefined;
    value = Number(text);
  }
  if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) return undefined;
  return value >>> 0;
}

/**
 * Decodes a shutdown reason bit by bit. `PLANNED` and `USER_DEFINED` become booleans and are left out of `flags`; a bit
 * reason.h does not name is given as hex. Majors and minors without a symbol, and all of user-defined reasons, are decimal
 * numbers as `shutdown /d` takes them. `undefined` when the code is not a 32-bit number.
 */
export function decodeReason(code: string | number): ShutdownReason | undefined {
  const value = reasonCodeValue(code);
  if (value === undefined) return undefined;
  const flags: string[] = [];
  let planned = false;
  let userDefined = false;
  for (let bit = 24; bit < 32; bit++) {
    const mask = 2 ** bit;
    if (((value >>> bit) & 1) === 0) continue;
    const name = REASON_FLAGS.get(mask) ?? `0x${mask.toString(16)}`;
    if (name === PLANNED) planned = true;
    else if (name === USER_DEFINED) userDefined = true;
    else flags.push(name);
  }
  flags.sort((a, b) => flagOrder(a) - flagOrder(b));
  const major = (value >>> 16) & 0xff;
  const minor = value & 0xffff;
  return {
    code: `0x${value.toString(16)}`,
    planned,
    userDefined,
    flags,
    major: userDefined ? String(major) : (REASON_MAJORS.get(major) ?? String(major)),
    minor: userDefined ? String(minor) : (REASON_MINORS.get(minor) ?? String(minor)),
  };
}

/** The dialog that asked comes first, then what it required. */
function flagOrder(flag: string): number {
  const index = ['CLEAN_UI', 'DIRTY_UI', 'COMMENT_REQUIRED', 'DIRTY_PROBLEM_ID_REQUIRED'].indexOf(flag);
  return index < 0 ? 4 : index;
}

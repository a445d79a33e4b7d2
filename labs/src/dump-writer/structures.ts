import { Part } from './bytes.ts';
import type { WriteException } from './types.ts';

/** Bytes of an exception record, to be put where a stop's parameter points (EXCEPTION_RECORD64, winnt.h). */
export function exceptionRecord(record: WriteException): Uint8Array {
  const part = new Part(0x98, 'zero');
  const information = record.information ?? [];
  part.u32(0, record.code);
  part.u32(4, record.flags ?? 0);
  part.u64(0x10, record.address);
  part.u32(0x18, information.length);
  information.forEach((value, index) => {
    part.u64(0x20 + index * 8, value);
  });
  return part.bytes;
}

/** Beginning of a DRIVER_OBJECT whose image starts at `driverStart` (wdm.h, 64-bit). */
export function driverObject(driverStart: bigint): Uint8Array {
  const part = new Part(0x150, 'zero');
  part.u16(0, 4);
  part.u16(2, 0x150);
  part.u64(0x18, driverStart);
  return part.bytes;
}

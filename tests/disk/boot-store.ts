import { binary, dword, multiSz, sz, type WriteHiveKey, type WriteHiveValue, writeHive } from '@winmedic/labs/hive-writer';
import { noise, ticks } from './bytes.ts';

/** Boot manager, the same on every Windows. @source Microsoft, BCD reference: "{bootmgr}" */
const BOOT_MANAGER = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
/** Object types. @source Microsoft, BCD reference, BcdObject.Type */
const TYPE = { bootManager: 0x1010_0002, osLoader: 0x1020_0003 } as const;

/** The entry that boots Windows on a made disk. */
export const BOOT_ENTRY = { id: '{5f3a7c0e-1c4b-4d8e-9f60-0a1b2c3d4e5f}', description: 'Windows Server' } as const;

const element = (number: number, value: WriteHiveValue): WriteHiveKey => ({ name: number.toString(16).padStart(8, '0'), values: [value] });

/**
 * A BCD store with the boot manager and one Windows. Elements have the numbers of the BCD reference (BcdLibraryElementTypes, BcdBootMgrElementTypes,
 * BcdOSLoaderElementTypes); contents of the device elements, whose layout Microsoft does not document, are of the right length only.
 */
export function bootStore(firmware: 'uefi' | 'bios', safeBoot?: 'minimal' | 'network'): Uint8Array {
  const device = binary('Element', noise('bcd device', 88));
  const loader = firmware === 'uefi' ? '\\Windows\\system32\\winload.efi' : '\\Windows\\system32\\winload.exe';
  const number = (value: number): WriteHiveValue => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
    return binary('Element', bytes);
  };
  const object = (id: string, type: number, elements: readonly WriteHiveKey[]): WriteHiveKey => ({
    name: id,
    keys: [
      { name: 'Description', values: [dword('Type', type)] },
      { name: 'Elements', keys: elements },
    ],
  });
  return writeHive({
    minorVersion: 3,
    savedAt: ticks('2021-02-03T04:05:06Z'),
    fileName: '\\Device\\HarddiskVolume1\\Boot\\BCD',
    root: {
      name: 'NewStoreRoot',
      keys: [
        { name: 'Description', values: [sz('KeyName', 'BCD00000000'), dword('System', 1), dword('TreatAsSystem', 1)] },
        {
          name: 'Objects',
          keys: [
            object(BOOT_MANAGER, TYPE.bootManager, [
              element(0x1100_0001, device),
              element(0x1200_0002, sz('Element', firmware === 'uefi' ? '\\EFI\\Microsoft\\Boot\\bootmgfw.efi' : '\\bootmgr')),
              element(0x1200_0004, sz('Element', 'Windows Boot Manager')),
              element(0x2300_0003, sz('Element', BOOT_ENTRY.id)),
              element(0x2400_0001, multiSz('Element', [BOOT_ENTRY.id])),
              element(0x2500_0004, number(30)),
            ]),
            object(BOOT_ENTRY.id, TYPE.osLoader, [
              element(0x1100_0001, device),
              element(0x1200_0002, sz('Element', loader)),
              element(0x1200_0004, sz('Element', BOOT_ENTRY.description)),
              element(0x1200_0005, sz('Element', 'ja-JP')),
              element(0x1600_0009, binary('Element', Uint8Array.of(1))),
              element(0x2100_0001, device),
              element(0x2200_0002, sz('Element', '\\Windows')),
              element(0x2500_0020, number(1)),
              ...(safeBoot === undefined ? [] : [element(0x2500_0080, number(safeBoot === 'minimal' ? 0 : 1))]),
            ]),
          ],
        },
      ],
    },
  });
}

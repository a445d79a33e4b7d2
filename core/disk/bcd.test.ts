import { memorySource } from '@winmedic/bytes';
import { dword, multiSz, sz, type WriteHiveKey, writeHive } from '@winmedic/labs/hive-writer';
import { applyWrites, type Hive, type HiveSink, openHive, planEdit } from '@winmedic/registry-hive';
import { describe, expect, it } from 'vitest';
import { BOOT_MANAGER, readBootConfiguration, type SafeBootMode, safeBootChanges } from './bcd.ts';

const WINDOWS = '{733b62e5-f608-11eb-825c-c112f60133ab}';
const RECOVERY = '{733b62e6-f608-11eb-825c-c112f60133ab}';
const SETTINGS = '{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}';

const integer = (value: number, size = 8): Uint8Array => Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 0xff);
const element = (name: string, value: { readonly type: number; readonly data: Uint8Array }): WriteHiveKey => ({
  name,
  values: [{ name: 'Element', type: value.type, data: value.data }],
});
const binary = (data: Uint8Array): { readonly type: number; readonly data: Uint8Array } => ({ type: 3, data });
const object = (name: string, type: number, elements: readonly WriteHiveKey[]): WriteHiveKey => ({
  name,
  keys: [
    { name: 'Description', values: [dword('Type', type)] },
    { name: 'Elements', keys: elements },
  ],
});
const store = (more: readonly WriteHiveKey[] = []): Uint8Array =>
  writeHive({
    root: {
      name: 'NewStoreRoot',
      keys: [
        { name: 'Description', values: [sz('KeyName', 'BCD00000000')] },
        {
          name: 'Objects',
          keys: [
            object(BOOT_MANAGER, 0x1010_0002, [
              element('12000004', sz('', 'Windows Boot Manager')),
              element('23000003', sz('', WINDOWS.toUpperCase())),
              element('24000001', multiSz('', [WINDOWS.toUpperCase(), RECOVERY])),
              element('25000004', binary(integer(30))),
            ]),
            object(WINDOWS.toUpperCase(), 0x1020_0003, [
              element('11000001', binary(new Uint8Array(88))),
              element('12000002', sz('', '\\Windows\\system32\\winload.efi')),
              element('12000004', sz('', 'Windows Server')),
              element('14000006', multiSz('', [SETTINGS])),
              element('14000008', multiSz('', [RECOVERY])),
              element('16000009', binary(Uint8Array.of(1))),
              element('16000049', binary(Uint8Array.of(0))),
              element('21000001', binary(new Uint8Array(88))),
              element('22000002', sz('', '\\Windows')),
              element('250000e0', binary(integer(1))),
              ...more,
            ]),
            object(RECOVERY, 0x1020_0003, [element('26000022', binary(Uint8Array.of(1)))]),
            object(SETTINGS, 0x2020_0003, [element('25000080', binary(integer(2)))]),
            { name: '{00000000-0000-0000-0000-000000000000}' },
          ],
        },
      ],
    },
  });
const open = (bytes: Uint8Array): Hive => openHive(memorySource(bytes));

/** A store after the changes that are asked for. */
function after(bytes: Uint8Array, mode: SafeBootMode | undefined): Hive {
  let file = bytes.slice();
  const sink: HiveSink = {
    get sizeBytes() {
      return file.length;
    },
    readAt: (offset, into) => memorySource(file).readAt(offset, into),
    write(offset, part) {
      const longer = new Uint8Array(Math.max(file.length, offset + part.length));
      longer.set(file);
      longer.set(part, offset);
      file = longer;
    },
    resize(size) {
      file = file.slice(0, size);
    },
  };
  applyWrites([sink], planEdit({ source: sink }, safeBootChanges(open(bytes), WINDOWS, mode)!));
  const hive = open(file);
  expect(hive.state).toBe('clean');
  return hive;
}
const windowsOf = (hive: Hive) => readBootConfiguration(hive).entries.find(({ id }) => id === WINDOWS)!;

describe('readBootConfiguration', () => {
  it('lists what can be started, with what a repair looks at', () => {
    const read = readBootConfiguration(open(store()));
    expect(read).toMatchObject({ defaultObject: WINDOWS, displayOrder: [WINDOWS, RECOVERY], timeoutSeconds: 30 });
    expect(read.entries.map(({ id, kind }) => [id, kind])).toEqual([
      [WINDOWS, 'windows'],
      [RECOVERY, 'windows'],
      [BOOT_MANAGER, 'boot-manager'],
    ]);
    expect(read.entries[0]).toEqual({
      id: WINDOWS,
      type: 0x1020_0003,
      kind: 'windows',
      description: 'Windows Server',
      applicationPath: '\\Windows\\system32\\winload.efi',
      systemRoot: '\\Windows',
      hasDevice: true,
      hasOsDevice: true,
      inherits: [SETTINGS],
      recoverySequence: [RECOVERY],
      recoveryEnabled: true,
      bootStatusPolicy: 1,
      testSigning: false,
      key: `Objects\\${WINDOWS.toUpperCase()}`,
    });
    expect(read.entries[1]).toEqual({
      id: RECOVERY,
      type: 0x1020_0003,
      kind: 'windows',
      hasDevice: false,
      hasOsDevice: false,
      winPe: true,
      inherits: [],
      recoverySequence: [],
      key: `Objects\\${RECOVERY}`,
    });
  });

  it('says nothing where there is no store', () => {
    expect(readBootConfiguration(open(writeHive({ root: { name: 'R' } })))).toEqual({ entries: [], displayOrder: [] });
  });

  it.each([
    [integer(0), 'minimal'],
    [integer(1), 'network'],
    [integer(2), 'directory-services'],
    [integer(7), 7],
    [integer(1, 4), 'network'],
    [new Uint8Array(), undefined],
    [new Uint8Array(9), undefined],
    [new Uint8Array(8).fill(0xff), undefined],
  ])('safe boot of %j', (data, expected) => {
    expect(windowsOf(open(store([element('25000080', binary(data))]))).safeBoot).toBe(expected);
  });
});

describe('safeBootChanges', () => {
  it.each(['minimal', 'network', 'directory-services'] as const)('sets %s on an entry that had none, and takes it back', (mode) => {
    const hive = after(store(), mode);
    expect(windowsOf(hive).safeBoot).toBe(mode);
    const value = hive.key(`Objects\\${WINDOWS}\\Elements\\25000080`)!.value('Element')!;
    expect([value.type, value.sizeBytes]).toEqual([3, 8]);
    expect(safeBootChanges(hive, WINDOWS, mode)).toEqual([]);
    const back = after(hive.image(), undefined);
    expect(back.key(`Objects\\${WINDOWS}\\Elements\\25000080`)).toBeUndefined();
    expect(readBootConfiguration(back)).toEqual(readBootConfiguration(open(store())));
  });

  it.each([
    ['another kind', element('25000080', binary(integer(1)))],
    ['a number of another size', element('25000080', binary(integer(1, 4)))],
    ['another type', element('25000080', { type: 4, data: integer(1, 4) })],
    ['no value', { name: '25000080' }],
  ])('replaces %s', (_, there) => {
    const hive = after(store([there]), 'directory-services');
    expect(windowsOf(hive).safeBoot).toBe('directory-services');
    expect(hive.key(`Objects\\${WINDOWS}\\Elements\\25000080`)!.valueCount).toBe(1);
  });

  it('has nothing to do where none is set, and nothing to say of what is no Windows', () => {
    const hive = open(store());
    expect(safeBootChanges(hive, WINDOWS, undefined)).toEqual([]);
    for (const id of [BOOT_MANAGER, SETTINGS, '{none}', '', `${WINDOWS}\\Elements`])
      expect(safeBootChanges(hive, id, 'minimal')).toBeUndefined();
  });
});

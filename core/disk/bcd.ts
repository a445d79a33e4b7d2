import type { Hive, HiveChange, HiveKey } from '@winmedic/registry-hive';

/** Keys and values of a boot store. @source Geoff Chappell, "BCD Elements" (each element is a subkey named by its type in hexadecimal digits) */
const OBJECTS = 'Objects';
const ELEMENTS = 'Elements';
const ELEMENT = 'Element';

/** Identifier of the boot manager, the same in every store; bcdedit calls it `{bootmgr}`. */
export const BOOT_MANAGER = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';

/**
 * Elements by their type.
 * @source Microsoft Learn, "BcdLibraryElementTypes", "BcdBootMgrElementTypes", "BcdOSLoaderElementTypes"; `testSigning`: "BCD settings and BitLocker"
 */
const TYPES = {
  device: '11000001',
  applicationPath: '12000002',
  description: '12000004',
  inherited: '14000006',
  recoverySequence: '14000008',
  recoveryEnabled: '16000009',
  testSigning: '16000049',
  osDevice: '21000001',
  systemRoot: '22000002',
  defaultObject: '23000003',
  displayOrder: '24000001',
  timeout: '25000004',
  winPe: '26000022',
  safeBoot: '25000080',
  safeBootShell: '26000081',
  bootStatusPolicy: '250000e0',
} as const;

/** Kinds of entries by the type of their object, as stores of Windows have them (seen in stores of Windows 7 and 10). */
const KINDS: ReadonlyMap<number, BootEntry['kind']> = new Map([
  [0x1010_0002, 'boot-manager'],
  [0x1020_0003, 'windows'],
  [0x1020_0004, 'resume'],
]);

/** Kinds of safe boot by their number. @source Microsoft Learn, "BcdLibrary_SafeBoot" */
const SAFE_BOOT = ['minimal', 'network', 'directory-services'] as const;

/** REG_BINARY, the type of numbers and booleans in a store. */
const BINARY = 3;
/** Bytes of a number in a store: 64 bits. @source Microsoft Learn, "BcdElementType" (Integer) */
const INTEGER_BYTES = 8;
/** Objects looked at: genuine stores have some twenty, firmware adds one for each of its own entries. */
const MAX_OBJECTS = 4096;

/** Kind of safe boot: with the drivers of `SafeBoot\Minimal`, with network, or for the repair of a directory service. */
export type SafeBootMode = (typeof SAFE_BOOT)[number];

/** One object of a boot store that can be started. Absent: the store does not say (an object it inherits from may). */
export interface BootEntry {
  /** `{…}` in lower case. */
  readonly id: string;
  /** Type of the object as stored. */
  readonly type: number;
  readonly kind: 'boot-manager' | 'windows' | 'resume' | 'other';
  readonly description?: string;
  readonly applicationPath?: string;
  readonly systemRoot?: string;
  /** The elements `device` and `osdevice` are there. What they name is not read. */
  readonly hasDevice: boolean;
  readonly hasOsDevice: boolean;
  /** Objects whose elements count here, too. */
  readonly inherits: readonly string[];
  /** It starts Windows PE: a recovery environment or a setup. */
  readonly winPe?: boolean;
  /** Kind of safe boot the entry starts in; the bare number when it is none of the known ones. */
  readonly safeBoot?: SafeBootMode | number;
  /** Safe boot with a command line instead of the desktop. */
  readonly safeBootShell?: boolean;
  readonly recoverySequence: readonly string[];
  readonly recoveryEnabled?: boolean;
  /** Number as stored. */
  readonly bootStatusPolicy?: number;
  readonly testSigning?: boolean;
  /** Path of the object's key. */
  readonly key: string;
}

/** What a boot store says. */
export interface BootConfiguration {
  readonly entries: readonly BootEntry[];
  /** The entry that starts when nobody chooses, and the order in which entries are shown: identifiers in lower case. */
  readonly defaultObject?: string;
  readonly displayOrder: readonly string[];
  readonly timeoutSeconds?: number;
}

/** Reads the entries of a boot store; objects that are only inherited from or describe a device are left out. */
export function readBootConfiguration(hive: Hive): BootConfiguration {
  const entries: BootEntry[] = [];
  let left = MAX_OBJECTS;
  for (const object of hive.key(OBJECTS)?.subkeys() ?? []) {
    if (left-- === 0) break;
    const type = numberOf(object.subkey('Description')?.value('Type')?.data());
    // The first digit of the type is the kind of object: 1 is an application. @source Microsoft Learn, "BcdObjectType"
    if (type === undefined || type >>> 28 !== 1) continue;
    entries.push(entryOf(object, type));
  }
  const manager = hive.key(`${OBJECTS}\\${BOOT_MANAGER}`);
  const defaultObject = textOf(manager, TYPES.defaultObject)?.toLowerCase();
  const timeoutSeconds = integerOf(manager, TYPES.timeout);
  return {
    entries,
    ...(defaultObject === undefined ? {} : { defaultObject }),
    displayOrder: listOf(manager, TYPES.displayOrder),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/**
 * Changes that make an entry start in safe mode, or normally again (`mode` absent).
 * @returns no change when it is so already; `undefined` when the store has no such entry of a Windows.
 */
export function safeBootChanges(hive: Hive, id: string, mode: SafeBootMode | undefined): readonly HiveChange[] | undefined {
  const object = hive.key(`${OBJECTS}\\${id}`);
  const elements = object?.subkey(ELEMENTS);
  if (object === undefined || elements === undefined || id === '' || id.includes('\\')) return undefined;
  if (KINDS.get(numberOf(object.subkey('Description')?.value('Type')?.data()) ?? 0) !== 'windows') return undefined;
  const key = `${elements.path}\\${TYPES.safeBoot}`;
  const element = elements.subkey(TYPES.safeBoot);
  if (mode === undefined) return element === undefined ? [] : [{ op: 'delete-key', key }];
  const data = new Uint8Array(INTEGER_BYTES);
  data[0] = SAFE_BOOT.indexOf(mode);
  const value = element?.value(ELEMENT);
  const made: HiveChange = { op: 'create-value', key, value: ELEMENT, type: BINARY, data };
  if (element === undefined) return [{ op: 'create-key', key }, made];
  if (value === undefined) return [made];
  if (value.type === BINARY && value.sizeBytes === INTEGER_BYTES) {
    return numberOf(value.data()) === data[0] ? [] : [{ op: 'set', key, value: ELEMENT, data }];
  }
  return [{ op: 'delete-value', key, value: ELEMENT }, made];
}

function entryOf(object: HiveKey, type: number): BootEntry {
  const safeBoot = integerOf(object, TYPES.safeBoot);
  const optional = {
    description: textOf(object, TYPES.description),
    applicationPath: textOf(object, TYPES.applicationPath),
    systemRoot: textOf(object, TYPES.systemRoot),
    safeBoot: safeBoot === undefined ? undefined : (SAFE_BOOT[safeBoot] ?? safeBoot),
    winPe: booleanOf(object, TYPES.winPe),
    safeBootShell: booleanOf(object, TYPES.safeBootShell),
    recoveryEnabled: booleanOf(object, TYPES.recoveryEnabled),
    bootStatusPolicy: integerOf(object, TYPES.bootStatusPolicy),
    testSigning: booleanOf(object, TYPES.testSigning),
  };
  return {
    id: object.name.toLowerCase(),
    type,
    kind: KINDS.get(type) ?? 'other',
    hasDevice: elementOf(object, TYPES.device) !== undefined,
    hasOsDevice: elementOf(object, TYPES.osDevice) !== undefined,
    inherits: listOf(object, TYPES.inherited),
    recoverySequence: listOf(object, TYPES.recoverySequence),
    key: object.path,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<BootEntry>),
  };
}

function elementOf(object: HiveKey | undefined, type: string): ReturnType<HiveKey['value']> {
  return object?.subkey(ELEMENTS)?.subkey(type)?.value(ELEMENT);
}

const textOf = (object: HiveKey | undefined, type: string): string | undefined => elementOf(object, type)?.text();

const listOf = (object: HiveKey | undefined, type: string): readonly string[] =>
  (elementOf(object, type)?.texts() ?? []).map((id) => id.toLowerCase());

const integerOf = (object: HiveKey | undefined, type: string): number | undefined => numberOf(elementOf(object, type)?.data());

function booleanOf(object: HiveKey | undefined, type: string): boolean | undefined {
  const number = integerOf(object, type);
  return number === undefined ? undefined : number !== 0;
}

/** Little-endian number of one to eight bytes; `undefined` for none, more, or one that is too large to be told. */
function numberOf(data: Uint8Array | undefined): number | undefined {
  if (data === undefined || data.length === 0 || data.length > INTEGER_BYTES) return undefined;
  const number = data.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(number) ? number : undefined;
}

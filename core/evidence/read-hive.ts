import type { ByteSource } from '@winmedic/bytes';
import {
  controlSets,
  currentControlSet,
  type Hive,
  type HiveKey,
  type HiveLogFile,
  type HiveValue,
  type LogUse,
  openHive,
} from '@winmedic/registry-hive';
import type { InputProblem, InstantNs, Origin } from '../model/observation.ts';
import type { StateExtent, StateObservation } from '../model/state.ts';
import { type HiveRoot, parseRegistryAddress, type RegistryAddress } from './hive-address.ts';
import { instantOfTicks } from './instant.ts';
import type { Problems } from './problems.ts';

/** One hive to be read. */
export interface HiveInput {
  readonly source: ByteSource;
  readonly path: string;
  readonly sourceId: string;
  /** Transaction logs that lay beside it. */
  readonly logs: readonly HiveLogFile[];
  /** Now: a key cannot have been written later, so such a time says nothing. */
  readonly now: InstantNs;
}

/** What a hive shows of the addresses asked for. */
export interface HiveReading {
  /** `undefined`: a hive of another kind (of a user, of a component store). */
  readonly root: HiveRoot | undefined;
  /** Writes that reached only its transaction logs are missing: it was not closed, and those logs are not there or could not all be used. */
  readonly behind?: true;
  readonly state: readonly StateObservation[];
  readonly extents: readonly StateExtent[];
}

/** Most matches of one address with wildcards; genuine ones have a few dozen (services: some hundred). */
const MAX_MATCHES = 4096;
/** Most characters of one value kept. */
const MAX_TEXT = 16_384;
/** Most strings of one REG_MULTI_SZ kept. */
const MAX_STRINGS = 1024;
/** Most bytes of binary data kept, as hex. */
const MAX_BINARY = 4096;
/** Most bytes of a value that must be readable to the end; of longer ones no more than this is kept anyway. */
const MAX_WHOLE = 65_536;

/**
 * Reads the addresses asked for from one hive: replayed in memory when it is dirty and its logs are there. Values carry the last write of
 * their key; what is not there carries that of the nearest key that exists, since adding or deleting a subkey writes its parent. Until
 * when it all held is the newest write anywhere in the hive.
 * @throws HiveError when the input is no hive at all; I/O errors.
 */
export function readHive(input: HiveInput, wanted: readonly string[], problems: Problems): HiveReading {
  const hive = openHive(input.source, {
    logs: input.logs,
    onDamage: (damage) => problems.damage(input.path, damage),
  });
  for (const log of hive.logs) {
    if (log.applied > 0) problems.add({ ...NOTE, code: 'EVIDENCE_HIVE_REPLAYED', path: input.path, what: log.name, have: log.applied });
  }
  const root = rootOf(hive);
  if (root === undefined) {
    problems.add({ ...NOTE, code: hive.root === undefined ? 'EVIDENCE_HIVE_NO_ROOT' : 'EVIDENCE_HIVE_OTHER', path: input.path });
    return { root: undefined, state: [], extents: [] };
  }
  const addresses = wanted.map(parseRegistryAddress).filter((a) => a?.root === root) as RegistryAddress[];
  const behind = isBehind(hive) ? ({ behind: true } as const) : {};
  const until = newestWrite(hive, input.now);
  const controlSet = root === 'HKLM\\SYSTEM' ? currentControlSet(hive) : undefined;
  const reader = new AddressReader(hive, input, root, until, controlSet);
  if (root === 'HKLM\\SYSTEM' && controlSet === undefined)
    problems.add({ ...NOTE, code: 'EVIDENCE_HIVE_NO_CONTROL_SET', path: input.path });
  const looked = addresses.filter((address) => reader.read(address)).map(({ address }) => address);
  // The walk for the newest write met every key. Where parts were unreadable, "not there" means nothing, and matches may be missing.
  if (hive.state === 'damaged') return { root, ...behind, state: reader.state.filter((o) => o.value !== null), extents: [] };
  return {
    root,
    ...behind,
    state: reader.state,
    extents: [{ prefix: `reg:${root}`, depth: 'tree', looked, ...(until && { until }), origin: reader.origin(), trust: 'record' }],
  };
}

const NOTE = { severity: 'note' } as const satisfies Partial<InputProblem>;

/** Which hive it is, by the keys every hive of its kind has. */
function rootOf(hive: Hive): HiveRoot | undefined {
  if (hive.root === undefined) return undefined;
  const has = (path: string): boolean => hive.key(path) !== undefined;
  if (controlSets(hive).length > 0) return 'HKLM\\SYSTEM';
  if (has('Microsoft\\Windows NT\\CurrentVersion') || has('Microsoft\\Windows\\CurrentVersion')) return 'HKLM\\SOFTWARE';
  if (has('Policy\\Accounts') || has('Policy\\PolAdtEv')) return 'HKLM\\SECURITY';
  if (has('SAM\\Domains\\Account')) return 'HKLM\\SAM';
  return has('Objects') && has('Description') ? 'BCD' : undefined;
}

/** Was it not closed, and did not all that its logs hold reach the state read? */
function isBehind({ header, logs }: Hive): boolean {
  if (header.primarySequence === header.secondarySequence && !header.rebuilt) return false;
  return !logs.some(({ applied }) => applied > 0) || logs.some(({ stopped }) => stopped !== undefined && INCOMPLETE.has(stopped));
}

/** Reasons to stop reading a log after which entries may be missing. */
const INCOMPLETE: ReadonlySet<NonNullable<LogUse['stopped']>> = new Set(['gap', 'bad-hash', 'bad-size', 'bad-bin', 'truncated']);

/** The newest write of any key, or of the base block: until then the hive shows the state of its host. Times in the future say nothing. */
function newestWrite(hive: Hive, now: InstantNs): InstantNs | undefined {
  let newest = 0n;
  const see = (ticks: bigint): void => {
    if (ticks > newest && instantOfTicks(ticks) <= now) newest = ticks;
  };
  see(hive.header.lastWritten);
  for (const key of hive.walk()) see(key.lastWritten);
  return newest === 0n ? undefined : instantOfTicks(newest);
}

class AddressReader {
  readonly state: StateObservation[] = [];
  readonly #hive: Hive;
  readonly #input: HiveInput;
  readonly #root: HiveRoot;
  readonly #until: InstantNs | undefined;
  readonly #controlSet: string | undefined;
  /** Not all matches of the address being read were taken. */
  #cut = false;

  constructor(hive: Hive, input: HiveInput, root: HiveRoot, until: InstantNs | undefined, controlSet: string | undefined) {
    this.#hive = hive;
    this.#input = input;
    this.#root = root;
    this.#until = until;
    this.#controlSet = controlSet;
  }

  origin(key?: { readonly name: string; readonly written: bigint; readonly offset: number }): Origin {
    const { sourceId, path } = this.#input;
    return {
      sourceId,
      path,
      ...(key && { key: key.name, offset: key.offset, ...this.#since(key.written, 'keyWritten') }),
    };
  }

  /** Reads one address. @returns whether all of it was looked at: only then is what was not found not there. */
  read(address: RegistryAddress): boolean {
    const start = this.#hive.root;
    if (start === undefined) return false;
    const [first = '', ...rest] = address.path;
    const inSet = this.#root === 'HKLM\\SYSTEM' && /^CurrentControlSet$/i.test(first);
    if (inSet && this.#controlSet === undefined) return false;
    this.#cut = false;
    const path = inSet ? [this.#controlSet as string, ...rest] : address.path;
    this.#walk(start, path, inSet ? ['CurrentControlSet', ...rest] : address.path, 0, [], address.value);
    return !this.#cut;
  }

  /** Follows the path; `shown` is the same path with CurrentControlSet, and `names` what stood for its wildcards so far. */
  #walk(
    key: HiveKey,
    path: readonly string[],
    shown: readonly string[],
    depth: number,
    names: readonly string[],
    value: string | undefined,
  ): void {
    if (this.state.length >= MAX_MATCHES * 16) {
      this.#cut = true;
      return;
    }
    if (depth === path.length) {
      this.#values(key, names, value);
      return;
    }
    const part = path[depth] as string;
    const label = shown[depth] as string;
    if (part === '*') {
      let n = 0;
      for (const child of key.subkeys()) {
        if (++n > MAX_MATCHES) {
          this.#cut = true;
          return;
        }
        this.#walk(child, path, shown, depth + 1, [...names, child.name], value);
      }
      return;
    }
    const child = key.subkey(part);
    if (child !== undefined) this.#walk(child, path, shown, depth + 1, [...names, label], value);
    // Only an address without wildcards is absent as such; of others there are no matches.
    else if (!path.includes('*') && value !== '*') this.#absent(key, [...names, ...shown.slice(depth)], value);
  }

  #values(key: HiveKey, names: readonly string[], value: string | undefined): void {
    if (value === undefined) {
      this.#add(key, names, undefined);
      return;
    }
    if (value !== '*') {
      const found = key.value(value);
      if (found === undefined) this.#absent(key, names, value);
      else this.#add(key, names, found);
      return;
    }
    let n = 0;
    for (const found of key.values()) {
      if (++n > MAX_MATCHES) {
        this.#cut = true;
        return;
      }
      this.#add(key, names, found);
    }
  }

  /** A value, or without one the key itself: it exists, which is all there is to say. */
  #add(key: HiveKey, names: readonly string[], value: HiveValue | undefined): void {
    // Of a value whose data is unreadable in part nothing is known; the reader has told the damage.
    if (value !== undefined && value.sizeBytes <= MAX_WHOLE && value.data().length < value.sizeBytes) return;
    const name = value === undefined ? '' : `!${value.name}`;
    this.state.push({
      type: 'state',
      address: `reg:${this.#root}\\${names.join('\\')}${name}`,
      value: value === undefined ? '' : textOf(value),
      ...(value && { valueType: typeOf(value) }),
      ...this.#since(key.lastWritten, 'since'),
      ...(this.#until && { until: this.#until }),
      origin: this.origin({ name: `${this.#keyName(key)}${name}`, written: key.lastWritten, offset: value?.offset ?? key.offset }),
      trust: 'record',
    });
  }

  #absent(nearest: HiveKey, names: readonly string[], value: string | undefined): void {
    this.state.push({
      type: 'state',
      address: `reg:${this.#root}\\${names.join('\\')}${value === undefined ? '' : `!${value}`}`,
      value: null,
      ...this.#since(nearest.lastWritten, 'since'),
      ...(this.#until && { until: this.#until }),
      origin: this.origin({ name: this.#keyName(nearest), written: nearest.lastWritten, offset: nearest.offset }),
      trust: 'record',
    });
  }

  #keyName(key: HiveKey): string {
    return key.path === '' ? this.#root : `${this.#root}\\${key.path}`;
  }

  /** A time of a key under a name; none for times that cannot be (never set, in the future). */
  #since<K extends 'since' | 'keyWritten'>(ticks: bigint, name: K): { readonly [k in K]?: InstantNs } {
    const at = instantOfTicks(ticks);
    return (ticks === 0n || at > this.#input.now ? {} : { [name]: at }) as { readonly [k in K]?: InstantNs };
  }
}

/** Bytes of the types of numbers, by number of the type. */
const NUMBER_BYTES: ReadonlyMap<number, number> = new Map([
  [4, 4],
  [5, 4],
  [11, 8],
]);

/** Has it as many bytes as its type? Type and data are independent; whoever asks Windows for a number is refused others. */
function fits({ type, sizeBytes }: HiveValue): boolean {
  const bytes = NUMBER_BYTES.get(type);
  return bytes === undefined || bytes === sizeBytes;
}

/** Name of the type; of a number with a size that is not its own with that size: `REG_DWORD[2]`. */
function typeOf(value: HiveValue): string {
  return fits(value) ? value.typeName : `${value.typeName}[${value.sizeBytes}]`;
}

/** A value in the notation of {@link StateObservation}. */
function textOf(value: HiveValue): string | readonly string[] {
  const number = fits(value) ? value.number() : undefined;
  if (number !== undefined) return String(number);
  const texts = value.texts();
  if (texts !== undefined) return texts.slice(0, MAX_STRINGS).map((text) => text.slice(0, MAX_TEXT));
  const text = value.text();
  if (text !== undefined) return text.slice(0, MAX_TEXT);
  let hex = '';
  for (const byte of value.data().subarray(0, MAX_BINARY)) hex += byte.toString(16).padStart(2, '0').toUpperCase();
  return hex;
}

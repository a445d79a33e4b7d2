import type { StateAddress } from '@winmedic/knowledge/model';
import type { InstantNs, Origin, Trust } from './observation.ts';

/**
 * One piece of the state of a host as one source shows it (words: knowledge model, {@link StateAddress}). Readers emit it without
 * interpreting: which value wins and whether it is risky is decided in core/exposure.
 */
export interface StateObservation {
  readonly type: 'state';
  readonly address: StateAddress;
  /** Numbers decimal, lists as arrays, binary as upper-case hex, `true`/`false` in lower case; `null`: looked for and not there. */
  readonly value: string | readonly string[] | null;
  /** `REG_DWORD` … for registry values; a number with another size than its type has carries that size: `REG_DWORD[2]`, and is given as hex. */
  readonly valueType?: string;
  /** The source says a policy set it (`[Source="GPO"]` of winrm, gpresult). */
  readonly byPolicy?: true;
  /** It has not changed since: last write of its key (for absent values: of the nearest key that exists). */
  readonly since?: InstantNs;
  /** It still held then: newest write anywhere in the hive, or the time the listing was made. */
  readonly until?: InstantNs;
  /** Host named by the source itself. */
  readonly host?: string;
  readonly origin: Origin;
  readonly trust: Trust;
}

/** A part of the state that a source shows whole: an address inside it that has no observation is absent there. */
export interface StateExtent {
  /** Everything at or below this address (`depth` tree), or only the values of this key (`values`). `!`-addresses: exactly that value. */
  readonly prefix: StateAddress;
  readonly depth: 'tree' | 'values';
  /** Only the addresses of these patterns were looked for (hives are not copied whole); absent: everything. */
  readonly looked?: readonly StateAddress[];
  readonly until?: InstantNs;
  readonly host?: string;
  readonly origin: Origin;
  readonly trust: Trust;
}

/** A kernel crash dump, reduced to what the diagnosis and the screens need. Addresses and parameters are `0x` text. */
export interface DumpObservation {
  readonly type: 'dump';
  /** `D1` … in order of the inputs. */
  readonly id: string;
  readonly kind: string;
  /** Written while the machine ran on: no stop. */
  readonly live?: true;
  readonly machine: string;
  /** Time of the stop (host clock, UTC); absent when unset. */
  readonly time?: InstantNs;
  readonly upTimeSeconds?: number;
  readonly build: number;
  readonly processors: number;
  readonly productType?: 'client' | 'server' | 'dc';
  /** Lower-case hex without leading zeros and without the bit 0x10000000; `rawCode` as stored. */
  readonly code: string;
  readonly rawCode: string;
  readonly parameters: readonly [string, string, string, string];
  readonly blame?: {
    readonly module: string;
    /** `amdppm.sys+0x334c` */
    readonly at: string;
    readonly from: 'parameter' | 'exception' | 'stack' | 'noted';
    readonly certainty: 'strong' | 'weak';
    readonly thirdParty: boolean;
    readonly others: readonly string[];
    /** What identifies the file of this module; absent where the dump does not keep it. The stamp is a hash in reproducible builds. */
    readonly image?: { readonly timeDateStamp: number; readonly sizeOfImage: number };
    /** Version and maker, from the very file of the dump among the evidence ({@link ImageObservation}). */
    readonly version?: string;
    readonly company?: string;
    /** A file of this name is among the evidence, but of another build: nothing of it is used. */
    readonly otherBuild?: true;
    /** The driver was unloaded before the stop; the address lies where it had been. */
    readonly unloaded?: true;
  };
  /** Loaded modules: names in list order. */
  readonly modules: readonly string[];
  readonly unloaded: readonly string[];
  readonly stack: readonly string[];
  /** What could not be read, and why. */
  readonly unavailable: readonly DumpGap[];
  readonly host?: string;
  readonly origin: Origin;
}

/** A part of a crash dump that could not be read. */
export interface DumpGap {
  readonly part: 'modules' | 'stack';
  /** A page on the way is not in the dump; the file ends before; this kind holds none; what is there cannot be right. */
  readonly reason: 'page-missing' | 'truncated' | 'not-in-this-kind' | 'bad-data';
  /** What was looked for, in the words of the reader (English). */
  readonly what: string;
  /** The address that is missing. */
  readonly address?: string;
}

/** A Windows image (driver, DLL, program) among the evidence, as its headers and its version information name it. */
export interface ImageObservation {
  readonly type: 'image';
  /** File name. */
  readonly name: string;
  /** Bytes in memory. */
  readonly sizeOfImage: number;
  /** As stored: a hash in reproducible builds, never a date to show. */
  readonly timeDateStamp: number;
  readonly checkSum: number;
  readonly fileVersion?: string;
  readonly productVersion?: string;
  readonly company?: string;
  readonly description?: string;
  readonly origin: Origin;
}

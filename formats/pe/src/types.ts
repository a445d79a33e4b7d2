import type { Damage } from '@winmedic/bytes';

/** Options of `readImage`. */
export interface ImageOptions {
  /** Called for every damage as it is met. */
  readonly onDamage?: (damage: Damage) => void;
}

/** What identifies an image. */
export interface ImageInfo {
  readonly machine: 'x86' | 'x64' | 'arm64' | 'unknown';
  /** IMAGE_FILE_MACHINE as stored. */
  readonly machineCode: number;
  /** PE32 or PE32+. */
  readonly bits: 32 | 64;
  /** As stored: a hash in reproducible builds, never a date to show. */
  readonly timeDateStamp: number;
  /** Bytes in memory, headers included. */
  readonly sizeOfImage: number;
  /** As stored; 0 when the linker set none. */
  readonly checkSum: number;
  /** Carries a certificate table. Nothing is said about whether a signature in it holds. */
  readonly certificateTable: boolean;
  /** Version information; `undefined` when the image has none or it cannot be read. */
  readonly version: VersionInfo | undefined;
}

/** The version information of an image. Texts are trimmed and absent when empty. */
export interface VersionInfo {
  /** Four numbers (`10.0.19041.1`) of the fixed part; `undefined` when that part is missing. */
  readonly fileVersion: string | undefined;
  readonly productVersion: string | undefined;
  /** CompanyName. */
  readonly company?: string;
  /** FileDescription. */
  readonly description?: string;
  /** ProductName. */
  readonly product?: string;
  /** OriginalFilename. */
  readonly originalFilename?: string;
}

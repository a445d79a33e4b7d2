import { readUpTo, viewOf } from '@winmedic/bytes';
import type { BlockDevice } from '../block/types.ts';
import { DiskError } from '../errors.ts';
import { layoutOf, type Stretch } from './layout.ts';
import type { Metadata } from './metadata.ts';
import type { SectorCipher } from './sectors.ts';
import type { BitLockerVolume, Protector, UnlockedVolume } from './types.ts';

/** Sectors are decrypted in steps of this many bytes, so that a large read needs little memory. A multiple of every sector size. */
const STEP_BYTES = 0x4_0000;

/** What an opened volume is made of. */
export interface VolumeParts {
  readonly device: BlockDevice;
  readonly metadata: Metadata;
  readonly volume: BitLockerVolume;
  readonly protector: Protector | undefined;
  readonly cipher: SectorCipher;
  /** Why nothing may be written; made anew for each attempt. */
  readonly refusal?: ((offset: number) => DiskError) | undefined;
}

/** The plain volume over an encrypted one. Keys stay in private fields. */
export class PlainVolume implements UnlockedVolume {
  readonly volume: BitLockerVolume;
  readonly protector?: Protector;
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  readonly write?: (offset: number, bytes: Uint8Array) => void;
  readonly #device: BlockDevice;
  readonly #metadata: Metadata;
  readonly #layout: readonly Stretch[];
  readonly #refusal: VolumeParts['refusal'];
  #cipher: SectorCipher | undefined;

  constructor({ device, metadata, volume, protector, cipher, refusal }: VolumeParts) {
    this.volume = volume;
    if (protector !== undefined) this.protector = protector;
    // Encryption counts in sectors of the volume header; a device with larger ones below wants those written whole.
    this.sectorBytes = Math.max(device.sectorBytes, metadata.header.sectorBytes);
    this.sizeBytes = device.sizeBytes - (device.sizeBytes % this.sectorBytes);
    this.#device = device;
    this.#metadata = metadata;
    this.#layout = layoutOf(metadata, this.sizeBytes);
    this.#cipher = cipher;
    this.#refusal = refusal;
    if (device.write !== undefined) this.write = (offset, bytes) => this.#write(offset, bytes);
  }

  readAt(offset: number, into: Uint8Array): number {
    const end = Math.min(offset + into.length, this.sizeBytes);
    let at = offset;
    while (at < end) {
      const part = this.#readPart(at, end);
      if (part.length === 0) break;
      into.set(part, at - offset);
      at += part.length;
    }
    return Math.max(0, at - offset);
  }

  forget(): void {
    this.#cipher?.forget();
    this.#cipher = undefined;
  }

  #open(): SectorCipher {
    if (this.#cipher === undefined) throw new DiskError('BITLOCKER_LOCKED', 'keys were overwritten');
    return this.#cipher;
  }

  /** Bytes from `at` on, up to `end`, the end of the stretch or one step; none when the device delivers none. */
  #readPart(at: number, end: number): Uint8Array {
    const cipher = this.#open();
    const stretch = this.#layout.find(({ from, to }) => at >= from && at < to)!;
    const size = this.#metadata.header.sectorBytes;
    const first = at - (at % size);
    const last = Math.min(Math.ceil(end / size) * size, stretch.to, first + STEP_BYTES);
    const plain = this.#decrypt(cipher, stretch, first, last - first);
    return plain.subarray(Math.min(at - first, plain.length), Math.min(end - first, plain.length));
  }

  /** Whole sectors of one stretch. */
  #decrypt(cipher: SectorCipher, stretch: Stretch, from: number, length: number): Uint8Array {
    if (stretch.kind === 'zeros') return new Uint8Array(length);
    const below = stretch.below + from - stretch.from;
    const bytes = readUpTo(this.#device, below, length);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % this.#metadata.header.sectorBytes));
    if (stretch.kind === 'encrypted') return cipher.decrypt(below, whole);
    return stretch.kind === 'vista-header' ? this.#vistaHeader(whole) : whole;
  }

  /** NTFS's first sector out of Vista's: its signature, and the cluster that the metadata took the place of. @source libyal BDE format, "BitLocker Windows Vista" */
  #vistaHeader(bytes: Uint8Array): Uint8Array {
    const sector = bytes.slice();
    if (sector.length < 64) return sector;
    sector.set(
      [...'NTFS    '].map((letter) => letter.charCodeAt(0)),
      3,
    );
    viewOf(sector).setBigUint64(56, this.#metadata.mirrorCluster, true);
    return sector;
  }

  /** Checks everything first: either all bytes are written or none. */
  #write(offset: number, bytes: Uint8Array): void {
    const cipher = this.#open();
    const end = offset + bytes.length;
    if (!(offset >= 0 && end <= this.sizeBytes)) {
      throw new DiskError('BLOCK_WRITE_RANGE', 'BitLocker volume', { offset, need: `<= ${this.sizeBytes}`, have: end });
    }
    if (bytes.length === 0) return;
    if (this.#refusal !== undefined) throw this.#refusal(offset);
    const touched = this.#layout.filter(({ from, to }) => from < end && to > offset);
    const kept = touched.find(({ kind }) => kind === 'zeros' || kind === 'vista-header');
    if (kept !== undefined) throw new DiskError('BITLOCKER_METADATA_WRITE', 'BitLocker metadata', { offset: Math.max(offset, kept.from) });

    const size = this.#metadata.header.sectorBytes;
    const pending: { readonly below: number; readonly bytes: Uint8Array }[] = [];
    for (const stretch of touched) {
      const from = Math.max(offset - (offset % size), stretch.from);
      const to = Math.min(Math.ceil(end / size) * size, stretch.to);
      const begin = Math.max(offset, from);
      const stop = Math.min(end, to);
      const part = bytes.subarray(begin - offset, stop - offset);
      let plain = part;
      if (begin !== from || stop !== to) {
        // Not whole sectors: the rest of them stays as it is.
        plain = new Uint8Array(to - from);
        if (this.readAt(from, plain) !== plain.length)
          throw new DiskError('BLOCK_WRITE_RANGE', 'sector to be kept in part', { offset: from });
        plain.set(part, begin - from);
      }
      const below = stretch.below + from - stretch.from;
      pending.push({ below, bytes: stretch.kind === 'encrypted' ? cipher.encrypt(below, plain) : new Uint8Array(plain) });
    }
    for (const { below, bytes: sectors } of pending) this.#device.write!(below, sectors);
  }
}

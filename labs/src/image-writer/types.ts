/** Texts of one language of a version resource. */
export interface WriteTranslation {
  /** Language id: 0x409, 0x411. */
  readonly language: number;
  /** By key as the format names them: `CompanyName`, `FileDescription` … */
  readonly texts: Readonly<Record<string, string>>;
}

/** A version resource. */
export interface WriteVersion {
  /** Language under which it stands in the tree of resources; 0x409 when not given. */
  readonly language?: number;
  /** Four numbers; both `null` leaves the fixed part out. */
  readonly file: readonly [number, number, number, number] | null;
  readonly product: readonly [number, number, number, number] | null;
  readonly translations: readonly WriteTranslation[];
  /** Lengths of texts in bytes instead of characters, as some compilers write them. */
  readonly lengthsInBytes?: boolean;
}

/** An image to write. */
export interface WriteImage {
  readonly machine?: 'x86' | 'x64' | 'arm64';
  readonly timeDateStamp?: number;
  readonly sizeOfImage?: number;
  readonly checkSum?: number;
  readonly versions?: readonly WriteVersion[];
  /** Bytes of a certificate table behind the sections. */
  readonly certificateBytes?: number;
}

/** Where the parts of a written image are in the file, for tests that damage them. */
export interface ImagePlaces {
  readonly peHeader: number;
  readonly optionalHeader: number;
  readonly sectionTable: number;
  readonly resources: number;
  /** Begin of each version resource. */
  readonly versions: readonly number[];
  /** Address in memory of the resources less their place in the file. */
  readonly resourceShift: number;
}

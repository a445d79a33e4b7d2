import { Utf16Text } from '@winmedic/bytes';

/** Decoder of one code page. */
export type AnsiDecoder = InstanceType<typeof TextDecoder>;
const WINDOWS_1252: AnsiDecoder = new TextDecoder('windows-1252');

/** Decoder of a WHATWG encoding label such as `shift_jis`. @throws {RangeError} for an unknown label. */
export function ansiDecoder(label: string | undefined): AnsiDecoder {
  return label === undefined ? WINDOWS_1252 : new TextDecoder(label);
}

/**
 * The bytes a pass currently looks at. One object serves a whole pass: its content is replaced when the pass moves on and
 * `stamp` counts that, so that records can tell they are stale.
 */
export class Window {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly text: Utf16Text;
  /** For ANSI strings: they are in the code page of the machine that wrote the log, which the log does not name. */
  readonly ansi: AnsiDecoder;
  stamp = 0;

  constructor(bytes: Uint8Array, ansi: AnsiDecoder = WINDOWS_1252) {
    this.bytes = bytes;
    this.ansi = ansi;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.text = new Utf16Text(bytes);
  }
}

import { Utf16Text } from '@winmedic/bytes';

/**
 * The bytes a pass currently looks at. One object serves a whole pass: its content is replaced when the pass moves on and
 * `stamp` counts that, so that records can tell they are stale.
 */
export class Window {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly text: Utf16Text;
  stamp = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.text = new Utf16Text(bytes);
  }
}

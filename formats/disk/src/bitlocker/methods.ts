/** How sectors are encrypted. */
export interface Method {
  readonly number: number;
  readonly name: string;
  readonly mode: 'cbc' | 'cbc-diffuser' | 'xts';
  /** Bytes of the full volume encryption key as it is stored: with the diffuser 64 whatever the AES key size (key in the first half, tweak key in the second). */
  readonly keyBytes: number;
  /** Bytes of one AES key in it. */
  readonly aesBytes: 16 | 32;
}

/** @source libyal BDE format, "Encryption methods"; 0x8005 confirmed by volumes of Windows 10 */
const METHODS: readonly Method[] = [
  { number: 0x8000, name: 'aes-cbc-128-diffuser', mode: 'cbc-diffuser', keyBytes: 64, aesBytes: 16 },
  { number: 0x8001, name: 'aes-cbc-256-diffuser', mode: 'cbc-diffuser', keyBytes: 64, aesBytes: 32 },
  { number: 0x8002, name: 'aes-cbc-128', mode: 'cbc', keyBytes: 16, aesBytes: 16 },
  { number: 0x8003, name: 'aes-cbc-256', mode: 'cbc', keyBytes: 32, aesBytes: 32 },
  { number: 0x8004, name: 'aes-xts-128', mode: 'xts', keyBytes: 32, aesBytes: 16 },
  { number: 0x8005, name: 'aes-xts-256', mode: 'xts', keyBytes: 64, aesBytes: 32 },
];

/** The method of a number; `undefined` for one nobody described. */
export function methodOf(number: number): Method | undefined {
  return METHODS.find((method) => method.number === number);
}

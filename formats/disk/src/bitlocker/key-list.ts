import { DiskError } from '../errors.ts';
import { reporter } from './read.ts';
import { asciiDigits, grouped, SEPARATORS, wrongGroup } from './recovery-password.ts';
import type { BitLockerOptions, BitLockerVolume } from './types.ts';

/** The largest list read: an export of a directory with several hundred thousand computers. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;
/** Keys taken from one list; more than any directory holds computers. */
const MAX_KEYS = 2_000_000;
/** GUIDs that may stand beside one key: its own, and those of the volume, the device, the computer object. */
const MAX_IDS_OF_KEY = 8;
/** GUIDs kept while a key is looked for: those of one record of any list. */
const MAX_IDS_KEPT = 64;

/** A recovery password of a list. JSON, `console.log` and the like show its id only. */
export class RecoveryKey {
  /** Key id `{...}`, lower case; absent when the list names none. */
  readonly id?: string;
  readonly #digits: string;

  /** @param id key id. @param digits in the form of {@link parseRecoveryPassword}. */
  constructor(id: string | undefined, digits: string) {
    if (id !== undefined) this.id = id;
    this.#digits = digits;
  }

  /** The recovery password, eight groups with hyphens: for {@link unlockBitLocker} only. */
  get digits(): string {
    return this.#digits;
  }
}

/** A GUID or 48 digits, where they stand. Digits in groups or in one row; nothing longer is cut into one. */
const TOKENS = new RegExp(
  `(?<![0-9a-f])(?<guid>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![0-9a-f-])|(?<![0-9]-?)(?<digits>[0-9]{6}(?:${SEPARATORS}{0,3}[0-9]{6}){7})(?!-?[0-9])`,
  'giu',
);

interface Token {
  readonly text: string;
  readonly at: number;
  readonly line: number;
}

/** Text of a list: UTF-16 with or without a mark (files saved by Windows), else UTF-8; GUIDs and digits come through in every code page. */
function decodeList(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (second === 0) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}

/**
 * GUIDs that may be the id of the key at `at`, best first: those on its line when it is the only key there, else those since the key before it, nearest
 * first, else those up to the next key.
 */
function idsOf(key: Token, before: readonly Token[], after: readonly Token[], aloneOnLine: boolean): readonly string[] {
  const near = [...before].reverse();
  const sameLine = aloneOnLine ? [...near, ...after].filter(({ line }) => line === key.line) : [];
  const chosen = sameLine.length > 0 ? sameLine : near.length > 0 ? near : after;
  return [...new Set(chosen.map(({ text }) => `{${text.toLowerCase()}}`))].slice(0, MAX_IDS_OF_KEY);
}

/**
 * Recovery passwords of a list as people have them: CSV of Active Directory (msFVE-RecoveryInformation), Entra or Intune, the output of `manage-bde
 * -protectors -get`, the text file Windows saves, or plain `id key` lines. Ids and keys are found by their shape, so that the language of the rest does not
 * matter. Where several GUIDs stand beside a key (volume, device, computer), it appears once with each: only the one that equals a protector's id is ever
 * used. Damage: BITLOCKER_KEY_LIST_LINE for 48 digits that are no recovery password (the line and the wrong group, never the digits).
 * @throws {DiskError} BITLOCKER_KEY_LIST_SIZE.
 */
export function parseKeyList(list: string | Uint8Array, options: BitLockerOptions = {}): readonly RecoveryKey[] {
  if (list.length > MAX_LIST_BYTES)
    throw new DiskError('BITLOCKER_KEY_LIST_SIZE', 'key list', { need: `<= ${MAX_LIST_BYTES}`, have: list.length });
  const text = asciiDigits(typeof list === 'string' ? list : decodeList(list));
  const report = reporter(options);
  const keys: RecoveryKey[] = [];

  let guids: Token[] = [];
  // A key waits for the GUIDs behind it until the next one comes.
  let open: { readonly key: Token; readonly before: readonly Token[]; readonly after: Token[] } | undefined;
  let lastKeyLine = 0;
  const close = (next?: Token): void => {
    if (open === undefined) return;
    const { key, before, after } = open;
    const alone = lastKeyLine !== key.line && next?.line !== key.line;
    lastKeyLine = key.line;
    const digits = key.text.replace(/[^0-9]/gu, '');
    const wrong = wrongGroup(digits);
    if (wrong !== undefined) {
      report({ code: 'BITLOCKER_KEY_LIST_LINE', offset: key.at, what: `line ${key.line}: group ${wrong}` });
      return;
    }
    const ids = idsOf(key, before, after, alone);
    for (const id of ids.length > 0 ? ids : [undefined]) keys.push(new RecoveryKey(id, grouped(digits)));
    if (keys.length > MAX_KEYS)
      throw new DiskError('BITLOCKER_KEY_LIST_SIZE', 'keys of a list', { offset: key.at, need: `<= ${MAX_KEYS}` });
  };

  let line = 1;
  let counted = 0;
  for (const match of text.matchAll(TOKENS)) {
    for (let at = text.indexOf('\n', counted); at >= 0 && at < match.index; at = text.indexOf('\n', at + 1)) {
      line++;
      counted = at + 1;
    }
    const token: Token = { text: match[0], at: match.index, line };
    if (match.groups?.['guid'] !== undefined) {
      guids.push(token);
      if (guids.length > MAX_IDS_KEPT) guids.shift();
      if (open !== undefined && open.after.length < MAX_IDS_KEPT) open.after.push(token);
      continue;
    }
    const previous = open?.key.line;
    close(token);
    // GUIDs behind a key on its line are that key's own.
    open = { key: token, before: previous === line ? guids : guids.filter((guid) => guid.line !== previous), after: [] };
    guids = [];
  }
  close();
  return keys;
}

/**
 * The key of a list for a volume: the one whose id is that of a recovery password protector. A list of a single key without id gives that one. Others are
 * never tried. `undefined`: none fits.
 */
export function recoveryKeyFor(volume: BitLockerVolume, keys: readonly RecoveryKey[]): RecoveryKey | undefined {
  const ids = new Set(volume.protectors.filter(({ kind }) => kind === 'recovery-password').map(({ id }) => id));
  const named = keys.find(({ id }) => id !== undefined && ids.has(id));
  if (named !== undefined) return named;
  return keys.length === 1 && keys[0]!.id === undefined ? keys[0] : undefined;
}

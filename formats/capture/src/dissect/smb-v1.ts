import { remember } from './bounded-map.ts';
import { rpcFraming } from './rpc-framing.ts';
import { isPipeShare, nameUpToZero, SmbBytes } from './smb-parts.ts';
import type { SmbPipes } from './smb-pipes.ts';
import { readToken } from './token.ts';
import type { AuthToken, Place, Side, SmbMessage } from './types.ts';

/** Commands (MS-CIFS 2.2.2.1) that are looked into. */
const COMMAND = {
  close: 0x04,
  transaction: 0x25,
  readAndX: 0x2e,
  writeAndX: 0x2f,
  negotiate: 0x72,
  sessionSetupAndX: 0x73,
  logoffAndX: 0x74,
  treeConnectAndX: 0x75,
  ntCreateAndX: 0xa2,
} as const;
/** Commands of which each message is told; of the others only answers that are no success. */
const TOLD: ReadonlySet<number> = new Set([
  COMMAND.negotiate,
  COMMAND.sessionSetupAndX,
  COMMAND.logoffAndX,
  COMMAND.treeConnectAndX,
  COMMAND.ntCreateAndX,
]);
/** Commands behind which another one may follow in the same message (MS-CIFS 2.2.3.4). */
const AND_X: ReadonlySet<number> = new Set([0x24, 0x2d, 0x2e, 0x2f, 0x73, 0x74, 0x75, 0xa2]);
const NO_AND_X = 0xff;
/** Commands of one message: Windows chains two. */
const MAX_AND_X = 8;

const HEADER = 32;
const FLAG_REPLY = 0x80;
/** MS-SMB 2.2.3.1, MS-CIFS 2.2.3.1. */
const FLAG2 = { ntStatus: 0x4000, unicode: 0x8000 } as const;
/** Capabilities: extended security (MS-SMB 2.2.4.5.2.1). */
const EXTENDED_SECURITY = 0x8000_0000;
/** Security mode: signatures required (MS-CIFS 2.2.4.52.2). */
const SIGNING_REQUIRED = 0x08;
/** Subcommand of a transaction: write to and read from a pipe (MS-CIFS 2.2.5.6). */
const TRANSACT_NAMED_PIPE = 0x26;
/** Words of an answer to SESSION_SETUP_ANDX with and of a request for extended security (MS-SMB 2.2.4.6). */
const EXTENDED_WORDS = { request: 12, response: 4 } as const;
/** Requests that wait for their answer: servers allow 50 (MaxMpxCount) and the identifier has 16 bits. */
const MAX_PENDING = 1024;
/** Shares connected at the same time. */
const MAX_TREES = 256;

/** What a request has to tell to its answer. */
interface Pending {
  readonly path?: string;
  readonly pipes?: boolean;
  readonly file?: string;
}

/** One command of a message: its words and bytes (MS-CIFS 2.2.3.2, 2.2.3.3); offsets count from the header. */
interface Block {
  readonly command: number;
  readonly words: number;
  readonly wordsAt: number;
  readonly bytesAt: number;
  readonly bytes: number;
}

/** Messages of SMB 1 of one conversation (MS-CIFS 2.2, MS-SMB 2.2). */
export class Smb1Reader {
  readonly #emit: (message: SmbMessage) => void;
  readonly #pipes: SmbPipes;
  /** By process, user and multiplex identifier, and command. */
  readonly #pending = new Map<string, Pending>();
  readonly #trees = new Map<string, boolean>();

  constructor(emit: (message: SmbMessage) => void, pipes: SmbPipes) {
    this.#emit = emit;
    this.#pipes = pipes;
  }

  /** Reads one message with its chained commands. @param bytes from the protocol identifier on. @param length of it on the wire. */
  read(from: Side, bytes: Uint8Array, length: number, place: Place): void {
    if (bytes.length < HEADER + 1) return;
    const message = new SmbBytes(bytes);
    const response = (message.u8(9)! & FLAG_REPLY) !== 0;
    const ntStatus = (message.u16(10)! & FLAG2.ntStatus) !== 0;
    const status = message.u32(5)!;
    let at = HEADER;
    let command = message.u8(4)!;
    for (let i = 0; i < MAX_AND_X; i++) {
      const block = blockAt(message, command, at);
      const base: SmbBase = {
        layer: 'smb',
        kind: response ? 'response' : 'request',
        dialect: 1,
        command,
        frame: place.frame,
        at: place.at,
        from,
        bytes: length,
        ...(bytes.length < length ? { partial: true } : {}),
        // The four bytes hold a DOS class and code otherwise.
        ...(response && ntStatus ? { status } : {}),
      };
      if (response) this.#response(base, message, block, place);
      else this.#request(base, message, block, place);
      const next = AND_X.has(command) && block !== undefined && block.words >= 2 ? message.u8(block.wordsAt) : undefined;
      const nextAt = block === undefined ? undefined : message.u16(block.wordsAt + 2);
      // Only forwards: a chain that goes back would have no end.
      if (next === undefined || next === NO_AND_X || nextAt === undefined || nextAt <= at) return;
      command = next;
      at = nextAt;
    }
  }

  #request(base: SmbBase, message: SmbBytes, block: Block | undefined, place: Place): void {
    const { command } = base;
    const w = block?.wordsAt ?? 0;
    if (block === undefined || block.words === 0) {
      if (TOLD.has(command)) this.#emit(base);
      return;
    }
    const unicode = (message.u16(10)! & FLAG2.unicode) !== 0;
    const offer = (pending: Pending): void => remember(this.#pending, pendingKey(message, command), pending, MAX_PENDING);
    switch (command) {
      case COMMAND.sessionSetupAndX: {
        const blob = block.words === EXTENDED_WORDS.request ? message.part(block.bytesAt, message.u16(w + 14)) : undefined;
        this.#emit({ ...base, ...tokenOf(blob) });
        return;
      }
      case COMMAND.treeConnectAndX: {
        const path = textAt(message, block, message.u16(w + 6) ?? 0, unicode);
        offer({ path });
        this.#emit({ ...base, path });
        return;
      }
      case COMMAND.ntCreateAndX: {
        const path = textAt(message, block, 0, unicode, message.u16(w + 5));
        const pipes = this.#trees.get(treeKey(message));
        offer({ path, ...(pipes === undefined ? {} : { pipes }) });
        this.#emit({ ...base, path });
        return;
      }
      case COMMAND.transaction:
        // Setup words: subcommand and file.
        if (message.u8(w + 26) === 2 && message.u16(w + 28) === TRANSACT_NAMED_PIPE) {
          const file = fileKey(message.u16(w + 30));
          offer({ file });
          this.#through(file, base.from, message, message.u16(w + 24), message.u16(w + 22), place);
        }
        return;
      case COMMAND.writeAndX: {
        const length = ((message.u16(w + 18) ?? 0) << 16) | (message.u16(w + 20) ?? 0);
        this.#through(fileKey(message.u16(w + 4)), base.from, message, message.u16(w + 22), length, place);
        return;
      }
      case COMMAND.readAndX:
        offer({ file: fileKey(message.u16(w + 4)) });
        return;
      case COMMAND.close:
        this.#pipes.close(fileKey(message.u16(w)));
        return;
      default:
        if (TOLD.has(command)) this.#emit(base);
    }
  }

  #response(base: SmbBase, message: SmbBytes, block: Block | undefined, place: Place): void {
    const { command } = base;
    const key = pendingKey(message, command);
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    const w = block?.wordsAt ?? 0;
    const words = block?.words ?? 0;
    let extra: Partial<SmbMessage> = pending?.path === undefined ? {} : { path: pending.path };
    if (block !== undefined && words > 0)
      switch (command) {
        case COMMAND.negotiate:
          if (words >= 17) {
            const extended = ((message.u32(w + 19) ?? 0) & EXTENDED_SECURITY) !== 0;
            // The server's identifier stands before the token.
            const token = extended && block.bytes > 16 ? message.part(block.bytesAt + 16, block.bytes - 16) : undefined;
            extra = { signingRequired: ((message.u8(w + 2) ?? 0) & SIGNING_REQUIRED) !== 0, ...tokenOf(token) };
          }
          break;
        case COMMAND.sessionSetupAndX:
          if (words === EXTENDED_WORDS.response) extra = tokenOf(message.part(block.bytesAt, message.u16(w + 6)));
          break;
        case COMMAND.treeConnectAndX:
          if (pending?.path !== undefined) remember(this.#trees, treeKey(message), isPipeShare(pending.path), MAX_TREES);
          break;
        case COMMAND.ntCreateAndX: {
          const file = fileKey(message.u16(w + 5));
          if (pending?.pipes === true) this.#pipes.open(file, pending.path ?? '');
          else if (pending?.pipes === false) this.#pipes.openOther(file);
          break;
        }
        case COMMAND.transaction:
          if (pending?.file !== undefined) this.#through(pending.file, base.from, message, message.u16(w + 14), message.u16(w + 12), place);
          break;
        case COMMAND.readAndX:
          if (pending?.file !== undefined) this.#through(pending.file, base.from, message, message.u16(w + 12), message.u16(w + 10), place);
          break;
      }
    if (TOLD.has(command) || (base.status ?? 0) !== 0) this.#emit({ ...base, ...extra });
  }

  #through(file: string, side: Side, message: SmbBytes, at: number | undefined, length: number | undefined, place: Place): void {
    const { bytes, missing } = message.some(at, length);
    // Raw writes put the length of the message before it (MS-CIFS 2.2.4.43.1, WriteMode).
    const prefixed = rpcFraming.plausible(bytes, 0) !== true && bytes.length >= 18 && rpcFraming.plausible(bytes, 2) === true;
    this.#pipes.data(file, side, prefixed ? bytes.subarray(2) : bytes, missing, place);
  }
}

type SmbBase = Omit<SmbMessage, 'dialectRevision' | 'signingRequired' | 'path' | 'token'>;

function blockAt(message: SmbBytes, command: number, at: number): Block | undefined {
  const words = message.u8(at);
  if (words === undefined) return undefined;
  const bytes = message.u16(at + 1 + words * 2);
  if (bytes === undefined) return undefined;
  return { command, words, wordsAt: at + 1, bytesAt: at + 3 + words * 2, bytes };
}

/** A text behind `skip` bytes of the block; of two bytes a character it begins at an even offset (MS-CIFS 2.2.1.1.2). */
function textAt(message: SmbBytes, block: Block, skip: number, unicode: boolean, length?: number): string {
  let at = block.bytesAt + skip;
  if (unicode && at % 2 !== 0) at++;
  const end = Math.min(block.bytesAt + block.bytes, message.length, length === undefined ? Number.POSITIVE_INFINITY : at + length);
  return nameUpToZero(message.bytes.subarray(at, Math.max(at, end)), unicode);
}

function pendingKey(message: SmbBytes, command: number): string {
  return `${message.u16(26)} ${message.u16(30)} ${command}`;
}

function treeKey(message: SmbBytes): string {
  return `${message.u16(24)}`;
}

/** Files are numbered over the whole connection, by 16 bits. */
function fileKey(file: number | undefined): string {
  return `1:${file ?? 'none'}`;
}

function tokenOf(bytes: Uint8Array | undefined): { readonly token?: AuthToken } {
  return bytes === undefined || bytes.length === 0 ? {} : { token: readToken(bytes) };
}

import { remember } from './bounded-map.ts';
import { isPipeShare, nameOf, SmbBytes, type SmbKey } from './smb-parts.ts';
import type { SmbPipes } from './smb-pipes.ts';
import { readToken } from './token.ts';
import type { AuthToken, Place, Side, SmbMessage } from './types.ts';

/** Commands (MS-SMB2 2.2.1.2) that are looked into. */
const COMMAND = {
  negotiate: 0,
  sessionSetup: 1,
  logoff: 2,
  treeConnect: 3,
  create: 5,
  close: 6,
  read: 8,
  write: 9,
  ioctl: 11,
} as const;
/** Commands of which each message is told; of the others only answers that are no success. */
const TOLD: ReadonlySet<number> = new Set([COMMAND.negotiate, COMMAND.sessionSetup, COMMAND.logoff, COMMAND.treeConnect, COMMAND.create]);

const HEADER = 64;
const FLAG = { response: 1, async: 2 } as const;
/** MS-SMB2 2.2.4: SMB2_NEGOTIATE_SIGNING_REQUIRED. */
const SIGNING_REQUIRED = 2;
/** MS-FSCC 2.3: FSCTL_PIPE_TRANSCEIVE. */
const PIPE_TRANSCEIVE = 0x0011c017;
/** MS-ERREF 2.3.1. */
const STATUS_PENDING = 0x103;
/** Identifier of the file that an earlier request of the same chain opened (MS-SMB2 2.2.13 ff.). */
const RELATED_FILE = '\uffff'.repeat(8);
/** Messages of one compound: Windows sends up to five. */
const MAX_COMPOUND = 64;
/** Requests that wait for their answer: the credits of a connection are some hundred, 8192 at most by default. */
const MAX_PENDING = 1024;
/** Shares connected at the same time. */
const MAX_TREES = 256;

/** The message at hand. */
interface Head {
  readonly command: number;
  readonly from: Side;
  /** On the wire. */
  readonly length: number;
  readonly message: SmbBytes;
  readonly place: Place;
}

/** What a request has to tell to its answer. */
interface Pending {
  readonly command: number;
  /** Path of a tree connect, name of a create. */
  readonly path?: string;
  /** The create goes to the share of pipes; `undefined`: the share is not known. */
  readonly pipes?: boolean;
  /** File of a read. */
  readonly file?: string;
}

/** Messages of SMB 2 and 3 of one conversation (MS-SMB2 2.2). */
export class Smb2Reader {
  readonly #emit: (message: SmbMessage) => void;
  readonly #pipes: SmbPipes;
  readonly #pending = new Map<SmbKey, Pending>();
  /** Is this the share of pipes? By session and tree. */
  readonly #trees = new Map<string, boolean>();
  #dialect: 2 | 3 = 2;

  constructor(emit: (message: SmbMessage) => void, pipes: SmbPipes) {
    this.#emit = emit;
    this.#pipes = pipes;
  }

  /** Reads one message or a chain of them. @param bytes from the protocol identifier on. @param length of it on the wire. */
  read(from: Side, bytes: Uint8Array, length: number, place: Place): void {
    let at = 0;
    let file: string | undefined;
    for (let i = 0; i < MAX_COMPOUND && at + HEADER <= bytes.length; i++) {
      const whole = new SmbBytes(at === 0 ? bytes : bytes.subarray(at));
      const next = whole.u32(20)!;
      // Offsets count from the header of their own message; chained ones are aligned to eight (MS-SMB2 2.2.1.2).
      const more = next >= HEADER && at + next < length;
      const message = more ? new SmbBytes(whole.bytes.subarray(0, next)) : whole;
      file = this.#one(from, message, more ? next : length - at, file, place);
      if (!more) return;
      at += next;
    }
  }

  /** @returns the file that was opened or used, for requests related to it. */
  #one(from: Side, message: SmbBytes, length: number, related: string | undefined, place: Place): string | undefined {
    const head: Head = { command: message.u16(12)!, from, length, message, place };
    const response = (message.u32(16)! & FLAG.response) !== 0;
    return response ? this.#response(head, related) : this.#request(head, related);
  }

  /** What is told of a message; most are not told at all. */
  #base({ command, from, length, message, place }: Head, kind: SmbMessage['kind']): SmbBase {
    const { frame, at } = place;
    const base: SmbBase = { layer: 'smb', kind, dialect: this.#dialect, command, frame, at, from, bytes: length };
    return message.length < length ? { ...base, partial: true } : base;
  }

  #request(head: Head, related: string | undefined): string | undefined {
    const { command, from, message, place } = head;
    const id = message.key(24)!;
    switch (command) {
      case COMMAND.negotiate:
        this.#ask(id, { command });
        this.#emit({ ...this.#base(head, 'request'), ...signing(message.u16(HEADER + 4)) });
        return undefined;
      case COMMAND.sessionSetup:
        this.#ask(id, { command });
        this.#emit({ ...this.#base(head, 'request'), ...tokenOf(message.part(message.u16(HEADER + 12), message.u16(HEADER + 14))) });
        return undefined;
      case COMMAND.treeConnect:
      case COMMAND.create: {
        const at = command === COMMAND.create ? 44 : 4;
        const name = message.part(message.u16(HEADER + at), message.u16(HEADER + at + 2));
        const path = name === undefined ? undefined : nameOf(name);
        const pipes = command === COMMAND.create ? this.#trees.get(treeKey(message)) : undefined;
        this.#ask(id, { command, ...(path === undefined ? {} : { path }), ...(pipes === undefined ? {} : { pipes }) });
        this.#emit({ ...this.#base(head, 'request'), ...(path === undefined ? {} : { path }) });
        return undefined;
      }
      case COMMAND.close: {
        const file = fileAt(message, 8, related);
        if (file !== undefined) this.#pipes.close(file);
        return file;
      }
      case COMMAND.read: {
        const file = fileAt(message, 16, related);
        this.#ask(id, file === undefined ? { command } : { command, file });
        return file;
      }
      case COMMAND.write: {
        const file = fileAt(message, 16, related);
        if (file !== undefined) this.#through(file, from, message, message.u16(HEADER + 2), message.u32(HEADER + 4), place);
        return file;
      }
      case COMMAND.ioctl: {
        const file = fileAt(message, 8, related);
        if (message.u32(HEADER + 4) === PIPE_TRANSCEIVE && file !== undefined) {
          this.#ask(id, { command, file });
          this.#through(file, from, message, message.u32(HEADER + 24), message.u32(HEADER + 28), place);
        }
        return file;
      }
      default:
        if (TOLD.has(command)) this.#emit(this.#base(head, 'request'));
        return related;
    }
  }

  #response(head: Head, related: string | undefined): string | undefined {
    const { command, from, message, place } = head;
    const id = message.key(24)!;
    const status = message.u32(8)!;
    const asked = this.#pending.get(id);
    if (status !== STATUS_PENDING) this.#pending.delete(id);
    const pending = asked?.command === command ? asked : undefined;
    // An answer of nine bytes without data is an error, also where success has more (MS-SMB2 2.2.2).
    const error = message.u16(HEADER) === 9 && command !== COMMAND.sessionSetup;
    switch (command) {
      case COMMAND.negotiate: {
        if (error) break;
        const dialectRevision = message.u16(HEADER + 4);
        // 0x02FF asks for another negotiation (MS-SMB2 2.2.4).
        if (dialectRevision !== undefined && dialectRevision >= 0x300) this.#dialect = 3;
        this.#emit({
          ...this.#base(head, 'response'),
          status,
          dialect: this.#dialect,
          ...(dialectRevision === undefined ? {} : { dialectRevision }),
          ...signing(message.u16(HEADER + 2)),
          ...tokenOf(message.part(message.u16(HEADER + 56), message.u16(HEADER + 58))),
        });
        return undefined;
      }
      case COMMAND.sessionSetup:
        this.#emit({ ...this.#base(head, 'response'), status, ...tokenOf(message.part(message.u16(HEADER + 4), message.u16(HEADER + 6))) });
        return undefined;
      case COMMAND.treeConnect:
        if (status === 0 && pending?.path !== undefined) remember(this.#trees, treeKey(message), isPipeShare(pending.path), MAX_TREES);
        break;
      case COMMAND.create: {
        const file = status === 0 ? message.file(HEADER + 64) : undefined;
        if (file !== undefined) {
          if (pending?.pipes === true) this.#pipes.open(file, pending.path ?? '');
          else if (pending?.pipes === false) this.#pipes.openOther(file);
        }
        this.#emit({ ...this.#base(head, 'response'), status, ...(pending?.path === undefined ? {} : { path: pending.path }) });
        return file;
      }
      case COMMAND.read:
        // Of a message that is longer than one read the rest comes with the next (STATUS_BUFFER_OVERFLOW).
        if (pending?.file !== undefined && !error)
          this.#through(pending.file, from, message, message.u8(HEADER + 2), message.u32(HEADER + 4), place);
        break;
      case COMMAND.ioctl:
        if (pending?.file !== undefined && !error)
          this.#through(pending.file, from, message, message.u32(HEADER + 32), message.u32(HEADER + 36), place);
        break;
    }
    if (status !== 0 || TOLD.has(command))
      this.#emit({ ...this.#base(head, 'response'), status, ...(pending?.path === undefined ? {} : { path: pending.path }) });
    return related;
  }

  /** A request waits for its answer. */
  #ask(id: SmbKey, pending: Pending): void {
    remember(this.#pending, id, pending, MAX_PENDING);
  }

  #through(file: string, side: Side, message: SmbBytes, at: number | undefined, length: number | undefined, place: Place): void {
    const { bytes, missing } = message.some(at, length);
    this.#pipes.data(file, side, bytes, missing, place);
  }
}

/** Identifier of a file at an offset of the body. @param related the one of the request before in the same chain. */
function fileAt(message: SmbBytes, at: number, related: string | undefined): string | undefined {
  const key = message.file(HEADER + at);
  return key === RELATED_FILE ? related : key;
}

type SmbBase = Omit<SmbMessage, 'status' | 'dialectRevision' | 'signingRequired' | 'path' | 'token'>;

/** Trees are numbered by session. An answer that came asynchronously has no tree (MS-SMB2 2.2.1.1); tree connects are never so. */
function treeKey(message: SmbBytes): string {
  return (message.u32(16)! & FLAG.async) !== 0 ? '' : `${message.key(40)} ${message.u32(36)}`;
}

function signing(mode: number | undefined): { readonly signingRequired?: boolean } {
  return mode === undefined ? {} : { signingRequired: (mode & SIGNING_REQUIRED) !== 0 };
}

function tokenOf(bytes: Uint8Array | undefined): { readonly token?: AuthToken } {
  return bytes === undefined || bytes.length === 0 ? {} : { token: readToken(bytes) };
}

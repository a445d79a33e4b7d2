import { SmbPipes } from './smb-pipes.ts';
import { Smb1Reader } from './smb-v1.ts';
import { Smb2Reader } from './smb-v2.ts';
import type { DissectContext, StreamDissector, StreamProtocol } from './types.ts';
import { type Framing, UnitReader } from './unit-reader.ts';

/** Header of a NetBIOS session packet; on port 445 the same four bytes (MS-SMB2 2.1, RFC 1002 section 4.3.1). */
const SESSION_HEADER = 4;
/** Bytes of one message that are kept: headers, tokens and the fragments of RPC; the payload of reads and writes beyond is skipped. */
const KEEP = 64 * 1024 + 512;
/** Reads and writes longer than this are files: of RPC each carries one fragment, and Windows offers 5840 bytes for these. */
const BULK = 16 * 1024;
/** Bytes kept of these: the headers, and a fragment that should be there nevertheless. */
const BULK_KEEP = 8 * 1024;
/** READ and WRITE of both dialects (MS-SMB2 2.2.1.2, MS-CIFS 2.2.2.1). */
const BULK_COMMANDS = { smb1: [0x2e, 0x2f], smb2: [8, 9] } as const;
/** Types of session packets (RFC 1002 section 4.3.1). */
const SESSION = { message: 0, request: 0x81, last: 0x85 } as const;
/** First byte of the protocol identifier: SMB 1, 2, encrypted, compressed (MS-CIFS 2.2.3.1, MS-SMB2 2.2.1, 2.2.41, 2.2.42). */
const IDENTIFIER = { smb1: 0xff, smb2: 0xfe, encrypted: 0xfd, compressed: 0xfc } as const;
const MARK = [0x53, 0x4d, 0x42];
/** Length of a session request: two encoded names (RFC 1002 section 4.3.2). */
const MAX_SESSION_REQUEST = 512;

function marked(bytes: Uint8Array, at: number): boolean | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < IDENTIFIER.compressed) return false;
  for (let i = 0; i < MARK.length; i++) {
    if (bytes[at + 1 + i] === undefined) return undefined;
    if (bytes[at + 1 + i] !== MARK[i]) return false;
  }
  return true;
}

const framing: Framing = {
  headBytes: SESSION_HEADER,
  keep: SESSION_HEADER + KEEP,
  keepLess(bytes, length) {
    if (length <= BULK || bytes.length < SESSION_HEADER + 16) return undefined;
    const smb1 = bytes[SESSION_HEADER] === IDENTIFIER.smb1;
    const command = bytes[SESSION_HEADER + (smb1 ? 4 : 12)] as number;
    const commands: readonly number[] = smb1 ? BULK_COMMANDS.smb1 : BULK_COMMANDS.smb2;
    return commands.includes(command) ? BULK_KEEP : undefined;
  },
  length(bytes) {
    const type = bytes[0];
    if (type === undefined) return undefined;
    if (type !== SESSION.message && (type < SESSION.request || type > SESSION.last)) return 0;
    if (bytes.length < SESSION_HEADER) return undefined;
    return SESSION_HEADER + ((bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!);
  },
  plausible(bytes, at) {
    const type = bytes[at];
    if (type === undefined) return undefined;
    if (type !== SESSION.message) return false;
    return marked(bytes, at + SESSION_HEADER);
  },
};

/** SMB 1 to 3: negotiation, logins, shares, and DCE RPC in named pipes. What is encrypted is passed over. */
export const SMB: StreamProtocol = {
  name: 'smb',
  recognise(_side, first, ports) {
    const session = first[0] === SESSION.request || first[0] === 0x82;
    // Without a message of SMB yet only the port of NetBIOS sessions tells.
    if (session && ports.server === 139)
      return first.length < 4 ? 'more' : (first[2]! << 8) + first[3]! <= MAX_SESSION_REQUEST ? 'yes' : 'no';
    const is = framing.plausible(first, 0);
    return is === undefined ? 'more' : is ? 'yes' : 'no';
  },
  open(context: DissectContext): StreamDissector {
    const pipes = new SmbPipes({
      emit: (message) => context.emit(message),
      expect: (address, port) => context.expectRpc(address ?? context.server.address, port),
    });
    const emit = context.emit.bind(context);
    // Most conversations speak one of them.
    let smb1: Smb1Reader | undefined;
    let smb2: Smb2Reader | undefined;
    return new UnitReader(framing, context, ({ side, bytes, length, place }) => {
      if (bytes[0] !== SESSION.message || marked(bytes, SESSION_HEADER) !== true) return;
      const message = bytes.subarray(SESSION_HEADER);
      if (message[0] === IDENTIFIER.smb1) {
        smb1 ??= new Smb1Reader(emit, pipes);
        smb1.read(side, message, length - SESSION_HEADER, place);
      } else if (message[0] === IDENTIFIER.smb2) {
        smb2 ??= new Smb2Reader(emit, pipes);
        smb2.read(side, message, length - SESSION_HEADER, place);
      }
    });
  },
};

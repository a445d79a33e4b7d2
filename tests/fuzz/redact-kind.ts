import { joinBytes, memorySource } from '@winmedic/bytes';
import { CaptureError, type RedactSummary, redactCapture } from '@winmedic/capture';
import { LINK_TYPES, sliced, TcpConversation, type WritePacket } from '@winmedic/labs/capture-writer';
import { saidIn, secretsIn } from '../corpus/capture-secret-values.ts';
import { checkDamage, memoryWatch, opened, Watched } from './capture-checks.ts';
import { changeContainer, changePackets, written } from './capture-mutations.ts';
import { type CaptureSeed, captureSeeds, latin1 } from './capture-seeds.ts';
import type { Kind, Mutated } from './kind.ts';
import type { Random } from './random.ts';
import type { Counts } from './wire.ts';

const START = 1_767_323_045_123_456_000n;
/** What is planted where nobody shows it: a password, a cookie, a key of an interface. */
const PLANTED = ['Pl4nted-Passw0rd-9x7Q', 'c00kie-Zr8-plANted-71', 'k3y-Of-An-Api-5tUv-00'] as const;
/** Bytes of a secret that must not stand anywhere in a row, in itself and in base64. */
const WINDOW = 12;
const WINDOW_BASE64 = 16;

/** A recording, and what must not be in it any more. */
interface RedactSeed extends CaptureSeed {
  readonly windows: readonly Buffer[];
}

/** Redaction of captures: the result reads, is clean by its own proof and by ours, and keeps every packet's place, time and length. */
export async function redactKind(): Promise<Kind> {
  const seeds: RedactSeed[] = [...(await captureSeeds()), planted()].map((seed) => ({ ...seed, windows: windowsOf(seed) }));
  /** Inputs after whose changes everything means what it meant. */
  const gentle = new WeakMap<Uint8Array, boolean>();
  const look = memoryWatch();
  return {
    name: 'redact',
    seeds: seeds.map(({ name }) => name),
    mutate: (from, random) => {
      const isGentle = random.below(2) === 0;
      const changed = isGentle ? kept(seeds[from]!, random) : wild(seeds[from]!, random);
      gentle.set(changed.bytes, isGentle);
      return changed;
    },
    read: (bytes, random, from) => {
      look();
      return redacted(bytes, gentle.get(bytes) === true ? seeds[from]!.windows : undefined, random);
    },
    maxMs: 10_000,
    extension: 'pcap',
  };
}

/** Basic, a cookie, another key and a password in an envelope, in a login of its own. */
function planted(): CaptureSeed {
  const [password, cookie, key] = PLANTED;
  const body = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><x:Command Secret="${password}">net user ${password}</x:Command></s:Body></s:Envelope>`;
  const ask = (authorization: string) =>
    `POST /wsman HTTP/1.1\r\nHost: hv01\r\nAuthorization: ${authorization}\r\nCookie: a=${cookie}\r\nX-Api-Key: ${key}\r\nContent-Type: application/soap+xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const talk = new TcpConversation({
    client: { address: '192.0.2.50', port: 50_123 },
    server: { address: '192.0.2.10', port: 5985 },
    start: START,
  }).open();
  talk.send('client', latin1(ask(`Basic ${btoa(`alice:${password}`)}`)), { segment: 300 });
  talk.send(
    'server',
    latin1(`HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nSet-Cookie: b=${cookie}; HttpOnly\r\nContent-Length: 0\r\n\r\n`),
  );
  return { name: 'planted secrets', linkType: LINK_TYPES.ethernet, packets: talk.close().packets };
}

/** Changes after which everything still means what it meant, as far as it is there: packets lost, repeated, moved, sliced, cut into segments. */
function kept({ packets, linkType }: CaptureSeed, random: Random): Mutated {
  let changed = [...packets];
  const names: string[] = [];
  for (let n = random.below(6); n > 0 && changed.length > 0; n--) {
    const at = random.below(changed.length);
    switch (random.below(6)) {
      case 0:
        changed.splice(at, 1 + random.below(3));
        names.push('lose packets');
        break;
      case 1:
        changed.splice(random.below(changed.length), 0, ...changed.slice(at, at + 1 + random.below(4)));
        names.push('repeat packets');
        break;
      case 2:
        changed.splice(random.below(changed.length), 0, ...changed.splice(at, 1 + random.below(6)));
        names.push('move packets');
        break;
      case 3: {
        const length = random.pick([60, 90, 128, 200, 400, 1000]);
        changed = random.below(2)
          ? sliced(changed, length)
          : changed.map((packet, i) => (i === at ? sliced([packet], length)[0]! : packet));
        names.push(`slice at ${length}`);
        break;
      }
      default:
        changed = changed.flatMap((packet) => (random.below(3) ? [packet] : segments(packet, linkType, random)));
        names.push('cut into segments');
    }
  }
  const { bytes, name } = written(changed, linkType, random);
  return { bytes, names: [...names, name] };
}

/** A packet of TCP over IPv4 and Ethernet as two or three segments; others as they are. */
function segments(packet: WritePacket, linkType: number, random: Random): WritePacket[] {
  const { bytes } = packet;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (linkType !== 1 || bytes.length < 60 || view.getUint16(12) !== 0x0800 || bytes[14] !== 0x45 || bytes[23] !== 6) return [packet];
  // Fragments have their TCP header elsewhere.
  if ((view.getUint16(20) & 0x3fff) !== 0) return [packet];
  const head = 34 + ((bytes[46] as number) >> 4) * 4;
  const end = Math.min(bytes.length, 14 + view.getUint16(16));
  if (end - head < 4) return [packet];
  const out: WritePacket[] = [];
  for (let at = head; at < end; ) {
    const to = out.length === 2 ? end : Math.min(end, at + 1 + random.below(end - head));
    const part = new Uint8Array(Buffer.concat([bytes.subarray(0, head), bytes.subarray(at, to)]));
    const fields = new DataView(part.buffer);
    fields.setUint16(16, part.length - 14);
    fields.setUint32(38, (view.getUint32(38) + at - head) >>> 0);
    out.push({ at: packet.at, bytes: part, ...(packet.source !== undefined && { source: packet.source }) });
    at = to;
  }
  return random.below(4) ? out : out.reverse();
}

/** Changes of any kind. */
function wild({ packets, linkType }: CaptureSeed, random: Random): Mutated {
  const changed = [...packets];
  const names: string[] = [];
  for (let n = 1 + random.below(4); n > 0; n--) names.push(changePackets(changed, linkType, random));
  let { bytes, name } = written(changed, linkType, random);
  names.push(name);
  if (random.below(2)) {
    ({ bytes, name } = changeContainer(bytes, random));
    names.push(name);
  }
  return { bytes, names };
}

/** Secrets of a recording, cut into pieces of which none may be seen again. */
function windowsOf({ packets, linkType }: CaptureSeed): readonly Buffer[] {
  const said = saidIn(packets.map(({ bytes }) => ({ bytes, linkType })));
  const found = said.flatMap((data) => secretsIn(data)).map(({ bytes }) => bytes);
  const secrets = [...PLANTED.map((text) => Buffer.from(text, 'latin1')), ...found];
  const windows: Buffer[] = [];
  const add = (bytes: Buffer, size: number, step: number) => {
    for (let at = 0; at + size <= bytes.length; at += step) {
      const window = bytes.subarray(at, at + size);
      // Zeros and the like stand everywhere.
      if (new Set(window).size > size / 2) windows.push(window);
    }
  };
  for (const secret of secrets) {
    add(secret, WINDOW, 4);
    for (const before of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
      // Characters at both ends depend on what stands beside it.
      add(Buffer.from(text.slice(4, -4), 'latin1'), WINDOW_BASE64, 4);
    }
  }
  return windows;
}

/** Redacts a capture and looks at what came of it. @param windows pieces of secrets; undefined: what was one may be something else now. */
function redacted(bytes: Uint8Array, windows: readonly Buffer[] | undefined, random: Random): Counts {
  const first = redact(bytes, random.below(4) === 0 ? 'mask' : 'keep');
  if (first === undefined) return { refused: 1 };
  const { result, summary } = first;
  for (const window of windows ?? [])
    if (Buffer.from(result.buffer, result.byteOffset, result.length).includes(window)) throw new Error('a secret stands in the result');
  expectShape(result, bytes);
  if (summary.proof.found !== 0) throw new Error('a proof that found something');
  if (random.below(4) === 0) {
    const again = redact(result, 'keep');
    if (again === undefined) throw new Error('a result that cannot be opened');
    if (again.summary.proof.secretsSearched > 0) throw new Error('a result with secrets to remove');
    if (windows !== undefined && Buffer.compare(again.result, result) !== 0) throw new Error('a result that is redacted to something else');
  }
  const removed = Object.values(summary.removed).reduce((sum, n) => sum + n, 0);
  return { packets: summary.packets, removed, blanked: summary.blankedPackets, searched: windows?.length ?? 0 };
}

function redact(bytes: Uint8Array, names: 'keep' | 'mask'): { result: Uint8Array; summary: RedactSummary } | undefined {
  const parts: Uint8Array[] = [];
  try {
    const summary = redactCapture(memorySource(bytes), (part) => parts.push(part.slice()), {
      reread: () => memorySource(joinBytes(...parts)),
      names,
      onDamage: (damage) => checkDamage(damage),
    });
    return { result: joinBytes(...parts), summary };
  } catch (error) {
    if (error instanceof CaptureError && error.code !== 'CAPTURE_REDACT_PROOF') return undefined;
    throw error;
  }
}

/** Seconds since 1970 beyond which 64 bits of nanoseconds end, the year 2554: only nonsense is later. */
const LAST_SECOND = 18_446_744_073;

interface Shape {
  readonly time: string;
  /** Can be written again. */
  readonly exact: boolean;
  readonly length: string;
}

/** Has every packet its place, time and length? */
function expectShape(result: Uint8Array, original: Uint8Array): void {
  const [got, want] = [shape(result), shape(original)];
  if (got.length !== want.length) throw new Error(`${got.length} packets out of ${want.length}`);
  for (const [i, { time, exact, length }] of want.entries()) {
    if (got[i]!.length !== length) throw new Error(`packet ${i}: ${got[i]!.length} instead of ${length} bytes`);
    if (exact && got[i]!.time !== time) throw new Error(`packet ${i}: time ${got[i]!.time} instead of ${time}`);
  }
}

function shape(bytes: Uint8Array): Shape[] {
  const out: Shape[] = [];
  const source = opened(bytes, () => undefined);
  if (source === undefined) throw new Error('a capture that is not one any more');
  new Watched(source).read(({ seconds, nanoseconds, start, end, originalLength, interfaceId }) => {
    // A pcapng packet without a time belongs to the first interface of its section; of a later section it can be written with the time 0 only.
    const time = Number.isNaN(seconds) && interfaceId > 0 ? [0, 0] : [seconds, nanoseconds];
    out.push({ time: time.join('.'), exact: !(seconds < 0 || seconds >= LAST_SECOND), length: `${end - start} of ${originalLength}` });
  });
  return out;
}

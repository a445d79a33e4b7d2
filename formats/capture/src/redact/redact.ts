import { type ByteSource, readUpTo } from '@winmedic/bytes';
import { CaptureError } from '../errors.ts';
import { type OpenCaptureOptions, openCapture } from '../file/open.ts';
import { pcapVariant } from '../file/recognise.ts';
import type { Packet } from '../file/types.ts';
import { fixChecksum } from './checksum.ts';
import { Flows } from './flows.ts';
import { PacketView } from './packet-view.ts';
import { keepDatagram } from './payload.ts';
import { proveRedacted } from './prove.ts';
import type { ScanContext } from './scanner.ts';
import { Secrets } from './secrets.ts';
import type { KeptKind, RedactOptions, RedactSummary } from './types.ts';
import { ChunkSink, pcapngWriter, pcapWriter } from './writer.ts';

/**
 * Writes a capture again without secrets: every packet keeps its place, time and length; headers stay, and of what is in them only what a diagnosis needs.
 * Everything that is not understood becomes zero. pcap stays pcap; pcapng and Network Monitor files become pcapng of one section without comments, names of hosts,
 * keys and custom blocks. The file is read twice, the result once: the proof that no secret seen is in it.
 * @param sink gets the result piece by piece.
 * @throws CaptureError as {@link openCapture}; `CAPTURE_REDACT_PROOF` when the proof fails: then the result must not be passed on. I/O errors, the signal's reason.
 */
export function redactCapture(source: ByteSource, sink: (bytes: Uint8Array) => void, options: RedactOptions): RedactSummary {
  const names = options.names ?? 'keep';
  const secrets = new Secrets();
  const kept: Partial<Record<KeptKind, number>> = {};
  const count = (kind: KeptKind): void => {
    kept[kind] = (kept[kind] ?? 0) + 1;
  };
  const opened = (step: 'look' | 'write' | 'prove', from: ByteSource) => {
    const { onDamage, onProgress, signal } = options;
    const open: OpenCaptureOptions = {
      // Damages are those of the input, told once.
      ...(step !== 'look' || onDamage === undefined ? {} : { onDamage }),
      ...(onProgress === undefined ? {} : { onProgress: (offset: number) => onProgress(step, offset) }),
      ...(signal === undefined ? {} : { signal }),
    };
    return openCapture(from, open);
  };

  const view = new PacketView();
  const flows = new Flows(secrets, names, count);
  const finding: ScanContext = { secrets, names, count: () => undefined, rpcInterfaces: new Map(), rpcCalls: new Map() };
  const looked = opened('look', source).read((packet) => {
    view.read(packet);
    if (view.kind === 'tcp') flows.add(packet, view);
    else if (view.kind === 'udp') shown(packet, view, flows, finding, -1);
  });
  flows.finish();

  const out = new ChunkSink(sink);
  const head = readUpTo(source, 0, 32);
  const variant = pcapVariant(head);
  const writer =
    variant === undefined ? pcapngWriter(out, looked) : pcapWriter(out, head.subarray(0, variant.headBytes), variant.recordBytes);
  // Secrets of datagrams were found before; here they are only left out again.
  const writing: ScanContext = { secrets: new Secrets(), names, count, rpcInterfaces: new Map(), rpcCalls: new Map() };
  let segment = 0;
  let changedPackets = 0;
  let blankedPackets = 0;
  writer.head();
  opened('write', source).read((packet) => {
    view.read(packet);
    const data = shown(packet, view, flows, writing, view.kind === 'tcp' ? segment++ : -1);
    if (secrets.search(data, 0, data.length) !== undefined) {
      blankedPackets++;
      blank(data, packet, view, secrets);
    }
    if (differs(packet.bytes.subarray(packet.start, packet.end), data)) changedPackets++;
    writer.packet(packet, data);
  });
  writer.end();

  const proved = proveRedacted(opened('prove', options.reread()), secrets);
  if (proved !== looked.packets)
    throw new CaptureError('CAPTURE_REDACT_PROOF', 'number of packets', { need: looked.packets, have: proved });
  return {
    packets: looked.packets,
    changedPackets,
    blankedPackets,
    removed: secrets.removed,
    kept,
    proof: { secretsSearched: secrets.count, secretsNotSearched: secrets.notSearched, found: 0 },
  };
}

/** One packet as it may be shown. */
function shown(packet: Packet, view: PacketView, flows: Flows, context: ScanContext, segment: number): Uint8Array {
  const bytes = packet.bytes.subarray(packet.start, packet.end);
  const out = new Uint8Array(bytes.length);
  out.set(bytes.subarray(0, view.headEnd - packet.start));
  if (view.kind === 'tcp') flows.overlay(segment, view.end - view.start, out, view.start - packet.start);
  else keepDatagram(bytes, out, packet.start, view, context);
  // A checksum that an offload left wrong stays as it is where nothing was removed.
  if (differs(bytes, out)) fixChecksum(out, packet.start, view);
  return out;
}

/**
 * A secret also stands where it is not looked for, such as a password in the text of a fault: then nothing of the packet is kept but its heads, and not even these when it
 * stands there.
 */
function blank(data: Uint8Array, packet: Packet, view: PacketView, secrets: Secrets): void {
  const head = view.headEnd - packet.start;
  data.fill(0, head);
  fixChecksum(data, packet.start, view);
  if (secrets.search(data, 0, data.length) !== undefined) data.fill(0);
}

function differs(one: Uint8Array, other: Uint8Array): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return true;
  return false;
}

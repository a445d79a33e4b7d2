import { type Damage, damageReporter } from '@winmedic/bytes';
import type { EtlDamageCode } from './errors.ts';
import { Fragments } from './fragments.ts';
import { MAX_DROP_REASONS, MAX_PACKET_DAMAGES } from './limits.ts';
import { LINK_80211, NDIS_PROVIDER, ndisPiece, RAS_PROVIDER, wireLength } from './packets-ndis.ts';
import { PKTMON_PROVIDER, pktmonPacket, SeenPackets } from './packets-pktmon.ts';
import type { EtlEvent, EtlFile, EtlPacket, EtlPacketOptions, EtlPacketSummary } from './types.ts';

const PROVIDERS: ReadonlySet<string> = new Set([NDIS_PROVIDER, RAS_PROVIDER, PKTMON_PROVIDER]);

/**
 * Visits the packets of a trace: of `netsh trace` (NDIS-PacketCapture, virtual switch, RAS) with pieces put together, and of `pktmon`, each at the first
 * component that it passed. Nothing is asked of tables.
 *
 * @param visit gets ONE reused object, whose bytes hold during the visit only; a visitor that returns `false` ends the read.
 * @source manifests of Microsoft-Windows-NDIS-PacketCapture, Ras-NdisWanPacketCapture and PktMon; Microsoft Learn, Packet Monitor
 */
export function readEtlPackets(file: EtlFile, visit: (packet: EtlPacket) => unknown, options: EtlPacketOptions = {}): EtlPacketSummary {
  const reader = new PacketReader(visit);
  const trace = file.read((event) => reader.take(event), { ...options, providers: PROVIDERS });
  return { ...reader.end(), trace };
}

class PacketReader {
  readonly #visit: (packet: EtlPacket) => unknown;
  readonly #fragments = new Fragments();
  readonly #seen = new SeenPackets();
  readonly #drops = new Map<number, number>();
  readonly #damages: Damage[] = [];
  readonly #damage = damageReporter<EtlDamageCode>((damage) => this.#damages.push(damage), MAX_PACKET_DAMAGES);
  readonly #packet = {
    ticks: 0n,
    linkType: 0,
    bytes: new Uint8Array(0),
    originalLength: 0,
    interfaceIndex: 0,
    direction: 'unknown' as EtlPacket['direction'],
    fileOffset: 0,
    dropReason: 0,
  };
  #packets = 0;
  #duplicates = 0;
  #truncated = 0;

  constructor(visit: (packet: EtlPacket) => unknown) {
    this.#visit = visit;
  }

  /** Takes one record. `false` when the visitor wants no more. */
  take(event: EtlEvent): boolean {
    return event.provider === PKTMON_PROVIDER ? this.#pktmon(event) : this.#ndis(event);
  }

  end(): Omit<EtlPacketSummary, 'trace'> {
    this.#fragments.end();
    return {
      packets: this.#packets,
      duplicates: this.#duplicates,
      incomplete: this.#fragments.incomplete,
      truncated: this.#truncated,
      drops: this.#drops,
      damages: this.#damages,
    };
  }

  #ndis(event: EtlEvent): boolean {
    const piece = ndisPiece(event);
    if (piece === undefined) return true;
    if (piece === 'broken') return this.#broken(event, 'packet record', event.payload.length);
    if (piece.bytes.length < piece.size) this.#damage('ETL_PACKET', event.fileOffset, 'FragmentSize', piece.size, piece.bytes.length);
    const key = `${event.processor}/${event.tid}/${piece.interfaceIndex}/${piece.lowerIndex}`;
    let bytes = this.#fragments.add(key, piece.bytes, piece.first, piece.last);
    if (bytes === undefined) return true;
    // NDIS records frames decrypted but leaves the bit "protected" set.
    if (piece.linkType === LINK_80211 && bytes.length >= 2 && (bytes[1]! & 0x40) !== 0) {
      bytes = bytes.slice();
      bytes[1]! &= ~0x40;
    }
    const length = wireLength(piece.linkType, bytes) + piece.size - piece.bytes.length;
    if (piece.truncated || length > bytes.length) this.#truncated++;
    return this.#show(event, piece.linkType, bytes, length, piece.interfaceIndex, piece.direction, 0);
  }

  #pktmon(event: EtlEvent): boolean {
    const found = pktmonPacket(event);
    if (found === undefined) return true;
    if (found === 'broken') return this.#broken(event, 'PktMon record', event.payload.length);
    const { dropReason, linkType, bytes } = found;
    if (dropReason !== 0 && (this.#drops.has(dropReason) || this.#drops.size < MAX_DROP_REASONS)) {
      this.#drops.set(dropReason, (this.#drops.get(dropReason) ?? 0) + 1);
    }
    if (!this.#seen.first(found.key)) {
      this.#duplicates++;
      return true;
    }
    if (linkType === undefined) return this.#broken(event, 'PacketType', found.packetType);
    if (bytes.length < found.size) this.#damage('ETL_PACKET', event.fileOffset, 'LoggedPayloadSize', found.size, bytes.length);
    if (found.originalLength > bytes.length) this.#truncated++;
    return this.#show(event, linkType, bytes, found.originalLength, found.component, found.direction, dropReason);
  }

  #broken(event: EtlEvent, what: string, have: number): true {
    this.#damage('ETL_PACKET', event.fileOffset, what, undefined, have);
    return true;
  }

  #show(
    event: EtlEvent,
    linkType: number,
    bytes: Uint8Array,
    originalLength: number,
    interfaceIndex: number,
    direction: EtlPacket['direction'],
    dropReason: number,
  ): boolean {
    this.#packets++;
    const { ticks, fileOffset } = event;
    Object.assign(this.#packet, { ticks, linkType, bytes, originalLength, interfaceIndex, direction, fileOffset, dropReason });
    return this.#visit(this.#packet) !== false;
  }
}

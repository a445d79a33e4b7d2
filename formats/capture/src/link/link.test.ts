import { describe, expect, it } from 'vitest';
import { analyseCapture } from '../flow/analyse.ts';
import { ascii, ethernet, type Frame, framesSource, ip4, ip6, join, SYN, segment, tcp, udp } from '../flow/test-frames.ts';

function analyse(frames: readonly (Frame | Uint8Array)[], limits = {}) {
  const damages: string[] = [];
  const result = analyseCapture(framesSource(frames), { onConversation: () => {}, onDamage: ({ code }) => damages.push(code), limits });
  return { ...result, damages };
}

/** What each way of wrapping is tried with. */
const syn = tcp({ flags: SYN, seq: 7 });
const packet = ip4(syn);
const packet6 = ip6(syn);
const gre = (flags: number, type: number, rest: readonly number[], inner: Uint8Array) =>
  ip4(join([flags >> 8, flags & 255, type >> 8, type & 255], rest, inner), { protocol: 47, from: '192.0.2.1', to: '192.0.2.2' });
const outer = (port: number, head: readonly number[], inner: Uint8Array) =>
  ethernet(ip4(udp(40000, port, join(head, inner)), { protocol: 17, from: '192.0.2.1', to: '192.0.2.2' }));
const zeros = (count: number) => new Array<number>(count).fill(0);
const wifi = (control: number, flags: number, header: number, inner: Uint8Array) =>
  join([control, flags], zeros(header - 2), [0xaa, 0xaa, 3, 0, 0, 0, 8, 0], inner);

const ways: Readonly<Record<string, Frame>> = {
  'Ethernet II': { bytes: ethernet(packet) },
  'padded to 60 bytes': { bytes: join(ethernet(packet), zeros(6)) },
  IPv6: { bytes: ethernet(packet6, 0x86dd) },
  '802.3 with SNAP': { bytes: ethernet(join([0xaa, 0xaa, 3, 0, 0, 0, 8, 0], packet), 48) },
  VLAN: { bytes: ethernet(packet, 0x0800, [0x81, 0, 0, 100]) },
  QinQ: { bytes: ethernet(packet, 0x0800, [0x88, 0xa8, 0, 5, 0x81, 0, 0, 100]) },
  'QinQ of old': { bytes: ethernet(packet, 0x0800, [0x91, 0, 0, 5, 0x81, 0, 0, 100]) },
  MPLS: { bytes: ethernet(join([0, 1, 0, 64, 0, 2, 1, 64], packet), 0x8847) },
  'MPLS pseudo-wire': { bytes: ethernet(join([0, 2, 1, 64, 0, 0, 0, 0], ethernet(packet)), 0x8847) },
  PPPoE: { bytes: ethernet(join([0x11, 0, 0, 1, 0, 42, 0, 0x21], packet), 0x8864) },
  'null, little-endian': { bytes: join([2, 0, 0, 0], packet), linkType: 0 },
  'null, big-endian': { bytes: join([0, 0, 0, 2], packet), linkType: 0 },
  'null, IPv6 of macOS': { bytes: join([30, 0, 0, 0], packet6), linkType: 0 },
  loop: { bytes: join([0, 0, 0, 24], packet6), linkType: 108 },
  'raw IP': { bytes: packet, linkType: 101 },
  'raw IP of OpenBSD': { bytes: packet6, linkType: 14 },
  'IPv4 by link type': { bytes: packet, linkType: 228 },
  'IPv6 by link type': { bytes: packet6, linkType: 229 },
  'Linux cooked': { bytes: join(zeros(14), [8, 0], packet), linkType: 113 },
  'Linux cooked 2': { bytes: join([0x86, 0xdd], zeros(18), packet6), linkType: 276 },
  '802.11 data': { bytes: wifi(0x08, 1, 24, packet), linkType: 105 },
  '802.11 QoS data between access points': { bytes: wifi(0x88, 3, 32, packet), linkType: 105 },
  'radiotap with padding': { bytes: join([0, 0, 9, 0, 2, 0, 0, 0, 0x20], wifi(0x88, 1, 28, packet)), linkType: 127 },
  'IPv4 options': { bytes: ethernet(ip4(syn, { options: [1, 1, 1, 0] })) },
  'segmentation offload': { bytes: ethernet(ip4(syn, { total: 0 })) },
  'IPv6 extension headers': {
    bytes: ethernet(ip6(join([60, 0, ...zeros(6)], [43, 1, ...zeros(14)], [51, 0, ...zeros(6)], [6, 1, ...zeros(10)], syn), 0), 0x86dd),
  },
  'IPv6 atomic fragment': { bytes: ethernet(ip6(join([6, 0, 0, 0, 0, 0, 0, 9], syn), 44), 0x86dd) },
  GRE: { bytes: ethernet(gre(0, 0x0800, [], packet)) },
  'GRE with checksum, key and sequence': { bytes: ethernet(gre(0xb000, 0x0800, zeros(12), packet)) },
  NVGRE: { bytes: ethernet(gre(0x2000, 0x6558, zeros(4), ethernet(packet))) },
  PPTP: { bytes: ethernet(gre(0x3001, 0x880b, zeros(8), join([0xff, 3, 0, 0x21], packet))) },
  'ERSPAN I': { bytes: ethernet(gre(0, 0x88be, [], ethernet(packet))) },
  'ERSPAN II': { bytes: ethernet(gre(0x1000, 0x88be, zeros(12), ethernet(packet))) },
  'ERSPAN III': { bytes: ethernet(gre(0x1000, 0x22eb, zeros(16), ethernet(packet))) },
  'ERSPAN III with subheader': { bytes: ethernet(gre(0x1000, 0x22eb, [...zeros(15), 1, ...zeros(8)], ethernet(packet))) },
  VXLAN: { bytes: outer(4789, [8, 0, 0, 0, 0, 0, 1, 0], ethernet(packet)) },
  'VXLAN on 8472': { bytes: outer(8472, [8, 0, 0, 0, 0, 0, 1, 0], ethernet(packet)) },
  'VXLAN-GPE': { bytes: outer(4790, [12, 0, 0, 1, 0, 0, 1, 0], packet) },
  'Geneve with options': { bytes: outer(6081, [1, 0, 0x65, 0x58, 0, 0, 1, 0, 0, 0, 0, 0], ethernet(packet)) },
  IPIP: { bytes: ethernet(ip4(packet, { protocol: 4 })) },
  '6in4': { bytes: ethernet(ip4(packet6, { protocol: 41 })) },
  'Teredo with origin': { bytes: outer(3544, [0, 0, 1, 2, 3, 4, 5, 6], packet6) },
  EtherIP: { bytes: ethernet(ip4(join([0x30, 0], ethernet(packet)), { protocol: 97 })) },
};

describe('layers below TCP', () => {
  it.each(Object.entries(ways))('%s', (_, frame) => {
    const { flows, damages } = analyse([frame]);
    expect(flows.count).toBe(1);
    expect(flows.flow(0)).toMatchObject({
      client: { port: 50000 },
      server: { port: 5985 },
      tcp: { syn: 1, packets: 1, bytes: { client: 0 } },
    });
    expect(['10.0.0.1', 'fd00::1']).toContain(flows.flow(0).client.address);
    expect(damages).toEqual([]);
  });

  it.each(Object.entries(ways))('%s, cut anywhere, is no flow or the same flow', (_, frame) => {
    for (let length = 0; length < frame.bytes.length; length++) {
      const { flows } = analyse([{ ...frame, bytes: frame.bytes.slice(0, length), originalLength: frame.bytes.length }]);
      expect(flows.count).toBeLessThanOrEqual(1);
      if (flows.count === 1) expect(flows.flow(0).server.port).toBe(5985);
    }
  });

  it('encrypted, empty and aggregated 802.11 frames are left', () => {
    const frames = [wifi(0x08, 0x41, 24, packet), wifi(0x48, 1, 24, packet), join([0x88, 1], zeros(22), [0x80, 0], packet)];
    expect(analyse(frames.map((bytes) => ({ bytes, linkType: 105 }))).flows.count).toBe(0);
  });

  it('the outer datagram of a tunnel is a stream, too', () => {
    expect(analyse([ways.VXLAN as Frame])).toMatchObject({ tcpStreams: 1, udpStreams: 1 });
  });

  it('lengths that cannot be are damages', () => {
    const { flows, damages } = analyse([ethernet(ip4(syn, { total: 10 })), ethernet(join([0x42], ip4(syn).slice(1)))]);
    expect(flows.count).toBe(0);
    expect(damages).toEqual(['CAPTURE_LINK_HEADER', 'CAPTURE_LINK_HEADER']);
  });

  it('a total length beyond the packet adds no bytes', () => {
    const { flows } = analyse([segment({ data: ascii('abc'), total: 60_000 })]);
    expect(flows.flow(0).tcp.bytes.client).toBe(3);
  });

  it('tunnels end at the cap', () => {
    let bytes = packet;
    for (let i = 0; i < 9; i++) bytes = ip4(bytes, { protocol: 4 });
    const { flows, damages, limits } = analyse([ethernet(bytes)]);
    expect(flows.count).toBe(0);
    expect(damages).toContain('CAPTURE_LINK_DEPTH');
    expect(limits.get('tunnelDepth')).toBe(1);
    expect(analyse([ethernet(bytes)], { tunnelDepth: 9 }).flows.count).toBe(1);
  });

  it('a link type that is not known is told once', () => {
    const { damages } = analyse([1, 2, 3].map(() => ({ bytes: packet, linkType: 253 })));
    expect(damages).toEqual(['CAPTURE_LINK_TYPE']);
  });
});

describe('fragments', () => {
  const whole = tcp({ flags: SYN, seq: 7, data: ascii('x'.repeat(44)) });
  const piece = (from: number, to: number, id = 5): Uint8Array =>
    ethernet(ip4(whole.slice(from, to), { id, fragment: (to < whole.length ? 0x2000 : 0) | (from / 8) }));

  it('are put together in any order, doubled ones counted once', () => {
    for (const order of [
      [piece(0, 24), piece(24, 48), piece(48, 64)],
      [piece(48, 64), piece(24, 48), piece(24, 48), piece(0, 24)],
    ]) {
      const { flows } = analyse(order);
      expect(flows.count).toBe(1);
      expect(flows.flow(0).tcp).toMatchObject({ packets: 1, syn: 1, bytes: { client: 44 } });
    }
  });

  it('of IPv6, too', () => {
    const part = (from: number, to: number): Uint8Array =>
      ethernet(ip6(join([6, 0, from >> 8, (from & 0xf8) | (to < whole.length ? 1 : 0), 0, 0, 0, 9], whole.slice(from, to)), 44), 0x86dd);
    expect(analyse([part(32, 64), part(0, 32)]).flows.flow(0).tcp.bytes.client).toBe(44);
  });

  it('that overlap are refused, with what comes later', () => {
    const { flows, damages } = analyse([piece(0, 24), piece(16, 48), piece(24, 48), piece(48, 64)]);
    expect(flows.count).toBe(0);
    expect(damages).toEqual(['CAPTURE_LINK_FRAGMENTS']);
  });

  it('are forgotten after a minute', () => {
    expect(
      analyse([
        { bytes: piece(0, 48), at: 0 },
        { bytes: piece(48, 64), at: 61_000 },
      ]).flows.count,
    ).toBe(0);
  });

  it('of many datagrams stay within the caps', () => {
    const bomb = Array.from({ length: 50 }, (_, id) => piece(0, 24, id + 1));
    const { limits } = analyse(bomb, { fragments: 10 });
    expect(limits.get('fragments')).toBe(40);
  });
});

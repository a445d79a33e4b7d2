import { describe, expect, it } from 'vitest';
import { analyseCapture } from './analyse.ts';
import {
  ACK,
  ascii,
  ethernet,
  FIN,
  type Frame,
  framesSource,
  type Ip4Fields,
  ip4,
  join,
  RST,
  type SegmentFields,
  SYN,
  segment,
  tcp,
  udp,
} from './test-frames.ts';
import type { AnalyseOptions, Conversation } from './types.ts';

function analyse(frames: readonly (Frame | Uint8Array)[], options: Partial<AnalyseOptions> = {}) {
  const conversations: Conversation[] = [];
  const result = analyseCapture(framesSource(frames), { onConversation: (c) => conversations.push(c), ...options });
  return { ...result, conversations };
}

type Fields = SegmentFields & Ip4Fields;
const client = (f: Fields): Uint8Array => segment(f);
const server = (f: Fields): Uint8Array =>
  segment({ ...f, from: f.to ?? '10.0.0.2', to: f.from ?? '10.0.0.1', sport: f.dport ?? 5985, dport: f.sport ?? 50000 });
const request = ascii('POST /wsman HTTP/1.1\r\nHost: hv01\r\nContent-Length: 0\r\n\r\n');
const answer = ascii('HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n');

/** A whole connection with one question and its answer. */
function connection(f: Fields & { isn?: number; isn2?: number } = {}): Uint8Array[] {
  const a = f.isn ?? 100;
  const b = f.isn2 ?? 900;
  return [
    client({ ...f, id: 1, flags: SYN, seq: a }),
    server({ ...f, id: 1, flags: SYN | ACK, seq: b, ack: a + 1 }),
    client({ ...f, id: 2, seq: a + 1, ack: b + 1 }),
    client({ ...f, id: 3, seq: a + 1, ack: b + 1, data: request }),
    server({ ...f, id: 2, seq: b + 1, ack: a + 1 + request.length, data: answer }),
    client({ ...f, id: 4, flags: FIN | ACK, seq: a + 1 + request.length, ack: b + 1 + answer.length }),
    server({ ...f, id: 3, flags: FIN | ACK, seq: b + 1 + answer.length, ack: a + 2 + request.length }),
    client({ ...f, id: 5, seq: a + 2 + request.length, ack: b + 2 + answer.length }),
  ];
}

describe('facts of a flow', () => {
  it('of a connection without trouble', () => {
    const { flows, conversations, tcpStreams } = analyse(connection());
    expect(tcpStreams).toBe(1);
    expect(flows.flow(0)).toMatchObject({
      client: { address: '10.0.0.1', port: 50000 },
      server: { address: '10.0.0.2', port: 5985 },
      clientKnownBy: 'syn',
      tcp: {
        packets: 8,
        syn: 1,
        synAck: 1,
        rst: { client: 0, server: 0 },
        fin: { client: 1, server: 1 },
        bytes: { client: request.length, server: answer.length },
        retransmissions: 0,
        lost: 0,
        duplicates: 0,
        handshakeNs: 1e6,
        opening: 'open',
        first: 1_700_000_000_000_000_000n,
        last: 1_700_000_000_007_000_000n,
        firstFrame: 1,
      },
    });
    expect(conversations).toHaveLength(1);
    expect(conversations[0]).toMatchObject({
      stream: 0,
      protocols: ['http'],
      isn: { client: 100, server: 900 },
      unknown: [],
      tcp: { packets: 8 },
    });
    expect(conversations[0]?.messages.map((m) => [m.layer, m.from, m.frame])).toEqual([
      ['http', 'client', 4],
      ['http', 'server', 5],
    ]);
  });

  it('segments sent again, lost, overtaken; windows closed', () => {
    const data = ascii('0123456789');
    const { flows } = analyse([
      { bytes: client({ seq: 1, ack: 1, data }), at: 0 },
      { bytes: client({ seq: 1, ack: 1, data }), at: 200 },
      { bytes: client({ seq: 21, ack: 1, data }), at: 210 },
      { bytes: client({ seq: 11, ack: 1, data }), at: 211 },
      { bytes: client({ seq: 51, ack: 1, data }), at: 220 },
      { bytes: server({ seq: 1, ack: 61, window: 0 }), at: 230 },
      { bytes: client({ seq: 60, ack: 1, data: ascii('9') }), at: 5000 },
    ]);
    expect(flows.flow(0).tcp).toMatchObject({ retransmissions: 1, lost: 2, zeroWindow: 1, bytes: { client: 40 } });
    expect(flows.flow(0).clientKnownBy).toBe('port');
  });

  it('the same packet on two interfaces is told from one sent again', () => {
    const frames = connection();
    const { flows, conversations } = analyse(frames.flatMap((bytes) => [{ bytes }, { bytes, interfaceId: 1 }]));
    // All but the SYN, of which nothing is kept to compare with.
    expect(flows.flow(0).tcp).toMatchObject({ packets: 16, duplicates: 7 });
    expect(conversations[0]?.messages).toHaveLength(2);
    expect(conversations[0]?.interfaces).toEqual([0, 1]);
  });

  it.each<[string, readonly (Frame | Uint8Array)[], string]>([
    ['refused', [client({ flags: SYN, seq: 1 }), server({ flags: RST | ACK, ack: 2 })], 'refused'],
    ['sent again without answer', [0, 1000, 3000].map((at) => ({ bytes: client({ flags: SYN, seq: 1 }), at })), 'silent'],
    [
      'one SYN long before the end',
      [
        { bytes: client({ flags: SYN, seq: 1 }), at: 0 },
        { bytes: client({ sport: 9, dport: 10, flags: ACK }), at: 2000 },
      ],
      'silent',
    ],
    ['one SYN at the end of the capture', [client({ flags: SYN, seq: 1 })], 'unknown'],
    ['one direction', [client({ flags: SYN, seq: 1 }), client({ seq: 2, ack: 5 })], 'unknown'],
  ])('opening: %s', (_, frames, opening) => {
    const { flows, conversations } = analyse(frames);
    expect(flows.flow(0).tcp.opening).toBe(opening);
    const handed = conversations.filter((c) => c.messages.length === 0);
    expect(handed.map((c) => c.tcp?.opening)).toEqual(_ === 'one direction' ? [] : [opening]);
  });

  it('unreachable: ICMP names the flow', () => {
    const syn = ip4(tcp({ flags: SYN, seq: 1 }));
    const icmp = ethernet(ip4(join([3, 1, 0, 0, 0, 0, 0, 0], syn.slice(0, 28)), { protocol: 1, from: '10.0.0.254', to: '10.0.0.1' }));
    const { flows, conversations, unreachable, tcpStreams } = analyse([ethernet(syn), icmp]);
    expect(tcpStreams).toBe(1);
    expect(flows.flow(0).tcp).toMatchObject({ opening: 'unreachable', packets: 1 });
    expect(unreachable).toMatchObject([{ code: 1, by: '10.0.0.254', about: { destinationPort: 5985 } }]);
    expect(conversations[0]?.messages).toEqual(unreachable);
  });
});

describe('streams', () => {
  it('a SYN with another number opens the ports anew, the same number does not', () => {
    const { tcpStreams } = analyse([...connection(), ...connection({ isn: 5000 }), client({ flags: SYN, seq: 5000 })]);
    expect(tcpStreams).toBe(2);
  });

  it('a second recording of a whole conversation is counted once', () => {
    const { conversations } = analyse([...connection(), ...connection()]);
    expect(conversations.map((c) => c.messages.length)).toEqual([2]);
  });

  it('a second recording behind another connection of the same ports says whose it is', () => {
    const frames = [...connection(), ...connection({ isn: 5000, isn2: 6000 }), ...connection()].map((bytes, i) => ({
      bytes,
      at: i < 16 ? i : i + 500,
    }));
    const { conversations } = analyse(frames);
    expect(conversations.map((c) => [c.stream, c.sameAs, c.messages.length])).toEqual([
      [0, undefined, 2],
      [1, undefined, 2],
      [2, 0, 0],
    ]);
    expect(conversations[2]?.clockOffsetNs).toBe(516_000_000n);
  });

  it('started late, only one direction: said', () => {
    const { conversations } = analyse([server({ seq: 900, ack: 100, data: answer })]);
    expect(conversations[0]).toMatchObject({ client: { port: 50000 }, clientKnownBy: 'port' });
    expect(conversations[0]?.unknown).toEqual(['client-side-missing', 'late-start']);
    expect(conversations[0]?.isn).toBeUndefined();
  });

  it('only the protocols asked for', () => {
    expect(analyse(connection(), { protocols: new Set(['tls'] as const) }).conversations).toEqual([]);
  });

  it('flows beyond the cap are counted, and the cap is told', () => {
    const codes: string[] = [];
    const scan = Array.from({ length: 30 }, (_, i) => client({ flags: SYN, seq: 1, dport: 1000 + i }));
    const { flows, tcpStreams, limits } = analyse(scan, { limits: { flows: 20 }, onDamage: ({ code }) => codes.push(code) });
    expect([flows.count, tcpStreams, limits.get('flows')]).toEqual([20, 30, 10]);
    expect(codes).toEqual(['CAPTURE_FLOW_LIMIT']);
    expect(flows.streamsOfPort(1005)).toEqual([5]);
    expect(() => flows.flow(20)).toThrow(RangeError);
  });

  it('a header that does not fit is a damage; cut by the snap length it is none', () => {
    const codes: string[] = [];
    const short = tcp({}).slice(0, 12);
    const cut = ethernet(ip4(short, { total: 60 }));
    analyse([ethernet(ip4(short)), { bytes: cut, originalLength: 74 }], { onDamage: ({ code }) => codes.push(code) });
    expect(codes).toEqual(['CAPTURE_FLOW_HEADER']);
  });

  it('stops when told to', () => {
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    expect(() => analyse(connection(), { signal: abort.signal })).toThrow('enough');
  });
});

describe('conversations on which nothing comes', () => {
  // Frames that keep the capture going: one stray acknowledgement of another connection again and again.
  const other = client({ sport: 60_000, dport: 9, seq: 1, ack: 1 });
  const hours = 8_000_000;
  const rest = (from: number, frames: number): Frame[] =>
    Array.from({ length: frames }, (_, i) => ({ bytes: other, at: from + Math.floor((i * hours) / frames) }));
  const opened: Frame[] = connection()
    .slice(0, 5)
    .map((bytes, at) => ({ bytes, at }));
  const later = (data: Uint8Array, at: number): Frame => ({
    bytes: client({ id: 9, seq: 101 + request.length, ack: 901 + answer.length, data }),
    at,
  });

  it('are handed out after an hour; what the flow says later is another one of the same stream', () => {
    const { conversations } = analyse([...opened, ...rest(10, 12_000), later(request, hours + 20)]);
    expect(conversations.map(({ stream, messages, unknown }) => [stream, messages.length, unknown])).toEqual([
      [0, 2, []],
      [0, 1, ['limit']],
    ]);
  });

  it('stay open when the capture is short, or the time', () => {
    for (const between of [rest(10, 2000), rest(10, 12_000).map((frame) => ({ ...frame, at: 20 }))]) {
      const { conversations } = analyse([...opened, ...between, later(request, hours + 20)]);
      expect(conversations.map(({ stream, messages }) => [stream, messages.length])).toEqual([[0, 3]]);
    }
  });
});

describe('datagrams', () => {
  const name = [3, 97, 98, 99, 0, 0, 1, 0, 1];
  const dns = (id: number, answered: boolean): Uint8Array =>
    join([0, id, answered ? 0x81 : 1, answered ? 0x83 : 0, 0, 1, 0, 0, 0, 0, 0, 0], name);
  const question = (id: number, port: number): Uint8Array => ethernet(ip4(udp(port, 53, dns(id, false)), { protocol: 17 }));
  const reply = (id: number, port: number): Uint8Array =>
    ethernet(ip4(udp(53, port, dns(id, true)), { protocol: 17, from: '10.0.0.2', to: '10.0.0.1' }));

  it('question and answer are one conversation', () => {
    const { conversations, udpStreams } = analyse([question(1, 4000), question(2, 4001), reply(1, 4000)]);
    expect(udpStreams).toBe(2);
    expect(conversations.map((c) => [c.stream, c.client.port, c.server.port, c.messages.map((m) => m.from)])).toEqual([
      [0, 4000, 53, ['client', 'server']],
      [1, 4001, 53, ['client']],
    ]);
  });

  it('are handed out when nothing more comes', () => {
    const seen: number[] = [];
    const frames = [
      { bytes: question(1, 4000), at: 0 },
      { bytes: question(2, 4001), at: 40_000 },
      { bytes: reply(2, 4001), at: 40_001 },
    ];
    analyse(frames, { onConversation: (c) => seen.push(c.stream) });
    expect(seen).toEqual([0, 1]);
  });

  it('that ICMP quotes have a number, as with Wireshark', () => {
    const icmp = ethernet(
      ip4(join([3, 3, 0, 0, 0, 0, 0, 0], ip4(udp(4000, 53, dns(1, false)), { protocol: 17 })), { protocol: 1, from: '10.0.0.2' }),
    );
    expect(analyse([icmp]).udpStreams).toBe(1);
    const { conversations } = analyse([question(1, 4000), icmp]);
    expect(conversations[0]?.messages.map((m) => m.layer)).toEqual(['dns', 'icmp']);
  });
});

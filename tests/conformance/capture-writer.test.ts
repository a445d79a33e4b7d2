import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CAPTURE_ROWS } from '@winmedic/labs/capture-rows';
import {
  DNS_RCODES,
  DNS_TYPES,
  dnsAnswer,
  dnsQuestion,
  erspan,
  ethernet,
  failedOpening,
  gre,
  IPV6_EXTENSIONS,
  IPV6_PADDING,
  inOrder,
  ipInIp,
  ipPacket,
  LINK_TYPES,
  type LinkLayer,
  linuxSll,
  linuxSll2,
  loopback,
  onlyFrom,
  raw,
  SYN_REPEATS,
  seenFrom,
  sliced,
  TCP_FLAGS,
  TcpConversation,
  type TcpOptions,
  tcpSegment,
  udpExchange,
  vxlan,
  type WritePacket,
  writeNetMon,
  writePcap,
  writePcapng,
} from '@winmedic/labs/capture-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Captures written by the labs, read by another program: `tshark` accepts each kind and reads the same bytes out of it. */

const missing = ['tshark', 'capinfos'].filter((name) => spawnSync(name, ['--version']).status !== 0);

const START = 1_767_323_045_123_456_000n;
const CLIENT = { address: '192.0.2.50', port: 50_123 };
const SERVER = { address: '192.0.2.10', port: 9999 };
const CLIENT6 = { address: '2001:db8::50', port: 50_123 };
const SERVER6 = { address: '2001:db8::1:10', port: 9999 };
const CHECKS = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);

let folder = '';
let files = 0;

function saved(bytes: Uint8Array, name = 'capture'): string {
  const path = join(folder, `${files++}-${name}`);
  writeFileSync(path, bytes);
  return path;
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}

/** Fields of each packet; a field that occurs several times has its values joined by `,`. */
function fields(path: string, names: readonly string[], ...more: readonly string[]): string[][] {
  const out = run('tshark', ['-r', path, ...CHECKS, ...more, '-T', 'fields', ...names.flatMap((name) => ['-e', name])]);
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
}

/** Contents of a TCP stream as `tshark` puts it together. */
function followed(path: string, stream = 0): { client: string; server: string } {
  const sides = { client: '', server: '' };
  const lines = run('tshark', ['-r', path, '-q', '-z', `follow,tcp,raw,${stream}`]).split('\n');
  for (const line of lines.slice(lines.findIndex((each) => each.startsWith('Node 1')) + 1)) {
    if (/^\t[0-9a-f]+$/.test(line)) sides.server += line.trim();
    else if (/^[0-9a-f]+$/.test(line)) sides.client += line;
  }
  return sides;
}

/** Nothing of it is malformed, an error or a wrong checksum. */
function expectSound(path: string): void {
  const names = ['_ws.malformed', 'ip.checksum.status', 'tcp.checksum.status', 'udp.checksum.status', 'icmp.checksum.status'];
  for (const [malformed, ...statuses] of fields(path, names)) {
    expect(malformed).toBe('');
    // 1 good, 2 unverified (a part of a datagram), 3 not present.
    for (const status of statuses) expect(status).not.toMatch(/0/);
  }
  expect(fields(path, ['frame.number'], '-Y', '_ws.expert.severity == 8388608')).toEqual([]);
}

const payload = (size: number, seed: number) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed) & 0xff);
const REQUEST = payload(5000, 1);
const ANSWER = payload(9000, 7);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function talk(options: Partial<TcpOptions> = {}): TcpConversation {
  return new TcpConversation({ client: CLIENT, server: SERVER, start: START, ...options });
}
const whole = (options: Partial<TcpOptions> = {}) => talk(options).open().send('client', REQUEST).send('server', ANSWER).close();

/** Length and digest: a difference of kilobytes of hex tells nobody anything. */
const digest = (text: string) => `${text.length / 2} bytes, ${createHash('sha256').update(text).digest('hex')}`;

function expectContents(path: string, stream = 0): void {
  const { client, server } = followed(path, stream);
  expect({ client: digest(client), server: digest(server) }).toEqual({ client: digest(hex(REQUEST)), server: digest(hex(ANSWER)) });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winmedic-captures-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(missing.length > 0)(
  `captures of the labs and tshark${missing.length === 0 ? '' : ` (${missing.join(', ')} missing)`}`,
  () => {
    describe('files', () => {
      const packets = whole().packets;
      const micro = (at: bigint) => (at / 1000n) * 1000n;
      const expectPackets = (path: string, times: (at: bigint) => bigint = micro, expected: readonly WritePacket[] = packets) => {
        const seen = fields(path, ['frame.time_epoch', 'frame.cap_len', 'frame.len']);
        expect(seen).toEqual(
          expected.map(({ at, bytes, originalLength = bytes.length }) => {
            const digits = String(times(at)).padStart(10, '0');
            return [`${digits.slice(0, -9)}.${digits.slice(-9)}`, String(bytes.length), String(originalLength)];
          }),
        );
      };

      it.each(['microseconds', 'nanoseconds', 'modified'] as const)('pcap with %s, both byte orders', (magic) => {
        for (const bigEndian of [false, true]) {
          const path = saved(writePcap(packets, { magic, bigEndian }), magic);
          expectPackets(path, magic === 'nanoseconds' ? (at) => at : micro);
          expectContents(path);
        }
      });

      it('pcap with a snap length, and in gzip', () => {
        const path = saved(gzipSync(writePcap(packets, { snapLength: 96 })), 'sliced.gz');
        expectPackets(path, micro, sliced(packets, 96));
      });

      it('Network Monitor 2.1 and 2.3', () => {
        const older = saved(writeNetMon(packets, { version: '2.1' }));
        expect(run('capinfos', ['-t', older])).toContain('NetMon 2');
        expectPackets(older);
        expectContents(older);
        const newer = saved(writeNetMon(packets, { version: '2.3' }));
        expectPackets(newer, (at) => (at / 100n) * 100n);
        expectContents(newer);
      });

      it('pcapng: sections of both byte orders, interfaces with resolutions and offsets, comments', () => {
        const second = whole({ client: { ...CLIENT, port: 50_124 }, start: START + 10_000_000_000n }).packets;
        const tagged = packets.map((packet, i) => ({ ...packet, interfaceId: i % 2, ...(i === 3 ? { comment: 'the fourth' } : {}) }));
        const path = saved(
          writePcapng([
            {
              packets: tagged,
              interfaces: [
                { name: 'eth0', resolution: 9 },
                { name: 'eth1', description: 'second', os: 'Windows', resolution: 0x80 | 30, offsetSeconds: 3600 },
              ],
              hardware: 'a machine',
              os: 'an operating system',
              application: 'labs',
              comment: 'first section',
              unknownBlocks: true,
              keyLog: 'CLIENT_RANDOM 00 00\n',
              length: true,
            },
            {
              packets: second,
              bigEndian: true,
              interfaces: [{ name: 'eth2', statistics: { received: 50, dropped: 7, droppedBySystem: 2 } }],
              comment: 'second section',
            },
          ]),
        );
        const seen = fields(path, ['frame.time_epoch', 'frame.interface_name', 'frame.comment']);
        // 2^-30 s is a little less than a nanosecond: the time may be one earlier.
        const all = [...tagged, ...second];
        // tshark 4.0 looks the names of a later section up in the first.
        expect(seen.slice(0, tagged.length).map(([, name]) => name)).toEqual(tagged.map(({ interfaceId }) => `eth${interfaceId}`));
        expect(seen[3]?.[2]).toBe('the fourth');
        for (const [i, [time = '']] of seen.entries()) {
          const ns = BigInt(time.replace('.', ''));
          const at = i < tagged.length ? (all[i] as WritePacket).at : micro((all[i] as WritePacket).at);
          expect(Number(at - ns)).toBeGreaterThanOrEqual(0);
          expect(Number(at - ns)).toBeLessThanOrEqual(1);
        }
        expectContents(path);
        expectContents(path, 1);
        const about = run('capinfos', ['-FIk', path]);
        expect(about).toContain('first section');
        expect(about).toContain('Name = eth2');
      });

      it('pcapng: simple and obsolete packet blocks', () => {
        const obsolete = saved(writePcapng([{ packets, blocks: 'obsolete', bigEndian: true }]));
        expectPackets(obsolete);
        expectContents(obsolete);
        const simple = saved(writePcapng([{ packets, blocks: 'simple' }]));
        expectContents(simple);
        expect(fields(simple, ['frame.time_epoch']).every(([time]) => time === '')).toBe(true);
      });
    });

    describe('link layers and tunnels', () => {
      const ends = { client: '198.51.100.1', server: '198.51.100.2' };
      const links: readonly (readonly [string, number, LinkLayer])[] = [
        ['Ethernet', LINK_TYPES.ethernet, ethernet()],
        ['Ethernet with a VLAN', LINK_TYPES.ethernet, ethernet({ vlans: [42] })],
        ['QinQ', LINK_TYPES.ethernet, ethernet({ vlans: [100, 42] })],
        ['802.3 with SNAP', LINK_TYPES.ethernet, ethernet({ snap: true })],
        ['raw IP', LINK_TYPES.raw, raw],
        ['loopback', LINK_TYPES.null, loopback()],
        ['loopback of a big-endian machine', LINK_TYPES.null, loopback('big', 24)],
        ['SLL', LINK_TYPES.linuxSll, linuxSll],
        ['SLL2', LINK_TYPES.linuxSll2, linuxSll2],
        ['GRE', LINK_TYPES.ethernet, gre(ends)],
        ['VXLAN', LINK_TYPES.ethernet, vxlan(ends, 77)],
        ['ERSPAN', LINK_TYPES.ethernet, erspan(ends, 5)],
        ['IP in IP', LINK_TYPES.ethernet, ipInIp(ends)],
        ['VXLAN inside GRE', LINK_TYPES.ethernet, vxlan({ client: '10.0.0.1', server: '10.0.0.2' }, 3, gre(ends))],
      ];
      it.each(links)('%s', (_, linkType, link) => {
        // LLC and SNAP take eight bytes of the 1500.
        const mss = 1400;
        const four = saved(writePcap(whole({ link, mss }).packets, { linkType }));
        expectSound(four);
        expectContents(four);
        const six = saved(writePcap(whole({ client: CLIENT6, server: SERVER6, link, mss }).packets, { linkType }));
        expectSound(six);
        expectContents(six);
      });
    });

    describe('IP', () => {
      it.each([
        ['IPv4', CLIENT, SERVER],
        ['IPv6', CLIENT6, SERVER6],
      ] as const)('fragments of %s, in order and reversed', (_, client, server) => {
        const packets = talk({ client, server })
          .open()
          .send('client', REQUEST, { fragments: 480 })
          .send('server', ANSWER, { fragments: 512, reversed: true })
          .close().packets;
        const path = saved(writePcap(packets));
        expectSound(path);
        expectContents(path);
        expect(packets.length).toBeGreaterThan(30);
      });

      it('a segment of 9000 bytes with total length 0', () => {
        const path = saved(
          writePcap(talk().open().send('client', REQUEST, { offloaded: true }).send('server', ANSWER, { offloaded: true }).close().packets),
        );
        expectContents(path);
      });

      it('options of IPv4 and extension headers of IPv6', () => {
        const link = ethernet();
        const four = ipPacket(
          // Record route with room for one address (RFC 791).
          { source: CLIENT.address, destination: SERVER.address, protocol: 6, options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0) },
          tcpSegment({ from: CLIENT, to: SERVER, seq: 1, flags: TCP_FLAGS.syn, mss: 1460 }),
        );
        const six = ipPacket(
          {
            source: CLIENT6.address,
            destination: SERVER6.address,
            protocol: 6,
            extensions: [
              { type: IPV6_EXTENSIONS.hopByHop, data: IPV6_PADDING },
              { type: IPV6_EXTENSIONS.destination, data: IPV6_PADDING },
            ],
          },
          tcpSegment({ from: CLIENT6, to: SERVER6, seq: 1, flags: TCP_FLAGS.syn, mss: 1440 }),
        );
        const path = saved(writePcap([four, six].map((ip, i) => ({ at: START + BigInt(i), bytes: link(ip, 'client') }))));
        expectSound(path);
        expect(
          fields(path, ['tcp.dstport', 'ip.opt.type', 'ipv6.hopopts', 'ipv6.dstopts']).map(([port, ...rest]) => [
            port,
            ...rest.map(Boolean),
          ]),
        ).toEqual([
          ['9999', true, false, false],
          ['9999', false, true, true],
        ]);
      });
    });

    describe('TCP', () => {
      const analysis = (path: string) => {
        const names = [
          'retransmission',
          'lost_segment',
          'out_of_order',
          'zero_window',
          'keep_alive',
          'keep_alive_ack',
          'duplicate_ack',
          'ack_lost_segment',
        ];
        const rows = fields(
          path,
          names.map((name) => `tcp.analysis.${name}`),
        );
        return Object.fromEntries(names.map((name, i) => [name, rows.filter((row) => row[i] !== '').length]));
      };
      const quiet = {
        retransmission: 0,
        lost_segment: 0,
        out_of_order: 0,
        zero_window: 0,
        keep_alive: 0,
        keep_alive_ack: 0,
        duplicate_ack: 0,
        ack_lost_segment: 0,
      };
      const check = (conversation: TcpConversation) => {
        const path = saved(writePcap(conversation.packets, { magic: 'nanoseconds' }));
        expectSound(path);
        return { path, seen: analysis(path) };
      };

      it('a smooth conversation', () => {
        const { path, seen } = check(whole());
        expect(seen).toEqual(quiet);
        expectContents(path);
      });

      it('segments lost after and before the recorder, repeated ones, late ones', () => {
        const after = check(
          talk()
            .open()
            .send('client', REQUEST)
            .send('server', ANSWER, { lost: [2] })
            .close(),
        );
        expect(after.seen).toMatchObject({ retransmission: 1, lost_segment: 0 });
        expectContents(after.path);
        const before = check(
          talk()
            .open()
            .send('client', REQUEST)
            .send('server', ANSWER, { lostBefore: [2] })
            .close(),
        );
        expect(before.seen).toMatchObject({ lost_segment: 1 });
        expectContents(before.path);
        const repeated = check(
          talk()
            .open()
            .send('client', REQUEST, { repeated: [0] })
            .send('server', ANSWER)
            .close(),
        );
        expect(repeated.seen).toMatchObject({ retransmission: 1 });
        expectContents(repeated.path);
        const late = check(
          talk()
            .open()
            .send('client', REQUEST)
            .send('server', ANSWER, { late: [1] })
            .close(),
        );
        expect(late.seen).toMatchObject({ out_of_order: 1, retransmission: 0 });
        expectContents(late.path);
      });

      it('a segment the recorder missed', () => {
        const { seen } = check(
          talk()
            .open()
            .send('client', REQUEST)
            .send('server', ANSWER, { notCaptured: [2] })
            .close(),
        );
        expect(seen).toMatchObject({ retransmission: 0, lost_segment: 1 });
      });

      it('zero window, keep-alive', () => {
        const conversation = whole().wait(10);
        expect(conversation.packets.length).toBeGreaterThan(10);
        const { seen } = check(
          talk()
            .open()
            .send('client', REQUEST)
            .zeroWindow('server')
            .wait(500)
            .windowUpdate('server')
            .wait(1000)
            .keepAlive('client')
            .send('server', ANSWER)
            .close(),
        );
        expect(seen).toMatchObject({ zero_window: 1, keep_alive: 1, keep_alive_ack: 1, retransmission: 0 });
      });

      it('openings that fail: silence, refusal, ICMP', () => {
        const silent = failedOpening({ client: CLIENT, server: SERVER, start: START, repeats: SYN_REPEATS });
        const path = saved(writePcap(silent));
        expectSound(path);
        expect(fields(path, ['frame.time_relative', 'tcp.flags']).map(([at, flags]) => [Number(at), flags])).toEqual(
          [0, 1, 3, 7, 15].map((at) => [at, '0x0002']),
        );
        const refused = saved(
          writePcap([
            ...failedOpening({ client: CLIENT, server: SERVER, start: START, answer: 'refused' }),
            ...talk({ start: START + 1_000_000n, client: { ...CLIENT, port: 50_200 } }).refuse().packets,
          ]),
        );
        expectSound(refused);
        expect(fields(refused, ['tcp.flags', 'tcp.stream'])).toEqual([
          ['0x0002', '0'],
          ['0x0014', '0'],
          ['0x0002', '1'],
          ['0x0014', '1'],
        ]);
        const prohibited = saved(
          writePcap(
            inOrder(
              failedOpening({ client: CLIENT, server: SERVER, start: START, answer: { unreachable: 'prohibited', by: '192.0.2.1' } }),
              failedOpening({ client: CLIENT6, server: SERVER6, start: START + 1_000_000n, answer: { unreachable: 'port' } }),
            ),
          ),
        );
        expectSound(prohibited);
        expect(fields(prohibited, ['icmp.type', 'icmp.code', 'icmpv6.type', 'icmpv6.code', 'tcp.dstport'])).toEqual([
          ['', '', '', '', '9999'],
          ['3', '13', '', '', '9999'],
          ['', '', '', '', '9999'],
          ['', '', '1', '4', '9999'],
        ]);
      });

      it('a second recorder, one direction, a slice', () => {
        const { packets } = whole();
        const both = saved(writePcap(inOrder(packets, seenFrom(packets, CLIENT.address, { clockOffset: 5_000_000n }))));
        expectSound(both);
        expect(fields(both, ['frame.number'])).toHaveLength(packets.length * 2);
        expect(new Set(fields(both, ['ip.ttl', 'ip.src']).map(([ttl, source]) => `${source} ${ttl}`)).size).toBe(4);
        const one = saved(writePcap(onlyFrom(packets, SERVER.address)));
        expect(new Set(fields(one, ['ip.src']).flat())).toEqual(new Set([SERVER.address]));
      });
    });

    describe('UDP', () => {
      it('DNS questions and answers', () => {
        const options = { client: { ...CLIENT, port: 53_001 }, server: { address: '192.0.2.53', port: 53 }, start: START };
        const name = 'hv01.corp.example';
        const path = saved(
          writePcap([
            ...udpExchange(options, [
              { from: 'client', bytes: dnsQuestion(1, name, DNS_TYPES.a) },
              {
                from: 'server',
                bytes: dnsAnswer(1, name, DNS_TYPES.a, DNS_RCODES.ok, [
                  { name, cname: 'host.corp.example' },
                  { name: 'host.corp.example', address: '192.0.2.10' },
                ]),
              },
              { from: 'client', bytes: dnsQuestion(2, name, DNS_TYPES.aaaa) },
              { from: 'server', bytes: dnsAnswer(2, name, DNS_TYPES.aaaa, DNS_RCODES.ok, [{ name, address: '2001:db8::10' }]) },
              { from: 'client', bytes: dnsQuestion(3, name, DNS_TYPES.a) },
              { from: 'server', bytes: dnsAnswer(3, name, DNS_TYPES.a, DNS_RCODES.notFound) },
              { from: 'client', bytes: dnsQuestion(4, '_kerberos._tcp.corp.example', DNS_TYPES.srv) },
              {
                from: 'server',
                bytes: dnsAnswer(4, '_kerberos._tcp.corp.example', DNS_TYPES.srv, DNS_RCODES.ok, [
                  { name: '_kerberos._tcp.corp.example', priority: 0, weight: 100, port: 88, target: 'dc01.corp.example' },
                ]),
              },
            ]),
          ]),
        );
        expectSound(path);
        expect(fields(path, ['dns.id', 'dns.flags.rcode', 'dns.a', 'dns.aaaa', 'dns.cname', 'dns.srv.target'])).toEqual([
          ['0x0001', '', '', '', '', ''],
          ['0x0001', '0', '192.0.2.10', '', 'host.corp.example', ''],
          ['0x0002', '', '', '', '', ''],
          ['0x0002', '0', '', '2001:db8::10', '', ''],
          ['0x0003', '', '', '', '', ''],
          ['0x0003', '3', '', '', '', ''],
          ['0x0004', '', '', '', '', ''],
          ['0x0004', '0', '', '', '', 'dc01.corp.example'],
        ]);
      });
    });
    describe('captures of the diagnosis table', () => {
      // Those with evidence beside them are captures of others again.
      const rows = CAPTURE_ROWS.flatMap(({ id, making, evidence }) =>
        making.by === 'frames' && evidence === undefined && !id.startsWith('sliced') ? [[id, making.frames] as const] : [],
      );
      it.each(rows)('%s', async (_, frames) => {
        const path = saved(writePcap(await frames(), { magic: 'nanoseconds' }));
        const wrong =
          '_ws.malformed || _ws.expert.severity == 8388608 || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0';
        expect(fields(path, ['frame.number', '_ws.expert.message'], '-Y', wrong)).toEqual([]);
      });
    });
  },
);

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { memorySource } from '@winmedic/bytes';
import { analyseCapture, openCapture } from '@winmedic/capture';
import { describe, expect, it } from 'vitest';

/** Streams and TCP facts of every capture of the corpus, against tshark 4.0.17. */
const corpus = process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const folders = ['pcap', 'pcap-lab'].map((name) => join(corpus, name)).filter((folder) => existsSync(folder));
if (folders.length === 0) console.log(`skipped: no captures at ${corpus} (set WINMEDIC_CORPUS)`);

interface Expected {
  readonly packets: number;
  readonly tcp_streams: number;
  readonly udp_streams: number;
  readonly tcp: readonly {
    readonly stream: number;
    readonly packets: number;
    readonly src: string;
    readonly sport: string;
    readonly syn: number;
    readonly synack: number;
    readonly rst: number;
    readonly fin: number;
    readonly retrans: number;
    readonly lost: number;
    readonly zerowin: number;
  }[];
}

/** Where more is read than tshark reads, and why. */
const MORE: Readonly<Record<string, string>> = {
  'mlgualtieri__ntlmraw-PktMon.cap': 'packets inside the events of PktMon, which tshark shows as events only',
};

const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.expected.json'))
    .map((name) => [name.replace('.expected.json', ''), folder] as const),
);

describe.skipIf(files.length === 0)('flows of the corpus', () => {
  it('has files', () => {
    expect(files.length).toBeGreaterThanOrEqual(87);
  });

  it.each(files)('%s', (file, folder) => {
    const expected = JSON.parse(readFileSync(join(folder, `${file}.expected.json`), 'utf8')) as Expected;
    const raw = readFileSync(join(folder, file));
    const bytes = file.endsWith('.gz') ? gunzipSync(raw) : raw;
    const analysis = analyseCapture(openCapture(memorySource(bytes)), { onConversation: () => {} });
    if (MORE[file] !== undefined) {
      expect(analysis.tcpStreams, MORE[file]).toBeGreaterThan(expected.tcp_streams);
      return;
    }
    expect({ tcp: analysis.tcpStreams, udp: analysis.udpStreams }).toEqual({ tcp: expected.tcp_streams, udp: expected.udp_streams });
    expect(analysis.flows.count).toBe(expected.tcp_streams);
    const facts = expected.tcp.map(({ stream, src, sport }) => {
      const { client, server, tcp } = analysis.flows.flow(stream);
      const first = [client, server].find((end) => end.port === Number(sport) && end.address === src);
      return {
        stream,
        end: first?.port,
        packets: tcp.packets,
        syn: tcp.syn,
        synack: tcp.synAck,
        rst: tcp.rst.client + tcp.rst.server,
        fin: tcp.fin.client + tcp.fin.server,
        retrans: tcp.retransmissions,
        lost: tcp.lost,
        zerowin: tcp.zeroWindow,
      };
    });
    expect(facts).toEqual(
      expected.tcp.map(({ stream, sport, packets, syn, synack, rst, fin, retrans, lost, zerowin }) => ({
        stream,
        end: Number(sport),
        packets,
        syn,
        synack,
        rst,
        fin,
        retrans,
        lost,
        zerowin,
      })),
    );
  });
});

import { gzipSync } from 'node:zlib';
import { TcpConversation, type WritePacket, writePcapng } from '@winmedic/labs/capture-writer';
import { encodePayload, ndisPacket, writeEtl } from '@winmedic/labs/etl-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { collectEvidence } from './index.ts';
import { TestFolder } from './test-inputs.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const AT = BigInt(Date.UTC(2026, 10, 21, 1)) * 1_000_000n;
/** FILETIME ticks of AT. */
const TICKS = AT / 100n + 116_444_736_000_000_000n;
const WINRM = 'a7975c8f-ac13-49f1-87da-5a984a4ab417';
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function talk(port: number, answer: string): readonly WritePacket[] {
  return new TcpConversation({
    start: AT,
    client: { address: '192.0.2.50', port: 50_123 },
    server: { address: '192.0.2.10', port },
  })
    .open()
    .send('client', text('POST /wsman HTTP/1.1\r\nHost: hv01\r\nContent-Length: 0\r\n\r\n'))
    .send('server', text(answer))
    .close().packets;
}
const CHALLENGE = 'HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: 0\r\n\r\n';
const PACKETS = talk(5985, CHALLENGE);
const CAPTURE = writePcapng([{ packets: PACKETS }]);

/** A trace of the WinRM service with the packets of the conversation. */
function trace(): Uint8Array {
  return writeEtl({ build: 20_348, eventsLost: 3, startTime: TICKS }, [
    {
      kind: 'event',
      at: TICKS + 10n,
      provider: WINRM,
      id: 1295,
      pid: 932,
      activityId: '11111111-2222-3333-4444-555555555555',
      payload: encodePayload(
        [
          { name: 'username', type: 'UnicodeString' },
          { name: 'authenticationMechanism', type: 'UnicodeString' },
        ],
        { username: 'CORP\\alice', authenticationMechanism: 'NTLM' },
      ),
    },
    ...PACKETS.flatMap((packet) => ndisPacket({ at: packet.at / 100n + 116_444_736_000_000_000n, bytes: packet.bytes })),
  ]);
}

describe('a capture among the evidence', () => {
  it('gives the conversations by which hosts are managed', async () => {
    const evidence = await collectEvidence([folder.file('a.pcapng', CAPTURE)]);
    expect(evidence.problems).toEqual([]);
    expect(evidence.sources).toMatchObject([{ kind: 'capture' }]);
    expect(evidence.captures).toMatchObject([
      { tcpStreams: 1, conversations: 1, kept: 1, capture: { packets: PACKETS.length, cut: false } },
    ]);
    const [one] = evidence.conversations;
    expect(one?.conversation).toMatchObject({ client: { address: '192.0.2.50' }, server: { address: '192.0.2.10', port: 5985 } });
    expect(one?.conversation.messages).toMatchObject([
      { layer: 'http', kind: 'request', target: '/wsman' },
      { layer: 'http', kind: 'response', status: 401 },
    ]);
  });

  it('is the same when it is compressed, and when it is cut gives what stands before', async () => {
    const packed = await collectEvidence([folder.file('b.pcapng.gz', gzipSync(CAPTURE))]);
    expect(packed.sources.map(({ path, kind }) => [path.split('/').at(-1), kind])).toEqual([['b.pcapng', 'capture']]);
    expect(packed.conversations[0]?.conversation.messages).toHaveLength(2);
    const cut = await collectEvidence([folder.file('c.pcapng', CAPTURE.subarray(0, CAPTURE.length - 300))]);
    expect(cut.captures[0]?.capture.cut).toBe(true);
    expect(cut.problems).toMatchObject([{ severity: 'partial' }]);
    expect(cut.conversations[0]?.conversation.messages.length).toBeGreaterThan(0);
  });

  it('of web pages keeps none of them', async () => {
    // Only the path tells that this is WS-Management.
    const other = talk(8080, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const plain = new TcpConversation({
      start: AT,
      client: { address: '192.0.2.51', port: 50_200 },
      server: { address: '192.0.2.10', port: 8080 },
    })
      .open()
      .send('client', text('GET / HTTP/1.1\r\nHost: web\r\n\r\n'))
      .send('server', text('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
      .close().packets;
    const evidence = await collectEvidence([folder.file('d.pcapng', writePcapng([{ packets: [...other, ...plain] }]))]);
    expect(evidence.captures).toMatchObject([{ tcpStreams: 2, kept: 1 }]);
    expect(evidence.conversations.map(({ conversation }) => conversation.client.port)).toEqual([50_123]);
  });
});

describe('a trace among the evidence', () => {
  it('gives its events and the conversations of its packets', async () => {
    const evidence = await collectEvidence([folder.file('winrm.etl', trace())]);
    expect(evidence.sources).toMatchObject([{ kind: 'trace' }]);
    expect(evidence.traces).toMatchObject([{ build: '10.0.20348', eventsLost: 3 }]);
    expect(evidence.traces[0]?.providers.get('Microsoft-Windows-WinRM')).toBe(1);
    expect(evidence.events).toMatchObject([
      {
        provider: 'Microsoft-Windows-WinRM',
        eventId: 1295,
        host: '',
        time: AT + 1000n,
        activityId: '{11111111-2222-3333-4444-555555555555}',
        trust: 'record',
      },
    ]);
    expect(evidence.events[0]?.fields.get('username')).toBe('CORP\\alice');
    expect(evidence.captures).toMatchObject([{ capture: { format: 'etl', packets: PACKETS.length } }]);
    expect(evidence.conversations[0]?.conversation.messages).toHaveLength(2);
    expect(evidence.problems).toMatchObject([{ code: 'EVIDENCE_TRACE_LOST', severity: 'note' }]);
  });

  it('two events of one moment are two', async () => {
    const record = { kind: 'event', at: TICKS + 5n, provider: WINRM, id: 1294 } as const;
    const evidence = await collectEvidence([folder.file('two.etl', writeEtl({ startTime: TICKS }, [record, record]))]);
    expect(evidence.events).toHaveLength(2);
  });

  it('has no fields when its payload is not what the provider writes', async () => {
    const record = { kind: 'event', at: TICKS + 5n, provider: WINRM, id: 1295, payload: new Uint8Array([65, 0]) } as const;
    const evidence = await collectEvidence([folder.file('short.etl', writeEtl({ startTime: TICKS }, [record]))]);
    expect(evidence.events).toMatchObject([{ eventId: 1295 }]);
    expect([...(evidence.events[0]?.fields.keys() ?? [])].filter((name) => name !== 'ProcessID')).toEqual([]);
  });
});

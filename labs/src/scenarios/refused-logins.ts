import { enumerateEnvelope, HttpTalk, JAVA_CLIENT, SOAP } from '../capture-rows/http-talk.ts';
import { loginWithNtlm } from '../capture-rows/logins.ts';
import { writePcapng } from '../capture-writer/index.ts';
import { ROW_PASSWORD } from '../connection-rows/common.ts';
import { type WriteRecord, writeEvtx } from '../evtx-writer/index.ts';
import { winrmTrace } from '../trace-rows/story.ts';
import type { TraceStep } from '../trace-rows/types.ts';
import { SERVER_2019 } from './builds.ts';
import type { EventShape } from './event.ts';
import { type Account, logonFailed, logonSucceeded, network, specialPrivileges } from './events-logon.ts';
import type { ScenarioFile } from './host.ts';
import { zipOf } from './zip.ts';

/** The host, as its records call it. */
const COMPUTER = 'hv01.corp.example';
const CLIENT = { computer: 'INVENTORY01', address: '192.0.2.50' } as const;
/** 2026-02-03 04:05:06 UTC; the tool asks again after half an hour. */
const FIRST = Date.UTC(2026, 1, 3, 4, 5, 6);
const PAUSE = 30 * 60_000;
const TICKS_1601_TO_1970 = 116_444_736_000_000_000n;
const ALICE: Account = { name: 'alice', domain: 'CORP', sid: 'S-1-5-21-1004336348-1177238915-682003330-1104', administrator: true };
/** First of the ports the tool calls from. */
const PORT = 50_100;

const ticks = (milliseconds: number): bigint => BigInt(milliseconds) * 10_000n + TICKS_1601_TO_1970;

function securityLog(events: readonly (readonly [at: number, event: EventShape])[]): Uint8Array {
  return writeEvtx(
    events
      .toSorted(([a], [b]) => a - b)
      .map(
        ([at, { system, channel, data }], i): WriteRecord => ({
          recordId: BigInt(40_001 + i),
          timeTicks: ticks(at),
          system: { ...system, channel, computer: COMPUTER },
          data,
        }),
      ),
  );
}

/** A backup job with an old password, on the same host but of no concern: what stands in the log of every host. */
function somethingElse(at: number): readonly [number, EventShape] {
  return [at, logonFailed(COMPUTER, 'svc-backup', 'CORP', network('BACKUP02', '192.0.2.77', 61_002), 'wrongPassword')];
}

function capture(talks: readonly HttpTalk[]): Uint8Array {
  const interfaces = [{ resolution: 9, name: 'eth0', description: 'inventory server' }];
  return writePcapng([{ interfaces, application: 'Dumpcap (Wireshark)', packets: talks.flatMap(({ packets }) => packets) }]);
}

/**
 * A tool written in Java that logs in with NTLM and then sends its message in the clear, which a host with defaults does not take: 401 after an accepted login.
 * The client's capture, and what the administrator of the host sent.
 */
export async function clearBody(): Promise<readonly ScenarioFile[]> {
  const polls = [FIRST, FIRST + PAUSE];
  const talks: HttpTalk[] = [];
  const accepted: number[] = [];
  for (const [i, at] of polls.entries()) {
    const talk = new HttpTalk({ start: BigInt(at) * 1_000_000n, clientPort: PORT + i, userAgent: JAVA_CLIENT });
    await loginWithNtlm(talk, { user: ALICE.name, domain: ALICE.domain, workstation: CLIENT.computer, bare: true });
    accepted.push(Number(talk.tcp.now / 1_000_000n));
    talk.ask({ type: SOAP, body: enumerateEnvelope() }).refuse();
    talk.tcp.wait(50).close();
    talks.push(talk);
  }
  const logons = accepted.flatMap((at, i): (readonly [number, EventShape])[] => {
    const id = BigInt(0x2f1a00 + 0x100 * i);
    const way = network(CLIENT.computer, CLIENT.address, PORT + i);
    return [
      [at, logonSucceeded(SERVER_2019, COMPUTER, ALICE, way, id)],
      [at, specialPrivileges(ALICE, id)],
    ];
  });
  // The clock of the host is that of the capture: what is told here is the login, not the clock.
  const steps = accepted.flatMap((at, i): TraceStep[] => [
    {
      id: 1295,
      activity: i + 1,
      values: { username: `${ALICE.domain}\\${ALICE.name}`, authenticationMechanism: 'Negotiate' },
      afterMs: at - (accepted[i - 1] ?? at) - (i === 0 ? 0 : 2),
    },
    { id: 1294, activity: i + 1 },
  ]);
  const trace = winrmTrace({ side: 'server', steps, startTime: ticks(accepted[0] ?? FIRST) });
  return [
    { name: 'client.pcapng', bytes: capture(talks) },
    {
      name: 'server.zip',
      bytes: zipOf([
        { name: 'Security.evtx', bytes: securityLog([...logons, somethingElse(FIRST - 20 * 60_000)]) },
        { name: 'winrmtrace.etl', bytes: trace },
      ]),
    },
  ];
}

/** The same tool with user name and domain in each other's field: 401 at the end of the login, and the 4625 that explains it. */
export async function rejectedLogin(): Promise<readonly ScenarioFile[]> {
  const talk = new HttpTalk({ start: BigInt(FIRST) * 1_000_000n, clientPort: PORT, userAgent: JAVA_CLIENT });
  await loginWithNtlm(talk, { user: ALICE.domain, domain: ALICE.name, password: ROW_PASSWORD, workstation: CLIENT.computer, bare: true });
  const at = Number(talk.tcp.now / 1_000_000n);
  talk.tcp.wait(50).close();
  const failure = logonFailed(COMPUTER, ALICE.domain, ALICE.name, network(CLIENT.computer, CLIENT.address, PORT), 'unknownUser');
  return [
    { name: 'client.pcapng', bytes: capture([talk]) },
    { name: 'server.zip', bytes: zipOf([{ name: 'Security.evtx', bytes: securityLog([[at, failure], somethingElse(at - 20_000)]) }]) },
  ];
}

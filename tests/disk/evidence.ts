import { writeDump } from '@winmedic/labs/dump-writer';
import { boot, ENGLISH, Host, type ScenarioFile, stopDirty, type WindowsBuild } from '@winmedic/labs/scenarios';
import { ticks } from './bytes.ts';
import { HOST } from './hives.ts';

/** The crash: an access to memory that is not there (0x50), by the agent's driver. */
const AGENT_BASE = 0xfffff801_6e8f_0000n;
const FAULT = AGENT_BASE + 0xe35a1n;
const PARAMETERS = [0xffff9c8e_0000_008an, 0n, FAULT, 0n] as const;

/** When the small dump was written and what it has to say. */
export const CRASH = { code: 0x50, module: 'csagent.sys', time: ticks('2024-07-19T04:10:00.5Z') } as const;

const module = (path: string, base: bigint, sizeBytes: number) => ({
  path,
  base,
  sizeBytes,
  checksum: sizeBytes ^ 0x1234,
  timeDateStamp: 0x5f00_0000 + sizeBytes,
});

/** The small dump of the first crash. */
export function smallDump(build: WindowsBuild): Uint8Array {
  const kernel = 0xfffff801_6a00_0000n;
  return writeDump({
    kind: 'triage',
    code: CRASH.code,
    parameters: PARAMETERS,
    systemTime: CRASH.time,
    upTime: 3n * 86_400n * 10_000_000n,
    build: build.build,
    processors: 4,
    productType: 3,
    modules: [
      module('\\SystemRoot\\system32\\ntoskrnl.exe', kernel, 0xab_7000),
      module('\\SystemRoot\\system32\\hal.dll', kernel - 0xa_0000n, 0x9_d000),
      module('\\SystemRoot\\System32\\drivers\\FLTMGR.SYS', 0xfffff801_6c20_0000n, 0x7_1000),
      module('\\SystemRoot\\System32\\drivers\\tcpip.sys', 0xfffff801_6d00_0000n, 0x2e_c000),
      module('\\SystemRoot\\system32\\drivers\\CrowdStrike\\csagent.sys', AGENT_BASE, 0x16_0000),
    ],
    instructionPointer: FAULT,
    stackPointer: 0xffffd08a_2b3c_1000n,
    stack: [FAULT, AGENT_BASE + 0xd_afa8n, 1n, AGENT_BASE + 0xb_d13cn, kernel + 0x1b_fe00n, kernel + 0x17_0000n],
  });
}

/** Event logs of the crash loop: the first crash after days of running, then one some moments after each boot. */
export function eventLogs(build: WindowsBuild): { readonly files: readonly ScenarioFile[]; readonly bugChecks: readonly bigint[] } {
  const host = new Host({
    computer: `${HOST.computer}.example.jp`,
    build,
    texts: ENGLISH,
    biasMinutes: -540,
    seed: 291,
    bootedAt: '2024-07-16 03:00:12.3',
  });
  const bugChecks: bigint[] = [];
  let now = CRASH.time;
  for (let i = 0; i < 5; i++) {
    bugChecks.push(now);
    const bugCheck = { code: CRASH.code, parameters: PARAMETERS, reportId: `071924-87${18 + i}-01`, dump: 162 } as const;
    const started = host.after(now, 38 + i);
    boot(host, started, stopDirty(host, now, { bugCheck }));
    now = host.after(started, 52 + i);
  }
  return { files: host.files(), bugChecks };
}

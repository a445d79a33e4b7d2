import { exceptionRecord, type WriteDump, type WriteKind, writeDump } from '@winmedic/labs/dump-writer';
import { fuzzDump } from '../../formats/crash-dump/src/test-touch.ts';
import { mutateRange } from './binary-mutations.ts';
import type { Kind } from './kind.ts';

const KINDS: readonly WriteKind[] = ['triage', 'full', 'bitmap', 'live-bitmap', 'kernel-ranges', 'kernel-user-ranges', 'complete-ranges'];
const KERNEL = 0xfffff800_10000000n;
const DRIVER = 0xfffff800_20000000n;
const RECORD = 0xfffff800_30000000n;

/** Crash dumps of every kind, through the reader and the blame. */
export function dumpKind(): Kind {
  const inputs = KINDS.flatMap((kind) =>
    (['x64', 'arm64'] as const).map((machine) => ({ name: `${kind} ${machine}`, bytes: writeDump(describe(kind, machine)) })),
  );
  return {
    name: 'dump',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const bytes = inputs[seed]!.bytes.slice();
      const names: string[] = [];
      for (let n = 1 + random.below(4); n > 0; n--) {
        // Headers decide most; the rest of a dump is pages.
        const to = random.below(2) ? 0x2200 : bytes.length;
        names.push(mutateRange(bytes, 0, to, random));
      }
      if (random.below(8) > 0) return { bytes, names };
      const cut = random.below(bytes.length + 1);
      return { bytes: bytes.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes) => {
      const { damages, refused } = fuzzDump(bytes);
      return { damages, refused: refused === undefined ? 0 : 1 };
    },
    maxMs: 5000,
    extension: 'dmp',
  };
}

function describe(kind: WriteKind, machine: 'x64' | 'arm64'): WriteDump {
  const address = DRIVER + 0x1234n;
  const small = kind === 'triage';
  return {
    kind,
    machine,
    code: 0x1000007e,
    parameters: [0xc0000005n, address, RECORD, 0n],
    systemTime: 133_000_000_000_000_000n,
    upTime: 600_000_000n,
    build: 20348,
    processors: 4,
    productType: 3,
    modules: [
      { path: '\\SystemRoot\\system32\\ntoskrnl.exe', base: KERNEL, sizeBytes: 0x100000 },
      { path: '\\SystemRoot\\system32\\drivers\\agent.sys', base: DRIVER, sizeBytes: 0x20000 },
    ],
    instructionPointer: address,
    stack: [KERNEL + 0x100n, address, DRIVER],
    stackPointer: 0xfffff800_40000000n,
    memory: [{ address: RECORD, bytes: exceptionRecord({ code: 0xc0000005, address, information: [1n, 2n] }) }],
    ...(small && { unloaded: [{ name: 'old.sys', start: 0x1000n, end: 0x2000n }], brokenDriver: 'agent.sys' }),
  };
}

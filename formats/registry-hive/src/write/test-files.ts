import { memorySource } from '@winmedic/bytes';
import type { HiveChange, HiveDescription } from '@winmedic/labs/hive-writer';
import { dword, sz } from '@winmedic/labs/hive-writer';
import type { HiveEdit, HiveLogFile, HiveSink } from '../index.ts';
import { HiveError, openHive } from '../index.ts';

/** A file in memory that notes what was done to it. */
export class MemoryFile implements HiveSink {
  bytes: Uint8Array;
  readonly calls: string[];
  readonly name: string;

  constructor(name: string, bytes: Uint8Array, calls: string[] = []) {
    this.name = name;
    this.bytes = bytes.slice();
    this.calls = calls;
  }
  get sizeBytes(): number {
    return this.bytes.length;
  }
  readAt(offset: number, into: Uint8Array): number {
    return memorySource(this.bytes).readAt(offset, into);
  }
  write(offset: number, bytes: Uint8Array): void {
    this.calls.push(`${this.name} ${offset}`);
    if (offset + bytes.length > this.bytes.length) {
      const larger = new Uint8Array(offset + bytes.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(bytes, offset);
  }
  resize(sizeBytes: number): void {
    this.calls.push(`${this.name} resize`);
    this.bytes = this.bytes.slice(0, sizeBytes);
  }
  flush(): void {
    this.calls.push(`${this.name} flush`);
  }
}

/** Everything the reader gives, as lines. */
export function dump(bytes: Uint8Array, logs: readonly HiveLogFile[] = []): string[] {
  const damages: string[] = [];
  const hive = openHive(memorySource(bytes), { logs, onDamage: (damage) => damages.push(`${damage.code} ${damage.what}`) });
  const lines: string[] = [];
  for (const key of hive.walk()) {
    lines.push(`K ${key.path} ${key.lastWritten} ${key.className() ?? ''} ${Buffer.from(key.security() ?? []).toString('hex')}`);
    for (const value of key.values()) lines.push(`V ${key.path} ${value.name} ${value.type} ${Buffer.from(value.data()).toString('hex')}`);
  }
  return [...lines, ...damages];
}

/** Numbers and time of a base block. */
export const headOf = (bytes: Uint8Array): { primary: number; secondary: number; time: bigint } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { primary: view.getUint32(4, true), secondary: view.getUint32(8, true), time: view.getBigUint64(12, true) };
};

/** A hive with inline, short, big and empty values. */
export const BASE: HiveDescription = {
  savedAt: 131_000_000_000_000_000n,
  sequence: 20,
  root: {
    name: 'ROOT',
    keys: [
      {
        name: 'Services',
        keys: [
          {
            name: 'CSAgent',
            lastWritten: 130_000_000_000_000_000n,
            values: [dword('Start', 1), sz('ImagePath', 'system32\\drivers\\csagent.sys')],
          },
        ],
      },
      {
        name: 'Big',
        values: [
          { name: 'blob', type: 3, data: new Uint8Array(40_000).fill(7) },
          { name: 'none', type: 0, data: new Uint8Array() },
        ],
      },
      { name: 'Other', values: [sz('', 'kept')] },
    ],
  },
};
/** Later changes, one batch in place and one that lets the hive grow. */
export const CHANGES: readonly (readonly HiveChange[])[] = [
  [{ do: 'set', path: 'Other', value: sz('', 'from the log') }],
  [{ do: 'add-key', path: '', key: { name: 'Grown', values: [{ name: 'v', type: 3, data: new Uint8Array(9000).fill(1) }] } }],
];
/** The edit of an inline DWORD. */
export const START: HiveEdit = { key: 'services\\CSAGENT', value: 'start', data: Uint8Array.of(4, 0, 0, 0) };

/** Files of a plan, applied; the plan is made from the same bytes. */
export function files(
  hive: Uint8Array,
  logs: readonly Uint8Array[] = [],
): { sinks: MemoryFile[]; calls: string[]; input: { source: HiveSink; logs: HiveLogFile[] } } {
  const calls: string[] = [];
  const sinks = [new MemoryFile('hive', hive, calls), ...logs.map((log, i) => new MemoryFile(`LOG${i + 1}`, log, calls))];
  return { sinks, calls, input: { source: sinks[0]!, logs: sinks.slice(1).map((source) => ({ name: source.name, source })) } };
}

/** Code of the error a call throws, or `none`. */
export const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof HiveError) return error.code;
    throw error;
  }
  return 'none';
};

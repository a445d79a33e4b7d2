import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { type WriteRecord, writeEvtx } from '@winmedic/labs/evtx-writer';

/** A folder for one test file; `dispose` removes it. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'winmedic-test-'));
  /** Writes a file and gives its path. */
  file(name: string, content: Uint8Array | string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }
  folder(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** FILETIME ticks of 2018-07-06 00:00:00 UTC. */
const DAY_TICKS = 131_753_088_000_000_000n;

/** One record of a test log. */
export interface TestRecord {
  readonly what: string;
  /** Seconds after 2018-07-06 00:00:00 UTC. */
  readonly second: number;
  readonly id?: bigint;
  readonly fields?: Readonly<Record<string, string>>;
  readonly computer?: string;
  readonly channel?: string;
}

/** A log of these records in the System channel of RDS01. */
export function evtxOf(records: readonly TestRecord[]): Uint8Array {
  return writeEvtx(
    records.map((r): WriteRecord => {
      const slash = r.what.lastIndexOf('/');
      const items = Object.entries(r.fields ?? {}).map(([name, value]) => ({ name, value: { type: 'string', value } as const }));
      return {
        ...(r.id === undefined ? {} : { recordId: r.id }),
        timeTicks: DAY_TICKS + BigInt(r.second) * 10_000_000n,
        system: {
          provider: r.what.slice(0, slash),
          eventId: Number(r.what.slice(slash + 1)),
          channel: r.channel ?? 'System',
          computer: r.computer ?? 'RDS01',
          userSid: 'S-1-5-18',
        },
        data: { kind: 'eventData', items },
      };
    }),
  );
}

/** A log of `count` 6013 records, a minute apart. */
export function plainLog(count = 3, first = 1): Uint8Array {
  return evtxOf(Array.from({ length: count }, (_, i) => ({ what: 'EventLog/6013', second: (first + i) * 60, id: BigInt(first + i) })));
}

/** A member of a test archive. */
export interface TestMember {
  readonly name: string | Uint8Array;
  readonly content: Uint8Array;
  readonly store?: boolean;
  readonly encrypted?: boolean;
  /** Size the directory claims instead of the true one. */
  readonly claimedSize?: number;
}

/** A zip archive, made by hand so that it can lie. */
export function zipOf(members: readonly TestMember[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const m of members) {
    const name = typeof m.name === 'string' ? new TextEncoder().encode(m.name) : m.name;
    const data = m.store === true ? m.content : deflateRawSync(m.content);
    const size = m.claimedSize ?? m.content.length;
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, 20, true);
    common.setUint16(2, (m.encrypted === true ? 1 : 0) | (typeof m.name === 'string' ? 0x0800 : 0), true);
    common.setUint16(4, m.store === true ? 0 : 8, true);
    common.setUint32(10, crc32(m.content), true);
    common.setUint32(14, data.length, true);
    common.setUint32(18, size, true);
    common.setUint16(22, name.length, true);
    const head = new Uint8Array(common.buffer);
    const local = concat([bytes('PK\x03\x04'), head, name, data]);
    directory.push(concat([bytes('PK\x01\x02\x14\x00'), head.subarray(0, 26), new Uint8Array(2 + 2 + 2 + 4).fill(0), u32(offset), name]));
    parts.push(local);
    offset += local.length;
  }
  const central = concat(directory);
  const end = new DataView(new ArrayBuffer(18));
  end.setUint16(4, members.length, true);
  end.setUint16(6, members.length, true);
  end.setUint32(8, central.length, true);
  end.setUint32(12, offset, true);
  return concat([...parts, central, bytes('PK\x05\x06'), new Uint8Array(end.buffer)]);
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
function u32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}
function concat(list: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(list.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of list) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Damage, memorySource } from '@winmedic/bytes';
import { openEvtx } from '@winmedic/evtx';
import { describe, expect, it } from 'vitest';

/** Record counts and event ids of every log of the corpus, against libevtx 20181227 and the Rust crate evtx 0.12.2. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'evtx');
const ready = existsSync(join(folder, 'expected.json'));
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

interface Counts {
  readonly records: number;
  readonly eventIds: Readonly<Record<string, number>>;
}
type Expected = Readonly<
  Record<
    string,
    { libevtx: Counts & { exported_xml: number; aborted: boolean; recovered: number }; 'rust_evtx_0.12.2': Counts & { failed: number } }
  >
>;

/** Where we differ from the Rust crate, and why. `more`: records we read beyond it; `fewer`: records it prints that are none. */
const DIFFERENT: Readonly<Record<string, { more?: number; fewer?: number; reason: string }>> = {
  'peer-samples/omerbenamram__sample-with-zero-data-size-event.evtx': {
    more: 114,
    reason: 'behind a record of size 0 the chunk goes on with ids 4 to 117, as its header says; the others stop at the broken record',
  },
  'peer-samples/omerbenamram__sample_with_a_bad_chunk_magic.evtx': {
    more: 31,
    fewer: 3,
    reason:
      'behind a zeroed page chunk 7 goes on with ids 47675 to 47705 of its header; three records cut at a page are refused, as by libevtx',
  },
  'peer-samples/omerbenamram__2-vss_0-Microsoft-Windows-TerminalServices-RemoteConnectionManager%4Operational.evtx': {
    more: 21,
    reason: 'behind a damaged record the chunk goes on with ids 401576 to 401596 of its header',
  },
  'peer-samples/omerbenamram__Microsoft-Windows-HelloForBusiness%4Operational.evtx': {
    fewer: 1,
    reason: 'the last record is cut at a page, the rest is zeros; the crate prints it as event 0 of 1601; libevtx refuses it too',
  },
  'peer-samples/omerbenamram__Microsoft-Windows-LanguagePackSetup%4Operational.evtx': {
    fewer: 1,
    reason: 'the last record is cut at a page, the rest is zeros; the crate prints it without channel; libevtx refuses it too',
  },
};

const expected: Expected = ready ? (JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected) : {};

function read(file: string, recover = false) {
  const damages: Damage[] = [];
  const log = openEvtx(memorySource(readFileSync(join(folder, file))), {
    crc32: (bytes) => crc32(bytes),
    recover,
    onDamage: (damage) => damages.push(damage),
  });
  return { log, damages };
}

describe.skipIf(!ready)('records of the corpus', () => {
  it('has files', () => expect(Object.keys(expected).length).toBeGreaterThan(100));

  it.each(Object.keys(expected))('%s', (file) => {
    const { libevtx, 'rust_evtx_0.12.2': rust } = expected[file]!;
    const difference = DIFFERENT[file];
    const { log } = read(file);
    const ids: Record<string, number> = {};
    let records = 0;
    for (const record of log.records()) {
      records++;
      ids[record.system.eventId] = (ids[record.system.eventId] ?? 0) + 1;
    }
    expect(records).toBe(rust.records + (difference?.more ?? 0) - (difference?.fewer ?? 0));
    // Never fewer than libevtx, whatever the table says.
    expect(records).toBeGreaterThanOrEqual(libevtx.records);
    if (difference === undefined) {
      expect(ids).toEqual(rust.eventIds);
      if (!libevtx.aborted) expect(records).toBe(libevtx.records);
      if (!libevtx.aborted && libevtx.exported_xml === libevtx.records) expect(ids).toEqual(libevtx.eventIds);
    } else {
      let missing = 0;
      for (const [id, count] of Object.entries(rust.eventIds)) missing += Math.max(0, count - (ids[id] ?? 0));
      expect(missing).toBeLessThanOrEqual(difference.fewer ?? 0);
    }
    // The counting pass decides on the bytes alone and has to come to the same.
    expect(Object.fromEntries(log.countBy('id'))).toEqual(ids);
    const scan = log.scan([{}], () => {}, { spans: true });
    expect(scan.records).toBe(records);
    expect(scan.matched).toBe(records);
    expect(scan.spans.reduce((sum, span) => sum + span.records, 0)).toBe(records);
  });

  it('names only files of the corpus in the table of differences', () => {
    for (const file of Object.keys(DIFFERENT)) expect(expected[file], file).toBeDefined();
  });

  it('selects the same records whether decided on bytes or on decoded fields', () => {
    const wanted = [
      { ids: [4625], where: [{ field: 'LogonType', op: 'equals' as const, values: ['3', '10'] }] },
      {
        where: [
          { field: 'TargetUserName', op: 'endswith' as const, values: ['$'], not: true },
          { field: 'TargetUserName', op: 'exists' as const, values: [] },
        ],
      },
      { providers: ['user32'], ids: [1074] },
      { where: [{ field: 'CommandLine', op: 'contains' as const, values: ['powershell', 'cmd*/c'] }] },
    ];
    let found = 0;
    for (const file of Object.keys(expected)) {
      const { log } = read(file);
      const bytes = new Map<string, number>();
      log.scan(wanted, (record, index) => {
        bytes.set(`${record.offset}`, index);
      });
      const decoded = new Map<string, number>();
      for (const record of log.records()) {
        const { system } = record;
        const user = record.field('TargetUserName');
        const command = record.field('CommandLine')?.toLowerCase();
        const index = [
          system.eventId === 4625 && ['3', '10'].includes(record.field('LogonType') ?? ''),
          user !== undefined && !user.endsWith('$'),
          system.provider.toLowerCase() === 'user32' && system.eventId === 1074,
          command !== undefined && (command.includes('powershell') || /cmd.*\/c/s.test(command)),
        ].indexOf(true);
        if (index >= 0) decoded.set(`${record.offset}`, index);
      }
      expect(bytes, file).toEqual(decoded);
      found += bytes.size;
    }
    expect(found).toBeGreaterThan(1000);
  });

  it('carves as many slack records as libevtx where the templates still exist', () => {
    for (const file of [
      'peer-samples/omerbenamram__2-vss_0-Microsoft-Windows-RemoteDesktopServices-RdpCoreTS%4Operational.evtx',
      'peer-samples/omerbenamram__2-vss_7-System.evtx',
      'attack-samples/sharprdp_sysmon_7_mstscax.dll.evtx',
      'rdp-velociraptor/EID4104_PowershellScriptblock.evtx',
    ]) {
      const { log } = read(file, true);
      let slack = 0;
      for (const record of log.records()) if (record.trust === 'slack') slack++;
      expect(slack, file).toBe(expected[file]!.libevtx.recovered);
    }
  });
});

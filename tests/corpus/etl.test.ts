import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Damage, memorySource, ticksToIso, toHex } from '@winmedic/bytes';
import { type EtlField, type EtlFieldType, type EtlOptions, type EtlTemplate, openEtl, readEtlPackets, recogniseEtl } from '@winmedic/etl';
import { describe, expect, it } from 'vitest';

/** Traces of Windows 7 to 11, and the NetMon conversion that Windows itself made of one of them. */
const root = process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const folder = join(root, 'etl');
const ready = existsSync(folder);
if (!ready) console.log(`skipped: no corpus at ${folder} (set WINMEDIC_CORPUS)`);

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(join(root, path)));
function open(name: string, options: EtlOptions = {}) {
  const damages: Damage[] = [];
  return { file: openEtl(memorySource(bytesOf(`etl/${name}`)), { ...options, onDamage: (damage) => damages.push(damage) }), damages };
}

/** Decoded fields of all records that are no headers. */
function decoded(name: string, options?: EtlOptions) {
  const { file } = open(name, options);
  const found: { name: string; providerName: string; id: number; fields: Record<string, string>; read: string }[] = [];
  file.read((event) => {
    if (event.kind !== 'event') return;
    const { fields, known, cutAt, restBytes } = event.decode();
    const read = known ? `${cutAt ?? 'whole'} ${restBytes}` : 'unknown';
    found.push({ name: event.name, providerName: event.providerName, id: event.id, fields: Object.fromEntries(fields), read });
  });
  return found;
}

const SYSTEM = 2;
const PERFINFO = 17;
const EVENT = 19;
const FULL = 20;

/** File, build, buffers, compressed ones, records by header type, events lost. */
const FILES: readonly [string, number, number, number, Readonly<Record<number, number>>, number][] = [
  ['AMSITrace.etl', 18362, 6, 0, { [SYSTEM]: 2, [EVENT]: 19 }, 3],
  ['CrossMachineHTTP.etl', 7601, 68, 0, { [SYSTEM]: 1, [EVENT]: 3396 }, 0],
  ['HTTP_Server.etl', 7601, 36, 0, { [SYSTEM]: 1, [EVENT]: 2041 }, 0],
  ['KernelNetwork.etl', 7601, 129, 0, { [SYSTEM]: 1, [EVENT]: 8923 }, 0],
  ['Process.etl', 7600, 182, 0, { [SYSTEM]: 1, [EVENT]: 10_343 }, 0],
  ['PerfViewData.etl', 19045, 5, 0, { [SYSTEM]: 2, [EVENT]: 69 }, 0],
  ['PerfViewData.clrRundown.etl', 19045, 2, 0, { [SYSTEM]: 2, [EVENT]: 110 }, 0],
  // Two of its records are in clear; the others in compressed buffers.
  ['SelfDescribingSingleEvent.etl', 22000, 3, 2, { [SYSTEM]: 4, [EVENT]: 1, [FULL]: 18 }, 0],
  ['ShutdownPerfDiagLogger.etl', 18362, 49, 0, { [SYSTEM]: 8433, [PERFINFO]: 8645 }, 0],
  ['etw_ad_netlogon_zerologon.etl', 14393, 5, 0, { [SYSTEM]: 1, [PERFINFO]: 2, [FULL]: 200 }, 0],
  ['lxcore_kernel.etl', 19041, 3, 0, { [SYSTEM]: 2, [EVENT]: 2 }, 0],
  ['netsh-trace-capture.etl', 18363, 2, 0, { [SYSTEM]: 3, [EVENT]: 46, [FULL]: 46 }, 0],
  ['powershell.etl', 22623, 26, 0, { [SYSTEM]: 2, [EVENT]: 112 }, 0],
  ['primitive-types.etl', 19043, 2, 0, { [SYSTEM]: 2, [EVENT]: 5 }, 0],
];

describe.skipIf(!ready)('traces of the corpus', () => {
  it.each(FILES)('%s is read whole, in both orders', (name, build, buffers, compressedBuffers, records, eventsLost) => {
    expect(recogniseEtl(bytesOf(`etl/${name}`).subarray(0, 512))).toBe(true);
    const { file, damages } = open(name);
    expect(file.header).toMatchObject({ build, pointerBytes: 8, clock: 'qpc', buffersWritten: buffers });
    const total = Object.values(records).reduce((sum, count) => sum + count);
    const inFile = file.read(() => true, { order: 'file' });
    let last = 0n;
    let visits = 0;
    const inTime = file.read((event) => {
      visits++;
      expect(event.ticks >= last).toBe(true);
      last = event.ticks;
      event.decode();
    });
    for (const summary of [inFile, inTime]) {
      expect(Object.fromEntries(summary.records)).toEqual(records);
      expect(summary).toMatchObject({ buffers, compressedBuffers, total, eventsLost, buffersLost: 0, framingErrors: 0, cut: false });
    }
    expect(visits).toBe(total);
    expect(damages).toEqual([]);
  });

  it('have 42,414 records in clear', () => {
    const clear = FILES.flatMap(([name]) => (name.startsWith('SelfDescribing') ? [2] : [open(name).file.read(() => true).total]));
    expect(clear.reduce((sum, count) => sum + count)).toBe(42_414);
  });

  it('of TraceLogging describe themselves: every type of primitive-types.etl', () => {
    const events = decoded('primitive-types.etl');
    expect(events.map(({ fields }) => fields['string_type'])).toEqual(['Mercury', 'Venus', 'Earth', 'Mars', 'Jupiter']);
    expect(events[0]).toEqual({
      name: 'PrimitiveTypesTest',
      providerName: 'solar_system',
      id: 0,
      read: 'whole 0',
      fields: {
        string_type: 'Mercury',
        boolean_type: 'false',
        char_type: 'M',
        int16_type: '-51',
        int32_type: '-102',
        uint16_type: '51',
        uint32_type: '102',
        // Its description says UInt64 (10).
        int64_type: '18446744073709551412',
        uint64_type: '204',
        guid_type: '0ad614c4-0ef4-4225-8013-f44f37cb0397',
        file_time_type: '2021-09-09T14:59:35.7990000Z',
        system_time_type: '2021-09-09T14:59:35.7990000Z',
      },
    });
  });

  it('of TraceLogging describe themselves: structs, kernel and script events', () => {
    expect(decoded('SelfDescribingSingleEvent.etl')).toEqual([
      { name: 'TestEvent', providerName: 'MySource', id: 3, read: 'whole 0', fields: { 'a.b': 'Hello', 'a.c': 'World!' } },
    ]);
    expect(decoded('lxcore_kernel.etl')[1]).toMatchObject({
      name: 'BreakPoint',
      providerName: 'Microsoft.Windows.Subsystem.LxCore',
      read: 'whole 0',
      fields: { LxPid: '-1', Function: 'LxpInstanceStart', Line: '2659', Message: '[0xc0000034] LxpInstanceInitialize\n' },
    });
    const scripts = decoded('AMSITrace.etl');
    expect(new Set(scripts.map(({ name, read }) => `${name} ${read}`))).toEqual(new Set(['AmsiScript whole 0']));
    expect(scripts[1]!.fields).toMatchObject({ Script: 'Get-Alias' });
  });

  it('are read by tables: PowerShell', () => {
    const text = (name: string): EtlField => ({ name, type: 'UnicodeString' });
    const guid = 'a0c1853b-5c40-4b15-8766-3cf1c58f985a';
    const templates = [{ id: 7937, version: 1, name: 'command', fields: ['ContextInfo', 'UserData', 'Payload'].map(text) }];
    const events = decoded('powershell.etl', {
      provider: (wanted) => (wanted === guid ? { guid, name: 'PowerShell', templates } : undefined),
    });
    const commands = events.filter(({ id }) => id === 7937);
    expect(new Set(commands.map(({ name, providerName, read }) => `${providerName} ${name} ${read}`))).toEqual(
      new Set(['PowerShell command whole 0']),
    );
    for (const { fields } of commands) expect(fields['ContextInfo']).toMatch(/Host Version = 5\.1/);
  });

  it.skipIf(!existsSync(join(root, 'etw/repnz-Win7-7600')))(
    'are read by tables: every event of HTTP.sys by the manifest of its Windows',
    () => {
      const guid = 'dd5ef90a-6398-47a4-ad34-4dcecdef795f';
      const templates = manifest('etw/repnz-Win7-7600/Microsoft-Windows-HttpService.xml');
      const options: EtlOptions = { provider: (wanted) => (wanted === guid ? { guid, name: 'HttpService', templates } : undefined) };
      for (const name of ['HTTP_Server.etl', 'CrossMachineHTTP.etl']) {
        const events = decoded(name, options);
        const odd = events.filter(({ read }) => read !== 'whole 0').map(({ id, read }) => `${id}: ${read}`);
        expect([...new Set(odd)]).toEqual([]);
        expect(events.length).toBeGreaterThan(2000);
        const urls = new Set(events.filter(({ id }) => id === 2).map(({ fields }) => fields['Url']));
        for (const url of urls) expect(url).toMatch(/^https?:\/\/[\x21-\x7e]+$/);
        expect(urls.size).toBeGreaterThan(0);
      }
    },
  );
});

/** Events and templates of a manifest, as far as those files use them. */
function manifest(path: string): EtlTemplate[] {
  const text = new TextDecoder().decode(bytesOf(path));
  const attribute = (tag: string, name: string): string | undefined => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
  const templates = new Map<string, EtlField[]>();
  for (const [, tid = '', body = ''] of text.matchAll(/<template tid="([^"]*)">(.*?)<\/template>/gs)) {
    const fields = [...body.matchAll(/<data [^>]*>/g)].map(([tag]): EtlField => {
      const [length, count] = ['length', 'count']
        .map((name) => attribute(tag, name))
        .map((of) => (/^\d+$/.test(of ?? '') ? Number(of) : of));
      return {
        name: attribute(tag, 'name')!,
        type: attribute(tag, 'inType')!.slice(4) as EtlFieldType,
        ...(length === undefined ? {} : { length }),
        ...(count === undefined ? {} : { count }),
      };
    });
    templates.set(tid, fields);
  }
  return [...text.matchAll(/<event [^>]*>/g)].map(([tag]) => ({
    id: Number(attribute(tag, 'value')),
    version: Number(attribute(tag, 'version')),
    fields: templates.get(attribute(tag, 'template') ?? '') ?? [],
  }));
}

/** An event in a NetMon file that Windows converted from a trace: EVENT_HEADER, size of the user data, user data. */
function netmonEvents(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = view.getUint32(24, true);
  return Array.from({ length: view.getUint32(28, true) / 4 }, (_, i) => {
    const frame = view.getUint32(table + i * 4, true);
    const length = view.getUint32(frame + 12, true);
    const at = frame + 16;
    return {
      /** UTC of the frame itself, behind its media type and process. */
      frameTicks: view.getBigUint64(at + length + 6, true),
      ticks: view.getBigUint64(at + 0x10, true),
      provider: toHex(bytes.subarray(at + 0x18, at + 0x28)),
      id: view.getUint16(at + 0x28, true),
      userData: bytes.subarray(at + 0x59, at + 0x59 + view.getUint16(at + 0x56, true)),
    };
  });
}

describe.skipIf(!ready)('packets inside traces of the corpus', () => {
  it('equal, byte for byte and to 100 ns, those of the NetMon conversion', () => {
    const expected = netmonEvents(bytesOf('pcap/mlgualtieri__ntlmraw-capture.cap')).filter(
      ({ provider, id }) => provider === '6e00d62e29470946b4233ee7bcd678ef' && id === 1001,
    );
    const packets: { ticks: bigint; bytes: string; linkType: number }[] = [];
    const { file } = open('netsh-trace-capture.etl');
    const summary = readEtlPackets(file, ({ ticks, bytes, linkType }) => packets.push({ ticks, bytes: toHex(bytes), linkType }));
    expect(summary).toMatchObject({ packets: 44, incomplete: 0, truncated: 0, damages: [] });
    expect(expected).toHaveLength(44);
    for (const [i, { ticks, frameTicks, userData }] of expected.entries()) {
      const size = new DataView(userData.buffer, userData.byteOffset).getUint32(8, true);
      expect(packets[i]).toEqual({ ticks, bytes: toHex(userData.subarray(12, 12 + size)), linkType: 1 });
      expect(frameTicks).toBe(ticks);
    }
    expect(packets.filter(({ bytes }) => bytes.includes('4e544c4d53535000')).length).toBe(3);
    expect(ticksToIso(packets[0]!.ticks)).toBe('2020-06-09T16:54:00.1733503Z');
  });

  it('of pktmon stand where the manifest says', () => {
    // The trace itself is not public; its NetMon conversion holds the user data of each event.
    const events = netmonEvents(bytesOf('pcap/mlgualtieri__ntlmraw-PktMon.cap')).filter(
      ({ provider, id }) => provider === 'd9804f4dbdc8734dbb5b19c90402c5ac' && id === 160,
    );
    expect(events.length).toBeGreaterThan(30);
    for (const { userData } of events) {
      const view = new DataView(userData.buffer, userData.byteOffset);
      expect(userData.length).toBe(34 + view.getUint16(32, true));
      expect([view.getUint16(14, true), view.getUint16(34 + 12, false)]).toEqual([1, 0x0800]);
    }
  });
});

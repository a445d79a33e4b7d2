import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Damage, joinBytes, memorySource } from '@winmedic/bytes';
import { gunzipChunks, openCapture, recogniseCapture, redactCapture } from '@winmedic/capture';
import { describe, expect, it } from 'vitest';

/** Every capture of the corpus against what an independent program (capinfos and tshark 4.0.17) read from it. */
const corpus = process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const folders = [join(corpus, 'pcap'), join(corpus, 'pcap-lab')];
const ready = folders.every((folder) => existsSync(folder));
if (!ready) console.log(`skipped: no captures at ${corpus} (set WINMEDIC_CORPUS)`);

interface Expected {
  readonly packets: number;
  readonly tshark_stderr: string;
  readonly capinfos: {
    readonly file_type: string;
    readonly encapsulation: string;
    readonly packets: string;
    readonly interfaces: string | null;
    readonly first: string | null;
    readonly last: string | null;
    readonly strict_order: string;
  };
}

/** Names that capinfos gives the link types of the corpus. */
const ENCAPSULATION: Readonly<Record<string, readonly number[]>> = {
  Ethernet: [1],
  'Raw IP': [12, 101],
  'Raw IPv6': [229],
  'NULL/Loopback': [0],
  'Linux cooked-mode capture v2': [276],
  'Linux cooked-mode capture v1': [113],
  'Linux Netlink': [253],
};

/**
 * Differences, each with its reason. In this file the times of the second interface lie near 2^64 µs. capinfos names one of them as the first; the earliest
 * time that tshark shows for a frame (frame.time_epoch) is ours.
 */
const FIRST_OF_FRAMES: Readonly<Record<string, string>> = { 'seladb__pcapng-example.pcapng': '1422527998.578402281' };
/** Blocks beside packets that tshark counts as frames (custom blocks) and capinfos does not; numbers of packets follow tshark. */
const OTHER_FRAMES: Readonly<Record<string, number>> = { 'hadrielk__pcapng-be-test102.pcapng': 3 };

const nanoseconds = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
};

async function content(path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(readFileSync(path));
  if (recogniseCapture(bytes.subarray(0, 12)) !== 'gzip') return bytes;
  const parts: Uint8Array[] = [];
  for await (const part of gunzipChunks(memorySource(bytes), { maxBytes: 1e9, maxRatio: 200 })) parts.push(part);
  return joinBytes(...parts);
}

function readAll(bytes: Uint8Array) {
  const damages: Damage[] = [];
  let strict = true;
  let untimed = 0;
  let lastNumber = 0;
  let before = -1n;
  const summary = openCapture(memorySource(bytes), { onDamage: (damage) => damages.push(damage) }).read((packet) => {
    lastNumber = packet.number;
    if (Number.isNaN(packet.seconds)) {
      untimed++;
      return;
    }
    const at = BigInt(packet.seconds) * 1_000_000_000n + BigInt(packet.nanoseconds);
    if (at < before) strict = false;
    before = at;
  });
  return { summary, damages, strict, untimed, lastNumber };
}

const files = ready
  ? folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => existsSync(join(folder, `${name}.expected.json`)))
        .map((name) => [name, join(folder, name)] as const),
    )
  : [];

describe.skipIf(!ready)('captures of the corpus', () => {
  it('are all there', () => {
    expect(files.length).toBe(87);
  });

  it.each(files)('%s', async (name, path) => {
    const expected = JSON.parse(readFileSync(`${path}.expected.json`, 'utf8')) as Expected;
    const { capinfos } = expected;
    const { summary, damages, strict, untimed, lastNumber } = readAll(await content(path));
    expect(String(summary.packets)).toBe(capinfos.packets);
    expect(summary.packets + (OTHER_FRAMES[name] ?? 0)).toBe(expected.packets);
    expect(lastNumber).toBeLessThanOrEqual(expected.packets);
    if (capinfos.interfaces !== null) expect(String(summary.interfaces.length)).toBe(capinfos.interfaces);
    expect(capinfos.file_type).toMatch({ pcap: / pcap\b/, pcapng: / pcapng\b/, netmon: /NetMon 2\.x/, etl: /-/ }[summary.format]);
    const linkTypes = [...new Set(summary.interfaces.map((i) => i.linkType))];
    if (capinfos.encapsulation === 'Per packet') expect(linkTypes.length).toBeGreaterThan(summary.format === 'netmon' ? 0 : 1);
    else expect(ENCAPSULATION[capinfos.encapsulation]).toEqual(expect.arrayContaining(linkTypes));
    // capinfos gives no times where one packet has none.
    if (untimed === 0 && summary.packets > 0) {
      expect(summary.first).toBe(nanoseconds(FIRST_OF_FRAMES[name] ?? capinfos.first ?? ''));
      expect(summary.last).toBe(nanoseconds(capinfos.last ?? ''));
    }
    if (untimed === 0) expect(strict ? 'True' : 'False').toBe(capinfos.strict_order);
    else expect(capinfos.strict_order).toBe('Unknown');
    expect(summary.cut).toBe(/cut short/.test(expected.tshark_stderr));
    expect(damages.map((damage) => damage.code)).toEqual(summary.cut ? ['CAPTURE_CUT'] : []);
  });

  it('hold packets in the events of Network Monitor files', () => {
    const types = (name: string) => {
      const found = new Map<number, number>();
      openCapture(memorySource(new Uint8Array(readFileSync(join(corpus, 'pcap', name))))).read((packet) => {
        found.set(packet.linkType, (found.get(packet.linkType) ?? 0) + 1);
      });
      return Object.fromEntries(found);
    };
    // 44 as tshark (`eth`); it does not look into the events of pktmon.
    expect(types('mlgualtieri__ntlmraw-capture.cap')).toEqual({ 1: 44, [0x1ffe0]: 51 });
    expect(types('mlgualtieri__ntlmraw-PktMon.cap')).toEqual({ 1: 33, [0x1ffe0]: 375 });
  });
});

describe.skipIf(!ready)('cut captures of the corpus', () => {
  it('give every packet before the cut', () => {
    const bytes = new Uint8Array(readFileSync(join(corpus, 'pcap-lab', 'winrm-5985-ok.pcapng')));
    const whole = readAll(bytes).summary.packets;
    let most = 0;
    for (let length = 32; length < bytes.length; length += 97) {
      const { summary } = readAll(bytes.subarray(0, length));
      expect(summary.packets).toBeGreaterThanOrEqual(most);
      most = summary.packets;
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(whole);
  });
});

describe.skipIf(!ready)('redacted captures of the corpus', () => {
  function redact(bytes: Uint8Array) {
    const parts: Uint8Array[] = [];
    const summary = redactCapture(memorySource(bytes), (part) => parts.push(part), { reread: () => memorySource(joinBytes(...parts)) });
    return { bytes: joinBytes(...parts), summary };
  }
  function shape(bytes: Uint8Array) {
    const packets: (readonly number[])[] = [];
    openCapture(memorySource(bytes)).read(({ seconds, nanoseconds, start, end, originalLength }) => {
      packets.push([seconds, nanoseconds, end - start, originalLength]);
    });
    return packets;
  }

  it.each(files)('%s', async (_, path) => {
    const bytes = await content(path);
    const { bytes: once, summary } = redact(bytes);
    expect(shape(once)).toEqual(shape(bytes));
    // Nothing is left to remove: what was a secret is zero or masked now, and the rest stays as it is.
    const twice = redact(once);
    expect(twice.bytes).toEqual(once);
    expect(twice.summary.proof.secretsSearched).toBe(0);
    expect(twice.summary.changedPackets).toBe(0);
    expect(twice.summary.kept).toEqual(summary.kept);
  });
});

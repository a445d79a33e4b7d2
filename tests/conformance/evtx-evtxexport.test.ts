import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { memorySource } from '@winmedic/bytes';
import { openEvtx } from '@winmedic/evtx';
import { describe, expect, it } from 'vitest';

/**
 * Every value of every record, against the XML of libevtx's evtxexport (Debian package libevtx-utils). Compared are leaves: element
 * or attribute, in order, with text. Differences of writing are levelled (case of GUIDs, digits of times, zeros of hex numbers).
 */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'evtx');
const hasTool = spawnSync('evtxexport', ['-V']).status === 0;
const ready = hasTool && existsSync(join(folder, 'expected.json'));
if (!ready) console.log(`skipped: ${hasTool ? `no corpus at ${folder}` : 'evtxexport is not installed'}`);

/** Files of many providers and Windows versions; dirty and odd ones among them. */
const FILES = [
  'win10-apt/System.evtx',
  'win10-apt/Microsoft-Windows-WMI-Activity%4Operational.evtx',
  'server2022-apt/System.evtx',
  'server2022-apt/Security.evtx',
  'server2022-apt/Application.evtx',
  'server2022-apt/Windows_PowerShell.evtx',
  'rdp-velociraptor/RDPAuth_Security.evtx',
  'rdp-velociraptor/RDPAuth_LocalSessionManager.evtx',
  'rdp-velociraptor/RDPAuth_RemoteConnectionManager.evtx',
  'peer-samples/omerbenamram__sysmon.evtx',
  'peer-samples/omerbenamram__2-vss_7-System.evtx',
  'peer-samples/omerbenamram__Security_with_size_t.evtx',
  'peer-samples/log2timeline__System.evtx',
  'synthetic-ja/ja-rds-logon-screen-power-off_System.evtx',
  'synthetic-ja/ja-rds-logon-screen-power-off_Security.evtx',
];

type Leaf = readonly [path: string, text: string];

/** Leaves of one event: attributes and texts in document order; name-space declarations and empty elements left out. */
function leaves(xml: string): Leaf[] {
  const out: Leaf[] = [];
  const path: string[] = [];
  for (const [, close, name, attributes = '', empty, text] of xml.matchAll(
    /<(\/?)([^\s<>/]+)((?:\s+[^\s=]+="[^"]*")*)\s*(\/?)>|([^<]+)/g,
  )) {
    if (text !== undefined) {
      if (text.trim() !== '') out.push([path.join('/'), level(text)]);
    } else if (close === '/') path.pop();
    else {
      path.push(name!);
      for (const [, key, value] of attributes.matchAll(/([^\s=]+)="([^"]*)"/g)) {
        if (!key!.startsWith('xmlns') && value !== '') out.push([`${path.join('/')}@${key}`, level(value!)]);
      }
      if (empty === '/') path.pop();
    }
  }
  return out;
}

/** Levels what is written differently for one value. */
function level(text: string): string {
  const plain = text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
  if (/^\{[0-9a-f-]{36}\}$/i.test(plain)) return plain.toLowerCase();
  if (/^0x[0-9a-f]{1,16}$/i.test(plain)) return BigInt(plain).toString();
  const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7})\d*Z$/.exec(plain);
  return time === null ? plain : `${time[1]}Z`;
}

/** evtxexport 20181227 prints the negative number n as -(n AND 0x7fffffff). */
function isItsNegative(mine: Leaf | undefined, other: Leaf | undefined): boolean {
  return mine !== undefined && mine[0] === other?.[0] && /^-\d+$/.test(mine[1]) && other[1] === String(-(Number(mine[1]) & 0x7fff_ffff));
}

/** Events of evtxexport's output, in order. */
function exported(file: string): string[] {
  const text = execFileSync('evtxexport', ['-f', 'xml', file], { maxBuffer: 1 << 30 }).toString('utf8');
  return [...text.matchAll(/<Event [\s\S]*?<\/Event>/g)].map(([event]) => event);
}

describe.skipIf(!ready)('every value as evtxexport gives it', () => {
  it.each(FILES)('%s', (file) => {
    const path = join(folder, file);
    const theirs = exported(path);
    const records = openEvtx(memorySource(readFileSync(path)), { crc32: (bytes) => crc32(bytes) }).records();
    const differences: string[] = [];
    let count = 0;
    for (const record of records) {
      const mine = leaves(record.toXml());
      const other = leaves(theirs[count++] ?? '');
      for (let i = 0; i < Math.max(mine.length, other.length) && differences.length < 20; i++) {
        if (mine[i]?.join('=') !== other[i]?.join('=') && !isItsNegative(mine[i], other[i])) {
          differences.push(`record ${record.recordId}: ours ${mine[i]?.join('=')}, theirs ${other[i]?.join('=')}`);
          break;
        }
      }
    }
    expect(differences).toEqual([]);
    expect(count).toBe(theirs.length);
    expect(count).toBeGreaterThan(0);
  });
});

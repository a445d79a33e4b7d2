import { joinBytes } from '@winmedic/bytes';
import { noise, pick, ticks } from './bytes.ts';
import { CRASH, eventLogs, smallDump } from './evidence.ts';
import { BUILDS, HOST, hostHiveFiles } from './hives.ts';
import type { DiskOptions, ExpectedValue } from './options.ts';

/** A file of the Windows volume, before it has a volume. */
export interface ContentFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly modified: bigint;
  /** Default: as modified. */
  readonly created?: bigint;
  readonly dosName?: string;
  /** `sparse`: zeros in units of 64 KiB take no clusters. `pieces`: in many runs. */
  readonly stored?: 'compressed' | 'sparse' | 'pieces';
  /** Further paths of the same file; enough of them need an attribute list. */
  readonly links?: readonly string[];
  /** Named streams. */
  readonly streams?: Readonly<Record<string, Uint8Array>>;
}

/** What is on the Windows volume. */
export interface Content {
  readonly files: readonly ContentFile[];
  /** Folders that hold nothing, or whose files are to be compressed. */
  readonly folders: readonly string[];
  readonly compressedFolder: string | undefined;
  readonly hives: readonly { readonly name: string; readonly path: string; readonly dirty: boolean }[];
  readonly values: readonly ExpectedValue[];
  readonly transactionLogs: readonly string[];
  readonly bugChecks: readonly bigint[];
}

/** Folder of the channel files. */
export const CHANNEL_FOLDER = 'Windows\\System32\\drivers\\CrowdStrike';
/** The faulty channel file, the older good one, the corrected one. */
export const CHANNEL_FILE = {
  faulty: `${CHANNEL_FOLDER}\\C-00000291-00000000-00000032.sys`,
  older: `${CHANNEL_FOLDER}\\C-00000291-00000000-00000029.sys`,
  corrected: `${CHANNEL_FOLDER}\\C-00000291-00000000-00000033.sys`,
} as const;
/** The small dump of the first crash. */
export const DUMP = 'Windows\\Minidump\\071924-8718-01.dmp';

const SYSTEM32 = 'Windows\\System32';
const INSTALLED = HOST.installedAt;
/** Builds from here on leave `RegBack` empty. @source Microsoft, "The system registry is no longer backed up to the RegBack folder starting in Windows 10 version 1803" */
const EMPTY_REGBACK = 17134;
/** Bytes of a small container of the transaction log; Windows' own have 512 KiB or more. */
const CONTAINER = 65_536;

/** Number of the 8.3 name in a folder: four letters of the long name's hash stand in it once there are many. */
const dosName = (i: number): string => `C${(0x1000 + i).toString(16).toUpperCase()}~1.SYS`;

function channelFiles({ faulty = true, corrected = true, channelFiles: count = 400, dosNames = true }: DiskOptions): ContentFile[] {
  const named = (name: string | undefined): { readonly dosName?: string } => (dosNames && name ? { dosName: name } : {});
  const files: ContentFile[] = [
    { path: `${CHANNEL_FOLDER}\\csagent.sys`, bytes: noise('csagent', 600_000), modified: ticks('2024-06-12T08:00:00Z') },
    { path: `${CHANNEL_FOLDER}\\CSBoot.sys`, bytes: noise('csboot', 50_000), modified: ticks('2024-06-12T08:00:00Z') },
    { path: CHANNEL_FILE.older, bytes: noise('older', 35_000), modified: ticks('2024-07-18T05:27:00Z'), ...named(dosName(29)) },
  ];
  // As many reports showed it: filled with zeros.
  if (faulty)
    files.push({
      path: CHANNEL_FILE.faulty,
      bytes: new Uint8Array(41_004),
      modified: ticks('2024-07-19T04:09:11Z'),
      ...named(dosName(32)),
    });
  if (corrected)
    files.push({
      path: CHANNEL_FILE.corrected,
      bytes: noise('corrected', 35_300),
      modified: ticks('2024-07-19T05:27:00Z'),
      ...named(dosName(33)),
    });
  for (let i = 1, made = 0; made < count; i++) {
    if (i === 291) continue;
    made++;
    const name = `C-${String(i).padStart(8, '0')}-00000000-${String(1 + pick(`version ${i}`, 90)).padStart(8, '0')}.sys`;
    files.push({
      path: `${CHANNEL_FOLDER}\\${name}`,
      bytes: noise(name, 200 + pick(`size ${i}`, 20_000)),
      modified: ticks('2024-07-10T01:00:00Z'),
      ...named(i % 3 === 0 ? dosName(100 + i) : undefined),
    });
  }
  return files;
}

function registryFiles(options: DiskOptions): Pick<Content, 'files' | 'hives' | 'values' | 'transactionLogs'> {
  const build = BUILDS[options.build ?? 'server-2019'];
  const { hives, values } = hostHiveFiles(build, options.hives ?? 'dirty');
  const config = `${SYSTEM32}\\config`;
  const files: ContentFile[] = [];
  for (const { name, hive, log1, log2 } of hives) {
    const path = `${config}\\${name}`;
    files.push(
      {
        path,
        bytes: hive,
        modified: HOST.newestAt,
        created: INSTALLED,
        ...(name === 'SYSTEM' && options.fragmentedHive !== false ? { stored: 'pieces' } : {}),
      },
      { path: `${path}.LOG1`, bytes: log1, modified: HOST.newestAt, created: INSTALLED },
      { path: `${path}.LOG2`, bytes: log2, modified: HOST.newestAt, created: INSTALLED },
      {
        path: `${config}\\RegBack\\${name}`,
        bytes: build.build >= EMPTY_REGBACK ? new Uint8Array() : hive,
        modified: ticks('2024-07-10T15:00:00Z'),
      },
    );
  }
  const guid = '{53b39e88-18c4-11ea-a811-000d3aa4692b}';
  const head = new TextEncoder().encode('transaction log, of no use after a crash');
  const transactionLogs = [
    ...[0, 1, 2].map((i) => `${guid}.TxR.${i}.regtrans-ms`),
    `${guid}.TxR.blf`,
    `${guid}.TM.blf`,
    ...[1, 2].map((i) => `${guid}.TMContainer${String(i).padStart(20, '0')}.regtrans-ms`),
  ].map((name) => `${config}\\TxR\\${name}`);
  for (const path of transactionLogs) {
    files.push({ path, bytes: joinBytes(head, new Uint8Array(CONTAINER - head.length)), modified: HOST.newestAt, created: INSTALLED });
  }
  return {
    files,
    hives: hives.map(({ name, dirty }) => ({ name, path: `${config}\\${name}`, dirty })),
    values,
    // The repair known to be safe takes TxR alone, not the containers of TM.
    transactionLogs: transactionLogs.filter((path) => path.includes('.TxR.')),
  };
}

/** Everything on the Windows volume of a made disk, the same in every run. */
export function windowsContent(options: DiskOptions): Content {
  const build = BUILDS[options.build ?? 'server-2019'];
  const registry = registryFiles(options);
  const logs = eventLogs(build);
  const files: ContentFile[] = [...registry.files, ...channelFiles(options)];
  const add = (path: string, bytes: Uint8Array, modified = INSTALLED, more: Partial<ContentFile> = {}): void => {
    files.push({ path, bytes, modified, ...more });
  };
  for (let i = 1; i <= (options.drivers ?? 300); i++)
    add(`${SYSTEM32}\\drivers\\drv${i}.sys`, noise(`driver ${i}`, 2000 + pick(`driver ${i}`, 30_000)));
  for (const name of ['ntoskrnl.exe', 'hal.dll', 'winload.efi', 'winload.exe', 'smss.exe'])
    add(`${SYSTEM32}\\${name}`, noise(name, 120_000));
  add(DUMP, smallDump(build), CRASH.time);
  for (const { name, bytes } of logs.files)
    add(`${SYSTEM32}\\winevt\\Logs\\${name}`, bytes, logs.bugChecks.at(-1)!, { created: INSTALLED });
  add('Windows\\bootstat.dat', new Uint8Array(67_584));
  add('Program Files\\CrowdStrike\\CSFalconService.exe', noise('service', 90_000));
  add(
    'Users\\管理者\\Desktop\\障害報告（最終版）.txt',
    new TextEncoder().encode('ブルースクリーンになります。\r\n'),
    ticks('2024-07-19T06:00:00Z'),
    {
      dosName: 'SHOUGA~1.TXT',
      streams: { 'Zone.Identifier': new TextEncoder().encode('[ZoneTransfer]\r\nZoneId=3\r\n') },
    },
  );
  add('Users\\管理者\\Desktop\\サーバー一覧.csv', new TextEncoder().encode('FS01,東京\r\n'));
  add('ProgramData\\sparse.bin', joinBytes(noise('sparse', 65_536), new Uint8Array(1 << 20), noise('sparse end', 40_000)), INSTALLED, {
    stored: 'sparse',
  });
  add('ProgramData\\linked.bin', noise('linked', 9000), INSTALLED, {
    links: Array.from({ length: 30 }, (_, i) => `ProgramData\\links\\a further name of the linked file ${i}.bin`),
  });
  const compressed = options.compressed ?? (options.clusterBytes ?? 4096) <= 4096;
  if (compressed) {
    const line = new TextEncoder().encode('2024-07-19 13:10:00 INFO CBS Session initialized\r\n');
    const text = new Uint8Array(300_000).map((_, i) => line[i % line.length]!);
    add('Windows\\Logs\\CBS\\CBS.log', text, HOST.newestAt, { stored: 'compressed' });
    add('Windows\\Logs\\CBS\\noise.cab', noise('cab', 100_000), HOST.newestAt, { stored: 'compressed' });
    add('Windows\\Logs\\CBS\\small.log', line, HOST.newestAt, { stored: 'compressed' });
  }
  if (options.hiberfil) {
    const head = options.hiberfil === 'zeros' ? new Uint8Array(4) : new TextEncoder().encode(options.hiberfil);
    add('hiberfil.sys', joinBytes(head, new Uint8Array((1 << 20) - 4)), HOST.newestAt);
  }
  if (options.pagefile) {
    // A crash dump waits in the page file until Windows starts again; its first page is the dump's header.
    const head = options.pagefile === 'dump' ? smallDump(build).subarray(0, 4096) : new Uint8Array(4096);
    add('pagefile.sys', joinBytes(head, new Uint8Array((1 << 20) - 4096)), HOST.newestAt);
  }
  return {
    files,
    folders: ['System Volume Information', 'Windows\\Temp', '$Recycle.Bin', `${SYSTEM32}\\config\\systemprofile`],
    compressedFolder: compressed ? 'Windows\\Logs\\CBS' : undefined,
    hives: registry.hives,
    values: registry.values,
    transactionLogs: registry.transactionLogs,
    bugChecks: logs.bugChecks,
  };
}

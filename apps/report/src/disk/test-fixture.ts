import type {
  DiskFile,
  DiskReport,
  HiveKeyReport,
  ProposedRecipe,
  RepairReport,
  StepReport,
  UndoReport,
  VerifyReport,
  VolumeReport,
} from '@winmedic/core/model';
import type { Recipe } from '@winmedic/knowledge/model';

/** A name that tries to reorder, to colour and to become an element. */
export const HOSTILE = 'evil\u202e\u001b[31m<script>alert(1)</script>`|*.sys';

/** How the reports of these tests were made. */
export const META = {
  zone: 'Asia/Tokyo',
  tool: { name: 'winmedic', version: '0.1.0', command: 'winmedic disk repair srv01.vhdx --for faulty-file --dry-run' },
  // 2024-07-20 00:00:00 UTC.
  madeAt: 1_721_433_600_000_000_000n,
} as const;

/** FILETIME of a UTC time. */
export const at = (iso: string): bigint => (BigInt(Date.parse(iso)) + 11_644_473_600_000n) * 10_000n;

const io = { reads: 214, bytesRead: 843_776, writes: 0, bytesWritten: 0, journalBytes: 0, milliseconds: 38 };

/** Key id of the recovery password of the locked volume. */
export const KEY_ID = '{3f1c8a52-0d5e-4f7b-9a63-11d4b1c7e201}';

/** The Windows volume of a server that crashed. */
export const windowsVolume: VolumeReport = {
  number: 3,
  offset: 0x1010_0000,
  sizeBytes: 63 * 2 ** 30,
  kind: 'ntfs',
  lock: 'open',
  label: 'システム',
  ntfs: {
    version: '3.1',
    sectorBytes: 512,
    clusterBytes: 4096,
    recordBytes: 1024,
    serial: '5AB3C4D5E6F70819',
    dirty: false,
    bootCopies: 'equal',
    log: { state: 'pending', version: '2.0', records: 412, openTransactions: 1 },
    hibernation: 'none',
  },
  windows: {
    facts: new Map([
      ['product', { value: 'Windows Server 2019 Standard', from: 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!ProductName' }],
      ['build', { value: '17763', from: 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!CurrentBuildNumber' }],
      ['revision', { value: '6054', from: 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion!UBR' }],
      ['computer', { value: 'SRV01', from: 'SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName!ComputerName' }],
      ['lastShutdown', { value: '2024-07-18T20:15:30.1234567Z', from: 'SYSTEM\\ControlSet001\\Control\\Windows!ShutdownTime' }],
    ]),
    build: 17_763,
    hives: [
      { path: 'Windows\\System32\\config\\SYSTEM', state: 'replayed', entries: 41, sizeBytes: 18 * 2 ** 20, pendingTransactions: false },
      { path: 'Windows\\System32\\config\\SOFTWARE', state: 'clean', entries: 0, sizeBytes: 90 * 2 ** 20, pendingTransactions: true },
    ],
    lastCrash: { code: '0x50', module: 'csagent.sys', time: '2024-07-19T05:31:02.000Z', from: 'Windows\\Minidump\\071924-1.dmp' },
    safeboot: [{ entry: 'Windows Server', mode: 'network', store: '1:EFI\\Microsoft\\Boot\\BCD' }],
  },
};

const lockedVolume: VolumeReport = {
  number: 4,
  offset: 0x20_0000_0000,
  sizeBytes: 32 * 2 ** 30,
  kind: 'bitlocker',
  lock: 'locked',
  bitlocker: {
    id: '{0d6b2a51-5a4e-4c8e-9a8b-7a2b4f8f2c10}',
    version: '7',
    method: 'aes-xts-128',
    methodNumber: 0x8004,
    description: 'SRV01 D: 2023-01-02',
    created: at('2023-01-02T03:04:05Z'),
    protectors: [
      { id: '{a7c3d9e0-6f10-4d0c-8f11-0a2b3c4d5e6f}', kind: 'tpm', type: 0x0100, lastChanged: at('2023-01-02T03:04:06Z') },
      { id: KEY_ID, kind: 'recovery-password', type: 0x0800, lastChanged: at('2023-01-02T03:04:07Z') },
    ],
    state: 'encrypted',
    copies: ['ok', 'ok', 'damaged'],
    suspended: false,
  },
};

/** A disk nothing stands against. */
export const disk: DiskReport = {
  path: 'srv01.vhdx',
  sizeBytes: 128 * 2 ** 30,
  isDevice: false,
  container: 'vhdx',
  containerInfo: {
    kind: 'vhdx',
    variant: 'dynamic',
    sizeBytes: 128 * 2 ** 30,
    blockBytes: 32 * 2 ** 20,
    sectorBytes: 512,
    id: '{11111111-2222-3333-4444-555555555555}',
    log: 'replayed',
  },
  parents: [],
  table: {
    scheme: 'gpt',
    sectorBytes: 512,
    diskId: '{99999999-8888-7777-6666-555555555555}',
    partitions: [
      {
        number: 1,
        offset: 0x10_0000,
        sizeBytes: 100 * 2 ** 20,
        type: '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}',
        typeName: 'EFI system',
        attributes: 1n << 63n,
      },
      {
        number: 3,
        offset: 0x1010_0000,
        sizeBytes: 63 * 2 ** 30,
        type: '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}',
        typeName: 'Basic data',
        name: 'Basic data partition',
        attributes: 0n,
      },
      {
        number: 4,
        offset: 0x20_0000_0000,
        sizeBytes: 32 * 2 ** 30,
        type: '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}',
        typeName: 'Basic data',
        attributes: 0n,
      },
    ],
    copies: { primary: 'ok', backup: 'missing' },
    hybrid: false,
  },
  volumes: [
    { number: 1, offset: 0x10_0000, sizeBytes: 100 * 2 ** 20, kind: 'fat', lock: 'open', label: 'SYSTEM' },
    windowsVolume,
    lockedVolume,
  ],
  uses: { uses: [], complete: false },
  problems: [{ code: 'NTFS_RECORD', path: 'srv01.vhdx', severity: 'partial', what: 'record 99', offset: 0x1234 }],
  io,
};

/** A recipe of these tests. */
export const recipe: Recipe = {
  id: 'faulty-file',
  title: { en: 'Put the faulty file aside', ja: '不良ファイルの隔離' },
  summary: { en: 'Renames one file.', ja: 'ファイルの名前を 1 つ変えます。' },
  causes: ['some-cause'],
  propose: [{ text: { en: 'A faulty file lies there.', ja: '不良ファイルがあります。' }, filesOf: 'file' }],
  steps: [],
  risk: { en: 'The machine starts without this file.', ja: 'このファイルなしで起動します。' },
  after: [{ en: 'Watch the next start.', ja: '次回の起動を確認します。' }],
  basis: 'documented',
  sources: ['Vendor, "Remediation" (2024-07-20)'],
};

const folder = 'Windows\\System32\\drivers\\Sensor';
const config = 'Windows\\System32\\config';

const quarantineStep: StepReport = {
  step: {
    id: 'file',
    text: { en: 'Rename the faulty files.', ja: '不良ファイルの名前を変えます。' },
    quarantine: { folder, glob: 'C-291*.sys', modifiedFrom: '2024-07-19T04:09:00Z', modifiedBefore: '2024-07-19T05:27:00Z' },
  },
  outcome: 'planned',
  actions: [
    { kind: 'kept', path: `${folder}\\C-291-01.sys`, modified: at('2024-07-19T04:08:59Z'), why: 'older' },
    { kind: 'kept', path: `${folder}\\C-291-03.sys`, modified: at('2024-07-19T05:27:00Z'), why: 'newer' },
    {
      kind: 'quarantined',
      path: `${folder}\\C-291-02.sys`,
      to: `${folder}\\C-291-02.sy_`,
      modified: at('2024-07-19T04:12:10Z'),
      sizeBytes: 40_957,
      sha256: 'ab'.repeat(32),
    },
    {
      kind: 'edit',
      change: {
        kind: 'rename',
        path: `${folder}\\C-291-02.sys`,
        record: 4711,
        from: 'C-291-02.sys',
        to: 'C-291-02.sy_',
        nameSpace: 1,
        nodeEntries: 9,
      },
    },
  ],
  refusals: [],
};

const hiveStep: StepReport = {
  step: { id: 'hives', text: { en: 'Replay the logs of the hives.', ja: 'ハイブのログを反映します。' }, replay: ['SYSTEM', 'SOFTWARE'] },
  outcome: 'planned',
  actions: [
    { kind: 'replayed', path: `${config}\\SYSTEM`, entries: 41, grownBy: 4096 },
    { kind: 'hive-clean', path: `${config}\\SOFTWARE` },
    {
      kind: 'value',
      path: 'SYSTEM',
      key: 'ControlSet001\\Services\\Sensor',
      value: 'Start',
      from: '1',
      to: '4',
    },
    { kind: 'value', path: 'SYSTEM', key: 'ControlSet001\\Services\\Sensor\\StartOverride', value: '', from: 'StartOverride' },
    { kind: 'absent', what: 'ControlSet001\\Services\\Other' },
    { kind: 'edit', change: { kind: 'grow', path: `${config}\\SYSTEM`, record: 99, from: 18_874_368, to: 18_878_464, clusters: 1 } },
  ],
  refusals: [],
};

const txrStep: StepReport = {
  step: { id: 'txr', text: { en: 'Put the logs aside.', ja: 'ログを退避します。' }, txr: 'put-aside', minBuild: 14_393 },
  outcome: 'planned',
  actions: [
    {
      kind: 'quarantined',
      path: `${config}\\TxR\\{x}.TxR.blf`,
      to: `${config}\\TxR\\{x}.TxR.bl_`,
      modified: at('2024-07-19T01:00:00Z'),
      sizeBytes: 65_536,
    },
  ],
  refusals: [],
};

const askedStep: StepReport = {
  step: {
    id: 'disable',
    text: { en: 'Keep the driver away.', ja: 'ドライバーを無効にします。' },
    services: ['Sensor'],
    start: 4,
    when: 'asked',
  },
  outcome: 'skipped',
  skipped: 'asked',
  actions: [],
  refusals: [],
};

/** A plan that was only shown. */
export const planned: RepairReport = {
  path: 'srv01.vhdx',
  purpose: 'repair --for faulty-file',
  recipe,
  volume: 3,
  computer: 'SRV01',
  steps: [quarantineStep, hiveStep, txrStep, askedStep],
  log: { state: 'pending', blocks: 7, touched: 0, records: 412 },
  changes: [
    { offset: 0x1010_4000, oldBytes: 1024, newBytes: 1024, differing: 6, epoch: 0, oldSha256: '11'.repeat(32), newSha256: '22'.repeat(32) },
    {
      offset: 0x4_0000_0000,
      oldBytes: 0,
      newBytes: 4096,
      differing: 4096,
      epoch: 1,
      oldSha256: '33'.repeat(32),
      newSha256: '44'.repeat(32),
    },
  ],
  outcome: 'planned',
  refusals: [],
  checks: [
    { id: 'names', ok: true, what: '2', findings: [] },
    { id: 'hives', ok: true, what: `${config}\\SYSTEM`, findings: [], counts: { keys: 20_123, values: 81_234 } },
  ],
  problems: [],
  io,
};

/** The same, written. */
export const applied: RepairReport = {
  ...planned,
  outcome: 'applied',
  journal: '/srv/srv01.vhdx.winmedic-undo',
  io: { ...io, writes: 2, bytesWritten: 5120, journalBytes: 12_288 },
};

/** Refused, because the log touches two of its blocks. */
export const refused: RepairReport = {
  ...planned,
  steps: [
    {
      ...quarantineStep,
      outcome: 'refused',
      refusals: [
        {
          code: 'RECOVERY_LOG_REDO',
          what: 'MFT record 4711',
          offset: 0x4a_c000,
          because: ['LSN 1234567 redo 0x7 undo 0x7 transaction 24 (block LSN 1234000)'],
        },
        { code: 'RECOVERY_LOG_UNDO', what: 'INDX VCN 4 of directory 41', offset: 0x8000, because: [] },
      ],
    },
    hiveStep,
  ],
  log: { state: 'pending', blocks: 7, touched: 2, records: 412 },
  changes: [],
  checks: [],
  outcome: 'refused',
  refusals: [
    {
      code: 'RECOVERY_LOG_REDO',
      what: 'MFT record 4711',
      offset: 0x4a_c000,
      because: ['LSN 1234567 redo 0x7 undo 0x7 transaction 24 (block LSN 1234000)'],
    },
    { code: 'RECOVERY_LOG_UNDO', what: 'INDX VCN 4 of directory 41', offset: 0x8000, because: [] },
  ],
};

/** A repair that was undone. */
export const undone: UndoReport = {
  path: 'srv01.vhdx',
  journal: '/srv/srv01.vhdx.winmedic-undo',
  purpose: 'repair --for faulty-file',
  madeAt: '2024-07-19T23:00:00.000Z',
  before: 'changed',
  outcome: 'undone',
  changes: 2,
  bytes: 5120,
  refusals: [],
  io: { ...io, writes: 2, bytesWritten: 5120 },
};

/** A disk that was verified, with one finding. */
export const verified: VerifyReport = {
  path: 'srv01.vhdx',
  journal: { path: '/srv/srv01.vhdx.winmedic-undo', state: 'changed' },
  volumes: [
    {
      number: 3,
      kind: 'ntfs',
      check: {
        records: 150_000,
        directories: 20_000,
        entries: 300_000,
        clustersUsed: 9_000_000,
        findings: [
          { code: 'CHECK_INDEX_ORDER', severity: 'error', what: 'Windows\\Temp', record: 77, offset: 0x40, need: 'a < b', have: 'b < a' },
        ],
      },
      hives: windowsVolume.windows?.hives ?? [],
    },
    { number: 4, kind: 'bitlocker', hives: [] },
  ],
  problems: [],
  io,
};

/** A key of a hive. */
export const hiveKey: HiveKeyReport = {
  path: 'srv01.vhdx',
  volume: 3,
  hive: `${config}\\SYSTEM`,
  state: 'replayed',
  entries: 41,
  key: 'ControlSet001\\Services\\Sensor',
  lastWritten: at('2024-07-18T10:00:00Z'),
  values: [
    { name: 'Start', type: 4, typeName: 'REG_DWORD', text: '1 (0x1)', sizeBytes: 4 },
    { name: '', type: 1, typeName: 'REG_SZ', text: 'センサー', sizeBytes: 10 },
    { name: 'Blob', type: 3, typeName: 'REG_BINARY', text: '00 ff', cut: true, sizeBytes: 9000 },
  ],
  subkeys: [{ name: 'Parameters', lastWritten: at('2024-07-18T11:00:00Z'), subkeys: 2, values: 5 }],
  problems: [],
  io,
};

/** A file as a list shows it. */
export function fileOf(path: string, more: Partial<DiskFile> = {}): DiskFile {
  const time = at('2024-07-19T04:12:10.1230000Z');
  return {
    path,
    record: 4711,
    sequence: 3,
    isDirectory: false,
    deleted: false,
    sizeBytes: 40_957,
    created: time,
    modified: time,
    mftChanged: time,
    accessed: time,
    dosAttributes: 0x20,
    streams: [],
    compressed: false,
    sparse: false,
    encrypted: false,
    ...more,
  };
}

/** A recipe that is proposed. */
export const proposals: readonly ProposedRecipe[] = [
  {
    recipe: {
      ...recipe,
      steps: [
        { id: 'txr', text: { en: 'Put the logs aside.', ja: 'ログを退避します。' }, txr: 'put-aside', minBuild: 14_393 },
        {
          id: 'disable',
          text: { en: 'Keep the driver away.', ja: 'ドライバーを無効にします。' },
          services: ['Sensor'],
          start: 4,
          when: 'asked',
          risk: { en: 'No protection.', ja: '保護がなくなります。' },
        },
      ],
    },
    volume: 3,
    because: [{ text: { en: 'A faulty file lies there.', ja: '不良ファイルがあります。' }, facts: [`${folder}\\C-291-02.sys`] }],
  },
];

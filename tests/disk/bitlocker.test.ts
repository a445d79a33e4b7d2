import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toHex } from '@winmedic/bytes';
import { parseKeyList } from '@winmedic/disk';
import type { WriteMethod, WrittenBitLocker } from '@winmedic/labs/bitlocker-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiskKeys, OpenDiskOptions } from '../../core/disk/index.ts';
import { undoRepair } from '../../core/recovery/index.ts';
import { CHANNEL_FILE } from './content.ts';
import { pathsBySleuthkit } from './judges.ts';
import { planning, quarantineAlone, repair, wholeRepair } from './recipe.ts';
import { copyOf, hashOf, shared } from './shared.ts';
import { encrypted, makeSmall, RECOVERY } from './small.ts';
import { canMount, missingTools, removeFolder, scratchFolder, tool } from './tools.ts';

/**
 * Repairs through BitLocker: volumes by labs with every method and key, and the one of the corpus. dislocker and libbde open each before and after, and
 * sleuthkit and ntfsfix read what they show.
 */
const missing = missingTools('dislocker', 'bdemount', 'fls', 'ntfsfix', 'umount');
const why =
  missing.length > 0
    ? `${missing.join(', ')} not installed (packages dislocker, libbde-utils, sleuthkit, ntfs-3g)`
    : canMount()
      ? undefined
      : 'no /dev/fuse';
if (why !== undefined) console.log(`skipped: ${why}`);
const CORPUS = join(
  process.env['WINMEDIC_CORPUS'] ?? resolve(import.meta.dirname, '../../../shared/corpus'),
  'disk',
  'bitlocker_xts128_damaged.img.xz',
);
if (!existsSync(CORPUS)) console.log(`skipped in part: no ${CORPUS} (set WINMEDIC_CORPUS)`);

/** libbde 20190102 (Debian 12) opens no volume of AES-XTS 256, those of Windows neither. */
const LIBBDE: ReadonlySet<string> = new Set(['aes-xts-128', 'aes-cbc-128', 'aes-cbc-256-diffuser']);

let folder: string;
let small: string;
let count = 0;
beforeAll(() => {
  if (why !== undefined) return;
  folder = scratchFolder();
  small = shared('small', (into) => makeSmall(into)).path;
});
afterAll(() => {
  if (folder !== undefined) removeFolder(folder);
});

/** Lets a tool show a volume in the clear and works on the file it shows. */
function shown<T>(command: 'dislocker' | 'bdemount', args: readonly string[], work: (plain: string) => T): T {
  const mount = join(folder, `mount${count++}`);
  mkdirSync(mount);
  const run = tool(command, [...args, mount]);
  if (run.code !== 0) throw new Error(`${command}: ${run.stdout}${run.stderr}`);
  try {
    return work(join(mount, readdirSync(mount)[0]!));
  } finally {
    tool('umount', [mount]);
  }
}

const NAME = CHANNEL_FILE.faulty;
const RENAMED = NAME.replace(/s$/, '_');

/** What both readers show: names by sleuthkit, and a volume that ntfsfix has nothing against. */
function expectShown(
  path: string,
  name: string,
  absent: string,
  keys: { readonly dislocker: readonly string[]; readonly bdemount?: readonly string[] },
): void {
  const judge = (plain: string): void => {
    const names = pathsBySleuthkit(plain);
    expect([names.has(name), names.has(absent)]).toEqual([true, false]);
  };
  shown('dislocker', ['-r', '-V', path, ...keys.dislocker, '--'], (plain) => {
    judge(plain);
    const copy = copyOf(plain, join(folder, 'plain.img'));
    expect(tool('ntfsfix', ['-n', copy]).code).toBe(0);
    expect(tool('ntfsresize', ['-i', '-f', copy]).code).toBe(0);
  });
  if (keys.bdemount) shown('bdemount', [...keys.bdemount, path], judge);
}

const METHODS: readonly WriteMethod[] = ['aes-xts-128', 'aes-xts-256', 'aes-cbc-128', 'aes-cbc-256-diffuser'];

describe.skipIf(why !== undefined).each(METHODS)('BitLocker by labs: %s', (method) => {
  let path: string;
  let written: WrittenBitLocker;
  let original: string;
  beforeAll(() => {
    path = join(folder, `${method}.img`);
    written = encrypted(small, path, { method });
    original = hashOf(path);
  });

  /** Stretching a recovery password takes a second each time: one method by us and by both of the others, the rest with keys that need none. */
  const stretches = method === 'aes-xts-256' || method === 'aes-xts-128';
  const keysOf = (): readonly (readonly [string, DiskKeys])[] => {
    const [id, file] = [...written.startupKeys][0]!;
    return [
      ...(stretches ? [['recovery password', { recovery: parseKeyList(`${written.protectorIds[0]} ${RECOVERY}`) }] as const] : []),
      ['startup key', { startup: [{ id, file }] }],
      ['raw VMK', { raw: { secret: { kind: 'vmk', key: written.masterKey } } }],
      ['raw FVEK', { raw: { secret: { kind: 'fvek', key: written.volumeKey }, volume: 1 } }],
    ];
  };

  it('is repaired with each key, opened by others before and after, and undone', () => {
    const startup = join(folder, `${method}.BEK`);
    writeFileSync(startup, [...written.startupKeys.values()][0]!);
    const master = join(folder, `${method}.VMK`);
    writeFileSync(master, written.masterKey);
    const byStartup = { dislocker: ['-f', startup], ...(LIBBDE.has(method) && { bdemount: ['-s', startup] }) };
    const byPassword = { dislocker: [`-p${RECOVERY}`], ...(LIBBDE.has(method) && { bdemount: ['-r', RECOVERY] }) };
    const byMaster = { dislocker: ['-K', master] };
    expectShown(path, NAME, RENAMED, byStartup);
    let first: string | undefined;
    for (const [name, keys] of keysOf()) {
      const options: OpenDiskOptions = { keys };
      const { planned, applied } = repair(path, wholeRepair(), options);
      expect([name, [...planned.checks, ...applied.checks].every(({ ok }) => ok)]).toEqual([name, true]);
      // The same repair, whatever key opened the volume.
      first ??= hashOf(path);
      expect([name, hashOf(path)]).toEqual([name, first]);
      expectShown(path, RENAMED, NAME, name === 'recovery password' ? byPassword : name === 'raw VMK' ? byMaster : byStartup);
      planning(path, wholeRepair(), ({ outcome }) => expect([name, outcome]).toEqual([name, 'nothing']), options);
      // Undo puts sectors back as they lay there: it needs no key.
      expect(undoRepair(path).outcome).toBe('undone');
      expect([name, hashOf(path)]).toEqual([name, original]);
    }
  });

  it('keeps its key out of the journal', () => {
    const { applied } = repair(path, quarantineAlone(), { keys: keysOf().at(-1)![1] });
    const journal = readFileSync(applied.journal);
    expect(journal.includes(RECOVERY) || journal.includes(RECOVERY.replaceAll('-', ''))).toBe(false);
    for (const key of [written.masterKey, written.volumeKey])
      expect(journal.includes(Buffer.from(key)) || journal.includes(toHex(key))).toBe(false);
    undoRepair(path);
  });

  it.each([
    ['no key', {}],
    ['a wrong recovery password', { recovery: parseKeyList('118910-000011-720885-123453-000000-654313-011011-345675') }],
    ['a wrong VMK', { raw: { secret: { kind: 'vmk', key: new Uint8Array(32) } } }],
  ] as readonly (readonly [string, DiskKeys])[])('with %s is refused and not written to', (_name, keys) => {
    expect(() => planning(path, wholeRepair(), () => {}, { keys })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^BITLOCKER_(LOCKED|KEY)$/) }),
    );
    expect(hashOf(path)).toBe(original);
  });
});

describe.skipIf(why !== undefined || !existsSync(CORPUS))('BitLocker volume of the corpus, XTS-AES 128', () => {
  const CORPUS_KEY = '235818-357951-253979-013365-241120-245575-342914-591910';

  it('is found by a key list, quarantined and undone; dislocker and libbde see it', () => {
    const path = join(folder, 'corpus.img');
    execFileSync('sh', ['-c', 'xz -dc "$1" > "$2"', 'sh', CORPUS, path]);
    const original = hashOf(path);
    const theirs = { dislocker: [`-p${CORPUS_KEY}`], bdemount: ['-r', CORPUS_KEY] };
    expectShown(path, NAME, RENAMED, theirs);
    const list = `Computer,KeyId,RecoveryPassword\nFS02,{11111111-1111-1111-1111-111111111111},${RECOVERY}\nFS01,{64311dea-4587-4029-924a-ba299647998e},${CORPUS_KEY}\n`;
    const keys = parseKeyList(list);
    // Without a SYSTEM hive it is no Windows by itself: the volume is named.
    const request = { ...quarantineAlone(), volume: 1 };
    const { planned } = repair(path, request, { keys: { recovery: keys } });
    expect(planned.volume.unlockedBy?.id.toLowerCase()).toContain('64311dea-4587-4029-924a-ba299647998e');
    expectShown(path, RENAMED, NAME, theirs);
    expect(undoRepair(path).outcome).toBe('undone');
    expect(hashOf(path)).toBe(original);
  });
});

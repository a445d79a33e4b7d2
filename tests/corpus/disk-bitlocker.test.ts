import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Damage, memorySource, toHex } from '@winmedic/bytes';
import { type BlockDevice, parseKeyList, readBitLocker, recoveryKeyFor, type UnlockedVolume, unlockBitLocker } from '@winmedic/disk';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeCrypto } from '../../core/disk/node-crypto.ts';

/** The BitLocker volume of the corpus, its keys read out of the recipe beside it. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'disk');
const packed = join(folder, 'bitlocker_xts128_damaged.img.xz');
const ready = existsSync(packed) && spawnSync('xz', ['--version']).status === 0;
if (!ready) console.log(`skipped: no BitLocker image at ${folder}, or no xz (set WINMEDIC_CORPUS)`);
const libbde =
  spawnSync('which', ['bdemount']).status === 0 && process.getuid?.() === 0 && spawnSync('test', ['-w', '/dev/fuse']).status === 0;
if (!libbde) console.log('skipped in part: bdemount (libbde-utils) not installed, no /dev/fuse, or not root');

describe.skipIf(!ready)('the BitLocker volume of the corpus', () => {
  let image: Uint8Array;
  let recipe: string;
  let device: BlockDevice;

  beforeAll(() => {
    image = execFileSync('xz', ['-dc', packed], { maxBuffer: 1 << 28 });
    recipe = readFileSync(join(folder, 'recipe.md'), 'utf8');
    device = { ...memorySource(image), sectorBytes: 512 };
  });

  const hashOf = (volume: UnlockedVolume): string => {
    const hash = createHash('sha256');
    const part = new Uint8Array(1 << 20);
    for (let at = 0; at < volume.sizeBytes; at += part.length) hash.update(part.subarray(0, volume.readAt(at, part)));
    return hash.digest('hex');
  };

  it('says what the recipe says of it', () => {
    const damages: Damage[] = [];
    const volume = readBitLocker(device, { onDamage: (damage) => damages.push(damage) });
    expect(volume).toMatchObject({ method: 'aes-xts-128', state: 'encrypted', copies: ['ok', 'ok', 'ok'], suspended: false, version: '7' });
    expect(volume.protectors.map(({ kind }) => kind)).toEqual(['password', 'recovery-password']);
    for (const id of [volume.id, ...volume.protectors.map((protector) => protector.id)]) expect(recipe).toContain(id.slice(1, -1));
    expect(damages).toEqual([]);
  });

  it('opens by recovery password and by password with the same content', () => {
    const volume = readBitLocker(device);
    const digits = recoveryKeyFor(volume, parseKeyList(recipe))?.digits ?? parseKeyList(recipe)[0]!.digits;
    const text = /password `(?<password>[^`]+)`/u.exec(recipe)?.groups?.['password'] ?? '';
    const damages: Damage[] = [];
    const onDamage = (damage: Damage): void => void damages.push(damage);
    const byRecovery = unlockBitLocker(device, { kind: 'recovery-password', digits }, nodeCrypto, { onDamage });
    const byPassword = unlockBitLocker(device, { kind: 'password', text }, nodeCrypto, { onDamage });
    expect([byRecovery.protector?.kind, byPassword.protector?.kind]).toEqual(['recovery-password', 'password']);
    const boot = new Uint8Array(512);
    byRecovery.readAt(0, boot);
    expect(new TextDecoder('latin1').decode(boot.subarray(3, 11))).toBe('NTFS    ');
    expect(toHex(boot.subarray(510))).toBe('55aa');
    const hash = hashOf(byRecovery);
    expect(hashOf(byPassword)).toBe(hash);
    // The hash stored under the master key was opened and is right.
    expect(damages).toEqual([]);

    if (!libbde) return;
    const work = mkdtempSync(join(tmpdir(), 'bitlocker-'));
    const mount = join(work, 'mount');
    execFileSync('mkdir', [mount]);
    writeFileSync(join(work, 'image'), image);
    execFileSync('bdemount', ['-r', digits, join(work, 'image'), mount], { stdio: 'ignore' });
    try {
      expect(
        createHash('sha256')
          .update(readFileSync(join(mount, 'bde1')))
          .digest('hex'),
      ).toBe(hash);
    } finally {
      execFileSync('umount', [mount]);
      rmSync(work, { recursive: true, force: true });
    }
  });
});

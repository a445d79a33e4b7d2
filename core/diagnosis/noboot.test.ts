import { loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, test } from 'vitest';
import type { FactObservation } from '../model/observation.ts';
import type { Grade } from '../model/verdict.ts';
import { buildTimeline } from '../timeline/build.ts';
import { boot, coverageFor, daily, event, evidenceOf, plus } from '../timeline/test-events.ts';
import { diagnose } from './diagnose.ts';
import { fact } from './test-case.ts';

/** The bundled causes of machines that do not start, and of ways back: what a disk shows alone confirms none that it cannot confirm. */
const knowledge = loadKnowledge();
const ids = knowledge.causes.filter((cause) => cause.class === 'noboot' || cause.class === 'recovery').map(({ id }) => id);

/** Grades of the host's causes for facts; a host with a log of its own, so that it is in the case. */
function grades(facts: readonly FactObservation[], more: readonly ReturnType<typeof event>[] = []): ReadonlyMap<string, Grade> {
  const events = [...boot('2024-07-18T00:00:00', true), ...more];
  const timeline = buildTimeline({ ...evidenceOf(events, coverageFor(events)), facts });
  const { findings } = diagnose(timeline, knowledge, { madeAt: 0n });
  return new Map(findings.map(({ judged }) => [judged.cause.id, judged.grade]));
}
const stated = (facts: Readonly<Record<string, string | readonly string[]>>): FactObservation[] =>
  Object.entries(facts).flatMap(([name, values]) => [values].flat().map((value) => fact(name, value)));
const grade = (id: string, facts: Readonly<Record<string, string | readonly string[]>>): Grade | undefined => grades(stated(facts)).get(id);

const HIVES = ['system', 'software', 'sam', 'security', 'default'].map((name) => `disk.hive-${name}`);
const all = (value: string): Record<string, string> => Object.fromEntries(HIVES.map((name) => [name, value]));

describe('causes of machines that do not start', () => {
  test('say nothing without evidence', () => {
    const found = grades([]);
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.map((id) => `${id} ${found.get(id)}`)).toEqual(ids.map((id) => `${id} inconclusive`));
  });

  test('are not confirmed by anything a disk alone shows, but for those that are the state itself', () => {
    const bad: Record<string, string> = {
      ...all('unreadable'),
      'disk.registry-transactions': 'pending',
      'disk.hibernation': 'hibernated',
      'disk.volume-dirty': 'yes',
      'disk.log': 'pending',
      'disk.bitlocker': 'unlocked',
      'disk.servicing': 'pending',
      'boot.store': 'damaged',
      'boot.safeboot': 'minimal',
      ...Object.fromEntries(knowledge.facts.filter(({ id }) => id.startsWith('boot.storage-')).map(({ id }) => [id, 'not-boot'])),
    };
    const found = grades(stated(bad));
    expect(ids.filter((id) => found.get(id) === 'confirmed').toSorted()).toEqual(['offline-repair-hibernated', 'safeboot-set']);
    const sound = grades(stated({ ...all('logs-to-replay'), 'disk.servicing': 'none', 'disk.volume-dirty': 'no', 'disk.log': 'pending' }));
    expect(ids.filter((id) => sound.get(id) === 'likely' || sound.get(id) === 'confirmed')).toEqual([]);
  });
});

describe('a host that only a disk names', () => {
  const judged = (facts: readonly FactObservation[], named?: string): string[] => {
    const events = named === undefined ? [] : boot('2024-07-18T00:00:00', true, { host: named });
    const timeline = buildTimeline({ ...evidenceOf(events, coverageFor(events)), facts });
    const { findings } = diagnose(timeline, knowledge, { madeAt: 0n });
    return findings.filter((one) => one.judged.grade === 'confirmed').map(({ host, judged: { cause } }) => `${host} ${cause.id}`);
  };
  const flag = fact('boot.safeboot', 'minimal', undefined, { host: 'FS01', trust: 'record' });

  test('is judged by the causes of machines that do not start', () => {
    expect(judged([flag])).toEqual(['FS01 safeboot-set']);
    expect(judged([fact('boot.safeboot', 'minimal', undefined, { host: 'FS01', trust: 'stated' })])).toEqual([]);
    expect(judged([fact('rdp.nla', 'off', undefined, { host: 'FS01', trust: 'record' })])).toEqual([]);
  });

  test('is not judged twice beside its own log', () => {
    expect(judged([flag], 'fs01.example.test')).toEqual(['fs01.example.test safeboot-set']);
    expect(judged([flag], 'OTHER')).toEqual(['FS01 safeboot-set']);
  });
});

describe('0x7B', () => {
  test('is likely once it was seen, confirmed by a driver nothing can stand in for, or by the change that helped', () => {
    const seen = { 'boot.screen': 'stop-7b' };
    expect(grade('boot-device-missing', { 'boot.storage-core': 'not-boot' })).toBe('inconclusive');
    expect(grade('boot-device-missing', seen)).toBe('likely');
    expect(grade('boot-device-missing', { ...seen, 'boot.storage-core': 'not-boot' })).toBe('confirmed');
    expect(grade('boot-device-missing', { ...seen, 'boot.controller': 'hyper-v-scsi', 'boot.storage-hyper-v': 'not-boot' })).toBe(
      'confirmed',
    );
    expect(grade('boot-device-missing', { ...seen, 'boot.controller': 'pvscsi', 'boot.storage-pvscsi': 'absent' })).toBe('confirmed');
    expect(grade('boot-device-missing', { ...seen, 'boot.fixed-by': 'boot-disk-attached' })).toBe('confirmed');
  });

  test('is not confirmed by drivers of other controllers, or where another maker may have one', () => {
    const seen = { 'boot.screen': 'stop-7b' };
    expect(grade('boot-device-missing', { ...seen, 'boot.controller': 'ide', 'boot.storage-hyper-v': 'not-boot' })).toBe('likely');
    expect(grade('boot-device-missing', { ...seen, 'boot.storage-hyper-v': 'not-boot', 'boot.storage-nvme': 'not-boot' })).toBe('likely');
    for (const [controller, driver] of [
      ['nvme', 'nvme'],
      ['ahci', 'ahci'],
      ['virtio-scsi', 'virtio-scsi'],
      ['xen', 'xen'],
    ] as const)
      expect(grade('boot-device-missing', { ...seen, 'boot.controller': controller, [`boot.storage-${driver}`]: 'not-boot' })).toBe(
        'likely',
      );
  });

  test('is ruled out where it starts, or when something else helped', () => {
    expect(grade('boot-device-missing', { 'boot.screen': 'logon', 'boot.storage-core': 'boot' })).toBe('ruled_out');
    expect(grade('boot-device-missing', { 'boot.screen': ['stop-7b', 'logon'] })).toBe('likely');
    expect(grade('boot-device-missing', { 'boot.screen': 'stop-7b', 'boot.fixed-by': 'servicing-reverted' })).toBe('ruled_out');
    expect(grade('boot-device-missing', { 'boot.screen': 'recovery-environment' })).toBe('inconclusive');
  });
});

describe('safe boot', () => {
  test('is confirmed by the flag, likely by the sight of it, ruled out by a boot entry without it', () => {
    expect(grade('safeboot-set', { 'boot.safeboot': 'network' })).toBe('confirmed');
    expect(grade('safeboot-set', { 'boot.screen': 'safe-mode' })).toBe('likely');
    expect(grade('safeboot-set', { 'boot.screen': 'hang' })).toBe('inconclusive');
    expect(grade('safeboot-set', { 'boot.safeboot': 'off', 'boot.screen': 'safe-mode' })).toBe('ruled_out');
  });

  test('is supported by starts in safe mode in the log, which alone make nothing likely', () => {
    const safe = event('2024-07-18T03:00:00', 'Microsoft-Windows-Kernel-General/12', { fields: { BootMode: '1' } });
    expect(grades([], [safe]).get('safeboot-set')).toBe('inconclusive');
    const events = [...boot('2024-07-18T00:00:00', true), safe];
    const { findings } = diagnose(buildTimeline(evidenceOf(events, coverageFor(events))), knowledge, { madeAt: 0n });
    const judged = findings.find((one) => one.judged.cause.id === 'safeboot-set')?.judged;
    expect(judged?.items.find(({ requirement }) => requirement.id === 'safe-boots')?.evaluation.value).toBe('true');
    expect(judged?.pointed).toBe(true);
  });
});

describe('registry hives', () => {
  test('that cannot be loaded: likely from the disk or the screen, confirmed from both for the hive the screen means', () => {
    expect(grade('hive-not-loadable', { 'disk.hive-software': 'unreadable' })).toBe('likely');
    expect(grade('hive-not-loadable', { 'disk.hive-software': 'damaged' })).toBe('inconclusive');
    expect(grade('hive-not-loadable', { 'boot.screen': 'registry-file' })).toBe('likely');
    expect(grade('hive-not-loadable', { 'boot.screen': 'registry-file', 'disk.hive-system': 'damaged' })).toBe('confirmed');
    expect(grade('hive-not-loadable', { 'boot.screen': 'registry-file', 'disk.hive-software': 'damaged' })).toBe('likely');
    expect(grade('hive-not-loadable', { 'boot.screen': 'stop-c0000218', 'disk.hive-software': 'missing' })).toBe('confirmed');
    expect(grade('hive-not-loadable', { 'boot.screen': 'stop-c0000218', 'boot.fixed-by': 'registry-restored' })).toBe('confirmed');
    expect(grade('hive-not-loadable', { ...all('clean'), 'boot.screen': 'hang' })).toBe('ruled_out');
    expect(grade('hive-not-loadable', { ...all('clean'), 'boot.screen': 'stop-c0000218' })).toBe('likely');
    expect(grade('hive-not-loadable', { ...all('clean'), 'boot.screen': 'logon', 'boot.fixed-by': 'registry-restored' })).toBe(
      'inconclusive',
    );
    expect(grade('hive-not-loadable', { 'boot.screen': 'stop-c0000218', 'boot.fixed-by': 'disk-checked' })).toBe('ruled_out');
  });

  test('that hang while they are loaded: only with the hang seen and the commoner reasons excluded, confirmed by what helped', () => {
    const dirty = { 'disk.hive-system': 'logs-to-replay', 'boot.screen': 'hang' };
    const excluded = { 'disk.servicing': 'none', 'disk.volume-dirty': 'no' };
    expect(grade('hive-load-hang', { 'disk.hive-system': 'logs-to-replay', ...excluded })).toBe('inconclusive');
    expect(grade('hive-load-hang', dirty)).toBe('inconclusive');
    expect(grade('hive-load-hang', { ...dirty, ...excluded })).toBe('likely');
    expect(grade('hive-load-hang', { ...dirty, ...excluded, 'disk.servicing': 'pending' })).toBe('inconclusive');
    expect(grade('hive-load-hang', { ...dirty, ...excluded, 'boot.fixed-by': 'hives-replayed' })).toBe('confirmed');
    expect(grade('hive-load-hang', { ...dirty, ...excluded, 'boot.fixed-by': 'disk-checked' })).toBe('ruled_out');
    expect(grade('hive-load-hang', { ...all('clean'), 'disk.registry-transactions': 'none', 'boot.screen': 'hang' })).toBe('ruled_out');
  });
});

describe('boot configuration, volume check, updates, recovery key', () => {
  test('boot configuration', () => {
    expect(grade('boot-configuration-damaged', { 'boot.store': 'missing' })).toBe('inconclusive');
    expect(grade('boot-configuration-damaged', { 'boot.store': 'no-windows-entry' })).toBe('likely');
    expect(grade('boot-configuration-damaged', { 'boot.store': 'missing', 'boot.screen': 'boot-configuration' })).toBe('confirmed');
    expect(grade('boot-configuration-damaged', { 'boot.store': 'ok', 'boot.screen': 'boot-configuration' })).toBe('likely');
    expect(grade('boot-configuration-damaged', { 'boot.store': 'ok', 'boot.screen': 'stop-7b' })).toBe('ruled_out');
    expect(grade('boot-configuration-damaged', { 'boot.store': 'ok' })).toBe('inconclusive');
  });

  test('volume check', () => {
    expect(grade('volume-check-due', { 'disk.volume-dirty': 'yes' })).toBe('likely');
    expect(grade('volume-check-due', { 'disk.volume-dirty': 'yes', 'boot.screen': 'disk-check' })).toBe('confirmed');
    expect(grade('volume-check-due', { 'disk.volume-dirty': 'no' })).toBe('ruled_out');
    expect(grade('volume-check-due', { 'disk.log': 'pending' })).toBe('inconclusive');
  });

  test('updates', () => {
    const seen = { 'disk.servicing': 'pending', 'boot.screen': 'updates' };
    expect(grade('servicing-pending', { 'disk.servicing': 'pending' })).toBe('inconclusive');
    expect(grade('servicing-pending', seen)).toBe('likely');
    expect(grade('servicing-pending', { ...seen, 'boot.fixed-by': 'servicing-reverted' })).toBe('confirmed');
    expect(grade('servicing-pending', { 'disk.servicing': 'none', 'boot.screen': 'updates' })).toBe('ruled_out');
  });

  test('recovery key', () => {
    expect(grade('bitlocker-recovery-prompt', { 'disk.bitlocker': 'locked' })).toBe('inconclusive');
    expect(grade('bitlocker-recovery-prompt', { 'boot.screen': 'recovery-key' })).toBe('likely');
    expect(grade('bitlocker-recovery-prompt', { 'boot.screen': 'recovery-key', 'disk.bitlocker': 'unlocked' })).toBe('confirmed');
    expect(grade('bitlocker-recovery-prompt', { 'disk.bitlocker': 'off' })).toBe('ruled_out');
  });
});

describe('ways back', () => {
  test('hibernation and BitLocker stand in the way of an offline repair', () => {
    expect(grade('offline-repair-hibernated', { 'disk.hibernation': 'hibernated' })).toBe('confirmed');
    expect(grade('offline-repair-hibernated', { 'disk.hibernation': 'unknown' })).toBe('likely');
    expect(grade('offline-repair-hibernated', { 'disk.hibernation': 'resumed' })).toBe('ruled_out');
    expect(grade('offline-repair-locked', { 'disk.bitlocker': 'locked' })).toBe('confirmed');
    expect(grade('offline-repair-locked', { 'disk.bitlocker': 'suspended' })).toBe('ruled_out');
  });

  test('a console is missing on EC2 only', () => {
    expect(grade('winre-not-on-ec2', { 'host.virtual': 'ec2' })).toBe('likely');
    expect(grade('winre-not-on-ec2', { 'host.virtual': 'ec2', 'cloud.serial-console': 'not-usable' })).toBe('confirmed');
    expect(grade('winre-not-on-ec2', { 'host.virtual': 'ec2', 'cloud.serial-console': 'usable' })).toBe('ruled_out');
    expect(grade('winre-not-on-ec2', { 'host.virtual': 'hyper-v', 'cloud.serial-console': 'not-usable' })).toBe('ruled_out');
  });

  test('restarts heal where the network is reached; the corrected file after the crash proves that they did', () => {
    const crashed = (time: string, facts: Readonly<Record<string, string>>): Grade | undefined => {
      const after = plus(time, 60);
      const loop = [
        ...boot(plus(time, -3600), true),
        daily(plus(time, -40)),
        ...boot(after, false),
        event(plus(after, 5), 'Microsoft-Windows-Kernel-Power/41', { fields: { BugcheckCode: '80', PowerButtonTimestamp: '0' } }),
      ];
      return grades([fact('dump.module', 'csagent.sys', time), ...stated(facts)], loop).get('self-heal-by-reboot');
    };
    const then = '2024-07-19T05:00:00';
    expect(crashed(then, {})).toBe('inconclusive');
    expect(crashed(then, { 'boot.network': 'yes', 'crowdstrike.channel-file-291': 'faulty' })).toBe('likely');
    expect(crashed(then, { 'crowdstrike.channel-file-291': 'fixed' })).toBe('confirmed');
    expect(crashed(then, { 'boot.network': 'no', 'crowdstrike.channel-file-291': 'faulty' })).toBe('ruled_out');
    // Every sensor has a later channel file 291: a crash of another year was not healed by it.
    expect(crashed('2025-03-02T05:00:00', { 'crowdstrike.channel-file-291': 'fixed' })).toBe('inconclusive');
    expect(crashed('2025-03-02T05:00:00', { 'boot.network': 'yes', 'crowdstrike.channel-file-291': 'faulty' })).toBe('likely');
    expect(grade('self-heal-by-reboot', { 'crowdstrike.channel-file-291': 'fixed' })).toBe('inconclusive');
  });
});

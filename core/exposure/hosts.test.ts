import { describe, expect, it } from 'vitest';
import { foldersOf } from './folders.ts';
import { hostsOfState } from './hosts.ts';
import { BUILD, day, HOSTNAME, LOCAL, MadeEvidence, POLICY, SYSTEM } from './test-state.ts';

const COMPUTER = `${SYSTEM}\\CurrentControlSet\\Control\\ComputerName\\ComputerName!ComputerName`;
const DOMAIN = `${SYSTEM}\\CurrentControlSet\\Services\\Tcpip\\Parameters!Domain`;

/** Hosts with the paths of their sources: hives, newest first, then texts. */
function attribution(evidence: MadeEvidence): Record<string, string[]> {
  return Object.fromEntries(
    hostsOfState(evidence).map(({ host, hives, texts }, i) => [
      host ?? `?${i}`,
      [...hives.map(({ units }) => units.map((u) => u.path).join('+')), ...texts.map((t) => t.path)],
    ]),
  );
}

describe('whose state a source shows', () => {
  it('is said by the source: DNS name before the shortened NetBIOS name', () => {
    const evidence = new MadeEvidence().hive('a/SYSTEM', { [COMPUTER]: 'LONGNAMEOFASERV', [HOSTNAME]: 'longnameofaserver7' });
    expect(attribution(evidence)).toEqual({ longnameofaserver7: ['a/SYSTEM'] });
  });

  it('follows from the hive beside it', () => {
    const evidence = new MadeEvidence().hive('x/SYSTEM', { [HOSTNAME]: 'A' }).hive('x/SOFTWARE', { [POLICY]: '1' });
    expect(attribution(evidence)).toEqual({ A: ['x/SYSTEM+x/SOFTWARE'] });
  });

  it('follows from the folder, or from the nearest folder above that names one host', () => {
    const evidence = new MadeEvidence()
      .hive('case/a/config/SYSTEM', { [HOSTNAME]: 'A' })
      .text('case/a/text/winrm.txt', { [LOCAL]: '1' })
      .event('case/b/logs/System.evtx', 'B.example.org')
      .text('case/b/winrm.txt', { [LOCAL]: '1' })
      .text('case/winrm.txt', { [LOCAL]: '1' });
    expect(attribution(evidence)).toEqual({
      A: ['case/a/config/SYSTEM', 'case/a/text/winrm.txt'],
      'B.example.org': ['case/b/winrm.txt'],
      '?2': ['case/winrm.txt'],
    });
    expect(hostsOfState(evidence)[2]?.candidates).toEqual(['A', 'B.example.org']);
  });

  it('stops at the first folder with several hosts, even when a folder above it would name one', () => {
    const evidence = new MadeEvidence()
      .text('c/x/one.txt', { [LOCAL]: '1' }, { host: 'A' })
      .text('c/x/two.txt', { [LOCAL]: '1' }, { host: 'B' })
      .text('c/x/three.txt', { [LOCAL]: '1' });
    expect(Object.keys(attribution(evidence))).toEqual(['A', 'B', '?2']);
  });

  it('treats archives as folders', () => {
    expect(foldersOf('a/x.zip!/d/f')).toEqual(['a/x.zip!/d/f', 'a/x.zip!/d', 'a/x.zip', 'a', '']);
    expect(foldersOf('C:\\a\\f')).toEqual(['C:\\a\\f', 'C:\\a', 'C:', '']);
    const evidence = new MadeEvidence()
      .event('x.zip!/logs/System.evtx', 'A')
      .text('x.zip!/out/winrm.txt', { [LOCAL]: '1' })
      .event('y.zip!/System.evtx', 'B');
    expect(attribution(evidence)).toEqual({ A: ['x.zip!/out/winrm.txt'] });
  });

  it('takes full, short and cut names, and names before and after a rename, as one host', () => {
    const evidence = new MadeEvidence()
      .hive('c/SYSTEM', { [HOSTNAME]: 'verylongnameofrds01' })
      .event('c/System.evtx', 'VERYLONGNAMEOFR')
      .event('c/System.evtx', 'verylongnameofrds01.example.org', 'EventLog/6005', {}, day(6))
      .event('c/System.evtx', 'WIN-OLD')
      .event('c/System.evtx', 'WIN-OLD', 'EventLog/6011', { 'Data[0]': 'WIN-OLD', 'Data[1]': 'VERYLONGNAMEOFR' })
      .text('c/winrm.txt', { [LOCAL]: '1' });
    expect(attribution(evidence)).toEqual({ 'verylongnameofrds01.example.org': ['c/SYSTEM', 'c/winrm.txt'] });
  });

  it('does not join machines that gave up the same name, as images do', () => {
    const evidence = new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A' }).text('t', { [LOCAL]: '1' });
    for (const name of ['A', 'B']) evidence.event(`${name}.evtx`, name, 'EventLog/6011', { 'Data[0]': 'WIN-IMAGE', 'Data[1]': name });
    evidence.event('image/System.evtx', 'WIN-IMAGE').text('image/t', { [LOCAL]: '1' });
    expect(attribution(evidence)).toEqual({ A: ['SYSTEM'], 'WIN-IMAGE': ['image/t'], '?2': ['t'] });
  });

  it('does not join a short name that two full names share, unless the domain is known', () => {
    const evidence = new MadeEvidence()
      .hive('1/SYSTEM', { [HOSTNAME]: 'DC1', [DOMAIN]: 'a.example' })
      .hive('2/SYSTEM', { [HOSTNAME]: 'DC1' })
      .event('l/System.evtx', 'DC1.a.example')
      .event('l/System.evtx', 'DC1.b.example');
    expect(attribution(evidence)).toEqual({ 'DC1.a.example': ['1/SYSTEM'], DC1: ['2/SYSTEM'] });
  });

  it("is nobody's when nothing names a host; what lies together is then taken together", () => {
    const evidence = new MadeEvidence().hive('x/SOFTWARE', { [POLICY]: '1' }).text('x/winrm.txt', { [LOCAL]: '1' });
    expect(attribution(evidence)).toEqual({ '?0': ['x/SOFTWARE', 'x/winrm.txt'] });
  });

  describe('when a hive without a name is of another Windows than the log records', () => {
    /** SYSTEM of RDS01 and a SOFTWARE of a build, whose newest write is on day 20. */
    const beside = (build: string) =>
      new MadeEvidence().hive('x/SYSTEM', { [HOSTNAME]: 'RDS01' }).hive('x/SOFTWARE', { [BUILD]: build, [POLICY]: '1' });
    const booted = (evidence: MadeEvidence, on: number, build: string) =>
      evidence.event('x/System.evtx', 'RDS01', 'EventLog/6009', { 'Data[0]': '10.00.', 'Data[1]': build }, day(on));
    const together = { RDS01: ['x/SYSTEM+x/SOFTWARE'] };

    it('is nobody’s, with the host as the one in question', () => {
      const evidence = booted(booted(beside('20348'), 18, '17763'), 25, '17763');
      expect(attribution(evidence)).toEqual({ RDS01: ['x/SYSTEM'], '?1': ['x/SOFTWARE'] });
      expect(hostsOfState(evidence)[1]?.candidates).toEqual(['RDS01']);
      const running = booted(beside('20348'), 5, '17763').event('x/System.evtx', 'RDS01', 'EventLog/6013', {}, day(20));
      expect(attribution(running)).toEqual({ RDS01: ['x/SYSTEM'], '?1': ['x/SOFTWARE'] });
    });

    it('is of the host when the kernel is the same, after an upgrade, or where the log says nothing of that time', () => {
      expect(attribution(booted(beside('19045'), 18, '19041'))).toEqual(together);
      expect(attribution(booted(booted(beside('20348'), 10, '17763'), 18, '20348'))).toEqual(together);
      expect(attribution(booted(booted(beside('17763'), 18, '17763'), 25, '20348'))).toEqual(together);
      expect(attribution(booted(beside('20348'), 18, '17763'))).toEqual(together);
      expect(attribution(beside('20348'))).toEqual(together);
    });
  });

  it('ignores names that are none', () => {
    const evidence = new MadeEvidence()
      .hive('x/SYSTEM', { [HOSTNAME]: 'A B\\C' })
      .event('x/System.evtx', '?')
      .event('x/System.evtx', '');
    expect(attribution(evidence)).toEqual({ '?0': ['x/SYSTEM'] });
  });

  it('survives names of the prototype', () => {
    const evidence = new MadeEvidence().hive('__proto__/SYSTEM', { [HOSTNAME]: 'constructor' }).text('__proto__/t', { [LOCAL]: '1' });
    expect(attribution(evidence)).toEqual({ constructor: ['__proto__/SYSTEM', '__proto__/t'] });
  });
});

describe('copies of the hives of one host', () => {
  const copies = new MadeEvidence()
    .hive('config/RegBack/SYSTEM', { [HOSTNAME]: 'A' }, { until: 5 })
    .hive('config/RegBack/SOFTWARE', { [POLICY]: '0' }, { until: 5 })
    .hive('config/SYSTEM', { [HOSTNAME]: 'A' }, { until: 20 })
    .hive('config/SOFTWARE', { [POLICY]: '1' }, { until: 20 });

  it('are kept apart, the newest first', () => {
    expect(attribution(copies)).toEqual({ A: ['config/SYSTEM+config/SOFTWARE', 'config/RegBack/SYSTEM+config/RegBack/SOFTWARE'] });
    expect(hostsOfState(copies)[0]?.hives.map((s) => s.until)).toEqual([day(20), day(5)]);
  });

  it('are one when each folder has another hive', () => {
    const evidence = new MadeEvidence().hive('1/SYSTEM', { [HOSTNAME]: 'A' }).hive('2/SOFTWARE', { [POLICY]: '0' });
    expect(attribution(evidence)).toEqual({ A: ['1/SYSTEM+2/SOFTWARE'] });
  });

  it('in one folder belong together by their names', () => {
    const evidence = new MadeEvidence()
      .hive('x/RDS01_SYSTEM', { [HOSTNAME]: 'RDS01' })
      .hive('x/DC01_SYSTEM', { [HOSTNAME]: 'DC01' })
      .hive('x/RDS01_SOFTWARE', { [POLICY]: '0' })
      .hive('x/DC01_SOFTWARE', { [POLICY]: '0' });
    expect(attribution(evidence)).toEqual({ RDS01: ['x/RDS01_SYSTEM+x/RDS01_SOFTWARE'], DC01: ['x/DC01_SYSTEM+x/DC01_SOFTWARE'] });
  });
});

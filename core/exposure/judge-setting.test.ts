import { describe, expect, it } from 'vitest';
import { factsOfState } from './facts.ts';
import {
  at,
  audited,
  BUILD,
  both,
  day,
  HOSTNAME,
  judged,
  LOCAL,
  MadeEvidence,
  POLICY,
  PRODUCT,
  SOFTWARE,
  SYSTEM,
  server,
  setting,
} from './test-state.ts';

const WINRM = 'winrm:config/service!Level';

describe('which value is in effect', () => {
  it('the policy, when there is one', () => {
    const result = judged(server({ [LOCAL]: '0' }, { [POLICY]: '1' }), setting());
    expect(result).toMatchObject({ status: 'ok', value: '1', isDefault: false, unchecked: [] });
    expect(result.text).toEqual({ en: '1: closed (by policy)', ja: '1: closed(日) (ポリシーによる設定)' });
    expect(result.seen.map((o) => o.value)).toEqual(['1', '0']);
  });

  it('the local value, when the policy is known to be absent', () => {
    expect(judged(server({ [LOCAL]: '0' }, { [POLICY]: null }), setting())).toMatchObject({
      status: 'risky',
      value: '0',
      text: { en: '0: open' },
      since: day(1),
      until: day(20),
    });
  });

  it('the local value only possibly, when the policy was not looked at', () => {
    const evidence = new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '0' });
    const result = judged(evidence, setting());
    expect(result).toMatchObject({ status: 'possible-risk', value: '0' });
    expect(result.unchecked).toMatchObject([
      { place: { address: POLICY }, reason: 'hive-missing', need: { en: 'the SOFTWARE hive (Windows\\System32\\config\\SOFTWARE)' } },
    ]);
    expect(result.text.en).toBe('0: open (what could override it was not checked)');
    const good = new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '1' });
    expect(judged(good, setting()).status).toBe('probably-ok');
  });

  it('a policy needs no other place', () => {
    const evidence = new MadeEvidence().hive('SOFTWARE', { [POLICY]: '0' });
    expect(judged(evidence, setting())).toMatchObject({ status: 'risky', unchecked: [] });
  });

  it('within one kind, the first of the list', () => {
    const two = setting({ places: [{ address: LOCAL }, { address: `${SYSTEM}\\Old!Level` }] });
    expect(judged(server({ [LOCAL]: '1', [`${SYSTEM}\\Old!Level`]: '0' }, {}), two)).toMatchObject({ status: 'ok', value: '1' });
    expect(judged(server({ [LOCAL]: null, [`${SYSTEM}\\Old!Level`]: '0' }, {}), two)).toMatchObject({ status: 'risky', value: '0' });
  });

  it('a value of which its source says that a policy set it', () => {
    const evidence = new MadeEvidence()
      .hive('h/SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: '1' })
      .text('h/t', { [WINRM]: { value: '0', byPolicy: true } });
    const three = setting({ places: [...setting().places, { address: WINRM }] });
    expect(judged(evidence, three)).toMatchObject({ status: 'risky', value: '0', unchecked: [], text: { en: '0: open (by policy)' } });
  });

  it('what a source shows as being in effect, whatever was not looked at', () => {
    const shown = setting({ places: [...setting().places, { address: WINRM, effective: true }], risky: { is: [0, 'false'] } });
    const text = new MadeEvidence().text('t', { [WINRM]: 'false' });
    expect(judged(text, shown)).toMatchObject({ status: 'risky', value: 'false', unchecked: [] });
    const absent = new MadeEvidence().text('t', {}, { extent: 'winrm:config/service' });
    expect(judged(absent, shown)).toMatchObject({ status: 'ok', value: '1', isDefault: true, unchecked: [] });
  });

  it('what a source shows as being in effect, of all matches only when it shows all', () => {
    const wild = at('winrm:config/listener/*!Level', { effective: true });
    const listener = { 'winrm:config/listener/a!Level': '1' };
    expect(judged(new MadeEvidence().text('t', listener), wild).status).toBe('probably-ok');
    expect(judged(new MadeEvidence().text('t', listener, { extent: 'winrm:config/listener' }), wild).status).toBe('ok');
  });

  it('nothing, when the place below an absent policy was not looked at', () => {
    const result = judged(new MadeEvidence().hive('SOFTWARE', { [POLICY]: null }), setting());
    expect(result.status).toBe('not-checked');
    expect(result.unchecked.map((u) => [u.place.address, u.reason])).toEqual([[LOCAL, 'hive-missing']]);
    expect(result).not.toHaveProperty('value');
  });
});

describe('what nobody stored', () => {
  const none = server({ [LOCAL]: null }, { [POLICY]: null });

  it('has the default', () => {
    const result = judged(none, setting());
    expect(result).toMatchObject({ status: 'ok', value: '1', isDefault: true, since: day(1), until: day(20) });
    expect(result.text).toEqual({ en: '1: closed (default)', ja: '1: closed(日) (既定値)' });
  });

  it('has the default of its Windows', () => {
    const defaults = [
      { when: { product: 'client' as const }, value: '1' },
      { when: { maxBuild: 9200 }, value: '0' },
      { when: { minBuild: 17763 }, value: '5', text: both('special') },
      { value: null },
    ];
    expect(judged(none, setting({ defaults }))).toMatchObject({ value: '5', text: { en: '5: special (default)' } });
    const old = new MadeEvidence()
      .hive('h/SYSTEM', { [HOSTNAME]: 'A', [PRODUCT]: 'LanmanNT', [LOCAL]: null })
      .hive('h/SOFTWARE', { [BUILD]: '9200', [POLICY]: null });
    expect(judged(old, setting({ defaults }))).toMatchObject({ value: '0', status: 'risky' });
  });

  it('compares builds as numbers', () => {
    const defaults = [{ when: { minBuild: 14393 }, value: '1' }, { value: '0' }];
    const old = new MadeEvidence().hive('h/SOFTWARE', { [BUILD]: '9600', [POLICY]: null });
    expect(judged(old, at(POLICY, { defaults }))).toMatchObject({ value: '0' });
  });

  it('with an unknown Windows has the default all have in common', () => {
    const unknown = new MadeEvidence().hive('SOFTWARE', { [POLICY]: null });
    const same = [{ when: { product: 'server' as const }, value: '1' }, { value: '0x1' }];
    expect(judged(unknown, at(POLICY, { defaults: same }))).toMatchObject({ status: 'ok', value: '1' });
  });

  it('with an unknown Windows is no risk by guess', () => {
    const unknown = new MadeEvidence().hive('SOFTWARE', { [POLICY]: null });
    const differ = [{ when: { product: 'client' as const }, value: '1' }, { value: '0' }];
    const result = judged(unknown, at(POLICY, { defaults: differ }));
    expect(result).toMatchObject({ status: 'possible-risk', value: null, isDefault: true });
    expect(result.text.en).toBe('nothing stored; the default depends on the Windows: client: 1: closed; otherwise: 0: open');
    expect(result.unchecked).toMatchObject([{ place: { address: PRODUCT }, reason: 'hive-missing' }]);
    const onlyServers = [{ when: { product: 'server' as const }, value: '0' }];
    expect(judged(unknown, at(POLICY, { defaults: onlyServers }))).toMatchObject({ status: 'possible-risk', value: null });
    // Whichever it is, the risk does not hold there.
    expect(judged(unknown, at(POLICY, { defaults: differ, riskyOn: ['client'] }))).toMatchObject({ status: 'ok', value: null });
  });

  it('without a default that fits is not judged', () => {
    const result = judged(none, setting({ defaults: [{ when: { product: 'client' }, value: '0' }] }));
    expect(result).toMatchObject({
      status: 'noted',
      value: null,
      text: { en: 'nothing stored; the default is not known', ja: '格納なし(既定値は不明)' },
    });
  });

  it('says when the default is not verified, and is not sure then', () => {
    const guess = [{ value: '0', basis: 'unverified' as const }];
    expect(judged(none, setting({ defaults: guess }))).toMatchObject({
      status: 'possible-risk',
      text: { en: '0: open (default, not verified)' },
    });
    const nothing = [{ value: null, basis: 'unverified' as const, text: both('not documented') }];
    expect(judged(none, setting({ defaults: nothing }))).toMatchObject({
      status: 'noted',
      value: null,
      text: { en: 'not documented (default, not verified)' },
    });
    const documented = [{ value: null, text: both('no policy') }];
    expect(judged(none, setting({ defaults: documented }))).toMatchObject({ status: 'ok', value: null });
    expect(judged(none, setting({ defaults: nothing, risky: { present: false } })).status).toBe('risky');
  });

  it('can still be set by a policy that was not looked at', () => {
    const evidence = new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A', [LOCAL]: null });
    expect(judged(evidence, setting())).toMatchObject({ status: 'probably-ok', isDefault: true });
  });
});

describe('risk', () => {
  it('holds only on the products it is for', () => {
    const only = setting({ riskyOn: ['server'] });
    expect(judged(server({ [LOCAL]: '0' }, { [POLICY]: null }), only).status).toBe('risky');
    expect(judged(server({ [LOCAL]: '0', [PRODUCT]: 'WinNT' }, { [POLICY]: null }), setting({ riskyOn: ['dc'] })).status).toBe('ok');
    const unknown = new MadeEvidence().hive('SOFTWARE', { [POLICY]: '0' });
    expect(judged(unknown, only)).toMatchObject({ status: 'possible-risk', unchecked: [{ place: { address: PRODUCT } }] });
  });

  it('is not spoken of where a setting only informs, or a value cannot be compared', () => {
    const { risky: _, ...informs } = setting();
    expect(judged(server({ [LOCAL]: '0' }, { [POLICY]: null }), informs).status).toBe('noted');
    expect(judged(server({ [LOCAL]: 'many' }, { [POLICY]: null }), setting({ risky: { gt: 3 } })).status).toBe('noted');
  });

  it('of a place with wildcards is that of any match', () => {
    const wild = at(`${SYSTEM}\\CurrentControlSet\\L\\*!Level`);
    const port = (name: string): string => `${SYSTEM}\\CurrentControlSet\\L\\${name}!Level`;
    const looked = server({ [port('a')]: '1', [port('b')]: '0', [port('*')]: null }, {});
    const result = judged(looked, wild);
    expect(result).toMatchObject({ status: 'risky', value: '1, 0' });
    expect(result.text.en).toBe('a = 1: closed, b = 0: open');
    const partly = new MadeEvidence().text('t', { [port('a')]: '1' });
    expect(judged(partly, wild)).toMatchObject({ status: 'probably-ok', unchecked: [{ reason: 'hive-missing' }] });
    expect(judged(new MadeEvidence().text('t', { [port('a')]: '0' }), wild)).toMatchObject({ status: 'risky' });
  });

  it('marks what is not verified', () => {
    const place = setting({ places: [{ address: LOCAL, basis: 'unverified' }] });
    expect(judged(server({ [LOCAL]: '0' }, {}), place).text).toEqual({
      en: '0: open (name of the value not verified)',
      ja: '0: open(日) (値の名前は未検証)',
    });
    expect(judged(server({ [LOCAL]: '0' }, { [POLICY]: null }), setting({ basis: ['unverified'] })).text.en).toBe(
      '0: open (partly not verified)',
    );
  });
});

describe('sources that contradict each other', () => {
  it('are a conflict when they speak of the same time', () => {
    const evidence = server({ [LOCAL]: '0' }, { [POLICY]: null }).text('RDS01/reg.txt', { [LOCAL]: '1' });
    expect(judged(evidence, setting())).toMatchObject({ status: 'conflict', text: { en: 'sources disagree: 0: open, 1: closed' } });
  });
  it('are none when one is older', () => {
    const evidence = server({ [LOCAL]: '0' }, { [POLICY]: null }).text('RDS01/reg.txt', { [LOCAL]: '1', [POLICY]: null }, { until: 25 });
    expect(judged(evidence, setting())).toMatchObject({ status: 'ok', value: '1' });
  });
  it('are one when what is in effect is not what is stored', () => {
    const both = setting({ places: [...setting().places, { address: WINRM, effective: true }], risky: { is: [0, 'false'] } });
    const values = { '0': { en: 'off', ja: 'オフ' }, false: { en: 'off', ja: 'オフ' }, true: { en: 'on', ja: 'オン' } };
    const of = (value: string, until?: number) =>
      judged(
        server({ [LOCAL]: '0' }, { [POLICY]: null }).text('RDS01/winrm.txt', { [WINRM]: value }, until === undefined ? {} : { until }),
        { ...both, values },
      );
    expect(of('true').status).toBe('conflict');
    expect(of('false')).toMatchObject({ status: 'risky', value: 'false' });
    expect(of('true', 25)).toMatchObject({ status: 'ok', value: 'true' });
  });
});

describe('what would be needed', () => {
  const need = (evidence: MadeEvidence, address: string, more = {}) =>
    judged(evidence, at(address, more)).unchecked.map((u) => [u.reason, u.need.en]);
  const text = () => new MadeEvidence().text('t', { 'winrm:config/client!X': '1' }, { host: 'A' });

  it('a hive, a command, or what the setting says', () => {
    expect(need(text(), POLICY)).toEqual([['hive-missing', 'the SOFTWARE hive (Windows\\System32\\config\\SOFTWARE)']]);
    expect(need(text(), 'reg:BCD\\Objects\\{x}\\Elements\\1!Element')).toEqual([
      ['hive-missing', 'the boot store (file BCD of the system partition)'],
    ]);
    expect(need(text(), WINRM)).toEqual([['not-covered', 'the output of winrm get winrm/config']]);
    expect(need(text(), 'winrm:config/listener/*+HTTP!Port')).toEqual([
      ['not-covered', 'the output of winrm enumerate winrm/config/listener'],
    ]);
    expect(need(text(), 'service:winrm!state')).toEqual([['no-source', 'the output of sc query state= all']]);
    expect(need(text(), 'service:winrm!start')).toEqual([['no-source', 'the output of sc qc winrm']]);
    expect(need(text(), 'http:iplisten!x', { command: 'netsh http show iplisten' })).toEqual([
      ['no-source', 'the output of netsh http show iplisten'],
    ]);
    expect(need(text(), 'vmm:config!vmm_url')).toEqual([['no-source', 'Both hives']]);
  });

  it('an undamaged hive, when it lies in an unreadable part', () => {
    const damaged = new MadeEvidence().hive('h/SYSTEM', { [HOSTNAME]: 'A' }, { whole: false }).problem('h/SYSTEM', 'HIVE_KEY');
    expect(need(damaged, LOCAL)).toEqual([['damaged', 'an undamaged copy of the SYSTEM hive (Windows\\System32\\config\\SYSTEM)']]);
    const unusable = new MadeEvidence().hive('h/SYSTEM', { [HOSTNAME]: 'A' }).problem('h/SOFTWARE', 'HIVE_NOT_HIVE');
    expect(need(unusable, POLICY)).toMatchObject([['damaged', expect.stringContaining('SOFTWARE') as string]]);
  });

  it('the key itself, when the hive was not asked for it', () => {
    expect(need(new MadeEvidence().hive('h/SYSTEM', { [HOSTNAME]: 'A' }), LOCAL)).toEqual([
      ['not-covered', 'the output of reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Demo"'],
    ]);
  });
});

describe('nothing under a name that was not verified', () => {
  it('is probably the default, and no fact', () => {
    const guessed = setting({ basis: ['unverified'], fact: { name: 'demo.level', values: { '1': 'closed' } } });
    const one = { ...guessed, places: [{ address: LOCAL, basis: 'unverified' as const }] };
    const evidence = server({ [LOCAL]: null }, {});
    const result = judged(evidence, one);
    expect(result.status).toBe('probably-ok');
    expect(result.text.en).toBe('1: closed (default; name of the value not verified)');
    expect(factsOfState(evidence, { settings: [one] }).facts).toEqual([]);
    const sure = { ...guessed, places: [{ address: LOCAL }], basis: ['documented' as const] };
    expect(judged(evidence, sure).status).toBe('ok');
    expect(factsOfState(evidence, { settings: [sure] }).facts.map(({ value }) => value)).toEqual(['closed']);
  });
});

describe('values in words', () => {
  const shown = (value: string | readonly string[], more = {}) =>
    judged(server({ [LOCAL]: { value } }, { [POLICY]: null }), setting(more)).text.en;
  it('repeat no value with which the meaning begins', () => {
    expect(shown('1', { values: { '1': both('128 bit') } })).toBe('1: 128 bit');
    expect(shown('3389', { values: { '3389': both('3389 (usual)') } })).toBe('3389 (usual)');
  });
  it('stay short, and never look into the prototype', () => {
    const free = { values: {} };
    expect(shown('x'.repeat(5000), free).length).toBeLessThan(250);
    expect(shown('__proto__', free)).toBe('__proto__');
    expect(shown(['a', 'b'], free)).toBe('a, b');
    expect(shown('', free)).toBe('(empty)');
    expect(shown('__proto__')).toBe('__proto__ (none of the documented values; its effect is not known)');
  });
  it('say that a key exists', () => {
    expect(judged(server({ [`${SYSTEM}\\Key`]: '' }, {}), at(`${SYSTEM}\\Key`, { risky: { present: true } }))).toMatchObject({
      status: 'risky',
      text: { en: 'exists' },
    });
  });
});

describe('which Windows it is', () => {
  it('is said by the hives before event logs and dumps', () => {
    const os = audited(
      server({}, { [`${SOFTWARE}\\Microsoft\\Windows NT\\CurrentVersion!ProductName`]: 'Windows Server 2019 Standard' }).event(
        'RDS01/System.evtx',
        'RDS01',
        'EventLog/6009',
        { 'Data[0]': '10.00.', 'Data[1]': '14393' },
      ),
      [],
    ).os;
    expect(os).toMatchObject({ build: 17763, product: 'server', name: 'Windows Server 2019 Standard' });
    expect(os.from).toHaveLength(3);
  });

  it('else by the newest record or dump of the host; a dump nobody named may be of another', () => {
    const evidence = new MadeEvidence()
      .text('c/t', { [LOCAL]: '1' })
      .event('c/System.evtx', 'A', 'Microsoft-Windows-Kernel-General/12', { BuildVersion: '14393' }, day(2))
      .event('c/System.evtx', 'A', 'EventLog/6009', { 'Data[0]': '10.00.', 'Data[1]': '17763' }, day(4))
      .dump('c/m.dmp', { build: 26100, productType: 'client', time: day(7) });
    expect(audited(evidence, []).os).toEqual({ build: 17763, from: [] });
    const named = evidence.dump('c/n.dmp', { build: 20348, productType: 'dc', time: day(6), host: 'A' });
    expect(audited(named, []).os).toEqual({ build: 20348, product: 'dc', from: [] });
  });
});

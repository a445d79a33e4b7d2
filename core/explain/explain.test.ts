import { type Knowledge, loadKnowledge } from '@winmedic/knowledge';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';
import { explanationToText } from './explanation-text.ts';
import { canonicalCode } from './formats.ts';
import { decodeReason } from './reason.ts';

const knowledge = loadKnowledge();
const first = (input: string) => explain(input, { knowledge }).readings[0];
const keys = (input: string) => explain(input, { knowledge }).readings.map(({ key }) => key);
const line = (input: string, label: string) => first(input)?.lines.find((one) => one.label === label)?.text;

describe('the first meaning of an input is the one a reader expects', () => {
  it.each([
    ['1074', 'event', 'User32/1074'],
    ['User32/1074', 'event', 'User32/1074'],
    ['System 1074', 'event', 'User32/1074'],
    ['event id 41', 'event', 'Microsoft-Windows-Kernel-Power/41'],
    ['イベント ID 1074', 'event', 'User32/1074'],
    ['LSM 21', 'event', 'Microsoft-Windows-TerminalServices-LocalSessionManager/21'],
    ['104', 'event', 'Microsoft-Windows-Eventlog/104'],
    ['1102', 'event', 'Microsoft-Windows-Eventlog/1102'],
    ['0x500ff', 'reason', '0x500ff'],
    ['0X000500FF', 'reason', '0x500ff'],
    ['327935', 'reason', '0x500ff'],
    ['理由コード: 0x500ff', 'reason', '0x500ff'],
    ['Reason Code: 0x80020010', 'reason', '0x80020010'],
    ['0x80020010', 'reason', '0x80020010'],
    ['0x80070015', 'reason', '0x80070015'],
    ['0xC000006A', 'code', '0xc000006a STATUS_WRONG_PASSWORD'],
    ['c000006a', 'code', '0xc000006a STATUS_WRONG_PASSWORD'],
    ['Sub Status: 0xC000006A', 'code', '0xc000006a STATUS_WRONG_PASSWORD'],
    ['STATUS_WRONG_PASSWORD', 'code', '0xc000006a STATUS_WRONG_PASSWORD'],
    ['0xc0000064', 'code', '0xc0000064 STATUS_NO_SUCH_USER'],
    ['2150858770', 'code', '0x80338012 ERROR_WSMAN_DESTINATION_UNREACHABLE'],
    ['-2144108526', 'code', '0x80338012 ERROR_WSMAN_DESTINATION_UNREACHABLE'],
    ['WSManFault Code = 2150859046', 'code', '0x80338126 ERROR_WSMAN_NETWORK_TIMEDOUT'],
    ['0x803380e2', 'code', '0x803380e2 ERROR_WSMAN_CLIENT_KERBEROS_AUTHENTICATION_DISABLED'],
    ['0x80070005', 'code', '0x80070005 E_ACCESSDENIED'],
    ['2150859174', 'code', '0x803381a6 ERROR_WSMAN_QUOTA_MAX_OPERATIONS'],
    ['0x80090346', 'code', '0x80090346 SEC_E_BAD_BINDINGS'],
    ['0xc000035b', 'code', '0xc000035b STATUS_BAD_BINDINGS'],
    ['KRB-ERROR 37', 'code', '37 KRB_AP_ERR_SKEW'],
    ['Kerberos エラー 0x25', 'code', '37 KRB_AP_ERR_SKEW'],
    ['KDC_ERR_PREAUTH_FAILED', 'code', '24 KDC_ERR_PREAUTH_FAILED'],
    ['TLS alert 70', 'code', '70 protocol_version'],
    ['handshake_failure', 'code', '40 handshake_failure'],
    ['0x1c010003', 'code', '0x1c010003 nca_s_unk_if'],
    ['RPC fault status 5', 'code', '0x5 nca_s_fault_access_denied'],
    ['bind_nak 8', 'code', '8 authentication_type_not_recognized'],
    ['provider rejection 1', 'code', '1 abstract_syntax_not_supported'],
    ['RDP failure code 5', 'code', '5 HYBRID_REQUIRED_BY_SERVER'],
    ['1326', 'code', '1326 ERROR_LOGON_FAILURE'],
    ['0x50', 'code', '0x50 PAGE_FAULT_IN_NONPAGED_AREA'],
    ['0x0000000a', 'code', '0xa IRQL_NOT_LESS_OR_EQUAL'],
    ['stop code 0x7e', 'code', '0x7e SYSTEM_THREAD_EXCEPTION_NOT_HANDLED'],
    ['STOP 7E', 'code', '0x7e SYSTEM_THREAD_EXCEPTION_NOT_HANDLED'],
    ['BugcheckCode 126', 'code', '0x7e SYSTEM_THREAD_EXCEPTION_NOT_HANDLED'],
    ['0x0000007e (0xffffffffc0000005, 0xfffff80000000000, 0x0, 0x0)', 'code', '0x7e SYSTEM_THREAD_EXCEPTION_NOT_HANDLED'],
    ['STOP: 0x00000050 (0x1, 0x0, 0x2, 0x0)', 'code', '0x50 PAGE_FAULT_IN_NONPAGED_AREA'],
    ['DRIVER_IRQL_NOT_LESS_OR_EQUAL', 'code', '0xd1 DRIVER_IRQL_NOT_LESS_OR_EQUAL'],
    ['DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xd1)', 'code', '0xd1 DRIVER_IRQL_NOT_LESS_OR_EQUAL'],
    ['停止コード: CRITICAL PROCESS DIED', 'code', '0xef CRITICAL_PROCESS_DIED'],
    ['logon type 10', 'code', '10 RemoteInteractive'],
    ['ログオンの種類: 3', 'code', '3 Network'],
    ['10', 'code', '10 RemoteInteractive'],
    ['切断理由 12', 'code', '12 LogoffByUser'],
    ['%%2313', 'code', '%%2313'],
    ['S-1-5-18', 'code', 'S-1-5-18 SYSTEM'],
    ['rdp.nla', 'fact', 'rdp.nla'],
    ['ShutdownWithoutLogon', 'fact', 'policy.shutdown-without-logon'],
    ['logon-screen-power-rdp-no-nla', 'cause', 'logon-screen-power-rdp-no-nla'],
    ['winlogon.exe', 'process', 'winlogon.exe'],
    ['C:\\Windows\\system32\\winlogon.exe (RDS01)', 'process', 'winlogon.exe'],
    ['shutdown', 'process', 'shutdown.exe'],
  ])('%s', (input, kind, key) => {
    expect(first(input)).toMatchObject({ kind, key });
  });

  it('and the others follow', () => {
    expect(keys('41')).toEqual(
      expect.arrayContaining(['Microsoft-Windows-Kernel-Power/41', 'Microsoft-Windows-TerminalServices-LocalSessionManager/41']),
    );
    expect(keys('0x0')).toEqual(['0x0', '0x0 STATUS_SUCCESS']);
    expect(keys('5')).toEqual(['5 ERROR_ACCESS_DENIED', '5 Service', '5 ReplacedByOtherConnection', '5 PowerActionShutdownReset']);
  });

  it('digits without a prefix after "stop" are hex first, decimal second', () => {
    expect(keys('stop 80')).toEqual(['0x80 NMI_HARDWARE_FAILURE', '0x50 PAGE_FAULT_IN_NONPAGED_AREA']);
    expect(keys('BugcheckCode: 80')).toEqual(['0x50 PAGE_FAULT_IN_NONPAGED_AREA', '0x80 NMI_HARDWARE_FAILURE']);
  });

  it('a hex number is a reason a table knows, then an error, then a stop code', () => {
    expect(keys('0x5')).toEqual(['0x5', '5 ERROR_ACCESS_DENIED', '0x5 INVALID_PROCESS_ATTACH_ATTEMPT']);
  });

  it('a small number is an alert, a bind reason or a Kerberos error only with the word before it', () => {
    expect(keys('40')).not.toContain('40 handshake_failure');
    expect(keys('24')).not.toContain('24 KDC_ERR_PREAUTH_FAILED');
    expect(keys('0x18')).toContain('24 KDC_ERR_PREAUTH_FAILED');
  });

  it('a decimal that Windows would not write so is no shutdown reason, and hex is no logon type', () => {
    expect(explain('5', { knowledge }).readings.map(({ kind }) => kind)).not.toContain('reason');
    expect(keys('0xa')).not.toContain('10 RemoteInteractive');
  });
});

describe('a shutdown reason no table knows', () => {
  it('is decoded when every part has a symbol', () => {
    expect(first('0x84040001')).toMatchObject({ kind: 'reason', key: '0x84040001' });
    expect(line('0x84040001', 'decoded')).toEqual({
      en: 'planned, major APPLICATION, minor MAINTENANCE, CLEAN_UI',
      ja: '計画済み、メジャー APPLICATION、マイナー MAINTENANCE、CLEAN_UI',
    });
    expect(line('0x84040001', 'meaning')).toBeUndefined();
    expect(line('0x40400005', 'decoded')?.en).toBe('unplanned, major 64, minor 5, USER_DEFINED');
  });

  it.each(['0x80004005', '0xc0000142', '0xdeadbeef', '0x40000005', '0x99999'])('is not made out of another error code (%s)', (input) => {
    expect(explain(input, { knowledge }).readings).toEqual([]);
  });
});

describe('what is said', () => {
  it('of 0x500ff names both situations and no cause', () => {
    const text = explanationToText(explain('0x500ff', { knowledge }), 'en');
    expect(text).toMatch(/unplanned, major SYSTEM, minor NONE/);
    expect(text).toMatch(/not a diagnosis/);
    expect(text).toMatch(/SYSTEM and nobody logged on.*RDP without NLA.*BMC or hypervisor.*named account.*second record/);
    expect(text).toMatch(/Does not prove: The cause of the stop/);
    const ja = explanationToText(explain('0x500ff', { knowledge }), 'ja');
    expect(ja).toMatch(/この理由のタイトルが見つかりません/);
    expect(ja).toMatch(/証明しないこと: 停止の原因/);
    expect(ja).not.toMatch(/Means|Next/);
  });

  it('of a stop code leaves the guilty module open', () => {
    expect(line('0xd1', 'doesNotProve')?.en).toMatch(/Which module is to blame/);
    expect(line('0xd1', 'doesNotProve')?.ja).toMatch(/原因のモジュール/);
  });

  it('of an event has what it proves and what it does not', () => {
    const text = explanationToText(explain('1074', { knowledge }), 'ja');
    expect(text).toMatch(/証明すること: /);
    expect(text).toMatch(/証明しないこと: /);
  });

  it('marks what was not verified', () => {
    expect(first('0x80070015')?.unverified).toBe(true);
    expect(explanationToText(explain('0x80070015', { knowledge }), 'ja')).toMatch(/\[未検証\]/);
    expect(first('0x500ff')?.unverified).toBeUndefined();
  });

  it('says when several meanings are possible', () => {
    expect(explanationToText(explain('10', { knowledge }), 'en')).toMatch(/several things/);
    expect(explanationToText(explain('0x500ff', { knowledge }), 'en')).not.toMatch(/several things/);
  });
});

describe('an input nobody knows', () => {
  it.each([
    ['rdp.nal', 'rdp.nla'],
    ['winlogn.exe', 'winlogon.exe'],
    ['STATUS_WRONG_PASWORD', 'STATUS_WRONG_PASSWORD'],
    ['policy.shutdown-without', 'policy.shutdown-without-logon'],
    ['ShutdownWithoutLogin', 'ShutdownWithoutLogon'],
  ])('%s gets the nearest name', (input, near) => {
    const explanation = explain(input, { knowledge });
    expect(explanation.readings).toEqual([]);
    expect(explanation.near[0]).toBe(near);
    expect(explanationToText(explanation, 'ja')).toContain(`近い名前: ${near}`);
  });

  it.each([
    '',
    '   ',
    'qqqq zzzz',
    '0x',
    '%%',
    'S-1-5-21-1-2-3-500',
    '__proto__',
    'constructor',
    '99999',
    '-5',
    `0x${'f'.repeat(100)}`,
    '((((',
    '\u0000',
  ])('%j gets no reading and no error', (input) => {
    const explanation = explain(input, { knowledge });
    expect(explanation.readings).toEqual([]);
    expect(explanation.events).toEqual([]);
    expect(explanationToText(explanation, 'en')).toMatch(/Nothing is known/);
  });
});

describe('a pasted event', () => {
  const wer =
    'The computer has rebooted from a bugcheck. The bugcheck was: 0x00000050 (0xfffff80000000000, 0x0, 0xfffff80000001000, 0x2). A dump was saved in: C:\\Windows\\MEMORY.DMP. Report Id: 1.';
  it('of WER 1001 is read with its stop code', () => {
    const [event] = explain(wer, { knowledge }).events;
    expect(event?.readings.map(({ key }) => key)).toEqual([
      'Microsoft-Windows-WER-SystemErrorReporting/1001',
      '0x50 PAGE_FAULT_IN_NONPAGED_AREA',
    ]);
  });

  it.each([
    ['80', ['Microsoft-Windows-Kernel-Power/41', '0x50 PAGE_FAULT_IN_NONPAGED_AREA']],
    ['0', ['Microsoft-Windows-Kernel-Power/41']],
  ])('of Kernel-Power 41 reads BugcheckCode %s as decimal', (code, expected) => {
    const xml = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Kernel-Power"/><EventID>41</EventID><TimeCreated SystemTime="2024-07-19T05:00:00Z"/><EventRecordID>1</EventRecordID><Channel>System</Channel><Computer>SRV</Computer></System><EventData><Data Name="BugcheckCode">${code}</Data></EventData></Event>`;
    const [event] = explain(xml, { knowledge }).events;
    expect(event?.readings.map(({ key }) => key)).toEqual(expected);
  });

  it('of 1074 on 2008 R2, whose values have no names, is read with its reason code', () => {
    const data = ['winlogon.exe', 'SRV', 'title', '0x80020002', 'restart', '', 'NT AUTHORITY\\SYSTEM']
      .map((value) => `<Data>${value}</Data>`)
      .join('');
    const xml = `<Event><System><Provider Name="USER32"/><EventID>1074</EventID><TimeCreated SystemTime="2012-04-06T05:00:00Z"/><EventRecordID>1</EventRecordID><Channel>System</Channel><Computer>SRV</Computer></System><EventData>${data}</EventData></Event>`;
    expect(explain(xml, { knowledge }).events[0]?.readings.map(({ key }) => key)).toEqual(['User32/1074', '0x80020002']);
  });

  it('of 1074 is read with its reason code, in both languages', () => {
    const text =
      '次の理由で、プロセス C:\\Windows\\system32\\winlogon.exe (RDS01) は、ユーザー NT AUTHORITY\\SYSTEM の代わりに、コンピューター RDS01 の 電源を切る を始めました: この理由のタイトルが見つかりません 理由コード: 0x500ff シャットダウンの種類: 電源を切る コメント:';
    const explanation = explain(text, { knowledge });
    expect(explanation.events[0]?.readings.map(({ key }) => key)).toEqual(['User32/1074', '0x500ff']);
    expect(explanationToText(explanation, 'en')).toMatch(/lower trust/);
    expect(explanationToText(explanation, 'en')).toMatch(/0x500ff \(unplanned, SYSTEM \/ NONE\)/);
    expect(explanationToText(explanation, 'ja')).toMatch(/0x500ff\(計画外、SYSTEM \/ NONE\)/);
  });
});

describe('the code tables', () => {
  const tables = Object.entries(knowledge.codes);

  it.each(tables)('%s: every code is written in its one form and only once', (_, table) => {
    const seen = new Set<string>();
    for (const { code } of table.codes) {
      expect(code).toMatch(/^(?:0x(?:0|[1-9a-f][0-9a-f]*)|\d+|%%\d{4}|S-1(?:-\d+)+|[\w.-]+\.exe)$/);
      expect(code.endsWith('.exe') ? code.toLowerCase() : code).toBe(code);
      expect(seen).not.toContain(canonicalCode(code));
      seen.add(canonicalCode(code));
    }
    expect(seen.size).toBeGreaterThan(0);
  });

  it('the words of a shutdown reason agree with its bits', () => {
    const reasons = knowledge.codes['shutdown-reasons']?.codes ?? [];
    expect(reasons.length).toBeGreaterThan(30);
    for (const { code, meaning } of reasons) {
      const { planned } = decodeReason(code)!;
      expect([code, meaning?.en.startsWith('Planned'), meaning?.ja.startsWith('計画済み')]).toEqual([code, planned, planned]);
      expect([code, meaning?.en.startsWith('Unplanned'), meaning?.ja.startsWith('計画外')]).toEqual([code, !planned, !planned]);
    }
  });

  it('every table a message format names is there', () => {
    for (const table of [
      'logon-status',
      'logon-types',
      'failure-reasons',
      'rdp-disconnect-reasons',
      'power-actions',
      'bugchecks',
      'wsman-errors',
      'hresult',
      'well-known-sids',
      'shutdown-reasons',
      'shutdown-processes',
    ]) {
      expect(knowledge.codes[table]?.codes.length, table).toBeGreaterThan(0);
    }
  });
});

describe('a knowledge base of its own', () => {
  const empty: Knowledge = {
    causes: [],
    facts: [],
    events: [],
    messages: [],
    settings: [],
    findings: [],
    recipes: [],
    blame: { addressParameters: [], windowsModules: [], knownModules: [] },
    codes: {},
    damages: {},
  };

  it('is the only source of readings', () => {
    expect(explain('winlogon.exe', { knowledge: empty }).readings).toEqual([]);
    expect(explain('0x500ff', { knowledge: empty }).readings).toMatchObject([{ kind: 'reason', key: '0x500ff' }]);
  });

  it('gives damage codes of winmedic, whatever their case', () => {
    const text = { en: 'x', ja: 'y' };
    const own: Knowledge = { ...empty, damages: { EVTX_DEMO: { meaning: text, trust: text, action: text } } };
    expect(explain('evtx_demo', { knowledge: own }).readings).toMatchObject([{ kind: 'damage', key: 'EVTX_DEMO' }]);
  });
});

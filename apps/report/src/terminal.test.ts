import type { Diagnosis, Incident } from '@winmedic/core/model';
import { describe, expect, it } from 'vitest';
import { diagnosisToText, type TextOptions } from './terminal.ts';
import { emptyFixture, fixture, HOSTILE, META } from './test-fixture.ts';
import { displayWidth } from './width.ts';

const OPTIONS: TextOptions = { ...META, lang: 'en', width: 100, colour: false, unicode: true, verbose: false };
const text = (options: Partial<TextOptions> = {}, diagnosis: Diagnosis = fixture): string =>
  diagnosisToText(diagnosis, { ...OPTIONS, ...options });
const flat = (value: string): string => value.replace(/\s+/g, ' ');

describe('the terminal report', () => {
  it('begins with the verdict word and the sentence to forward', () => {
    expect(text().split('\n')[0]).toMatch(/^Verdict ◐ LIKELY {2}Someone at the RDP logon screen pressed/);
    expect(text({ lang: 'ja' }).split('\n')[0]).toMatch(/^結論 ◐ 有力 {2}RDP のログオン画面で誰かが/);
  });

  it('says how many stops it speaks of, their span with the zone, and what confirmed needs', () => {
    expect(text()).toContain('RDS01: 2 of 5 stops, 2018-06-28 17:40:11 +09:00 – 2018-07-04 17:05:03 +09:00');
    expect(text()).toContain('Needed for confirmed: policy.shutdown-without-logon');
    expect(text()).toContain('1 confirmed, 2 likely, 2 inconclusive');
  });

  it('lists the stops of a group together and the odd ones in groups of their own', () => {
    const groups = text().split(/── Stop group \d/);
    expect(groups).toHaveLength(5);
    expect(groups[1]).toContain('RDS01#1  2018-06-28 17:40:11 +09:00');
    expect(groups[1]).toContain('RDS01#3  2018-07-04 17:05:03 +09:00');
    expect(groups[2]).toMatch(/between 2018-07-03 00:10:00 \+09:00 and\s+2018-07-03 00:11:00 \+09:00/);
  });

  it('numbers the chain, grades each link and names file, record and time of each observation', () => {
    expect(text()).toContain('3. mechanism: A user mistyped a password on the RDP logon screen. (observed)');
    expect(text()).toContain('[E8] Security-Auditing 4625, Security.evtx #4008, 2018-07-04 17:03:51 +09:00');
    expect(text()).toContain('2. cause: The policy allowed shutting down without logging on. (assumed)');
  });

  it('gives dead ends their status with the refuting records', () => {
    expect(flat(text())).toContain(
      'Windows Update restarted it × ruled out Every 1074 names winlogon.exe with 0x500ff, not the update service. [E3] [E9]',
    );
    expect(text()).toMatch(/Replacing hardware helps +\? not checkable/);
    expect(text()).toMatch(/High load +○ open/);
    expect(text()).toMatch(/A changed port protects +! holds/);
  });

  it('shows open causes with what would decide, the next check with its command, and the remedy with risk and undo', () => {
    const out = flat(text());
    expect(out).toContain(
      '○ Soft power-off by power button, BMC or hypervisor No BMC or hypervisor record was supplied. → the power events of the BMC (SEL) (bmc.power-event)',
    );
    expect(out).toContain('gpresult /scope computer /h gp.html');
    expect(out).toContain('Risk: Clients without CredSSP can no longer connect');
    expect(out).toContain('Undo: Set the same value back to 0.');
  });

  it('counts what it leaves out, and leaves nothing out when verbose', () => {
    expect(text()).toMatch(/1 more cause ruled out \(/);
    expect(text()).not.toContain('An installer restarted it');
    const all = text({ verbose: true });
    expect(all).toContain('× An installer restarted it');
    expect(all).toContain('Power button pressed at the console logon screen');
    expect(all).toContain('a'.repeat(64));
    expect(flat(all)).toContain("required, unknown: The policy allowed shutdown without logon today's value (1); was it changed since?");
    expect(all).not.toContain('--verbose');
  });

  it('never says today’s value held at the time of the stop', () => {
    expect(text()).toMatch(/\[F2\] +RDS01: policy\.shutdown-without-logon=1 +today's value/);
    expect(text({ lang: 'ja' })).toMatch(/policy\.shutdown-without-logon=1 +今日の値/);
  });

  it('shows holes, clearings, truncation and pasted text of the logs', () => {
    for (const part of [
      '1 hole (120 records missing)',
      'cleared 2018-06-25 09:00:00 +09:00',
      'later absence cannot be judged',
      'absence means nothing',
      'clock set from',
    ])
      expect(flat(text())).toContain(part);
  });

  it('names how it was made and ends with the next command', () => {
    expect(text()).toContain('winmedic diagnose /cases/rds');
    expect(text()).toContain('37,007 read = 1,402 kept + 35,605 of no interest');
    expect(text().trimEnd().split('\n').at(-1)).toBe('next: winmedic diagnose /cases/rds --html report.html');
    expect(text({ lang: 'ja' }).trimEnd().split('\n').at(-1)).toBe('次のコマンド: winmedic diagnose /cases/rds --html report.html');
    expect(text({ tool: { ...META.tool, command: 'winmedic diagnose x --html r.html' } })).not.toContain('next:');
  });

  it('keeps to the width in both languages, commands and the last line aside', () => {
    for (const lang of ['en', 'ja'] as const) {
      for (const width of [44, 60, 80, 120]) {
        for (const verbose of [false, true]) {
          const long = text({ lang, width, verbose })
            .split('\n')
            .filter((line) => displayWidth(line) > width && !/Set-ItemProperty|gpresult|next:|次のコマンド/.test(line));
          expect(long, `${lang} ${width}`).toEqual([]);
        }
      }
    }
  });

  it('emits escape sequences only for colour, and none that come from a log', () => {
    expect(text({ verbose: true })).not.toContain('\u001b');
    const coloured = text({ colour: true, verbose: true });
    expect(coloured).toContain('\u001b[1;34m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is removed
    expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(text({ verbose: true }));
    const hostile: Incident = {
      ...fixture.incidents[1]!,
      verdict: { ...fixture.incidents[1]!.verdict, sentence: { en: HOSTILE, ja: HOSTILE } },
    };
    const out = text({ verbose: true }, { ...fixture, incidents: [hostile] });
    expect(out).not.toContain('\u001b');
    expect(out).not.toContain('\u202e');
    expect(out).toContain('\\x1b[31mred');
  });

  it('uses words and ASCII shapes where only ASCII is wanted', () => {
    const out = text({ unicode: false });
    expect(out).toContain('Verdict [~] LIKELY');
    expect(out).toMatch(/\[x\] ruled out/);
    expect(out).not.toMatch(/[─◐○●×→]/);
  });

  it('says so when there is no stop, and when there is no record', () => {
    expect(text({}, emptyFixture)).toContain('The inputs held no record this diagnosis can use.');
    const quiet: Diagnosis = { ...fixture, incidents: [] };
    expect(text({}, quiet)).toContain('No stop was found in the evidence.');
    expect(text({}, quiet)).toContain('The records cover 2018-06-20 09:00:00 +09:00 – 2018-07-08 09:00:00 +09:00');
    expect(text({ lang: 'ja' }, quiet)).toContain('証拠の中に停止は見つかりませんでした。');
  });

  it('tells the suspects of the host that comes first and counts those of others', () => {
    const other = fixture.deadEnds.map((deadEnd) => ({ ...deadEnd, host: 'DC01' }));
    const many: Diagnosis = { ...fixture, deadEnds: [...fixture.deadEnds, ...other] };
    expect(text({}, many)).toContain('4 more on other hosts');
    expect(text({}, many)).not.toContain('(DC01)\n');
    expect(text({ verbose: true }, many).match(/High load/g)).toHaveLength(2);
  });

  it('counts the stops of a long case instead of listing hundreds', () => {
    const base = fixture.incidents[0]!;
    const many = Array.from(
      { length: 300 },
      (_, i): Incident => ({ ...base, id: `I${i}`, stop: { ...base.stop, id: `RDS01#${i}`, time: base.stop.time + BigInt(i) } }),
    );
    expect(text({}, { ...fixture, incidents: many })).toContain('280 more');
    expect(text({ verbose: true }, { ...fixture, incidents: many })).toContain('RDS01#0  ');
  });
});

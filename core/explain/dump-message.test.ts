import { describe, expect, it } from 'vitest';
import type { EventObservation } from '../model/index.ts';
import { DUMP_PROVIDER, dumpKindText, stopCodeName } from './dump-message.ts';
import { renderMessage } from './render.ts';

const codes = { bugchecks: { title: { en: 'x', ja: 'x' }, codes: [{ code: '0x50', name: 'PAGE_FAULT_IN_NONPAGED_AREA' }] } };
const knowledge = { events: [], codes } as unknown as Parameters<typeof stopCodeName>[1];

function dump(more: Readonly<Record<string, string>> = {}): EventObservation {
  const fields = { BugcheckCode: '0x50', BugcheckParameter1: '0xffff', BugcheckParameter2: '0x0', BugcheckParameter3: '0xfff1' };
  return {
    type: 'event',
    id: 'E1',
    time: 0n,
    host: '?',
    channel: DUMP_PROVIDER,
    provider: DUMP_PROVIDER,
    eventId: 0,
    version: 0,
    level: 1,
    recordId: 'D1',
    fields: new Map(Object.entries({ ...fields, BugcheckParameter4: '0x2', DumpKind: 'triage', ...more })),
    origin: { sourceId: 'S1', path: 'C:\\Windows\\Minidump\\071924-1.dmp' },
    trust: 'record',
  };
}

describe('a crash dump in a list of events', () => {
  it('is told in a sentence of either language', () => {
    const event = dump({ Module: 'csagent.sys+0xe14ed' });
    expect(renderMessage(event, 'en', knowledge)).toBe(
      'small memory dump 071924-1.dmp: stop code 0x50 PAGE_FAULT_IN_NONPAGED_AREA (0xffff, 0x0, 0xfff1, 0x2); points at csagent.sys+0xe14ed',
    );
    expect(renderMessage(event, 'ja', knowledge)).toBe(
      '最小メモリ ダンプ 071924-1.dmp: 停止コード 0x50 PAGE_FAULT_IN_NONPAGED_AREA (0xffff, 0x0, 0xfff1, 0x2)、該当モジュール csagent.sys+0xe14ed',
    );
  });

  it('without a module names none; one written live is no stop', () => {
    expect(renderMessage(dump(), 'en', knowledge)).not.toContain('points at');
    expect(renderMessage(dump({ Live: 'true' }), 'en', knowledge)).toMatch(/no stop$/);
    expect(renderMessage(dump({ Live: 'true' }), 'ja', knowledge)).toMatch(/停止なし\)$/);
  });

  it('keeps a code without a name, and a kind nobody knows', () => {
    expect(stopCodeName('0xdead', knowledge)).toBe('0xdead');
    expect(dumpKindText('constructor', 'en')).toBe('crash dump of an unknown kind');
    expect(dumpKindText('complete-ranges', 'ja')).toBe('メモリ ダンプ (種類 10)');
  });
});

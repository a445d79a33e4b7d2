import type { EventKnowledge, Knowledge } from '@winmedic/knowledge';
import { expect, it } from 'vitest';
import type { EventObservation } from '../model/index.ts';
import { renderMessage } from './render.ts';

const both = (text: string) => ({ en: text, ja: text });
const knowledge = (provider: string, id: number, message: string): Knowledge => {
  const entry: EventKnowledge = {
    provider,
    id,
    channel: 'System',
    title: both('t'),
    message: both(message),
    proves: both('p'),
    doesNotProve: both('d'),
    basis: 'measured',
  };
  return {
    causes: [],
    facts: [],
    settings: [],
    findings: [],
    recipes: [],
    blame: { addressParameters: [], windowsModules: [], knownModules: [] },
    messages: [],
    damages: {},
    codes: {},
    events: [entry],
  };
};
const event = (provider: string, eventId: number, fields: Record<string, string>): EventObservation => ({
  type: 'event',
  id: '',
  time: 0n,
  host: 'H',
  channel: 'System',
  provider,
  eventId,
  version: 0,
  level: 4,
  recordId: '1',
  userSid: 'S-1-5-18',
  fields: new Map(Object.entries(fields)),
  origin: { sourceId: 'S1', path: 'x' },
  trust: 'record',
});

it('reads the unnamed values of a 1074 of 2008 R2', () => {
  expect(
    renderMessage(
      event('USER32', 1074, { 'Data[0]': 'winlogon.exe', 'Data[3]': '0x500ff' }),
      'en',
      knowledge('User32', 1074, '{param1} {param4} {param6}'),
    ),
  ).toBe('winlogon.exe 0x500ff -');
});

it('takes the first name of alternatives that the record has', () => {
  const known = knowledge('Application Error', 1000, '{AppName,Data[0]}');
  expect(renderMessage(event('Application Error', 1000, { 'Data[0]': 'old.exe' }), 'en', known)).toBe('old.exe');
  expect(renderMessage(event('Application Error', 1000, { AppName: 'new.exe' }), 'en', known)).toBe('new.exe');
});

it('prefers the UserSid field of the event over the account that wrote it', () => {
  const known = knowledge('Microsoft-Windows-Winlogon', 7002, '{UserSid}');
  expect(renderMessage(event('Microsoft-Windows-Winlogon', 7002, { UserSid: 'S-1-5-21-1-2-3-1001' }), 'en', known)).toBe(
    'S-1-5-21-1-2-3-1001',
  );
  expect(renderMessage(event('Microsoft-Windows-Winlogon', 7002, {}), 'en', known)).toBe('S-1-5-18');
});

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadTraceTables, traceProvider } from '../src/index.ts';
import { readTraces } from '../src/read-traces.ts';
import { formatTemplate, parseTemplate, parseTemplates, TraceNotationError } from '../src/trace-notation.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const WINRM = 'a7975c8f-ac13-49f1-87da-5a984a4ab417';

describe('notation of trace tables', () => {
  const all = [7600, 28000];

  it.each([
    '6 * SessionCreate @Client : connection W',
    '10.2 7600 : Size u16, Data bin[Size], Name W[16], List u32*Size, Code x32=ntstatus',
    '1003 28000 Packet : Count u32, Destination struct*Count, Inner {Id u32; Name W}*Count',
    '5000 *',
  ])('reads and writes %s', (line) => {
    expect(formatTemplate(parseTemplate(line, all), all)).toBe(line);
  });

  it('reads types, lengths and counts', () => {
    expect(parseTemplate('10.2 7600 : Size u16, Data bin[Size], Four u32*4', all)).toEqual({
      id: 10,
      version: 2,
      builds: [7600],
      fields: [
        { name: 'Size', type: 'UInt16' },
        { name: 'Data', type: 'Binary', length: 'Size' },
        { name: 'Four', type: 'UInt32', count: 4 },
      ],
    });
  });

  it.each(['x', '1 * : a', '1 * : a u33', '1 * : a bin[b], b u32', '1 7601', '1 * a-b', '1 *\n1 7600'])('refuses %s', (line) => {
    expect(() => parseTemplates(line, all)).toThrow(TraceNotationError);
  });
});

describe('trace tables', () => {
  it('are read without an issue, and are small', () => {
    const { providers, issues } = readTraces(here);
    expect(issues).toEqual([]);
    expect(JSON.stringify(providers).length).toBeLessThan(700_000);
  });

  it('are what the build wrote', () => {
    expect([...loadTraceTables().providers.keys()].sort()).toEqual(Object.keys(readTraces(here).providers).sort());
  });

  it('name every provider by its GUID once', () => {
    const names = [...loadTraceTables().providers.values()].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(traceProvider(WINRM)?.name).toBe('Microsoft-Windows-WinRM');
    expect(traceProvider('00000000-0000-0000-0000-000000000000')).toBeUndefined();
  });

  it('give the fields a build had: 192 got its code after Windows 7, 1294 changed its meaning', () => {
    const fields = (build: number, id: number) => traceProvider(WINRM, build)?.templates.filter((one) => one.id === id);
    expect(fields(7600, 192)).toMatchObject([{ builds: [7600], fields: [] }]);
    expect(fields(20348, 192)).toMatchObject([{ fields: [{ name: 'errorCode', type: 'UInt32' }] }]);
    expect(fields(7600, 1294)).toMatchObject([{ name: 'ServerCertificateErrors', keywords: ['Client', 'Security'] }]);
    expect(fields(26100, 1294)).toMatchObject([{ name: 'UnauthorizedSending', keywords: ['Server', 'Security'], fields: [] }]);
    // Older than every table with this event: the oldest there is.
    expect(fields(7601, 1295)).toMatchObject([{ fields: [{ name: 'username' }, { name: 'authenticationMechanism' }] }]);
  });

  it('give both shapes between two builds that differ, the older first: packets got two fields between 17134 and 18990', () => {
    const fields = (build: number) =>
      traceProvider('2ed6006e-4729-4609-b423-3ee7bcd678ef', build)
        ?.templates.filter(({ id }) => id === 1001)
        .map((one) => one.fields.length);
    expect([7600, 14393, 17134, 18363, 18990, 30000].map(fields)).toEqual([[4], [4], [4], [4, 6], [6], [6]]);
  });

  it('give all variants without a build, the newest first', () => {
    const variants = traceProvider('1418ef04-b0b4-4623-bf7e-d74ab47bbdaa')?.templates.filter(({ id }) => id === 11);
    expect(variants?.map(({ builds }) => builds)).toEqual([[17134, 18990, 28000], [10240]]);
  });

  it('have each id and version once for a build', () => {
    for (const guid of loadTraceTables().providers.keys()) {
      const keys = traceProvider(guid, 28000)?.templates.map(({ id, version }) => `${id}.${version}`) ?? [];
      expect(new Set(keys).size, guid).toBe(keys.length);
      expect(keys.length).toBeGreaterThan(0);
    }
  });

  it('name SOAP by the side that wrote it', () => {
    const sides = traceProvider(WINRM, 28000)
      ?.templates.filter(({ keywords }) => keywords?.includes('SoapTrace'))
      .map(({ id, name, keywords }) => [id, name, keywords?.includes('Client') ? 'client' : 'server', keywords?.includes('Server')]);
    expect(sides).toEqual([
      [771, 'SoapSentByClient', 'client', false],
      [772, 'SoapReceivedByListener', 'server', true],
      [779, 'SoapSentByClientAnsi', 'client', false],
      [1026, 'SoapReceivedByClient', 'client', false],
      [1027, 'SoapSentByListener', 'server', true],
      [1044, 'SoapSentByListenerAnsi', 'server', true],
    ]);
  });
});

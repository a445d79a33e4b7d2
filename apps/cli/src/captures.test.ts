import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLE, logOf, TestFolder, winmedic } from './test-command.ts';
import { rowCapture, rowTrace } from './test-recordings.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());

const refused = await rowCapture(folder, 'refused');
const rejected = await rowCapture(folder, 'windows-wrong-password');
const clear = await rowCapture(folder, 'java-clear-body-401');
const healthy = await rowCapture(folder, 'windows-kerberos');
const nameless = await rowCapture(folder, 'dns-not-found');
const elsewhere = await rowCapture(folder, 'http-elsewhere');
const trace = rowTrace(folder, 'server-remote-access-disabled');

interface Report {
  readonly schemaVersion: string;
  readonly incidents: readonly unknown[];
  readonly connections: readonly {
    readonly host: string;
    readonly from: string;
    readonly outcome: string;
    readonly verdict: { readonly grade: string; readonly cause?: { readonly id: string } };
    readonly conversation?: readonly { readonly text: { readonly en: string; readonly ja: string } }[];
  }[];
  readonly connectionNotes: readonly { readonly kind: string }[];
  readonly captures: readonly { readonly packets: number; readonly tcpStreams: number; readonly conversations: number }[];
  readonly traces: readonly { readonly records: number; readonly eventsLost: number; readonly providers: Record<string, number> }[];
}
const json = async (...args: string[]): Promise<Report> => JSON.parse((await winmedic(['diagnose', '--json', ...args])).out) as Report;

describe.concurrent('winmedic diagnose with a capture', () => {
  it('names the cause first, then the ladder, the account, what was ruled out and what the capture covers', async () => {
    const { code, out } = await winmedic(['diagnose', clear, '--utc']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^hv01\.corp\.example:5985 \(winrm, http\) {2}◐ LIKELY {2}/);
    const order = ['Ladder', 'Account', 'Remedy', 'Ruled out', 'What the captures and traces cover', 'How this report was made'];
    const places = order.map((title) => out.indexOf(`── ${title}`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(out).not.toContain('No stop was found');
    expect(out).toContain('java-clear-body-401.pcapng: ');
    expect(out).toMatch(/\d+ packets, 2026-02-03 04:05:0\d \+00:00/);
    expect(out.trimEnd().split('\n').at(-1)).toBe(`next: winmedic diagnose ${clear} --utc --explain`);
  });

  it('says the same in Japanese, with no English sentence of the report left', async () => {
    const { out } = await winmedic(['diagnose', clear, '--utc', '--lang', 'ja']);
    for (const words of ['有力', '接続の段階', 'キャプチャとトレースの記録範囲', '対処']) expect(out).toContain(words);
    expect(out).not.toMatch(/Not visible|Ladder|packets,|停止は見つかりませんでした/);
  });

  it('gives grade, cause, captures and traces as data', async () => {
    const report = await json(refused, trace);
    expect(report).toMatchObject({ schemaVersion: '1.1', incidents: [] });
    expect(report.connections).toContainEqual(
      expect.objectContaining({
        from: 'capture',
        outcome: 'failed',
        verdict: expect.objectContaining({ grade: 'likely', cause: expect.objectContaining({ id: 'winrm-no-listener' }) }),
      }),
    );
    expect(report.captures).toMatchObject([{ format: 'pcapng', packets: expect.any(Number), cut: false }]);
    expect(report.traces).toMatchObject([{ eventsLost: 0, providers: { 'Microsoft-Windows-WinRM': expect.any(Number) } }]);
    expect(report.connections[0]).not.toHaveProperty('conversation');
    expect((await json(refused, '--explain')).connections[0]?.conversation?.length).toBeGreaterThan(0);
  });

  it('finds no fault in a healthy conversation and names no cause', async () => {
    const { code, out } = await winmedic(['diagnose', healthy, '--exit-code']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^No fault was found in \d+ conversations?\.$/);
    expect((await winmedic(['diagnose', healthy, '--lang', 'ja'])).out).toMatch(/^通信 \d+ 件に異常は見つかりませんでした。/);
    expect(out).not.toMatch(/CONFIRMED|LIKELY|Remedy/);
  });

  it('says what a trace of the service does not show, and what would show it', async () => {
    const { out } = await winmedic(['diagnose', trace]);
    expect(out).toMatch(/^hv01\.corp\.example:5985 .*CONFIRMED/);
    expect(out).toContain('── Not visible in this evidence');
    expect(out).toMatch(/server-remote-access-disabled\.etl: \d+ records, .*providers: WinRM \d+/s);
  });

  it('says so when nothing of it tries to manage a host', async () => {
    const { out, code } = await winmedic(['diagnose', elsewhere, '--exit-code']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toContain('WinRM, WMI over DCOM, RDP');
    expect((await json(elsewhere)).connections).toEqual([]);
  });

  it('counts a verdict in --exit-code, and a failed look-up of a name only when that host was meant', async () => {
    expect((await winmedic(['diagnose', rejected, '--exit-code'])).code).toBe(1);
    expect((await json(nameless)).connections).toEqual([]);
    const meant = await json(nameless, '--host', 'hv01.corp.example');
    expect(meant.connections).toMatchObject([{ host: 'hv01.corp.example', verdict: { cause: { id: 'name-not-found' } } }]);
  });

  it('tells stops and attempts on one page, the worse first, in every form', async () => {
    const [html, md] = [folder.at('both.html'), folder.at('both.md')];
    const { code, out } = await winmedic([
      'diagnose',
      EXAMPLE,
      nameless,
      '--host',
      'hv01.corp.example',
      '--utc',
      '--html',
      html,
      '--md',
      md,
    ]);
    expect(code).toBe(0);
    // A confirmed connection cause comes before stops that are only likely.
    expect(out).toMatch(/^hv01\.corp\.example:5985 .*CONFIRMED/);
    for (const text of [out, readFileSync(html, 'utf8'), readFileSync(md, 'utf8')]) {
      expect(text.search(/hv01\.corp\.example/)).toBeGreaterThanOrEqual(0);
      expect(text).toContain('RDS01');
    }
    const page = readFileSync(html, 'utf8');
    expect(page.indexOf('hv01.corp.example:5985')).toBeLessThan(page.indexOf('class="verdict likely"'));
    expect(page).not.toContain('<script');
  });

  it('says that logs beside it show no stop without making that the answer', async () => {
    const log = folder.file('quiet.evtx', logOf([{ id: 7036, provider: 'Service Control Manager' }]));
    const { out } = await winmedic(['diagnose', rejected, log]);
    expect(out.split('\n')[0]).toContain('LIKELY');
    expect(out).toContain('The logs among the evidence show no stop.');
  });

  it('counts what was recorded at two places once, and says so', async () => {
    const twice = await rowCapture(folder, 'windows-wrong-password', 'pcap');
    const { connections, connectionNotes } = await json(rejected, twice);
    expect(connections).toHaveLength(1);
    expect(connectionNotes.map(({ kind }) => kind)).toContain('twice');
  });
});

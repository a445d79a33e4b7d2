/**
 * The page of the connection doctor in a real Chromium, made from live attempts at three doubles (healthy, local administrator filtered, expired
 * certificate) and a hostile report. Needs Chromium (`WINMEDIC_CHROMIUM` or `/usr/bin/chromium`); the printed text also needs `pdftotext`.
 */
import { existsSync } from 'node:fs';
import { attemptConnection, Secret } from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import type { ConnectionReport } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import { STATES, startHost } from '@winmedic/labs/windows-host';
import { describe, expect, it } from 'vitest';
import { diagnosisOf, META } from '../../apps/report/src/connection/test-report.ts';
import { connectionToHtml } from '../../apps/report/src/index.ts';
import { CHROMIUM } from './chromium.ts';
import { checksOfEveryPage, printed, withoutBlanks } from './page-checks.ts';
import { pageUnderTest } from './page-under-test.ts';

const available = existsSync(CHROMIUM);
if (!available) console.warn(`skipped: no Chromium at ${CHROMIUM} (set WINMEDIC_CHROMIUM)`);

const report: ConnectionReport = available
  ? await liveReport()
  : { diagnoses: [], rdpPorts: [], checks: new Map(), sources: [], problems: [], madeAt: 0n };

async function liveReport(): Promise<ConnectionReport> {
  const diagnoses: ConnectionReport['diagnoses'][number][] = [diagnosisOf('hostile', 'likely', 'login')];
  for (const [state, typed] of [
    ['healthy', 'CORP\\alice'],
    ['healthy', 'HV01\\operator'],
    ['expired-certificate', 'CORP\\alice'],
  ] as const) {
    const host = await startHost(STATES.get(state)?.() ?? {});
    const [listener] = host.listeners;
    const url = `${listener?.transport.toLowerCase()}://${host.address}:${listener?.port}`;
    const password = new Secret('Double-Passw0rd!');
    const attempt = await attemptConnection(url, { credential: { kind: 'password', typed, password: () => password } });
    diagnoses.push(diagnoseConnection(attempt, loadKnowledge()));
    await host.close();
  }
  return {
    diagnoses,
    rdpPorts: [{ host: 'rds01', port: 3389, nla: 'off', logonScreen: true }],
    checks: new Map([['alice', 2]]),
    sources: [],
    problems: [],
    madeAt: diagnoses[0]?.attempt.endedAt ?? 0n,
  };
}

describe.skipIf(!available).each(['ja', 'en'] as const)('the page of the connection doctor in Chromium (%s)', (lang) => {
  const under = pageUnderTest(() => connectionToHtml(report, { ...META, lang, explain: true }));
  checksOfEveryPage(under, { lang, skipTo: '#verdict' });

  it('prints on numbered A4 pages, with verdicts, ladder, remedy and conversation', async () => {
    const sheets = await printed(under);
    if (sheets === undefined) return;
    const all = withoutBlanks(sheets);
    for (const part of lang === 'ja'
      ? ['接続の段階', '未到達', '対処', '元に戻す操作は不要です', '認証前にログオン画面を表示', 'hv01.corp.example']
      : ['Ladder', 'notreached', 'Remedy', 'Nothingtoundo', 'showsalogonscreenbeforeauthentication', 'hv01.corp.example'])
      expect(all).toContain(part);
    expect(all).not.toContain('Double-Passw0rd');
  });
});

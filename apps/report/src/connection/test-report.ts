import type { ConnectionAttempt, ConnectionDiagnosis, ConnectionReport, FactObservation, JudgedCause, Rung } from '@winmedic/core/model';
import { type Cause, type Localized, RUNGS, type RungName } from '@winmedic/knowledge/model';
import type { ReportMeta } from '../options.ts';

const text = (en: string, ja: string): Localized => ({ en, ja });
const AT = 1_790_000_000_000_000_000n;

/** What a host could put into a header or name to deceive a terminal or a page. */
export const HOSTILE = '\u001b[31mIIS\u202e<script>alert(1)</script>|`x`';

/** How reports of the tests are made. */
export const META: ReportMeta = {
  zone: 'Asia/Tokyo',
  tool: { name: 'winmedic', version: 'test', command: 'winmedic connect hv01' },
  durationSeconds: 1.5,
};

const CAUSE: Cause = {
  id: 'username-form',
  class: 'connect',
  kind: 'cause',
  scope: 'connection',
  rows: [15],
  title: text('User name in a form the host does not know', 'ユーザー名の形式の誤り'),
  sentence: text('The account name was sent with a domain the host does not know.', 'ホストの知らないドメイン名が送られました。'),
  required: [],
  confirm: [
    { text: text('Look at the 4625.', '4625 を確認します。'), command: 'wevtutil qe Security /c:1' },
    { text: text('Ask the owner.', '持ち主に尋ねます。') },
  ],
  remedies: [
    {
      id: 'form',
      text: text('Write CORP\\alice.', 'CORP\\alice と書きます。'),
      command: 'winmedic connect hv01 -u "CORP\\alice"',
      risk: text('None.', 'ありません。'),
      undo: text('Nothing to undo.', '元に戻す操作は不要です。'),
    },
  ],
  basis: ['documented'],
  sources: ['MS-NLMP'],
};

function judged(grade: JudgedCause['grade'], cause = CAUSE, pointed = true): JudgedCause {
  return {
    cause,
    grade,
    because: text('the domain field holds "alice"', 'ドメイン欄の値は "alice" です'),
    items: [],
    missing: [{ kind: 'record', name: 'Security/4625', text: text('the 4625 of the host', 'ホストの 4625') }],
    pointed,
  };
}

function rungs(failed: RungName | undefined): Rung[] {
  const at = failed === undefined ? RUNGS.length : RUNGS.indexOf(failed);
  return RUNGS.map((name, i) => ({
    name,
    verdict: i < at ? (name === 'tls' ? 'skipped' : 'passed') : i === at ? 'failed' : 'unreached',
    tried: text(`tried ${name}`, `${name} を試行`),
    observed: text(`saw ${name} ${name === 'http' ? HOSTILE : ''}`, `${name} を確認`),
    ...(i === at ? { expected: text('200', '200') } : {}),
    ...(i <= at ? { ms: i + 1 } : {}),
    messages: [],
  }));
}

/** An attempt that failed on the given rung, or on none. */
export function attemptOf(host: string, failed?: RungName): ConnectionAttempt {
  return {
    target: host,
    host,
    port: 5985,
    via: 'winrm',
    transport: 'http',
    from: 'live',
    startedAt: AT,
    endedAt: AT + 1_000_000_000n,
    rungs: rungs(failed),
    portrait: {
      computerName: 'HV01',
      dnsComputerName: 'hv01.corp.example',
      domain: 'CORP',
      dnsDomain: 'corp.example',
      build: '10.0.20348',
      clock: { at: AT, skewSeconds: -7, from: 'ntlm' },
      schemes: ['Negotiate', 'Kerberos'],
      server: HOSTILE,
    },
    account: { typed: 'alice', form: 'bare', sent: { user: 'alice', domain: 'HV01' }, scheme: 'Negotiate', mechanism: 'ntlm', checks: 1 },
    properties: new Map<string, FactObservation>([
      [
        'login.result',
        {
          type: 'fact',
          id: 'C1',
          name: 'connection.login.result',
          value: 'rejected',
          host,
          time: { kind: 'instant', at: AT },
          origin: { sourceId: 'live', path: `winrm://${host}:5985` },
          trust: 'record',
        },
      ],
    ]),
    conversation: [
      {
        at: AT,
        direction: 'sent',
        rung: 'login',
        layer: 'ntlm',
        text: text('NTLM type 3 for alice', 'alice の NTLM タイプ 3'),
        fields: [['UserName', 'alice']],
        bytes: Uint8Array.from({ length: 20 }, (_, i) => 0x40 + i),
      },
    ],
    notChecked: [text('nothing above the login', 'ログオンより上の段階')],
  };
}

/** A verdict over an attempt. */
export function diagnosisOf(host: string, grade: 'confirmed' | 'likely' | 'ok', failed?: RungName): ConnectionDiagnosis {
  const attempt = attemptOf(host, failed);
  if (grade === 'ok')
    return {
      attempt,
      outcome: 'ok',
      verdict: { grade: 'confirmed', sentence: text('No fault was found.', '異常は見つかりませんでした。') },
      considered: [],
      beside: [],
      missing: [],
    };
  const cause = judged(grade);
  const other: Cause = { ...CAUSE, id: 'other', title: text('Other cause', '別の原因') };
  return {
    attempt,
    outcome: 'failed',
    verdict: { grade, cause, sentence: CAUSE.sentence },
    considered: [
      cause,
      judged('inconclusive', other),
      judged('ruled_out', { ...other, id: 'out', title: text('Excluded cause', '除外した原因の例') }),
    ],
    beside: [],
    missing: [],
    nextCheck: { check: CAUSE.confirm[0]!, separates: ['username-form', 'other'], text: text('Read the 4625.', '4625 を読みます。') },
  };
}

/** A report over these. */
export function reportOf(...diagnoses: readonly ConnectionDiagnosis[]): ConnectionReport {
  return { diagnoses, rdpPorts: [], checks: new Map([['alice', 1]]), sources: [], problems: [], madeAt: AT };
}

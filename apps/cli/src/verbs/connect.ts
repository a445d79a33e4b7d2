import { readFileSync } from 'node:fs';
import {
  attemptAll,
  type ConnectAllOptions,
  type ConnectCredential,
  ConnectError,
  findRdp,
  type RdpSearch,
  Secret,
} from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import type { ConnectionAttempt, ConnectionReport, LoginSchemeName, Timeline } from '@winmedic/core/model';
import { type Localized, loadKnowledge } from '@winmedic/knowledge';
import { connectionToHtml, connectionToJson, connectionToMarkdown, connectionToText, formatTime } from '@winmedic/report';
import { gatherTimeline, readingCode, reportMeta, talkProblems } from '../case.ts';
import { told } from '../connections.ts';
import type { Context } from '../context.ts';
import { CliError, fileErrorText } from '../errors.ts';
import { passwordFrom, shieldMemory } from '../password.ts';
import { makeProgress } from '../progress.ts';
import { spelledOut } from '../safe-text.ts';
import type { Options, VerbRun } from '../spec.ts';
import { portsOf, targetsOf } from '../targets.ts';
import { nowNs } from '../times.ts';
import { writeReport } from '../write-report.ts';

const SCHEMES: Readonly<Record<string, 'auto' | LoginSchemeName>> = {
  auto: 'auto',
  negotiate: 'Negotiate',
  kerberos: 'Kerberos',
  ntlm: 'NTLM',
  credssp: 'CredSSP',
  basic: 'Basic',
  certificate: 'Certificate',
};

const ONE_SOURCE: Localized = {
  en: 'Only one source of the password may be given.',
  ja: 'パスワードの取得元は 1 つだけ指定できます。',
};
const EMPTY_USER: Localized = { en: 'The name is empty.', ja: '名前が空です。' };
const NEEDS_USER: Localized = { en: '--user is missing.', ja: '--user とあわせて指定してください。' };
const NEEDS_BOTH: Localized = { en: '--cert and --key are needed together.', ja: '--cert と --key は両方必要です。' };
const NO_PEM: Localized = { en: 'It holds no PEM certificate.', ja: 'PEM 形式の証明書が含まれていません。' };
const SHA256: Localized = { en: 'A SHA-256 has 64 hexadecimal digits.', ja: 'SHA-256 は 16 進 64 桁です。' };

function text(options: Options, name: string): string | undefined {
  return options[name] as string | undefined;
}

function list(options: Options, name: string): readonly string[] {
  return (options[name] as readonly string[] | undefined) ?? [];
}

/** A whole number of an option within bounds. @throws CliError */
function whole(options: Options, name: string, flag: string, min: number, max: number): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const n = Number(value);
  if (!/^\d{1,9}$/.test(value) || n < min || n > max)
    throw new CliError('CLI_INVALID_VALUE', {
      option: flag,
      value,
      hint: { en: `A whole number from ${min} to ${max} is needed.`, ja: `${min} から ${max} までの整数を指定してください。` },
    });
  return n;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError('CLI_FILE', { value: path, hint: fileErrorText(error) });
  }
}

function readCertificates(path: string): string {
  const pem = readText(path);
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new CliError('CLI_INVALID_VALUE', { option: '--ca', value: path, hint: NO_PEM });
  return pem;
}

/** Who logs in, from the options; `undefined`: nobody. @throws CliError for what does not go together. */
function credentialOf(context: Context, options: Options): ConnectCredential | undefined {
  const typed = text(options, 'user');
  if (typed?.trim() === '') throw new CliError('CLI_INVALID_VALUE', { option: '--user', value: typed, hint: EMPTY_USER });
  const source = { file: text(options, 'passwordFile'), env: text(options, 'passwordEnv'), command: text(options, 'passwordCommand') };
  const given = Object.entries(source).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const [first, second] = given.map(([kind, value]) => ({ option: `--password-${kind}`, value }));
  if (second !== undefined) throw new CliError('CLI_INVALID_VALUE', { ...second, hint: ONE_SOURCE });
  const cert = text(options, 'cert');
  const key = text(options, 'key');
  if ((cert === undefined) !== (key === undefined))
    throw new CliError('CLI_INVALID_VALUE', {
      ...(cert === undefined ? { option: '--key', value: key ?? '' } : { option: '--cert', value: cert }),
      hint: NEEDS_BOTH,
    });
  if (cert !== undefined && key !== undefined)
    return { kind: 'certificate', certificate: readText(cert), key: () => new Secret(readText(key)) };
  const cache = text(options, 'ccache');
  if (cache !== undefined) return cache === 'default' ? { kind: 'ticket-cache' } : { kind: 'ticket-cache', path: cache };
  const keytab = text(options, 'keytab');
  // Kerberos for nobody in particular: whoever the tickets of the user are for.
  if (typed === undefined && keytab === undefined && given.length === 0 && text(options, 'auth') === 'kerberos')
    return { kind: 'ticket-cache' };
  if (typed === undefined) {
    const lonely = keytab === undefined ? first : { option: '--keytab', value: keytab };
    if (lonely !== undefined) throw new CliError('CLI_INVALID_VALUE', { ...lonely, hint: NEEDS_USER });
    return undefined;
  }
  // No name of Windows holds a colon; `user:password` would put the password into every report.
  if (typed.includes(':')) throw new CliError('CLI_USER_COLON');
  if (keytab !== undefined) return { kind: 'keytab', typed, path: keytab };
  return {
    kind: 'password',
    typed,
    password: passwordFrom(
      {
        ...(source.file === undefined ? {} : { file: source.file }),
        ...(source.env === undefined ? {} : { env: source.env }),
        ...(source.command === undefined ? {} : { command: source.command }),
      },
      typed,
      context,
    ),
  };
}

function pinsOf(options: Options): string[] {
  return list(options, 'pin').map((pin) => {
    const digits = pin.replaceAll(':', '').toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(digits)) throw new CliError('CLI_INVALID_VALUE', { option: '--pin', value: pin, hint: SHA256 });
    return digits;
  });
}

function connectOptions(context: Context, options: Options): ConnectAllOptions {
  const credential = credentialOf(context, options);
  const seconds = whole(options, 'timeout', '--timeout', 1, 86_400);
  const concurrency = whole(options, 'concurrency', '--concurrency', 1, 1024);
  const tryForms = whole(options, 'tryForms', '--try-forms', 0, 10);
  const via = text(options, 'via') as ConnectAllOptions['via'];
  const kerberos = {
    ...(text(options, 'realm') === undefined ? {} : { realm: text(options, 'realm') as string }),
    ...(list(options, 'kdc').length === 0 ? {} : { kdcs: list(options, 'kdc') }),
    ...(text(options, 'spn') === undefined ? {} : { servicePrincipalName: text(options, 'spn') as string }),
  };
  return {
    ...(via === undefined ? {} : { via }),
    ...(options['https'] === true ? { https: true } : {}),
    ...(credential === undefined ? {} : { credential }),
    auth: SCHEMES[text(options, 'auth') ?? (credential?.kind === 'certificate' ? 'certificate' : 'auto')] ?? 'auto',
    ca: list(options, 'ca').map(readCertificates),
    pins: pinsOf(options),
    insecure: options['insecure'] === true,
    allowCleartext: options['allowCleartext'] === true,
    ...(tryForms === undefined ? {} : { tryForms }),
    ...(options['rdp'] === true ? { rdp: true } : {}),
    kerberos,
    ...(seconds === undefined ? {} : { times: { hostMs: seconds * 1000 } }),
    ...(concurrency === undefined ? {} : { concurrency }),
    signal: context.signal,
  };
}

/** Says before anything is sent what the run may cost the account. */
function talkCost(context: Context, options: ConnectAllOptions, hosts: number): void {
  const { credential, tryForms = 0 } = options;
  if (credential?.kind !== 'password' || tryForms === 0) return;
  const most = tryForms + 1;
  context.talk(
    spelledOut(
      context.lang === 'ja'
        ? `${credential.typed}: 最大 ${most} 回、誤ったパスワードとして数えられる可能性があります (ホスト ${hosts} 台の合計)。ロックアウトのしきい値を確認してください。`
        : `${credential.typed}: up to ${most} bad attempts may be counted against this account (over all ${hosts} hosts together). Mind its lockout threshold.`,
    ),
  );
}

async function rdpPorts(context: Context, hosts: readonly string[], options: Options): Promise<RdpSearch | undefined> {
  const ports = list(options, 'findRdp');
  if (ports.length === 0) return undefined;
  const rate = whole(options, 'rate', '--rate', 1, 1000);
  const limit = whole(options, 'limit', '--limit', 1, 1_000_000);
  const progress = makeProgress(context);
  try {
    return await findRdp(hosts, {
      ports: portsOf(ports, '--find-rdp'),
      ...(rate === undefined ? {} : { ratePerSecond: rate }),
      ...(limit === undefined ? {} : { limit }),
      signal: context.signal,
      onProgress: (done, total) => progress.update(done, total, 'RDP'),
    });
  } finally {
    progress.end();
  }
}

/** The next command to name: what would tell more than this one did. */
function nextCommand(context: Context, report: ConnectionReport, options: Options): string | undefined {
  const failed = report.diagnoses.some(({ outcome }) => outcome === 'failed');
  const { commandLine } = context;
  const login = options['via'] !== 'rdp' && report.diagnoses.length > 0;
  if (login && options['user'] === undefined && options['ccache'] === undefined && options['cert'] === undefined && !failed)
    return `${commandLine} -u USER`;
  if (failed && options['explain'] !== true && options['bytes'] !== true)
    return `${commandLine} --explain${options['md'] === undefined ? ' --md issue.md' : ''}`;
  return undefined;
}

/** A wrong call in the words of the knowledge base; anything else is left as it is. */
function wrongCall(error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  const text = loadKnowledge().damages[error.code];
  if (text === undefined) return error;
  const hint: Localized = { en: `${text.meaning.en} ${text.action.en}`, ja: `${text.meaning.ja}${text.action.ja}` };
  return new CliError('CLI_CONNECT', { value: error.code, hint });
}

/** Whether the RDP port of an attempt lets anybody see the logon screen. */
function showsLogonScreen({ properties }: ConnectionAttempt): boolean {
  return properties.get('rdp.logonScreen')?.value === 'true';
}

/** Walks the ladder to every target, judges what was seen and prints it. */
export const run: VerbRun = async (context, args, options) => {
  try {
    return await connect(context, args, options);
  } catch (error) {
    throw wrongCall(error);
  }
};

const connect: VerbRun = async (context, args, options) => {
  const started = performance.now();
  const targets = targetsOf(args, list(options, 'targets'), 'connect');
  const settings = connectOptions(context, options);
  if (settings.credential !== undefined) shieldMemory();
  const knowledge = loadKnowledge();
  const evidence = list(options, 'evidence');
  const beside = evidence.length + list(options, 'fact').length + list(options, 'facts').length > 0;
  const timeline: Timeline | undefined = beside ? await gatherTimeline(context, evidence, options) : undefined;
  const search = await rdpPorts(context, targets, options);
  const found = search?.findings ?? [];
  const onlyPorts = list(options, 'findRdp').length > 0 && settings.credential === undefined;
  talkCost(context, settings, targets.length);
  const progress = makeProgress(context);
  const runOver = onlyPorts
    ? { attempts: [], checks: new Map<string, number>() }
    : await attemptAll(targets, {
        ...settings,
        conversation: ['explain', 'bytes', 'html'].some((name) => options[name] !== undefined),
        onProgress: (done, total, attempt) => progress.update(done, total, attempt.host),
      }).finally(() => progress.end());
  const left = targets.length - runOver.attempts.length;
  if (context.signal.aborted && left > 0 && !onlyPorts)
    context.talk(
      context.lang === 'ja'
        ? `中断しました。${left} 台は試していません。`
        : `Interrupted: ${left} of ${targets.length} hosts were not tried.`,
    );
  const madeAt = nowNs();
  const judging = {
    ...(timeline === undefined ? {} : { timeline }),
    formatTime: (at: bigint) => formatTime(at, context.zone, context.lang),
    madeAt,
  };
  const diagnoses = context.sync(() => runOver.attempts.map((attempt) => told(diagnoseConnection(attempt, knowledge, judging))));
  const report: ConnectionReport = {
    diagnoses,
    rdpPorts: found,
    checks: runOver.checks,
    sources: timeline?.evidence.sources ?? [],
    problems: timeline?.evidence.problems ?? [],
    madeAt,
  };
  const meta = reportMeta(context, started);
  const bytes = options['bytes'] === true;
  const filter = { explain: bytes || options['explain'] === true, bytes, ...(search === undefined ? {} : { rdpSearch: search }) };
  const people = { ...meta, lang: context.lang, ...filter };
  if (context.json) await context.outJson(connectionToJson(report, meta, filter));
  else {
    const { width, colour, unicode } = context;
    const next = nextCommand(context, report, options);
    await context.out(
      connectionToText(report, {
        ...people,
        width,
        colour,
        unicode,
        verbose: options['verbose'] === true,
        ...(next === undefined ? {} : { next }),
      }),
    );
  }
  let written = true;
  for (const [name, make] of [
    ['html', () => connectionToHtml(report, { ...people, explain: true })],
    ['md', () => connectionToMarkdown(report, people)],
  ] as const) {
    const path = text(options, name);
    if (path !== undefined) written = writeReport(context, path, make()) && written;
  }
  if (context.json) talkProblems(context, report.problems);
  if (!written) return 2;
  const logonScreen = found.some((port) => port.logonScreen) || diagnoses.some(({ attempt }) => showsLogonScreen(attempt));
  if (logonScreen || diagnoses.some(({ outcome }) => outcome === 'failed')) return 1;
  return readingCode(report.problems, true);
};

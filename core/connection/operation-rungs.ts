import { KerberosError } from '@winmedic/kerberos';
import type { Localized } from '@winmedic/knowledge/model';
import { NtlmError } from '@winmedic/ntlm/messages';
import { textOf, WsmanClient, WsmanError, type WsmanFault, type WsmanInstance, type WsmanSession } from '@winmedic/wsman';
import { howLost } from './http-rungs.ts';
import type { Ladder, RungEnd } from './ladder.ts';
import { hex } from './login.ts';
import type { ConnectTimes } from './options.ts';
import { say } from './text.ts';

/** Kinds of a body (`request.body`) in words. */
const BODY_WORDS: ReadonlyMap<string, Localized> = new Map([
  ['empty', say('no body', '本文なし')],
  ['soap', say('with a SOAP message', 'SOAP メッセージつき')],
  ['html', say('with an HTML page', 'HTML ページつき')],
]);

/** A status that is no answer to the operation. @param body kind of its body, see `request.body`; absent when only the status is known. */
export function statusWords(status: number, body?: string): Localized {
  const words = body === undefined ? undefined : (BODY_WORDS.get(body) ?? say('with another body', 'その他の本文つき'));
  return words === undefined ? say(`HTTP ${status}`, `HTTP ${status}`) : say(`HTTP ${status}, ${words.en}`, `HTTP ${status}、${words.ja}`);
}

const CIMV2 = 'root/cimv2';
const HYPERV = 'root/virtualization/v2';
/** Namespace of Windows Server 2008 and 2008 R2. */
const HYPERV_V1 = 'root/virtualization';
const CLUSTER = 'root/MSCluster';
/** The service of Hyper-V: absent, or disabled, without the role. */
const SERVICE = "SELECT Name, StartMode FROM Win32_Service WHERE Name='vmms'";
/** ERROR_ACCESS_DENIED and E_ACCESSDENIED: WinRM itself refuses. */
const DENIED: ReadonlySet<number> = new Set([0x5, 0x80070005]);
/** WBEM_E_ACCESS_DENIED and ERROR_WSMAN_WMI_SVC_, _WMI_PROVIDER_ and _WMI_CANNOT_CONNECT_ACCESS_DENIED: WMI refuses. */
const WMI_DENIED: ReadonlySet<number> = new Set([0x80041003, 0x80338104, 0x80338105, 0x80338106]);
/** WBEM_E_INVALID_NAMESPACE, WBEM_E_INVALID_CLASS, WBEM_E_NOT_FOUND, ERROR_WSMAN_ENUMERATE_CANNOT_PROCESS_FILTER. */
const MISSING: ReadonlySet<number> = new Set([0x8004100e, 0x80041010, 0x80041002, 0x8033801a]);

/** ERROR_WSMAN_OPERATION_TIMEDOUT: not finished within OperationTimeout, to be repeated (MS-WSMV 3.1.4.1.10); not an error. */
export const NOT_FINISHED = 0x80338029;
/** Repeats after it: more would use up the time of the host. */
const TIMEOUT_REPEATS = 3;

type Answer =
  | { readonly kind: 'rows'; readonly rows: readonly WsmanInstance[] }
  | { readonly kind: 'denied' | 'wmi-denied' | 'missing' | 'fault'; readonly fault: WsmanFault }
  | { readonly kind: 'status'; readonly status: number; readonly body: string; readonly code: string }
  | { readonly kind: 'dropped' | 'timeout' }
  /** An answer that came and cannot be taken: wrong signature, broken envelope. */
  | { readonly kind: 'unreadable'; readonly code: string };

/** Rungs `rights`, `namespace` and `role`: Identify and four small queries over the connection of the login. */
export async function operationRungs(ladder: Ladder, session: WsmanSession, times: ConnectTimes): Promise<void> {
  // A quota is what is looked for; a slow provider gets repeats, as its fault asks for.
  const client = new WsmanClient(session, {
    operationTimeoutMs: times.answerMs,
    timeoutRepeats: TIMEOUT_REPEATS,
    quotaRepeats: 0,
    sleep: async () => {},
  });
  const notes: FaultNotes = { codes: new Set(), wmi: new Set() };
  const ask = (namespace: string, wql: string) => answerOf(notes, async () => await collect(client.query(namespace, wql)));
  let cimv2: Answer | undefined;
  const allowed = await ladder.climb('rights', async () => {
    const identity = await answerOf(notes, async () => {
      const { productVendor, productVersion } = await client.identify();
      if (productVersion !== undefined) ladder.portrait.product = productVersion;
      if (productVendor !== undefined) ladder.portrait.vendor = productVendor;
      return [];
    });
    // A service without Identify still has its instances; every other failure is the answer.
    cimv2 =
      identity.kind === 'rows' || 'fault' in identity
        ? await ask(CIMV2, 'SELECT Caption, Version, BuildNumber FROM Win32_OperatingSystem')
        : identity;
    noteRequest(ladder, cimv2, notes);
    return rightsEnd(cimv2, client.counters.timeoutRepeats);
  });
  if (!allowed || cimv2 === undefined) return;
  if (isUnfinished(cimv2)) {
    ladder.skip(['namespace', 'role'], say('not asked: the host had not finished the operation before', '前の操作が未完了のため実施せず'));
    return;
  }
  const first = cimv2;
  if (first.kind === 'rows' && first.rows[0] !== undefined && ladder.portrait.build === undefined) {
    const version = textOf(first.rows[0], 'Version');
    if (version !== undefined) ladder.portrait.build = version;
  }
  ladder.set('namespace.cimv2', first.kind === 'rows' ? 'ok' : first.kind === 'wmi-denied' || first.kind === 'denied' ? 'denied' : 'fault');
  let hyperv: Answer | undefined;
  let old = false;
  const readable = await ladder.climb('namespace', async () => {
    const service = 'SELECT Name FROM Msvm_VirtualSystemManagementService';
    hyperv = await ask(HYPERV, service);
    if (hyperv.kind === 'missing') {
      const before = await ask(HYPERV_V1, service);
      old = before.kind === 'rows' && before.rows.length > 0;
      if (old) hyperv = before;
    }
    noteNamespace(ladder, hyperv, old ? HYPERV_V1 : HYPERV);
    noteFaults(ladder, notes);
    return namespaceEnd(hyperv, first, old ? HYPERV_V1 : HYPERV);
  });
  if (!readable || hyperv === undefined) return;
  const seen = hyperv;
  await ladder.climb('role', async () => {
    // A namespace can be missing from a host that has the role: a damaged registration looks the same until the service is asked for.
    const installed = seen.kind === 'missing' ? hasService(await ask(CIMV2, SERVICE)) : undefined;
    const cluster = await ask(CLUSTER, 'SELECT Name FROM MSCluster_Cluster');
    return roleEnd(ladder, seen, old, cluster, installed);
  });
}

/** Codes of all faults of an attempt. */
export interface FaultNotes {
  /** Of WS-Management and Win32. */
  readonly codes: Set<number>;
  /** Of WMI and providers. */
  readonly wmi: Set<number>;
}

/** Rows of one answer that are read; the queries here give one. */
const MAX_ROWS = 100;

async function collect(rows: AsyncIterable<WsmanInstance>): Promise<WsmanInstance[]> {
  const out: WsmanInstance[] = [];
  for await (const row of rows) if (out.push(row) >= MAX_ROWS) break;
  return out;
}

async function answerOf(notes: FaultNotes, work: () => Promise<readonly WsmanInstance[]>): Promise<Answer> {
  try {
    return { kind: 'rows', rows: await work() };
  } catch (error) {
    const how = howLost(error);
    if (how !== undefined) return { kind: how === 'timeout' ? 'timeout' : 'dropped' };
    if (error instanceof NtlmError || error instanceof KerberosError) return { kind: 'unreadable', code: error.code };
    if (!(error instanceof WsmanError)) throw error;
    if (error.fault !== undefined) return { kind: kindOf(error.fault, notes), fault: error.fault };
    if (error.status !== undefined) return { kind: 'status', status: error.status, body: error.body ?? 'empty', code: error.code };
    return { kind: 'unreadable', code: error.code };
  }
}

/** What a fault means; its codes are added to the notes. */
export function kindOf(fault: WsmanFault, notes: FaultNotes): 'denied' | 'wmi-denied' | 'missing' | 'fault' {
  for (const code of fault.codes) (isWmi(code) ? notes.wmi : notes.codes).add(code);
  if (fault.hresult !== undefined) (isWmi(fault.hresult) ? notes.wmi : notes.codes).add(fault.hresult);
  const has = (set: ReadonlySet<number>) =>
    fault.codes.some((code) => set.has(code)) || (fault.hresult !== undefined && set.has(fault.hresult));
  if (has(WMI_DENIED)) return 'wmi-denied';
  if (has(DENIED) || (fault.codes.length === 0 && fault.soapSubcode === 'AccessDenied')) return 'denied';
  return has(MISSING) ? 'missing' : 'fault';
}

/** HRESULTs that are not WS-Management's own facility (0x8033xxxx): WMI's and providers'. */
function isWmi(code: number): boolean {
  return code >= 0x80000000 && code >>> 16 !== 0x8033;
}

function list(codes: ReadonlySet<number>): string[] {
  return [...codes].map(hex);
}

function noteFaults(ladder: Ladder, notes: FaultNotes): void {
  ladder.set('fault.codes', list(notes.codes));
  ladder.set('fault.wmi', list(notes.wmi));
}

/** The first code of WS-Management or Win32, and the first of WMI or a provider. */
export function codesOf(fault: WsmanFault): { readonly wsman?: string; readonly wmi?: string } {
  const all = fault.hresult === undefined ? fault.codes : [...fault.codes, fault.hresult];
  const wsman = all.find((code) => !isWmi(code));
  const wmi = all.find(isWmi);
  return { ...(wsman === undefined ? {} : { wsman: hex(wsman) }), ...(wmi === undefined ? {} : { wmi: hex(wmi) }) };
}

function noteRequest(ladder: Ladder, answer: Answer, notes: FaultNotes): void {
  noteFaults(ladder, notes);
  ladder.set('request.clear', ladder.get('client.seals') !== 'true' && ladder.transport === 'http');
  switch (answer.kind) {
    case 'rows':
    case 'wmi-denied':
    case 'missing':
      // WinRM carried it out; what WMI says is a matter of the namespace.
      ladder.set('request.result', 'ok');
      break;
    case 'denied':
    case 'fault': {
      ladder.set('request.result', answer.kind);
      const { wsman, wmi } = codesOf(answer.fault);
      if (wsman !== undefined) ladder.set('request.fault', wsman);
      if (wmi !== undefined) ladder.set('request.wmi', wmi);
      break;
    }
    case 'status':
      ladder.set('request.result', 'status');
      ladder.set('request.status', answer.status);
      ladder.set('request.body', answer.body === 'sealed' ? 'other' : answer.body);
      if (answer.status === 413) ladder.set('limit.status', 413);
      if (answer.status === 401) ladder.set('login.step', 'after');
      break;
    case 'dropped':
    case 'timeout':
      ladder.set('request.result', answer.kind);
      break;
    case 'unreadable':
      ladder.set('request.result', 'fault');
  }
}

/** What a fault says in short. */
const FAULT_KINDS = {
  denied: say(' (access denied)', ' (アクセス拒否)'),
  'wmi-denied': say(' (access denied by WMI)', ' (WMI のアクセス拒否)'),
  missing: say(' (not there)', ' (存在しない)'),
  fault: say('', ''),
} as const;

function answerWords(answer: Answer): Localized {
  switch (answer.kind) {
    case 'rows':
      return say(answer.rows.length === 1 ? '1 row' : `${answer.rows.length} rows`, `${answer.rows.length} 行`);
    case 'denied':
    case 'wmi-denied':
    case 'missing':
    case 'fault': {
      const codes = answer.fault.codes.length === 0 ? answer.fault.soapSubcode : answer.fault.codes.map(hex).join(', ');
      const kind = FAULT_KINDS[answer.kind];
      return say(`fault ${codes}${kind.en}`, `フォールト ${codes}${kind.ja}`);
    }
    case 'status':
      return statusWords(answer.status, answer.body);
    case 'dropped':
      return say('the connection broke', '接続が切れた');
    case 'timeout':
      return say('no answer in time', '時間内に応答なし');
    case 'unreadable':
      return say(`an answer that cannot be taken (${answer.code})`, `受け入れられない応答 (${answer.code})`);
  }
}

function isUnfinished(answer: Answer): boolean {
  return answer.kind === 'fault' && answer.fault.codes.includes(NOT_FINISHED);
}

function rightsEnd(answer: Answer, repeats: number): RungEnd {
  const tried = say('Identify, then Win32_OperatingSystem in root/cimv2', 'Identify、続いて root/cimv2 の Win32_OperatingSystem');
  const words = answerWords(answer);
  const observed =
    repeats === 0
      ? words
      : say(
          `${words.en}, after ${repeats} repeat(s): the operation had not finished in time (${hex(NOT_FINISHED)})`,
          `${words.ja} (時間内に未完了 ${hex(NOT_FINISHED)} のため ${repeats} 回繰り返した)`,
        );
  if (isUnfinished(answer)) return { verdict: 'warned', tried, observed, expected: say('an answer with rows', '行を含む応答') };
  if (answer.kind === 'rows') return { verdict: 'passed', tried, observed };
  if (answer.kind === 'wmi-denied' || answer.kind === 'missing')
    return {
      verdict: 'passed',
      tried,
      observed: say(`${observed.en}: WinRM passed it on to WMI`, `${observed.ja}: WinRM は WMI に渡した`),
    };
  return { verdict: 'failed', tried, observed, expected: say('an answer with rows', '行を含む応答') };
}

function noteNamespace(ladder: Ladder, answer: Answer, name: string): void {
  ladder.set('namespace.name', name);
  const result = {
    rows: 'ok',
    denied: 'denied',
    'wmi-denied': 'denied',
    missing: 'missing',
    fault: 'fault',
    status: 'fault',
    dropped: 'fault',
    timeout: 'fault',
    unreadable: 'fault',
  } as const;
  ladder.set('namespace.result', result[answer.kind]);
  if (!('fault' in answer)) return;
  const { wsman, wmi } = codesOf(answer.fault);
  if (wsman !== undefined) ladder.set('namespace.fault', wsman);
  if (wmi !== undefined) ladder.set('namespace.wmi', wmi);
}

function namespaceEnd(answer: Answer, cimv2: Answer, name: string): RungEnd {
  const tried = say(`Msvm_VirtualSystemManagementService in ${name}`, `${name} の Msvm_VirtualSystemManagementService`);
  const observed = answerWords(answer);
  if (cimv2.kind !== 'rows') {
    const words = answerWords(cimv2);
    return {
      verdict: 'failed',
      tried,
      observed: say(`root/cimv2: ${words.en}; ${name}: ${observed.en}`, `root/cimv2: ${words.ja}。${name}: ${observed.ja}`),
      expected: say('both may be read', '両方とも読める'),
    };
  }
  if (answer.kind === 'rows') return { verdict: 'passed', tried, observed };
  if (answer.kind === 'missing')
    return {
      verdict: 'passed',
      tried,
      observed: say(
        `${observed.en}: root/cimv2 may be read, ${name} is not there`,
        `${observed.ja}: root/cimv2 は読めるが、${name} が存在しない`,
      ),
    };
  return { verdict: 'failed', tried, observed, expected: say('the namespace may be read', '名前空間を読める') };
}

/** Is the service set up? Undefined when that could not be read. */
function hasService(answer: Answer): boolean | undefined {
  if (answer.kind !== 'rows') return undefined;
  return answer.rows.some((row) => textOf(row, 'Name')?.toLowerCase() === 'vmms' && textOf(row, 'StartMode') !== 'Disabled');
}

function roleEnd(ladder: Ladder, hyperv: Answer, old: boolean, cluster: Answer, installed: boolean | undefined): RungEnd {
  const present = hyperv.kind === 'rows' && hyperv.rows.length > 0;
  const known = hyperv.kind !== 'missing' || installed !== undefined;
  if (known) ladder.set('role.result', old ? 'old-namespace' : present || installed === true ? 'present' : 'absent');
  const node = cluster.kind === 'rows' ? cluster.rows[0] : undefined;
  const named = node === undefined ? undefined : textOf(node, 'Name');
  const inCluster = named === undefined ? say('', '') : say(`; node of cluster ${named}`, `。クラスター ${named} のノード`);
  const tried = say('Hyper-V service, cluster', 'Hyper-V サービス、クラスター');
  if (present)
    return {
      verdict: 'passed',
      tried,
      observed: old
        ? say(`Hyper-V, old namespace ${HYPERV_V1}${inCluster.en}`, `Hyper-V (旧名前空間 ${HYPERV_V1})${inCluster.ja}`)
        : say(`Hyper-V${inCluster.en}`, `Hyper-V${inCluster.ja}`),
    };
  const words =
    installed === true
      ? say('the Hyper-V service is there, its namespace is not', 'Hyper-V のサービスはあるが、名前空間がない')
      : known
        ? say('Hyper-V is not installed', 'Hyper-V がインストールされていない')
        : say('whether Hyper-V is installed could not be read', 'Hyper-V の有無を読み取れない');
  return { verdict: 'warned', tried, observed: say(`${words.en}${inCluster.en}`, `${words.ja}${inCluster.ja}`) };
}

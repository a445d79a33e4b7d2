import type { WsmanFault } from '@winmedic/wsman';
import type { SeenAt } from '../ladder.ts';
import { hex } from '../login.ts';
import { codesOf, type FaultNotes, NOT_FINISHED, statusWords } from '../operation-rungs.ts';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';

/** `http://schemas.microsoft.com/wbem/wsman/1/wmi/<namespace>/<class or *>` (MS-WSMV 2.2.4.21). */
const WMI_URI = /\/wbem\/wsman\/1\/wmi\/(.+)\/[^/]*$/i;
/** A resource URI is some hundred characters; whoever made the recording wrote it. */
const MAX_URI = 1000;
const CIMV2 = 'root/cimv2';
/** WBEM_E_INVALID_NAMESPACE. */
const NO_NAMESPACE = 0x8004100e;

/** How an operation after the login ended. */
export type Answer =
  /** `sealed-unclear`: a sealed fault that may be the time-out of an operation that waits, which is no error. */
  | { readonly kind: 'ok' | 'sealed-ok' | 'sealed-fault' | 'sealed-unclear' | 'unfinished' }
  | { readonly kind: 'denied' | 'wmi-denied' | 'missing' | 'fault'; readonly fault: WsmanFault }
  | { readonly kind: 'status'; readonly status: number /** Absent where only the status was recorded. */; readonly body?: string }
  | { readonly kind: 'reset' | 'closed' | 'timeout' | 'not-http' };

/** An operation after the login, out of any recording. */
export interface SeenOperation {
  /** Where its answer stands, else the request. */
  readonly seen: SeenAt;
  readonly answer: Answer;
  /** WMI namespace asked for, as in the resource URI, lower case where a namespace is compared. */
  readonly namespace?: string;
  /** Status of HTTP and kind of body of the answer, where recorded. */
  readonly http?: { readonly status: number; readonly body?: string };
  /** Identify needs no right: it says nothing about them. */
  readonly identify?: boolean;
}

/** Namespace a resource URI names. */
export function namespaceOf(resourceUri: string): string | undefined {
  return WMI_URI.exec(resourceUri.slice(0, MAX_URI).split('?')[0] ?? '')?.[1];
}

/** Rungs `rights` and `namespace` out of the operations after a login, in order of time. @param notes codes of all their faults. */
export function judgeOperations(draft: AttemptDraft, operations: readonly SeenOperation[], notes: FaultNotes): void {
  const asked = operations.filter(({ identify }) => identify !== true);
  // A time-out asks for a repeat: what came in the end counts.
  const done = asked.filter(({ answer }) => answer.kind !== 'unfinished' && answer.kind !== 'sealed-unclear');
  const first = deciding(done);
  const tooLarge = done.find(({ answer }) => answer.kind === 'status' && answer.status === 413);
  if (tooLarge !== undefined) {
    draft.see(tooLarge.seen);
    draft.set('limit.status', 413);
  }
  if (operations.length > 0 && operations.some(({ answer }) => answer.kind === 'ok' || 'fault' in answer || answer.kind === 'unfinished')) {
    if (first !== undefined) notes.codes.delete(NOT_FINISHED);
    draft.see(((first ?? operations[0]) as SeenOperation).seen);
    draft.set('fault.codes', [...notes.codes].map(hex));
    draft.set('fault.wmi', [...notes.wmi].map(hex));
  }
  const [unfinished] = asked;
  if (first === undefined && unfinished?.answer.kind === 'unfinished') {
    draft.see(unfinished.seen);
    draft.rung('rights', {
      verdict: 'warned',
      tried: say('the first operation after the login', 'ログオン後の最初の操作'),
      observed: say(`the operation had not finished in time (${hex(NOT_FINISHED)})`, `時間内に未完了 (${hex(NOT_FINISHED)})`),
      expected: say('an answer', '応答'),
    });
    draft.hide('namespace', say('the operation had not finished', '操作が未完了'));
    return;
  }
  if (first === undefined) {
    const why = asked.some(({ answer }) => answer.kind === 'sealed-unclear')
      ? say(
          'sealed faults alone, which may be time-outs of operations that wait',
          '暗号化されたフォールトだけで、待機中の操作のタイムアウトの可能性あり',
        )
      : say('no answer to an operation was recorded', '操作への応答が記録されていない');
    for (const rung of ['rights', 'namespace'] as const) draft.hide(rung, why);
    return;
  }
  rightsRung(draft, first, asked);
  namespaceRung(draft, asked);
}

/**
 * The operation that decides: one that HTTP itself refused and after which none was served; else the first, unless it failed for its own sake and others were
 * served. Access denied is never passed over.
 */
function deciding(done: readonly SeenOperation[]): SeenOperation | undefined {
  const isServed = ({ answer }: SeenOperation) => answer.kind === 'ok' || answer.kind === 'sealed-ok';
  const lastServed = done.findLastIndex(isServed);
  const refused = done.find(({ answer }, index) => answer.kind === 'status' && index > lastServed);
  const [first] = done;
  if (first === undefined || first.answer.kind === 'denied') return first;
  if (refused !== undefined) return refused;
  const own = first.answer.kind === 'wmi-denied' || first.answer.kind === 'missing' || first.answer.kind === 'sealed-fault';
  return own ? first : (done[lastServed] ?? first);
}

function rightsRung(draft: AttemptDraft, first: SeenOperation, operations: readonly SeenOperation[]): void {
  draft.see(first.seen);
  const { answer, http } = first;
  if (http !== undefined) {
    draft.set('request.status', http.status);
    if (http.body !== undefined) draft.set('request.body', http.body);
  }
  const tried = say('the first operation after the login', 'ログオン後の最初の操作');
  const expected = say('an answer', '応答');
  switch (answer.kind) {
    case 'ok':
    case 'wmi-denied':
    case 'missing':
      // WinRM carried it out; what WMI says is a matter of the namespace.
      draft.set('request.result', 'ok');
      draft.rung('rights', {
        verdict: 'passed',
        tried,
        observed: answer.kind === 'ok' ? say('answered', '応答あり') : say('WinRM passed it on to WMI', 'WinRM は WMI に渡した'),
      });
      return;
    case 'sealed-ok':
      draft.set('request.result', 'ok');
      draft.rung('rights', {
        verdict: 'passed',
        tried,
        observed: say('200, sealed: the content is not visible here', '200 (暗号化済み): 内容はここからは見えない'),
      });
      return;
    case 'sealed-fault': {
      const later = operations.some((each) => each.answer.kind === 'sealed-ok' || each.answer.kind === 'ok');
      const status = http?.status ?? 500;
      draft.rung('rights', {
        verdict: later ? 'passed' : 'failed',
        tried,
        observed: later
          ? say(
              `${status} with a sealed fault; later operations were served`,
              `${status} と暗号化されたフォールト。その後の操作は処理された`,
            )
          : say(
              `${status} with a sealed fault: which one is not visible here`,
              `${status} と暗号化されたフォールト: どのフォールトかはここからは見えない`,
            ),
        ...(later ? {} : { expected }),
      });
      return;
    }
    case 'denied':
    case 'fault': {
      const { wsman, wmi } = codesOf(answer.fault);
      draft.set('request.result', answer.kind);
      if (wsman !== undefined) draft.set('request.fault', wsman);
      if (wmi !== undefined) draft.set('request.wmi', wmi);
      const codes = answer.fault.codes.length === 0 ? answer.fault.soapSubcode : answer.fault.codes.map(hex).join(', ');
      const kind = answer.kind === 'denied' ? say(' (access denied)', ' (アクセス拒否)') : say('', '');
      draft.rung('rights', {
        verdict: 'failed',
        tried,
        observed:
          codes === ''
            ? say('a fault; which one is not visible here', 'フォールト。どのフォールトかはここからは見えない')
            : say(`fault ${codes}${kind.en}`, `フォールト ${codes}${kind.ja}`),
        expected,
      });
      return;
    }
    case 'status':
      draft.set('request.result', 'status');
      if (answer.status === 401) draft.set('login.step', 'after');
      draft.rung('rights', {
        verdict: 'failed',
        tried,
        observed: statusWords(answer.status, answer.body),
        expected,
      });
      return;
    case 'unfinished':
    case 'sealed-unclear':
      return;
    default:
      draft.set('request.result', answer.kind === 'timeout' ? 'timeout' : 'dropped');
      draft.rung('rights', {
        verdict: 'failed',
        tried,
        observed: answer.kind === 'timeout' ? say('no answer in time', '時間内に応答なし') : say('the connection broke', '接続が切れた'),
        expected,
      });
  }
}

/** What WMI said of its namespaces, where operations are in clear. A class that a readable namespace does not have is no matter of the namespace. */
function namespaceRung(draft: AttemptDraft, operations: readonly SeenOperation[]): void {
  // A denial is one whatever was asked for: the request may not be in the recording.
  const asked = operations.filter((each) => {
    const result = resultOf(each);
    return result !== undefined && (each.namespace !== undefined || result === 'denied');
  });
  const cimv2 = asked.filter(({ namespace }) => namespace?.toLowerCase() === CIMV2);
  const bad =
    asked.find((each) => resultOf(each) !== 'ok' && each.namespace?.toLowerCase() !== CIMV2) ??
    asked.find((each) => resultOf(each) !== 'ok');
  const told = bad ?? asked[0];
  const [base] = cimv2;
  if (base !== undefined) {
    draft.see(base.seen);
    const result = cimv2.some((each) => resultOf(each) === 'ok') ? 'ok' : resultOf(base);
    draft.set('namespace.cimv2', result === 'ok' || result === 'denied' ? result : 'fault');
  }
  if (told === undefined) {
    draft.hide('namespace', say('sealed, or not asked for', '暗号化されているか、要求されていない'));
    return;
  }
  draft.see(told.seen);
  const result = resultOf(told) as string;
  if (told.namespace !== undefined) draft.set('namespace.name', told.namespace);
  draft.set('namespace.result', result);
  const tried =
    told.namespace === undefined
      ? say('a namespace that is not recorded', '記録されていない名前空間')
      : say(`the namespace ${told.namespace}`, `名前空間 ${told.namespace}`);
  if (result === 'ok' || !('fault' in told.answer)) {
    draft.rung('namespace', { verdict: 'passed', tried, observed: say('answered', '応答あり') });
    return;
  }
  const { wsman, wmi } = codesOf(told.answer.fault);
  if (wsman !== undefined) draft.set('namespace.fault', wsman);
  if (wmi !== undefined) draft.set('namespace.wmi', wmi);
  const codes = [wsman, wmi].filter(Boolean).join(', ');
  draft.rung('namespace', {
    verdict: result === 'missing' ? 'passed' : 'failed',
    tried,
    observed: say(`fault ${codes}`, `フォールト ${codes}`),
    ...(result === 'missing' ? {} : { expected: say('the namespace may be read', '名前空間を読める') }),
  });
}

function resultOf({ answer, namespace = '' }: SeenOperation): 'ok' | 'denied' | 'missing' | 'fault' | undefined {
  switch (answer.kind) {
    case 'ok':
      return 'ok';
    case 'wmi-denied':
      return 'denied';
    case 'missing': {
      const { codes, hresult } = answer.fault;
      return codes.includes(NO_NAMESPACE) || hresult === NO_NAMESPACE || namespace.toLowerCase().startsWith('root/virtualization')
        ? 'missing'
        : undefined;
    }
    default:
      return undefined;
  }
}

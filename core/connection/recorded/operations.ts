import { type FaultNotes, kindOf, NOT_FINISHED } from '../operation-rungs.ts';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';
import type { Exchange, HttpTalk } from './exchanges.ts';
import { lostHow } from './http-rungs.ts';
import { type Answer, judgeOperations, namespaceOf, type SeenOperation } from './operation-ends.ts';
import { hasHoles, msBetween, placeOf } from './place.ts';

/** Time-outs of operations in use begin at 20 s (pywinrm); a fault about the request itself comes at once. */
const WAITED_MS = 15_000;

/** Rungs `rights` and `namespace` out of the operations after a login; what is sealed says only whether it was served. */
export function operationRungs(
  draft: AttemptDraft,
  talks: readonly HttpTalk[],
  captureEnd: (exchange: Exchange) => bigint | undefined,
): void {
  const notes: FaultNotes = { codes: new Set(), wmi: new Set() };
  const operations = talks
    .flatMap((talk) => talk.operations)
    .flatMap((exchange): SeenOperation[] => {
      const { talk, request, response } = exchange;
      const answer = answerOf(exchange, notes, captureEnd(exchange));
      const message = response ?? request;
      if (answer === undefined || message === undefined) return [];
      const namespace = namespaceOf(request?.body.envelope?.resourceUri ?? '')?.toLowerCase();
      return [
        {
          seen: placeOf(talk, message),
          answer,
          ...(namespace !== undefined && { namespace }),
          ...(response !== undefined && {
            http: { status: response.status, body: response.body.state === 'sealed' ? 'other' : response.body.kind },
          }),
          identify: response?.body.envelope?.identity !== undefined,
        },
      ];
    });
  draft.hide('role', say('not visible here', 'ここからは見えない'));
  noteClear(draft, talks);
  judgeOperations(draft, operations, notes);
}

function answerOf(exchange: Exchange, notes: FaultNotes, end: bigint | undefined): Answer | undefined {
  const { request, response } = exchange;
  if (response === undefined) {
    const how = lostHow(exchange, end);
    return how === undefined ? undefined : { kind: how };
  }
  const { status, body } = response;
  if (body.state === 'sealed') {
    if (status >= 200 && status < 300) return { kind: 'sealed-ok' };
    return { kind: mayBeNoError(exchange) ? 'sealed-unclear' : 'sealed-fault' };
  }
  const fault = body.envelope?.fault;
  if (fault !== undefined) {
    const kind = kindOf(fault, notes);
    return kind === 'fault' && fault.codes.includes(NOT_FINISHED) ? { kind: 'unfinished' } : { kind, fault };
  }
  if (status >= 200 && status < 300) return body.kind === 'soap' || body.kind === 'empty' ? { kind: 'ok' } : undefined;
  // An empty request after a login only renews it.
  // Too large is the request of an operation, whichever it was.
  if (request === undefined && status === 413) return { kind: 'status', status, body: body.kind };
  if (request === undefined || response.partial === true || (body.kind === 'soap' && body.envelope === undefined)) return undefined;
  return { kind: 'status', status, body: body.kind };
}

/**
 * Operations that wait (Receive, Pull) end with a fault when nothing came until their time-out, and are asked again: no error. A sealed fault that came late may
 * be one, and so may one of a connection whose other answers are missing.
 */
function mayBeNoError({ talk, request, response }: Exchange): boolean {
  if (request === undefined || response === undefined || hasHoles(talk)) return true;
  return talk.conversation.unknown.includes('late-start') || msBetween(request.at, response.at) >= WAITED_MS;
}

/** Does the client encrypt what it sends after the login? A host that answers sealed has taken what was sent: nothing is said then. */
function noteClear(draft: AttemptDraft, talks: readonly HttpTalk[]): void {
  for (const { operations } of talks)
    for (const { talk, request, response } of operations) {
      if (
        request === undefined ||
        (request.body.state === 'clear' && response?.body.state === 'sealed') ||
        (request.body.state !== 'clear' && request.body.state !== 'sealed') ||
        request.body.kind === 'empty'
      )
        continue;
      draft.see(placeOf(talk, request));
      const clear = request.body.state === 'clear';
      draft.set('request.clear', clear);
      draft.set('client.seals', !clear);
      return;
    }
}

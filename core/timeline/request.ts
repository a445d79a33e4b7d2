import { decodeReason } from '../explain/reason.ts';
import type { EventObservation } from '../model/observation.ts';
import type { StopRequest } from '../model/timeline.ts';
import type { Sequenced } from './clock.ts';
import { is, text } from './fields.ts';
import { keyOf } from './hosts.ts';
import { SECOND_NS } from './time.ts';

/** A named user's shutdown makes winlogon write a second record (measured 5.5 to 20.0 s later); later ones are requests of their own. */
const FOLD_NS = 20n * SECOND_NS;
/** The same request written twice. */
const DUPLICATE_NS = 5n * SECOND_NS;

/** A request with its place in the sequence. */
export interface PlacedRequest {
  readonly at: bigint;
  readonly request: StopRequest;
}

/**
 * The requests (User32 1074) of a stretch of records, with second records folded into the first: a winlogon 0x500ff of the same
 * named user within 20 s, and an identical record within 5 s. SYSTEM's 0x500ff is never folded into another process's request.
 * @param ownNames names of this machine; a caller in parentheses that is one of them is local.
 */
export function requestsOf(sequence: readonly Sequenced[], ownNames: readonly string[]): PlacedRequest[] {
  const own = new Set(ownNames.flatMap((n) => [keyOf(n), keyOf(n).split('.')[0] as string]));
  const placed: { at: bigint; request: StopRequest; folded: EventObservation[] }[] = [];
  for (const { event, at } of sequence) {
    if (!is(event, 'user32', 1074)) continue;
    const request = readRequest(event, own);
    const before = placed.at(-1);
    if (before !== undefined && (isSecondRecord(before, request, at) || isDuplicate(before, request, at))) {
      before.folded.push(event);
      continue;
    }
    const folded: EventObservation[] = [];
    placed.push({ at, request: { ...request, folded }, folded });
  }
  return placed;
}

function isSecondRecord(first: PlacedRequest, second: StopRequest, at: bigint): boolean {
  return (
    second.process === 'winlogon.exe' &&
    second.reason?.code === '0x500ff' &&
    second.userKind === 'named' &&
    first.request.userKind === 'named' &&
    first.request.process !== 'winlogon.exe' &&
    sameUser(first.request, second) &&
    at - first.at <= FOLD_NS
  );
}

function isDuplicate(first: PlacedRequest, second: StopRequest, at: bigint): boolean {
  return (
    at - first.at <= DUPLICATE_NS &&
    first.request.process === second.process &&
    first.request.reason?.code === second.reason?.code &&
    first.request.remote === second.remote &&
    sameUser(first.request, second)
  );
}

function sameUser(a: StopRequest, b: StopRequest): boolean {
  if (a.userSid !== undefined && b.userSid !== undefined) return a.userSid === b.userSid;
  return a.user.toLowerCase() === b.user.toLowerCase();
}

/**
 * Reads a User32 1074. Fields are `param1` to `param7` since Windows 8, unnamed before. The title (3) and the type (5) are localised
 * and not read.
 */
export function readRequest(event: EventObservation, ownNames: ReadonlySet<string>): StopRequest {
  const { path, caller } = splitProcess(text(event, 'param1', 'Data[0]'));
  const process = baseName(path);
  const user = text(event, 'param7', 'Data[6]').trim();
  const reason = decodeReason(text(event, 'param4', 'Data[3]'));
  const remote = remoteCaller(process, caller, ownNames);
  return {
    event,
    folded: [],
    process,
    processPath: path,
    ...(remote === undefined ? {} : { remote }),
    user,
    ...(event.userSid === undefined ? {} : { userSid: event.userSid }),
    userKind: userKind(event),
    ...(reason === undefined ? {} : { reason }),
    comment: text(event, 'param6', 'Data[5]').trim(),
  };
}

/** `C:\Windows\system32\winlogon.exe (RDS01)` or a bare `msiexec.exe`. */
function splitProcess(param1: string): { path: string; caller?: string } {
  const trimmed = param1.trim();
  const open = trimmed.endsWith(')') ? trimmed.lastIndexOf('(') : -1;
  if (open <= 0) return { path: trimmed };
  return { path: trimmed.slice(0, open).trim(), caller: trimmed.slice(open + 1, -1).trim() };
}

function baseName(path: string): string {
  return (path.split(/[\\/¥]/).at(-1) ?? '').trim().toLowerCase();
}

/**
 * The caller in parentheses is another machine only where a request can come from outside: over RPC it is `wininit.exe` that asks
 * (measured), or an address stands there. Other processes carry this machine's name, which during set-up is one no record has
 * (`MINWINPC`, the name before the last rename).
 */
function remoteCaller(process: string, caller: string | undefined, ownNames: ReadonlySet<string>): string | undefined {
  if (caller === undefined || caller === '' || ownNames.has(keyOf(caller))) return undefined;
  const isAddress = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w{1,16})?)$/i.test(caller);
  if (isAddress) return /^(?:127\.|::1$)/.test(caller) ? undefined : caller;
  const short = keyOf(caller).split('.')[0] as string;
  return process === 'wininit.exe' && !ownNames.has(short) ? caller : undefined;
}

/**
 * Who a record was written for, from the SID alone: account names are localised. S-1-5-18 is SYSTEM, 19 and 20 the service
 * accounts, S-1-5-80 a service's own; anything with a domain or machine identifier is a named account.
 */
function userKind(event: EventObservation): StopRequest['userKind'] {
  const sid = event.userSid?.toUpperCase();
  if (sid === undefined) return 'unknown';
  if (sid === 'S-1-5-18') return 'system';
  if (sid === 'S-1-5-19' || sid === 'S-1-5-20' || sid.startsWith('S-1-5-80-')) return 'service';
  if (sid.startsWith('S-1-5-21-') || sid.startsWith('S-1-12-1-')) return 'named';
  return 'unknown';
}

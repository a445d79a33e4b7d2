import { type FieldCondition, fieldTest } from '@winmedic/evtx';
import type { EventPattern } from '@winmedic/knowledge/model';
import { INTEREST } from './interest.ts';
import { conditionsOf } from './interest-conditions.ts';

/** Providers of which every event in a trace is kept: they are recorded on purpose, to see why a host cannot be managed. */
const TRACED: ReadonlySet<string> = new Set(
  [
    'Microsoft-Windows-WinRM',
    'Microsoft-Windows-WMI-Activity',
    'Microsoft-Windows-NTLM',
    'Microsoft-Windows-Security-Kerberos',
    'Microsoft-Windows-DistributedCOM',
    'Microsoft-Windows-Schannel-Events',
    'Schannel',
    'LsaSrv',
    'Microsoft-Windows-CAPI2',
    'Microsoft-Windows-HttpService',
    'Microsoft-Windows-WinHttp',
    'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS',
    'Microsoft-Windows-TerminalServices-RemoteConnectionManager',
    'Microsoft-Windows-TerminalServices-LocalSessionManager',
  ].map((name) => name.toLowerCase()),
);

interface Rule {
  readonly ids: ReadonlySet<number> | undefined;
  readonly tests: readonly { readonly field: string; readonly holds: (texts: readonly string[]) => boolean }[];
}

/** Says of records of a trace whether they are kept; the same events as of a log, and those of {@link TRACED}. */
export class TraceInterest {
  readonly #rules = new Map<string, Rule[]>();

  /** @param patterns events that causes look at. */
  constructor(patterns: readonly EventPattern[] = []) {
    for (const { providers, ids, where = [] } of INTEREST) for (const provider of providers) this.#add(provider, ids, where);
    for (const { provider, id, where = {} } of patterns)
      for (const one of [provider].flat()) this.#add(one, [id].flat(), conditionsOf(where));
  }

  #add(provider: string, ids: readonly number[] | undefined, where: readonly FieldCondition[]): void {
    const key = provider.toLowerCase();
    const rules = this.#rules.get(key) ?? [];
    rules.push({
      ids: ids && new Set(ids),
      tests: where.map((condition) => ({ field: condition.field, holds: fieldTest(condition) })),
    });
    this.#rules.set(key, rules);
  }

  /** May an event of this provider be kept at all? Others need not be looked at. */
  wantsProvider(name: string): boolean {
    const key = name.toLowerCase();
    return TRACED.has(key) || this.#rules.has(key);
  }

  /** @param fields asked only when an id alone does not decide. */
  wants(name: string, id: number, fields: () => ReadonlyMap<string, string>): boolean {
    const key = name.toLowerCase();
    if (TRACED.has(key)) return true;
    const rules = this.#rules.get(key)?.filter(({ ids }) => ids === undefined || ids.has(id)) ?? [];
    return rules.some(({ tests }) => tests.every(({ field, holds }) => holds(textsOf(fields(), field))));
  }
}

function textsOf(fields: ReadonlyMap<string, string>, name: string): readonly string[] {
  const text = fields.get(name);
  return text === undefined ? [] : [text];
}

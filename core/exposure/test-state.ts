import type { CombinedFinding, Localized, SettingDefinition, SettingPlace, StateExpr } from '@winmedic/knowledge/model';
import type { AuditHost, SettingResult } from '../model/audit.ts';
import type { EventObservation, InputProblem, InstantNs, Source, SourceKind } from '../model/observation.ts';
import type { DumpObservation, StateExtent, StateObservation } from '../model/state.ts';
import { auditHosts } from './audit.ts';
import type { StateEvidence } from './hosts.ts';

/** Midnight UTC of a day of July 2018. */
export const day = (n: number): InstantNs => BigInt(Date.UTC(2018, 6, n)) * 1_000_000n;

export const both = (text: string): Localized => ({ en: text, ja: `${text}(日)` });

export const SYSTEM = 'reg:HKLM\\SYSTEM';
export const SOFTWARE = 'reg:HKLM\\SOFTWARE';
/** Places of the made-up settings. */
export const LOCAL = `${SYSTEM}\\CurrentControlSet\\Control\\Demo!Level`;
export const POLICY = `${SOFTWARE}\\Policies\\Demo!Level`;
export const HOSTNAME = `${SYSTEM}\\CurrentControlSet\\Services\\Tcpip\\Parameters!Hostname`;
export const PRODUCT = `${SYSTEM}\\CurrentControlSet\\Control\\ProductOptions!ProductType`;
export const BUILD = `${SOFTWARE}\\Microsoft\\Windows NT\\CurrentVersion!CurrentBuild`;

/** A setting with a policy over a local value: 0 is risky, 1 is the default. */
export function setting(more: Partial<SettingDefinition> = {}): SettingDefinition {
  return {
    id: 'level',
    covers: [],
    area: 'rdp',
    kind: 'exposure',
    title: both('Level'),
    meaning: both('A level.'),
    places: [{ address: POLICY, policy: true }, { address: LOCAL }],
    values: { '0': both('open'), '1': both('closed') },
    defaults: [{ value: '1' }],
    risky: { is: 0 },
    severity: 'high',
    finding: both('It is open.'),
    remedies: [],
    obtain: both('Both hives.'),
    basis: ['documented'],
    sources: ['made up'],
    ...more,
  };
}

/** A setting with one place. */
export function at(
  address: string,
  more: Partial<SettingDefinition> & Partial<Pick<SettingPlace, 'policy' | 'effective' | 'basis'>> = {},
): SettingDefinition {
  const { policy, effective, ...rest } = more;
  return setting({
    places: [{ address, ...(policy && { policy }), ...(effective && { effective }) }],
    ...rest,
  } as Partial<SettingDefinition>);
}

export function finding(when: StateExpr): CombinedFinding {
  return {
    id: 'together',
    title: both('Together'),
    sentence: both('Together it is bad.'),
    severity: 'high',
    when,
    change: { setting: 'level', why: both('least side effect') },
    basis: ['documented'],
    sources: ['made up'],
  };
}

type Values = Readonly<Record<string, StateObservation['value'] | Partial<StateObservation>>>;

/** Evidence put together source by source. */
export class MadeEvidence implements StateEvidence {
  readonly state: StateObservation[] = [];
  readonly extents: StateExtent[] = [];
  readonly sources: Source[] = [];
  readonly problems: InputProblem[] = [];
  readonly events: EventObservation[] = [];
  readonly dumps: DumpObservation[] = [];

  #source(path: string, kind: SourceKind): Source {
    const known = this.sources.find((s) => s.path === path);
    if (known !== undefined) return known;
    const source = { id: `S${this.sources.length + 1}`, path, sizeBytes: 1, sha256: '', kind };
    this.sources.push(source);
    return source;
  }

  /** A hive that was looked at whole: values under their addresses, `null` for what is not there. Keys were written on day `since`, the newest on day `until`. */
  hive(
    path: string,
    values: Values,
    { since = 1, until = 20, whole = true }: { since?: number; until?: number; whole?: boolean } = {},
  ): this {
    const source = this.#source(path, 'hive');
    const looked = Object.keys(values);
    const root = path.toUpperCase().includes('SOFTWARE') ? SOFTWARE : SYSTEM;
    for (const [address, value] of Object.entries(values)) {
      const own =
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? (value as Partial<StateObservation>)
          : { value: value as string };
      this.state.push({
        type: 'state',
        address,
        value: null,
        since: day(since),
        until: day(until),
        origin: { sourceId: source.id, path, key: address.slice(4), keyWritten: day(since) },
        trust: 'record',
        ...own,
      });
    }
    const origin = { sourceId: source.id, path };
    if (whole) this.extents.push({ prefix: root, depth: 'tree', looked, until: day(until), origin, trust: 'record' });
    return this;
  }

  /** Exported text, without a time unless one is given. */
  text(path: string, values: Values, more: { until?: number; host?: string; extent?: string; depth?: StateExtent['depth'] } = {}): this {
    const source = this.#source(path, 'state-text');
    const about = {
      ...(more.until !== undefined && { until: day(more.until) }),
      ...(more.host !== undefined && { host: more.host }),
      origin: { sourceId: source.id, path, line: 1 },
      trust: 'text' as const,
    };
    for (const [address, value] of Object.entries(values)) {
      const own =
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? (value as Partial<StateObservation>)
          : { value: value as string };
      this.state.push({ type: 'state', address, value: null, ...about, ...own });
    }
    if (more.extent !== undefined) this.extents.push({ prefix: more.extent, depth: more.depth ?? 'tree', ...about });
    return this;
  }

  /** A record in a log. */
  event(path: string, host: string, what = 'EventLog/6005', fields: Readonly<Record<string, string>> = {}, time = day(5)): this {
    const source = this.#source(path, 'evtx');
    const slash = what.lastIndexOf('/');
    this.events.push({
      type: 'event',
      id: '',
      time,
      host,
      channel: 'System',
      provider: what.slice(0, slash),
      eventId: Number(what.slice(slash + 1)),
      version: 0,
      level: 4,
      recordId: String(this.events.length + 1),
      fields: new Map(Object.entries(fields)),
      origin: { sourceId: source.id, path },
      trust: 'record',
    });
    return this;
  }

  problem(path: string, code: string): this {
    this.problems.push({ code, path, severity: 'partial' });
    return this;
  }

  dump(path: string, more: Partial<DumpObservation>): this {
    const source = this.#source(path, 'dump');
    this.dumps.push({
      type: 'dump',
      id: `D${this.dumps.length + 1}`,
      kind: 'triage',
      machine: 'x64',
      build: 0,
      processors: 1,
      code: '0x7e',
      rawCode: '0x1000007e',
      parameters: ['0x0', '0x0', '0x0', '0x0'],
      modules: [],
      unloaded: [],
      stack: [],
      unavailable: [],
      origin: { sourceId: source.id, path },
      ...more,
    });
    return this;
  }
}

/** A host with both hives in one folder. */
export function server(system: Values, software: Values, more: { since?: number; until?: number } = {}): MadeEvidence {
  return new MadeEvidence()
    .hive('RDS01/SYSTEM', { [HOSTNAME]: 'RDS01', [PRODUCT]: 'ServerNT', ...system }, more)
    .hive('RDS01/SOFTWARE', { [BUILD]: '17763', ...software }, more);
}

/** The audit of the only host. */
export function audited(
  evidence: StateEvidence,
  settings: readonly SettingDefinition[],
  findings: readonly CombinedFinding[] = [],
): AuditHost {
  const { hosts } = auditHosts(evidence, { settings, findings }, { madeAt: day(30) });
  if (hosts.length !== 1) throw new Error(`${hosts.length} hosts`);
  return hosts[0] as AuditHost;
}

/** The result for the only setting of the only host. */
export function judged(evidence: StateEvidence, one: SettingDefinition): SettingResult {
  return audited(evidence, [one]).settings[0] as SettingResult;
}

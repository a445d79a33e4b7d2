import { auditHosts, compareHosts } from '@winmedic/core/exposure';
import type { Audit, AuditHost, Evidence, Origin, StateComparison } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Localized } from '@winmedic/knowledge/model';
import {
  AUDIT_AREAS,
  type AuditArea,
  type AuditFilter,
  auditRows,
  auditToHtml,
  auditToJson,
  auditToJunit,
  auditToMarkdown,
  auditToText,
  hasFindings,
} from '@winmedic/report';
import { diskOptions, gather, readingCode, reportMeta, talkProblems } from '../case.ts';
import type { Context } from '../context.ts';
import { csvRow } from '../csv.ts';
import { CliError } from '../errors.ts';
import { spelledOut } from '../safe-text.ts';
import type { Options, VerbRun } from '../spec.ts';
import { nowNs } from '../times.ts';
import { oneOf } from '../usage-error.ts';
import { writeReport } from '../write-report.ts';

/** A spreadsheet takes the file for UTF-8 only with a byte order mark. */
const BYTE_ORDER_MARK = '\ufeff';

const NO_HOSTS: Localized = { en: 'The inputs name no host.', ja: '入力にホスト名がありません。' };
const ONLY_BEFORE: Localized = { en: 'not compared, only in the state before', ja: '比較なし (変更前の状態にのみ存在)' };
const ONLY_AFTER: Localized = { en: 'not compared, only in the state after', ja: '比較なし (変更後の状態にのみ存在)' };
const NEEDS_HOST: Localized = {
  en: 'Give the host to compare with --host.',
  ja: '比較するホストを --host で指定してください。',
};

/** What `--only` and `--risky` ask for. Areas may be repeated or separated by commas, as event ids are; they are checked here. */
function filterOf(options: Options): AuditFilter {
  const areas = ((options['only'] as readonly string[] | undefined) ?? []).flatMap((list) => list.split(',').map((area) => area.trim()));
  const wrong = areas.find((area) => !(AUDIT_AREAS as readonly string[]).includes(area));
  if (wrong !== undefined) throw new CliError('CLI_INVALID_VALUE', { option: '--only', value: wrong, hint: oneOf(AUDIT_AREAS) });
  return {
    ...(areas.length > 0 ? { only: areas as AuditArea[] } : {}),
    ...(options['risky'] === true ? { riskyOnly: true } : {}),
  };
}

/** Gives the sources of the state before names of their own (`B1` …), so that no value is shown with a file of the other side. */
function asBefore(evidence: Evidence): Evidence {
  const named = <T extends { readonly origin: Origin }>(one: T): T => ({
    ...one,
    origin: { ...one.origin, sourceId: one.origin.sourceId.replace(/^S/, 'B') },
  });
  return {
    ...evidence,
    sources: evidence.sources.map((source) => ({ ...source, id: source.id.replace(/^S/, 'B') })),
    events: evidence.events.map(named),
    state: evidence.state.map(named),
    extents: evidence.extents.map(named),
    dumps: evidence.dumps.map(named),
  };
}

const sameName = (a: string | undefined, b: string | undefined): boolean => a?.toLowerCase() === b?.toLowerCase();

/** Hosts of both sides by name; two single hosts belong together whatever they are called. */
function comparisons(before: readonly AuditHost[], after: readonly AuditHost[]): StateComparison[] {
  const [onlyBefore] = before;
  const [onlyAfter] = after;
  if (before.length === 1 && after.length === 1 && onlyBefore && onlyAfter) return [compareHosts(onlyBefore, onlyAfter)];
  return after.flatMap((host) => {
    const other = host.host === undefined ? undefined : before.find((one) => sameName(one.host, host.host));
    return other ? [compareHosts(other, host)] : [];
  });
}

/** Says which hosts are on one side only, so that a missing comparison is no surprise. */
function talkUnpaired(
  context: Context,
  before: readonly AuditHost[],
  after: readonly AuditHost[],
  pairs: readonly StateComparison[],
): void {
  const name = ({ host }: AuditHost): string => host ?? '?';
  const lonely = [
    [before.filter((one) => !pairs.some((pair) => pair.before === one)), ONLY_BEFORE],
    [after.filter((one) => !pairs.some((pair) => pair.after === one)), ONLY_AFTER],
  ] as const;
  for (const [hosts, words] of lonely)
    if (hosts.length > 0) context.talk(spelledOut(`${words[context.lang]}: ${hosts.map(name).join(', ')}`));
}

/** The host of a name. @throws CliError naming those there are. */
function hostNamed(audit: Audit, option: string, name: string): AuditHost {
  const found = audit.hosts.find(({ host }) => sameName(host, name));
  if (found) return found;
  const names = audit.hosts.flatMap(({ host }) => host ?? []);
  throw new CliError('CLI_INVALID_VALUE', { option, value: name, hint: names.length > 0 ? oneOf(names) : NO_HOSTS });
}

/** Narrows an audit to `--host`, and compares it with `--against`. */
function chosen(audit: Audit, options: Options): Audit {
  const name = options['host'] as string | undefined;
  const against = options['against'] as string | undefined;
  if (name === undefined) return audit;
  const host = hostNamed(audit, '--host', name);
  const compared = against === undefined ? [] : [compareHosts(hostNamed(audit, '--against', against), host)];
  return { ...audit, hosts: [host], comparisons: [...audit.comparisons.filter((one) => one.after === host), ...compared] };
}

/** Writes the files asked for; false when one cannot be written. */
function writeFiles(context: Context, options: Options, audit: Audit, people: Parameters<typeof auditToHtml>[1]): boolean {
  const makers: readonly (readonly [string, () => string])[] = [
    ['html', () => auditToHtml(audit, people)],
    ['md', () => auditToMarkdown(audit, people)],
    ['junit', () => auditToJunit(audit, people)],
    ['csv', () => BYTE_ORDER_MARK + auditRows(audit, people).map(csvRow).join('')],
  ];
  let written = true;
  for (const [name, make] of makers) {
    const path = options[name];
    if (typeof path === 'string') written = writeReport(context, path, make()) && written;
  }
  return written;
}

/** Reads the state of hosts, checks every setting and prints what is risky, what was not checked, and what changed. */
export const run: VerbRun = async (context, paths, options) => {
  const started = performance.now();
  const filter = filterOf(options);
  if (options['against'] !== undefined && options['host'] === undefined)
    throw new CliError('CLI_INVALID_VALUE', { option: '--against', value: options['against'] as string, hint: NEEDS_HOST });
  const knowledge = loadKnowledge();
  const madeAt = nowNs();
  const disk = await diskOptions(context, options);
  const evidence = await gather(context, paths, options, knowledge.causes, disk);
  const earlier = options['compare'] as readonly string[] | undefined;
  const before = earlier === undefined ? undefined : asBefore(await gather(context, earlier, options, knowledge.causes, disk));
  const whole = context.sync((): Audit => {
    const after = auditHosts(evidence, knowledge, { madeAt });
    if (before === undefined) return after;
    const old = auditHosts(before, knowledge, { madeAt });
    const pairs = comparisons(old.hosts, after.hosts);
    talkUnpaired(context, old.hosts, after.hosts, pairs);
    return {
      ...after,
      comparisons: pairs,
      sources: [...after.sources, ...old.sources],
      problems: [...after.problems, ...old.problems],
    };
  });
  const audit = chosen(whole, options);
  const meta = reportMeta(context, started);
  const people = { ...meta, lang: context.lang, filter };
  const anything = evidence.state.length > 0 || evidence.extents.length > 0;
  const code = anything ? readingCode(audit.problems, true) : readingCode(audit.problems, false) || 2;
  if (context.json) await context.outJson(auditToJson(audit, meta, filter));
  else {
    const { width, colour, unicode } = context;
    // With nothing read, the help says what can be read.
    const next = anything ? {} : { next: 'winmedic audit --help' };
    await context.out(auditToText(audit, { ...people, width, colour, unicode, verbose: options['verbose'] === true, ...next }));
  }
  const written = writeFiles(context, options, audit, people);
  if (context.json) talkProblems(context, audit.problems);
  if (!written) return 2;
  if (code === 2 || code === 4) return code;
  return options['exitCode'] === true && hasFindings(audit, filter) ? 1 : code;
};

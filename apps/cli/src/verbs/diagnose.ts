import { readFileSync } from 'node:fs';
import { diagnose } from '@winmedic/core/diagnosis';
import { withStateFacts } from '@winmedic/core/exposure';
import type { Diagnosis, Evidence, SourceKind } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { type Cause, type Knowledge, loadKnowledge } from '@winmedic/knowledge';
import { parsePack } from '@winmedic/knowledge/pack';
import {
  diagnosisToHtml,
  diagnosisToJson,
  diagnosisToMarkdown,
  diagnosisToText,
  formatTime,
  type RecordedConnections,
} from '@winmedic/report';
import { gather, readingCode, reportMeta, talkProblems } from '../case.ts';
import { recordedConnections } from '../connections.ts';
import type { Context } from '../context.ts';
import { CliError, fileErrorText } from '../errors.ts';
import type { Options, VerbRun } from '../spec.ts';
import { writeReport } from '../write-report.ts';

/** The knowledge base with the user's packs. A pack's cause replaces a built-in one of the same id. */
function knowledgeWithPacks(options: Options): Knowledge {
  const knowledge = loadKnowledge();
  const added: Cause[] = [];
  for (const path of (options['pack'] as readonly string[] | undefined) ?? []) {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw new CliError('CLI_FILE', { value: path, hint: fileErrorText(error) });
    }
    const { causes, issues } = parsePack(text, { facts: knowledge.facts, causes: knowledge.causes });
    if (issues.length > 0)
      throw new CliError('CLI_PACK', {
        value: path,
        hint: issues
          .map(({ code, at, message }) => `  ${at ? `${code} ${at}` : code}: ${message.split('\n')[0]?.replace(/:$/, '')}`)
          .join('\n'),
      });
    added.push(...causes);
  }
  const replaced = new Set(added.map(({ id }) => id));
  return { ...knowledge, causes: [...knowledge.causes.filter(({ id }) => !replaced.has(id)), ...added] };
}

/** Kinds of sources a diagnosis can be made of. */
const READABLE: ReadonlySet<SourceKind> = new Set(['evtx', 'event-text', 'dump', 'hive', 'state-text', 'tool-log', 'capture', 'trace']);

function judge(context: Context, evidence: Evidence, knowledge: Knowledge): Diagnosis {
  return context.sync(() =>
    diagnose(buildTimeline(evidence), knowledge, { formatTime: (ns) => formatTime(ns, context.zone, context.lang) }),
  );
}

/**
 * What to run next, when that is not the same command with a report: the help when nothing was read, the conversation of a failed attempt, the audit when there
 * are settings but no stop.
 */
function nextCommand(
  context: Context,
  code: number,
  { incidents, timeline }: Diagnosis,
  recorded: RecordedConnections | undefined,
): { readonly next?: string } {
  if (code === 2 || code === 4) return { next: 'winmedic diagnose --help' };
  if (incidents.length === 0 && recorded?.explain === false && recorded.diagnoses.some(({ outcome }) => outcome === 'failed'))
    return { next: `${context.commandLine} --explain` };
  const onlySettings = incidents.length === 0 && recorded === undefined && timeline.evidence.state.length > 0;
  return onlySettings ? { next: context.commandLine.replace(' diagnose ', ' audit ') } : {};
}

/** Reads the evidence, judges every stop and every attempt to connect, and prints the verdicts. */
export const run: VerbRun = async (context, paths, options) => {
  const started = performance.now();
  const knowledge = knowledgeWithPacks(options);
  const evidence = withStateFacts(await gather(context, paths, options, knowledge.causes), knowledge);
  const diagnosis = judge(context, evidence, knowledge);
  const recorded = await recordedConnections(context, diagnosis.timeline, knowledge, {
    hosts: (options['host'] as readonly string[] | undefined) ?? [],
    explain: options['explain'] === true,
    words: typeof options['html'] === 'string',
  });
  const meta = reportMeta(context, started);
  const people = { ...meta, lang: context.lang };
  const code = readingCode(
    evidence.problems,
    evidence.sources.some(({ kind }) => READABLE.has(kind)),
  );
  if (context.json) await context.outJson(diagnosisToJson(diagnosis, meta, recorded));
  else {
    const { width, colour, unicode } = context;
    // With nothing read, a page of it would help nobody: the help says what can be read.
    const next = nextCommand(context, code, diagnosis, recorded);
    await context.out(
      diagnosisToText(diagnosis, { ...people, width, colour, unicode, verbose: options['verbose'] === true, ...next }, recorded),
    );
  }
  let written = true;
  if (typeof options['html'] === 'string')
    written = writeReport(context, options['html'], diagnosisToHtml(diagnosis, people, recorded)) && written;
  if (typeof options['md'] === 'string')
    written = writeReport(context, options['md'], diagnosisToMarkdown(diagnosis, people, recorded)) && written;
  if (context.json) talkProblems(context, evidence.problems);
  if (!written) return 2;
  if (code === 2 || code === 4) return code;
  const found =
    diagnosis.incidents.some(({ verdict }) => verdict.grade !== 'inconclusive') ||
    recorded?.diagnoses.some(({ verdict }) => verdict.cause !== undefined && verdict.grade !== 'inconclusive') === true;
  return options['exitCode'] === true && found ? 1 : code;
};

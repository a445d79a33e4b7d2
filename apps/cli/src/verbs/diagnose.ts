import { readFileSync, writeFileSync } from 'node:fs';
import { diagnose } from '@winmedic/core/diagnosis';
import type { Diagnosis } from '@winmedic/core/model';
import { buildTimeline } from '@winmedic/core/timeline';
import { type Cause, type Knowledge, loadKnowledge } from '@winmedic/knowledge';
import { parsePack } from '@winmedic/knowledge/pack';
import { diagnosisToHtml, diagnosisToJson, diagnosisToMarkdown, diagnosisToText, formatTime } from '@winmedic/report';
import { gather, readingCode, reportMeta, talkProblems } from '../case.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import type { Options, VerbRun } from '../spec.ts';

/** The knowledge base with the user's packs. A pack's cause replaces a built-in one of the same id. */
function knowledgeWithPacks(options: Options): Knowledge {
  const knowledge = loadKnowledge();
  const added: Cause[] = [];
  for (const path of (options['pack'] as readonly string[] | undefined) ?? []) {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw new CliError('CLI_FILE', { value: path, hint: (error as Error).message });
    }
    const { causes, issues } = parsePack(text, { facts: knowledge.facts, causes: knowledge.causes });
    if (issues.length > 0) throw new CliError('CLI_PACK', { value: path, hint: issues.map(({ code, at, message }) => `  ${code} ${at}: ${message}`).join('\n') });
    added.push(...causes);
  }
  const replaced = new Set(added.map(({ id }) => id));
  return { ...knowledge, causes: [...knowledge.causes.filter(({ id }) => !replaced.has(id)), ...added] };
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CliError('CLI_WRITE', { value: path, hint: (error as Error).message });
  }
}

function judge(context: Context, evidence: Parameters<typeof buildTimeline>[0], knowledge: Knowledge): Diagnosis {
  return diagnose(buildTimeline(evidence), knowledge, { formatTime: (ns) => formatTime(ns, context.zone, context.lang) });
}

/** Reads the evidence, judges every stop and prints the verdict. */
export const run: VerbRun = async (context, paths, options) => {
  const started = performance.now();
  const knowledge = knowledgeWithPacks(options);
  const evidence = await gather(context, paths, options, knowledge.causes);
  const diagnosis = judge(context, evidence, knowledge);
  const meta = reportMeta(context, started);
  const people = { ...meta, lang: context.lang };
  if (typeof options['html'] === 'string') write(options['html'], diagnosisToHtml(diagnosis, people));
  if (typeof options['md'] === 'string') write(options['md'], diagnosisToMarkdown(diagnosis, people));
  if (context.json) await context.out(`${JSON.stringify(diagnosisToJson(diagnosis, meta), null, context.terminal ? 2 : undefined)}\n`);
  else {
    const { width, colour, unicode } = context;
    await context.out(diagnosisToText(diagnosis, { ...people, width, colour, unicode, verbose: options['verbose'] === true }));
  }
  for (const key of ['html', 'md']) if (typeof options[key] === 'string') context.talk(`${context.lang === 'ja' ? '書き出し' : 'wrote'}: ${options[key] as string}`);
  const read = evidence.sources.some(({ kind }) => kind === 'evtx' || kind === 'event-text');
  const code = readingCode(evidence.problems, read);
  if (context.json) talkProblems(context, evidence.problems);
  if (code === 2) return 2;
  const found = diagnosis.incidents.some(({ verdict }) => verdict.grade !== 'inconclusive');
  return options['exitCode'] === true && found ? 1 : code;
};

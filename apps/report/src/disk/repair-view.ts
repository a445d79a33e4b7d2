import type { ChangeReport, CheckReport, RepairAction, RepairReport, StepReport } from '@winmedic/core/model';
import { pick } from '../text/index.ts';
import { actionItem, editText } from './action-text.ts';
import { diskCommand, shellWord } from './command-line.ts';
import { type Block, type DiskDocument, type DocumentSection, type Item, type Mark, section } from './document.ts';
import type { ViewOptions } from './inspect-view.ts';
import { costPairs } from './made.ts';
import { problemItems } from './problem-items.ts';
import { refusalItems } from './refusals.ts';
import { sizeText } from './sizes.ts';
import { type DiskWords, diskWords } from './words.ts';

/** Actions of one step and problems told in a terminal unless verbose. */
const SHORT_LIST = 12;
/** Digits of a hash in a table: enough to compare with the whole one. */
const HASH_DIGITS = 16;

/** The option of a plan that is only shown. */
const DRY_RUN = / --dry-run(?= |$)/;

const OUTCOMES: Readonly<Record<RepairReport['outcome'], Mark>> = { nothing: 'good', refused: 'bad', planned: 'warn', applied: 'good' };
const STEPS: Readonly<Record<StepReport['outcome'], Mark>> = { nothing: 'none', planned: 'good', skipped: 'none', refused: 'bad' };

/** What a document of a repair needs besides the report. */
export interface RepairViewOptions extends ViewOptions {
  /** The command line as typed: a plan names the same with the writing allowed. */
  readonly command: string;
}

/** A repair, planned or done, as a document: what changes in words, why steps are not done, the log's decision, every block, checks, how to undo it. */
export function repairDocument(report: RepairReport, options: RepairViewOptions): DiskDocument {
  const { lang } = options;
  const words = diskWords(lang);
  const refused = report.steps.filter(({ outcome }) => outcome === 'refused').map(({ step }) => step.id);
  const next = nextCommand(report, options.command);
  return {
    title: words.repairTitle(report.path),
    subject: [report.path, report.purpose, report.journal ?? '', ...report.changes.map(({ newSha256 }) => newSha256)],
    lead: lead(report, words, options),
    sections: [
      ...section('refusals', words.sectionRefusals, [
        { kind: 'items', items: refusalItems(report.refusals, { ...options, steps: refused }) },
      ]),
      ...section(
        'steps',
        words.sectionSteps,
        report.steps.flatMap((step) => stepBlocks(step, report, options, words)),
      ),
      ...section('log', words.sectionLog, [{ kind: 'text', text: logText(report, words) }]),
      ...section('checks', words.sectionChecks, [{ kind: 'items', items: report.checks.map((check) => checkItem(check, words)) }]),
      ...section('edits', words.sectionEdits, [{ kind: 'items', items: report.outcome === 'refused' ? [] : edits(report, options) }], true),
      ...blocks(report, options, words),
      ...risks(report, options, words),
      ...after(report, options, words),
      ...journal(report, words),
      ...section('problems', words.sectionProblems, [{ kind: 'items', items: problemItems(report.problems, lang), short: SHORT_LIST }]),
      ...section('cost', words.sectionCost, [{ kind: 'pairs', pairs: costPairs(report.io, lang) }]),
    ],
    ...(next === undefined ? {} : { next }),
    ...(report.outcome === 'applied' && report.journal !== undefined ? { undo: undoCommand(report.path, report.journal) } : {}),
  };
}

function lead(report: RepairReport, words: DiskWords, { lang }: RepairViewOptions): DiskDocument['lead'] {
  const { outcome, recipe, path, volume, computer = '', checks } = report;
  const fault = checks.some(({ ok }) => !ok);
  const sentence = outcome === 'applied' && fault ? words.appliedUnchecked : words.repairSentence[outcome];
  const done = outcome === 'planned' || outcome === 'applied' ? tally(report, words, lang) : [];
  return {
    mark: outcome === 'applied' && fault ? 'bad' : OUTCOMES[outcome],
    word: words.repairOutcome[outcome],
    text: recipe === undefined ? report.purpose : pick(recipe.title, lang),
    lines: [
      words.worksOn(path, volume, computer),
      ...(done.length === 0 ? [] : [outcome === 'applied' ? words.tallyDone(words.list(done)) : words.tallyPlanned(words.list(done))]),
      sentence,
      ...(outcome === 'applied' ? [words.noProof] : []),
    ],
  };
}

/** What the repair comes to, in numbers. */
function tally({ steps, changes }: RepairReport, words: DiskWords, lang: RepairViewOptions['lang']): string[] {
  const of = <K extends RepairAction['kind']>(kind: K, list: readonly StepReport[]): Extract<RepairAction, { readonly kind: K }>[] =>
    list.flatMap(({ actions }) => actions).filter((action): action is Extract<RepairAction, { readonly kind: K }> => action.kind === kind);
  const working = steps.filter(({ outcome }) => outcome === 'planned');
  const txr = working.filter(({ step }) => 'txr' in step);
  const files = of(
    'quarantined',
    working.filter((step) => !txr.includes(step)),
  ).length;
  const restored = of('restored', working).length;
  const logs = of('quarantined', txr).length;
  const hives = of('replayed', working);
  const values = of('value', working).length;
  const bytes = changes.reduce((sum, { newBytes }) => sum + newBytes, 0);
  return [
    ...(files > 0 ? [words.tallyQuarantined(files)] : []),
    ...(restored > 0 ? [words.tallyRestored(restored)] : []),
    ...(hives.length > 0
      ? [
          words.tallyReplayed(
            hives.length,
            hives.reduce((sum, { entries }) => sum + entries, 0),
          ),
        ]
      : []),
    ...(logs > 0 ? [words.tallyTxr(logs)] : []),
    ...(values > 0 ? [words.tallyValues(values)] : []),
    ...(changes.length > 0 ? [words.tallyBlocks(changes.length, sizeText(bytes, lang))] : []),
  ];
}

function stepBlocks(one: StepReport, report: RepairReport, options: RepairViewOptions, words: DiskWords): Block[] {
  const { step, outcome, actions } = one;
  const applied = report.outcome === 'applied';
  // A step of a refused repair could be done, and was not.
  const planned = applied ? words.stepApplied : report.outcome === 'refused' ? words.stepPossible : words.stepDone.planned;
  const head: Item = {
    mark: outcome === 'planned' && report.outcome === 'refused' ? 'none' : STEPS[outcome],
    word: outcome === 'planned' ? planned : words.stepDone[outcome],
    text: `${step.id}: ${pick(step.text, options.lang)}`,
    lines: reasons(one, words).map((text) => ({ label: words.because, text })),
  };
  const items = actions.flatMap((action) => actionItem(action, options) ?? []);
  // In a plan and in a refusal nothing was done yet: the mark of doing would say too much.
  const told =
    applied && outcome === 'planned' ? items : items.map((item) => (item.mark === 'good' ? { ...item, mark: 'none' as const } : item));
  return [
    { kind: 'items', items: [head] },
    { kind: 'items', items: told, short: SHORT_LIST, below: true },
  ];
}

/** Why a step is not done. What stands against it in full is told above all steps. */
function reasons({ step, outcome, skipped, refusals }: StepReport, words: DiskWords): string[] {
  if (outcome === 'skipped')
    return [skipped === undefined ? words.skippedOther : words.skipped[skipped](step.id, 'minBuild' in step ? (step.minBuild ?? 0) : 0)];
  if (outcome !== 'refused') return [];
  const [first, ...more] = refusals;
  if (first === undefined) return [words.sharedFate];
  return [`${first.code}: ${first.what}`, ...(more.length > 0 ? [words.andMore(more.length)] : [])];
}

function logText({ log, outcome }: RepairReport, words: DiskWords): string {
  const { state, records, blocks: compared, touched } = log;
  if (state !== 'pending') return words.logFree[state];
  if (compared === 0) return words.logNoBlocks(records);
  if (touched === 0) return words.logUntouched(records, compared);
  // Only a repair that empties the log is planned all the same.
  const decided = words.logTouched(records, touched, compared);
  return outcome === 'planned' || outcome === 'applied' ? words.sentences(decided, words.logEmptied) : decided;
}

function checkItem({ id, ok, what, findings, counts }: CheckReport, words: DiskWords): Item {
  const looked = counts === undefined ? [] : [words.checkCounts(counts.keys, counts.values)];
  return {
    mark: ok ? 'good' : 'bad',
    word: ok ? words.checkOk : words.checkFault,
    text: words.list([`${words.check[id]}: ${id === 'names' ? words.checkNames(what) : what}`, ...looked]),
    lines: findings.map((text) => ({ text })),
  };
}

function edits({ steps }: RepairReport, options: RepairViewOptions): Item[] {
  return steps.flatMap(({ actions }) =>
    actions.flatMap((action) => (action.kind === 'edit' ? [{ text: editText(action.change, options) }] : [])),
  );
}

/** Every stretch that changes: whoever asked for a dry run sees all of them, others when they ask for more. */
function blocks({ changes, outcome }: RepairReport, options: RepairViewOptions, words: DiskWords): DocumentSection[] {
  const digits = options.verbose ? undefined : HASH_DIGITS;
  const table: Block = {
    kind: 'table',
    columns: [
      { head: words.colOffset, width: 14, mono: true },
      { head: words.colBytes, width: 12 },
      { head: words.colDiffering, width: 9 },
      { head: words.colEpoch, width: 5 },
      { head: words.colOld, width: '*', mono: true },
      { head: words.colNew, width: '*', mono: true },
    ],
    rows: changes.map((change) => blockRow(change, digits, words, options)),
    caption: digits === undefined ? words.blocksCaption : words.sentences(words.blocksCaption, words.hashesCut),
  };
  return section('blocks', words.sectionBlocks, [table], outcome === 'planned' && DRY_RUN.test(options.command) ? undefined : true);
}

function blockRow(
  { offset, oldBytes, newBytes, differing, epoch, oldSha256, newSha256 }: ChangeReport,
  digits: number | undefined,
  words: DiskWords,
  { lang }: RepairViewOptions,
): string[] {
  const number = (value: number): string => value.toLocaleString(lang);
  return [
    `0x${offset.toString(16)}`,
    oldBytes === newBytes ? number(newBytes) : words.grows(number(newBytes)),
    number(differing),
    String(epoch),
    oldSha256.slice(0, digits),
    newSha256.slice(0, digits),
  ];
}

/** Prices of the recipe and of the steps that were or will be done. */
function risks({ recipe, steps, outcome }: RepairReport, { lang }: RepairViewOptions, words: DiskWords): DocumentSection[] {
  if (outcome === 'nothing' || outcome === 'refused') return [];
  const own = steps.flatMap(({ step, outcome: done }) =>
    'risk' in step && step.risk !== undefined && done === 'planned' ? [step.risk] : [],
  );
  const texts = [...(recipe === undefined ? [] : [recipe.risk]), ...own];
  return section('risk', words.sectionRisk, [{ kind: 'items', items: texts.map((text) => ({ mark: 'warn', text: pick(text, lang) })) }]);
}

function after({ recipe, outcome }: RepairReport, { lang }: RepairViewOptions, words: DiskWords): DocumentSection[] {
  if (recipe === undefined || outcome === 'refused') return [];
  return section('after', words.sectionAfter, [{ kind: 'items', items: recipe.after.map((text) => ({ text: pick(text, lang) })) }]);
}

function journal(report: RepairReport, words: DiskWords): DocumentSection[] {
  if (report.journal === undefined) return [];
  return section('undo', words.sectionJournal, [
    { kind: 'text', text: words.journalKept(report.journal) },
    { kind: 'command', command: undoCommand(report.path, report.journal) },
  ]);
}

function undoCommand(path: string, journalFile: string): string {
  return diskCommand('undo', path, `--journal ${shellWord(journalFile)}`);
}

function nextCommand({ outcome, path, refusals }: RepairReport, command: string): string | undefined {
  if (outcome === 'applied') return undefined;
  if (outcome === 'planned') return DRY_RUN.test(command) ? command.replace(DRY_RUN, ' --yes') : undefined;
  if (outcome === 'nothing') return diskCommand('verify', path);
  return diskCommand(refusals.some(({ code }) => code === 'RECOVERY_TORN') ? 'undo' : 'inspect', path);
}

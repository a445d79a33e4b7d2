import { diagnose } from '@winmedic/core/diagnosis';
import { computerName, windowsVolume } from '@winmedic/core/disk';
import { withStateFacts } from '@winmedic/core/exposure';
import type { Diagnosis, JudgedCause, ProposedRecipe } from '@winmedic/core/model';
import { proposeRecipes, resetLogStep } from '@winmedic/core/recovery';
import { buildTimeline } from '@winmedic/core/timeline';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Localized, Recipe } from '@winmedic/knowledge/model';
import { formatTime, proposalsToJson, proposalsToText, recipesToJson, recipesToText } from '@winmedic/report';
import { gather, readingCode, reportMeta, talkProblems } from '../../case.ts';
import type { Context } from '../../context.ts';
import { CliError } from '../../errors.ts';
import type { Options, VerbRun } from '../../spec.ts';
import { oneOf } from '../../usage-error.ts';
import { carryOut } from './carry-out.ts';
import { locked, withDisk } from './open.ts';
import { commandOf, people } from './shown.ts';

const ONE_OF: Localized = { en: '--for RECIPE, --auto or --list', ja: '--for レシピ、--auto、--list のいずれか' };
const ONLY_ONE: Localized = {
  en: 'Give only one of --for, --auto and --list.',
  ja: '--for、--auto、--list はいずれか 1 つだけを指定してください。',
};
const ONLY_FOR: Localized = { en: 'It goes with --for.', ja: '--for とあわせて指定してください。' };
const DISK: Localized = { en: '<disk>', ja: '<disk>' };

const texts = (options: Options, name: string): readonly string[] => (options[name] as readonly string[] | undefined) ?? [];

/** Repairs by a recipe, proposes recipes, or lists them. */
export const run: VerbRun = async (context, [path], options) => {
  const id = options['for'] as string | undefined;
  const modes = [id !== undefined, options['auto'] === true, options['list'] === true].filter(Boolean).length;
  if (modes === 0) throw new CliError('CLI_MISSING_ARGUMENT', { verb: 'disk repair ', value: ONE_OF });
  if (modes > 1) throw new CliError('CLI_INVALID_VALUE', { option: 'disk repair', value: id ?? '--auto', hint: ONLY_ONE });
  if (options['list'] === true) return list(context, options);
  if (path === undefined) throw new CliError('CLI_MISSING_ARGUMENT', { verb: 'disk repair ', value: DISK });
  if (id === undefined) return propose(context, path, options);
  const { recipes } = loadKnowledge();
  const recipe = recipes.find((one) => one.id === id);
  if (recipe === undefined)
    throw new CliError('CLI_INVALID_VALUE', { option: '--for', value: id, hint: oneOf(recipes.map((one) => one.id)) });
  for (const name of ['with', 'without'] as const) checkSteps(recipe, `--${name}`, texts(options, name));
  const reset = options['resetLog'] === true;
  const purpose = commandOf(
    'repair',
    '--for',
    id,
    ...texts(options, 'with').flatMap((step) => ['--with', step]),
    ...texts(options, 'without').flatMap((step) => ['--without', step]),
    ...(reset ? ['--reset-log'] : []),
  );
  return carryOut(context, path, options, ({ disk, volume }) => {
    const computer = computerName(windowsVolume(disk, volume));
    return {
      request: {
        purpose,
        steps: [...(reset ? [resetLogStep()] : []), ...recipe.steps],
        with: new Set(texts(options, 'with')),
        without: new Set(texts(options, 'without')),
        ...(volume !== undefined && { volume }),
      },
      recipe,
      ...(computer !== undefined && { computer }),
    };
  });
};

/** @throws CliError for a step that the recipe does not have. */
function checkSteps({ steps }: Recipe, option: string, ids: readonly string[]): void {
  const wrong = ids.find((id) => !steps.some((step) => step.id === id));
  if (wrong !== undefined) throw new CliError('CLI_INVALID_VALUE', { option, value: wrong, hint: oneOf(steps.map(({ id }) => id)) });
}

async function list(context: Context, options: Options): Promise<number> {
  const started = performance.now();
  const { recipes } = loadKnowledge();
  if (context.json) await context.outJson(recipesToJson(recipes, reportMeta(context, started)));
  else await context.out(recipesToText(recipes, people(context, options, started)));
  return 0;
}

/** Judges the evidence on the disk as `winmedic diagnose` does and proposes recipes. Writes nothing. */
async function propose(context: Context, path: string, options: Options): Promise<number> {
  for (const name of ['with', 'without', 'resetLog'] as const)
    if (options[name] !== undefined)
      throw new CliError('CLI_INVALID_VALUE', {
        option: name === 'resetLog' ? '--reset-log' : `--${name}`,
        value: '--auto',
        hint: ONLY_FOR,
      });
  return withDisk(context, path, options, async ({ disk, problems, open, volume, started }) => {
    if (context.sync(() => locked(disk, volume)).length > 0) context.sync(() => windowsVolume(disk, volume));
    const knowledge = loadKnowledge();
    const evidence = await gather(context, [path], { ...options, hash: false }, knowledge.causes, {
      ...(open.keys && { keys: open.keys }),
      ...(volume !== undefined && { volume }),
    });
    const proposals = context.sync(() => {
      const timeline = buildTimeline(withStateFacts(evidence, knowledge));
      const diagnosis = diagnose(timeline, knowledge, { formatTime: (ns) => formatTime(ns, context.zone, context.lang) });
      const found = proposeRecipes(disk, verdictsOf(diagnosis), knowledge.recipes);
      return volume === undefined ? found : found.filter((one) => one.volume === volume);
    });
    const all = [...new Map([...evidence.problems, ...problems.list()].map((one) => [`${one.code}\0${one.path}`, one])).values()];
    const next = nextCommand(path, options, proposals);
    if (context.json) await context.outJson(proposalsToJson(proposals, reportMeta(context, started)));
    else await context.out(proposalsToText(proposals, { ...people(context, options, started), ...(next !== undefined && { next }) }));
    talkProblems(context, all);
    return readingCode(all, true);
  });
}

/** Causes that hold for a stop or for the host, with their grade; confirmed wins. */
function verdictsOf({ incidents, findings }: Diagnosis): Map<string, 'confirmed' | 'likely'> {
  const verdicts = new Map<string, 'confirmed' | 'likely'>();
  const judged: JudgedCause[] = [...incidents.flatMap(({ considered }) => considered), ...findings.map((one) => one.judged)];
  for (const { cause, grade } of judged)
    if (grade === 'confirmed' || (grade === 'likely' && !verdicts.has(cause.id))) verdicts.set(cause.id, grade);
  return verdicts;
}

/** The repair itself: of the first proposal, with the keys that were given. */
function nextCommand(path: string, options: Options, proposals: readonly ProposedRecipe[]): string | undefined {
  const [first] = proposals;
  if (first === undefined) return undefined;
  const several = new Set(proposals.map(({ volume }) => volume)).size > 1 || options['volume'] !== undefined;
  const single = (name: string, flag: string): string[] => (typeof options[name] === 'string' ? [flag, options[name]] : []);
  return commandOf(
    'winmedic',
    'disk',
    'repair',
    path,
    '--for',
    first.recipe.id,
    ...(several ? ['--volume', String(first.volume)] : []),
    ...texts(options, 'recoveryKey').flatMap((file) => ['--recovery-key', file]),
    ...texts(options, 'startupKey').flatMap((file) => ['--startup-key', file]),
    ...single('vmkFile', '--vmk-file'),
    ...single('fvekFile', '--fvek-file'),
    ...single('passwordFile', '--password-file'),
  );
}

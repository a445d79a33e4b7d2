import type { Refusal } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Language } from '@winmedic/knowledge/model';
import { messages, pick } from '../text/index.ts';
import type { Item, ItemLine } from './document.ts';
import { diskWords } from './words.ts';

/** Places and reasons told of one code unless verbose; a busy log touches hundreds of blocks. */
const SHORT = 5;

/** What the choices of a refusal need to know. */
export interface RefusalContext {
  readonly lang: Language;
  readonly verbose: boolean;
  /** Steps of a repair that were refused: those can be left out. */
  readonly steps: readonly string[];
}

/** Refusals by code, each told once with all its places, what it means, what to do, and the choices there are. */
export function refusalItems(refusals: readonly Refusal[], context: RefusalContext): Item[] {
  const byCode = new Map<string, Refusal[]>();
  for (const refusal of refusals) {
    const list = byCode.get(refusal.code);
    if (list) list.push(refusal);
    else byCode.set(refusal.code, [refusal]);
  }
  // The choices about the log are the same for each of its codes: they stand below the last.
  const last = [...byCode.keys()].filter(isOfLog).at(-1);
  return [...byCode].map(([code, list]) => refusalItem(code, list, context, !isOfLog(code) || code === last));
}

function isOfLog(code: string): boolean {
  return /^RECOVERY_LOG_/.test(code);
}

/** Refusals whose ways out are explained here; others have the one their code's text names. */
function hasChoices(code: string): boolean {
  return isOfLog(code) || code === 'RECOVERY_HIBERNATED';
}

function refusalItem(code: string, list: readonly Refusal[], context: RefusalContext, withChoices: boolean): Item {
  const { lang, verbose } = context;
  const words = diskWords(lang);
  const m = messages(lang);
  const title = Object.hasOwn(words.obstacle, code) ? words.obstacle[code] : undefined;
  const places = list.map(({ what, offset }) => (offset === undefined ? what : `${what} (${m.offset(offset)})`));
  const reasons = list.flatMap(({ because }) => because);
  const short = (all: readonly string[]): readonly string[] => (verbose ? all : all.slice(0, SHORT));
  const rest = (all: readonly string[]): ItemLine[] =>
    all.length > short(all).length ? [{ text: words.andMore(all.length - SHORT), soft: true }] : [];
  const offered = withChoices && hasChoices(code) ? choices(code, context) : [];
  const [first = '', ...more] = short(places);
  const { damages } = loadKnowledge();
  const text = Object.hasOwn(damages, code) ? damages[code] : undefined;
  return {
    mark: 'bad',
    text: `${[title, first].filter((part) => part !== undefined && part !== '').join(': ')} [${code}]`,
    lines: [
      ...more.map((place): ItemLine => ({ text: place })),
      ...rest(places),
      ...short(reasons).map((reason): ItemLine => ({ label: words.because, text: reason, soft: true })),
      ...rest(reasons),
      ...(text === undefined
        ? []
        : ([
            { text: pick(text.meaning, lang), soft: true },
            { text: pick(text.trust, lang), soft: true },
            // Where there are choices they say it in full.
            ...(hasChoices(code) ? [] : [{ text: pick(text.action, lang) }]),
          ] satisfies ItemLine[])),
      ...(offered.length === 0 ? [] : [{ text: `${words.choices}:` }]),
      ...offered.map((choice, i): ItemLine => ({ text: `${i + 1}. ${choice}` })),
    ],
  };
}

function choices(code: string, { lang, steps }: RefusalContext): string[] {
  const words = diskWords(lang);
  if (isOfLog(code))
    return [
      words.choiceReplay,
      ...(steps.length === 0 ? [] : [words.choiceWithout(words.list(steps), steps.map((id) => `--without ${id}`).join(' '))]),
      words.choiceRoute,
      words.choiceReset,
    ];
  return [words.choiceResume, words.choiceHibernatedRoute, words.choiceHibernatedHost];
}

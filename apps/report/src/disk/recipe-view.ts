import type { ProposedRecipe } from '@winmedic/core/model';
import type { Recipe } from '@winmedic/knowledge/model';
import { pick } from '../text/index.ts';
import { type Block, type DiskDocument, type DocumentSection, type ItemLine, section } from './document.ts';
import type { ViewOptions } from './inspect-view.ts';
import { type DiskWords, diskWords } from './words.ts';

/** Recipes that evidence on a disk speaks for, with that evidence. The command to run next is the caller's to name: it knows disk and keys. */
export function proposalsDocument(proposals: readonly ProposedRecipe[], options: ViewOptions): DiskDocument {
  const { lang } = options;
  const words = diskWords(lang);
  const none = proposals.length === 0;
  return {
    title: words.proposalsTitle,
    subject: proposals.map(({ recipe, volume }) => `${volume}/${recipe.id}`),
    lead: {
      mark: none ? 'none' : 'good',
      word: none ? words.noProposals : words.proposed,
      text: none ? words.noProposalsSentence : words.proposalsSentence(proposals.length),
      lines: [],
    },
    sections: proposals.flatMap(({ recipe, volume, because }) =>
      recipeSection(recipe, options, words, words.onVolume(`--for ${recipe.id}`, volume), [
        {
          kind: 'items',
          items: because.map(({ text, facts }) => ({
            mark: 'good',
            word: words.speaksFor,
            text: pick(text, lang),
            lines: facts.map((fact): ItemLine => ({ text: fact, soft: true })),
          })),
        },
      ]),
    ),
  };
}

/** All recipes. */
export function recipesDocument(recipes: readonly Recipe[], options: ViewOptions): DiskDocument {
  const words = diskWords(options.lang);
  return {
    title: words.recipesTitle,
    subject: recipes.map(({ id }) => id),
    lead: { mark: 'none', word: words.recipesTitle, text: words.recipesSentence(recipes.length), lines: [] },
    sections: recipes.flatMap((recipe) => recipeSection(recipe, options, words, `--for ${recipe.id}`, [])),
  };
}

function recipeSection(recipe: Recipe, { lang }: ViewOptions, words: DiskWords, name: string, first: readonly Block[]): DocumentSection[] {
  const { id, title, summary, steps, causes, risk, after, basis, sources } = recipe;
  return section(`recipe-${id}`, `${pick(title, lang)}: ${name}`, [
    ...first,
    { kind: 'text', text: pick(summary, lang) },
    {
      kind: 'items',
      items: steps.map((step) => {
        const label =
          step.when === 'asked'
            ? words.askedStep(step.id)
            : step.minBuild === undefined
              ? step.id
              : words.buildStep(step.id, step.minBuild);
        return {
          text: `${label}: ${pick(step.text, lang)}`,
          lines: step.risk === undefined ? [] : [{ label: words.risk, text: pick(step.risk, lang) }],
        };
      }),
    },
    {
      kind: 'pairs',
      pairs: [
        [words.risk, pick(risk, lang)],
        ...after.map((text) => [words.after, pick(text, lang)] as const),
        ...(causes.length === 0 ? [] : ([[words.treats, words.list(causes)]] as const)),
        [words.basis, words.basisText[basis]],
        ...sources.map((source) => [words.sources, source] as const),
      ],
    },
  ]);
}

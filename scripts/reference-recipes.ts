import { type Language, loadKnowledge } from '@winmedic/knowledge';
import type { FileSelection, Recipe, RecipeStep } from '@winmedic/knowledge/model';

const WORDS = {
  en: {
    title: 'Recipes of offline repairs',
    intro:
      'What `winmedic disk repair DISK --for ID` does to a Windows volume that is not running. `--dry-run` shows every block that would change; `winmedic disk undo DISK` puts every byte back.',
    step: 'step',
    what: 'what it does',
    on: 'on',
    when: 'when',
    always: 'always',
    asked: (id: string) => `only with \`--with ${id}\``,
    build: (build: number) => `Windows build ${build} or later`,
    required: 'refused when nothing is found',
    files: (folder: string, glob: string) => `\`${glob}\` in \`${folder}\``,
    time: (from?: string, before?: string) =>
      from !== undefined && before !== undefined
        ? `, written from ${from} to before ${before}`
        : from !== undefined
          ? `, written from ${from} on`
          : before !== undefined
            ? `, written before ${before}`
            : '',
    hives: 'hives',
    txr: 'logs of the transactional registry',
    services: 'services',
    start: (start: number) => `start ${start}`,
    override: ', without `StartOverride`',
    safeboot: { clear: 'remove', minimal: 'minimal', network: 'network' },
    price: 'Price:',
    proposed: 'Proposed by `--auto` when',
    never: 'Never proposed by `--auto`.',
    treats: 'Treats',
    risk: 'Risk',
    after: 'Afterwards',
    sources: (basis: string) => `Sources (${basis})`,
    basis: { measured: 'measured', documented: 'documented', field: 'field report', unverified: 'not verified' },
    colon: ': ',
  },
  ja: {
    title: 'オフライン修復のレシピ',
    intro:
      '`winmedic disk repair DISK --for ID` が、稼働していない Windows ボリュームに対して行う処理です。`--dry-run` は変更されるすべてのブロックを表示し、`winmedic disk undo DISK` はすべてのバイトを元に戻します。',
    step: '手順',
    what: '処理',
    on: '対象',
    when: '条件',
    always: '常に実行',
    asked: (id: string) => `\`--with ${id}\` の指定時のみ`,
    build: (build: number) => `Windows のビルド ${build} 以降`,
    required: '対象がない場合は中止',
    files: (folder: string, glob: string) => `\`${folder}\` の \`${glob}\``,
    time: (from?: string, before?: string) =>
      from !== undefined && before !== undefined
        ? `、${from} 以降 ${before} より前の更新`
        : from !== undefined
          ? `、${from} 以降の更新`
          : before !== undefined
            ? `、${before} より前の更新`
            : '',
    hives: 'ハイブ',
    txr: 'トランザクション レジストリのログ',
    services: 'サービス',
    start: (start: number) => `スタートアップの種類 ${start}`,
    override: '、`StartOverride` を削除',
    safeboot: { clear: '解除', minimal: 'minimal', network: 'network' },
    price: '影響:',
    proposed: '`--auto` での提案条件',
    never: '`--auto` では提案しません。',
    treats: '対象の仮説',
    risk: 'リスク',
    after: '実行後',
    sources: (basis: string) => `出典(${basis})`,
    basis: { measured: '実測', documented: '文書', field: '現場の報告', unverified: '未検証' },
    colon: ': ',
  },
} as const;

type Words = (typeof WORDS)[Language];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

function selection({ folder, glob, modifiedFrom, modifiedBefore }: FileSelection, words: Words): string {
  return `${words.files(folder, glob)}${words.time(modifiedFrom, modifiedBefore)}`;
}

/** What a step changes. */
function target(step: RecipeStep, words: Words): string {
  if ('quarantine' in step) return selection(step.quarantine, words);
  if ('replay' in step) return `${words.hives} ${step.replay.map(code).join(', ')}`;
  if ('txr' in step) return words.txr;
  if ('services' in step)
    return `${words.services} ${step.services.map(code).join(', ')}${words.colon}${words.start(step.start)}${step.clearStartOverride ? words.override : ''}`;
  return `\`safeboot\`${words.colon}${words.safeboot[step.safeboot]}`;
}

function condition(step: RecipeStep, words: Words): string {
  return [
    step.when === 'asked' ? words.asked(step.id) : words.always,
    ...(step.minBuild === undefined ? [] : [words.build(step.minBuild)]),
    ...('quarantine' in step && step.required === true ? [words.required] : []),
  ].join('; ');
}

function recipeText({ id, title, summary, causes, propose, steps, risk, after, basis, sources }: Recipe, lang: Language): string {
  const words = WORDS[lang];
  const rows = steps.map((step) =>
    [
      code(step.id),
      `${cell(step.text[lang])}${step.risk === undefined ? '' : ` ${words.price} ${cell(step.risk[lang])}`}`,
      target(step, words),
      condition(step, words),
    ].join(' | '),
  );
  const list = (items: readonly string[]): string => items.map((item) => `- ${cell(item)}`).join('\n');
  return [
    `## ${cell(title[lang])}`,
    `\`\`\`sh\nwinmedic disk repair DISK --for ${id}\n\`\`\``,
    cell(summary[lang]),
    [`| ${words.step} | ${words.what} | ${words.on} | ${words.when} |`, '|---|---|---|---|', ...rows.map((row) => `| ${row} |`)].join('\n'),
    propose.length === 0 ? words.never : `${words.proposed}:\n\n${list(propose.map(({ text }) => text[lang]))}`,
    ...(causes.length === 0 ? [] : [`${words.treats}${words.colon}${causes.map(code).join(', ')}`]),
    `${words.risk}${words.colon}${cell(risk[lang])}`,
    ...(after.length === 0 ? [] : [`${words.after}:\n\n${list(after.map((text) => text[lang]))}`]),
    `${words.sources(words.basis[basis])}:\n\n${list(sources)}`,
  ].join('\n\n');
}

/** The page of all recipes. @param generated line that says the page is generated. */
export function recipesPage(lang: Language, generated: string): string {
  const words = WORDS[lang];
  const recipes = loadKnowledge().recipes.map((recipe) => recipeText(recipe, lang));
  return `# ${words.title}\n\n${generated}\n\n${words.intro}\n\n${recipes.join('\n\n')}\n`;
}

import { loadKnowledge } from '@winmedic/knowledge';
import {
  type Cause,
  EVIDENCE_KINDS,
  EVIDENCE_NAMES,
  type EvidenceKind,
  type Language,
  type Localized,
  type Sight,
  sightOf,
} from '@winmedic/knowledge/model';

const WORDS = {
  en: {
    title: 'Which evidence can show why a host refuses the connection',
    intro: [
      'What each kind of evidence alone can say about the causes of a refused connection. The table follows from the conditions of the causes and from what is read out of each kind of evidence; none of its cells is written by hand.',
      '- **confirmed**: this evidence alone can prove the cause.\n- **likely**: it can point to the cause; proof needs a setting or a log of the host beside it.\n- **-**: not visible here. The report names no cause then, and says what would show it.',
      'A capture of HTTPS shows nothing above the TLS handshake. Evidence of several kinds given together is judged together: the side of the client from the capture, the side of the host from its trace and logs.',
    ],
    rows: 'By row of the diagnosis table',
    causes: 'By cause',
    row: 'row',
    cause: 'cause',
    grades: { confirmed: 'confirmed', likely: 'likely' },
    none: '-',
    notes: 'Notes',
  },
  ja: {
    title: 'ホストが接続を拒否する原因を示せる証拠',
    intro: [
      '接続拒否の各原因について、証拠の種類ごとに、それだけで分かることの一覧です。原因の条件と、各証拠から読み取れる内容から導いており、手で書いた欄はありません。',
      '- **確定**: この証拠だけで原因を証明できます。\n- **有力**: 原因を示せますが、証明にはホストの設定またはログが必要です。\n- **-**: ここからは見えません。原因は示さず、何があれば分かるかを示します。',
      'HTTPS のキャプチャでは、TLS ハンドシェイクより上は見えません。複数の種類の証拠を一緒に渡すと、クライアント側はキャプチャ、ホスト側はトレースとログから、まとめて判定します。',
    ],
    rows: '診断表の行ごと',
    causes: '原因ごと',
    row: '行',
    cause: '原因',
    grades: { confirmed: '確定', likely: '有力' },
    none: '-',
    notes: '注',
  },
} as const;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');

/** Footnotes of a page: each text once, in the order met. */
class Notes {
  readonly #texts: Localized[] = [];

  mark(only: Localized | undefined): string {
    if (only === undefined) return '';
    let at = this.#texts.findIndex(({ en }) => en === only.en);
    if (at < 0) at = this.#texts.push(only) - 1;
    return ` (${at + 1})`;
  }

  lines(lang: Language): string {
    return this.#texts.map((text, n) => `${n + 1}. ${text[lang]}`).join('\n');
  }
}

function better(a: Sight | undefined, b: Sight | undefined): Sight | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.grade !== b.grade) return a.grade === 'confirmed' ? a : b;
  return a.only === undefined ? a : b;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

/** The page of what each kind of evidence can show, by row of the diagnosis table and by cause. */
export function evidencePage(lang: Language, generated: string): string {
  const words = WORDS[lang];
  const notes = new Notes();
  const shown = (sight: Sight | undefined): string =>
    sight === undefined ? words.none : `${words.grades[sight.grade]}${notes.mark(sight.only)}`;
  const causes = loadKnowledge().causes.filter(({ scope, kind }) => scope === 'connection' && kind !== 'dead_end');
  const heads = EVIDENCE_KINDS.map((kind) => EVIDENCE_NAMES[kind][lang]);
  const numbers = [...new Set(causes.flatMap(({ rows = [] }) => rows))].sort((a, b) => a - b);
  const bestOf = (list: readonly Cause[], kind: EvidenceKind): Sight | undefined =>
    list.map((cause) => sightOf(cause, kind)).reduce(better, undefined);
  const byRow = numbers.map((number) => {
    const own = causes.filter(({ rows }) => rows?.includes(number));
    return [
      String(number),
      own.map(({ title }) => cell(title[lang])).join('<br>'),
      ...EVIDENCE_KINDS.map((kind) => shown(bestOf(own, kind))),
    ];
  });
  const byCause = causes.map((cause) => [
    `\`${cause.id}\``,
    cell(cause.title[lang]),
    ...EVIDENCE_KINDS.map((kind) => shown(sightOf(cause, kind))),
  ]);
  const parts = [
    `# ${words.title}`,
    generated,
    ...words.intro,
    `## ${words.rows}`,
    table([words.row, words.cause, ...heads], byRow),
    `## ${words.causes}`,
    table(['ID', words.cause, ...heads], byCause),
    `## ${words.notes}`,
    notes.lines(lang),
  ];
  return `${parts.join('\n\n')}\n`;
}

import type { ReportOptions } from '../options.ts';
import { messages } from '../text/index.ts';
import { html, type Markup, raw, withTimes } from './markup.ts';
import { styleSheet } from './style.ts';

/** A section of a page, with its entry in the contents. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
  /** Words for the contents when they differ from the title; empty: not in the contents. */
  readonly short?: string;
}

/** What a report page is made of. */
export interface Page {
  readonly options: ReportOptions;
  readonly title: string;
  /** Case id. */
  readonly id: string;
  /** Text in the margin of every printed page. */
  readonly footer: string;
  readonly subtitle: string;
  /** The part that answers first, with its anchor, its name for screen readers and the words of the link that skips to it. */
  readonly lead: { readonly id: string; readonly name: string; readonly skip: string; readonly body: Markup };
  readonly sections: readonly Section[];
}

/** The whole page: self-contained, no script, no external resource, light or dark by the reader's preference, A4 when printed. */
export function htmlPage({ options, title, id, footer, subtitle, lead, sections }: Page): string {
  const m = messages(options.lang);
  const { name, version } = options.tool;
  return html`<!doctype html>
<html lang="${options.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="generator" content="${name} ${version}">
<title>${title} (${id})</title>
<link rel="icon" href="data:,">
<style>${raw(styleSheet(footer))}</style>
</head>
<body>
<a class="skip" href="#${lead.id}">${lead.skip}</a>
<div class="wrap">
<header><h1>${title}</h1><p class="soft">${withTimes(subtitle)}</p></header>
<main>
<section id="${lead.id}" aria-label="${lead.name}">${lead.body}</section>
<nav aria-label="${m.contents}"><ul>${sections.map(({ id: target, title: long, short = long }) => short !== '' && html`<li><a href="#${target}">${short}</a></li>`)}</ul></nav>
${sections.map(
  (section) => html`<section id="${section.id}" aria-labelledby="h-${section.id}"><h2 id="h-${section.id}">${section.title}</h2>
${section.body}</section>
`,
)}
</main>
<footer class="soft"><p>${name} ${version} · ${m.made.case} ${id}</p></footer>
</div>
</body>
</html>
`.text;
}

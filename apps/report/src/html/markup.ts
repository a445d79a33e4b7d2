import { printable } from '../width.ts';

/** Finished HTML. Only {@link html} and {@link raw} make it; every other value is escaped when it is put into a template. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | undefined | false | readonly Part[];

/** Escapes a text for element content and quoted attributes; control and bidirectional characters become visible. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function flat(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(flat).join('');
  return escapeHtml(String(part));
}

/** A template whose values are escaped, unless they are {@link Markup}. Lists are joined; `undefined` and `false` give nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let out = parts[0] ?? '';
  values.forEach((value, i) => {
    out += flat(value) + (parts[i + 1] ?? '');
  });
  return new Markup(out);
}

/** Text that is HTML already and comes from this package, never from data. */
export function raw(text: string): Markup {
  return new Markup(text);
}

/** A text whose times are kept on one line, so that the zone stays with them. */
export function withTimes(text: string): Markup {
  return new Markup(escapeHtml(text).replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [+-]\d\d:\d\d/g, '<span class="t">$&</span>'));
}

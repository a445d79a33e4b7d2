/** Most characters of one field and most fields of one row; an export of the Event Viewer stays far below. */
const MAX_FIELD = 1_000_000;
const MAX_FIELDS = 100;

/**
 * Rows of a CSV text (RFC 4180: quotes doubled, line breaks inside quotes). An unterminated quote ends with the text. Fields beyond the
 * caps are cut.
 * @param delimiter a tab for what the Event Viewer calls text.
 */
export function* csvRows(text: string, delimiter: ',' | '\t' = ','): Generator<{ readonly fields: string[]; readonly line: number }> {
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const fields: string[] = [];
    const start = line;
    for (let end = false; !end; ) {
      let value = '';
      if (text[at] === '"') {
        at++;
        for (;;) {
          const quote = text.indexOf('"', at);
          const part = text.slice(at, quote < 0 ? text.length : quote);
          line += part.split('\n').length - 1;
          if (value.length < MAX_FIELD) value += part.slice(0, MAX_FIELD - value.length);
          at = quote < 0 ? text.length : quote + 1;
          if (quote < 0 || text[at] !== '"') break;
          value += '"';
          at++;
        }
      }
      let stop = at;
      while (stop < text.length && text[stop] !== delimiter && text[stop] !== '\n') stop++;
      value += text.slice(at, Math.min(stop, at + MAX_FIELD)).replace(/\r$/, '');
      if (fields.length < MAX_FIELDS) fields.push(value);
      end = stop >= text.length || text[stop] === '\n';
      if (end) line++;
      at = stop + 1;
    }
    yield { fields, line: start };
  }
}

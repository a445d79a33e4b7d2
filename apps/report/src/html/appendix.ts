import type { EventObservation, Source } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { isDumpEvent } from '../dump-view.ts';
import { formatTwoZones } from '../format-time.ts';
import { eventName, shortChannel } from '../origin.ts';
import { eventMessage, eventTitle } from '../render-event.ts';
import { messages } from '../text/index.ts';
import { html, type Markup, raw } from './markup.ts';

/** Longest field value or message shown; a record may hold 64 KiB, a page is for reading. */
const MAX_TEXT = 600;
/** Most fields shown of one record. */
const MAX_FIELDS = 40;

function cut(text: string, lang: Language): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)} ${messages(lang).cut(text.length - MAX_TEXT)}`;
}

/** Id of the appendix entry of an observation. Observation ids come from this program, but a hostile pack of facts must not break the page. */
export function anchor(id: string): string {
  return `r-${id.replace(/[^A-Za-z0-9_-]/g, '-')}`;
}

/** One record: where it is, what it says in both languages, its fields as stored. */
export function recordEntry(event: EventObservation, sources: ReadonlyMap<string, Source>, zone: string, lang: Language): Markup {
  const m = messages(lang);
  const source = sources.get(event.origin.sourceId);
  const { recordId, offset, chunk, line } = event.origin;
  const where = [
    recordId === undefined ? '' : m.record(recordId),
    line === undefined ? '' : m.line(line),
    offset === undefined ? '' : m.offset(offset),
    chunk === undefined ? '' : m.chunk(chunk),
    source?.sha256 ? `${source.id} sha256 ${source.sha256.slice(0, 16)}…` : '',
  ].filter((part) => part !== '');
  const languages: readonly Language[] = lang === 'ja' ? ['ja', 'en'] : ['en', 'ja'];
  const title = eventTitle(event, lang);
  // An event nobody described would only repeat its fields, which follow.
  const rendered =
    title === '' && !isDumpEvent(event) ? [] : languages.map((language) => [language, eventMessage(event, language)] as const);
  const fields = [...event.fields].slice(0, MAX_FIELDS);
  return html`<article class="record" id="${anchor(event.id)}"><h3>[${event.id}] ${eventName(event, lang)}${title === '' ? '' : `: ${title}`}</h3>
<p class="where">${formatTwoZones(event.time, zone, 'UTC', lang)} · ${event.host} · ${isDumpEvent(event) ? m.dump.event : shortChannel(event.channel)} · ${m.trust[event.trust]}<br>${event.origin.path} ${where.join(' · ')}</p>
${rendered.map(([language, text]) => html`<p lang="${language}"${language !== lang && html` class="other"`}>${cut(text, lang)}</p>`)}
${event.message !== undefined && event.message !== '' && html`<p><span class="soft">${m.messageAsStored}:</span> ${cut(event.message, lang)}</p>`}
${
  fields.length === 0
    ? html`<p class="soft">${m.noFields}</p>`
    : html`<table><thead class="vh"><tr><th scope="col">${m.colField}</th><th scope="col">${m.colValue}</th></tr></thead><tbody>${fields.map(
        ([name, value]) =>
          html`<tr${(value === '' || value === '-') && html` class="empty"`}><th scope="row" class="mono">${cut(name, lang)}</th><td class="mono">${cut(value, lang)}</td></tr>`,
      )}</tbody></table>${event.fields.size > MAX_FIELDS && html`<p class="soft">${m.more(event.fields.size - MAX_FIELDS)}</p>`}`
}</article>
`;
}

/** A line break opportunity after path separators, so that long paths wrap at folders. */
export function breakablePath(path: string): Markup {
  return raw(html`${path}`.text.replace(/([\\/])(?=[^\\/])/g, '$1<wbr>'));
}

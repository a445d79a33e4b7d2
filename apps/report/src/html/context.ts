import type { Diagnosis, Grade, Observation, Source } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { citedObservations, inTimeOrder, MAX_CITED, paperObservations } from '../case-view.ts';
import { formatTime } from '../format-time.ts';
import type { ReportOptions } from '../options.ts';
import { eventName, factText, placeText, SourceNames } from '../origin.ts';
import { type Messages, messages, pick } from '../text/index.ts';
import { anchor } from './appendix.ts';
import { html, type Markup, withTimes } from './markup.ts';
import { closedPart, stackTable } from './parts.ts';
import type { NumberedStop } from './picture.ts';

/** Options of the HTML report. */
export interface HtmlOptions extends ReportOptions {
  /** Records in the appendix; default {@link MAX_RECORDS}. */
  readonly maxRecords?: number;
}

/** Records in the appendix unless asked otherwise: about 1 kB each, and a printed page holds eight. The page says how many it left out. */
export const MAX_RECORDS = 200;
const SHAPES: Record<Grade, string> = { confirmed: '●', likely: '◐', inconclusive: '○', ruled_out: '×' };

/** What the sections of the HTML report share: the case, its words, and the small parts that appear everywhere. */
export class HtmlContext {
  readonly diagnosis: Diagnosis;
  readonly options: HtmlOptions;
  readonly m: Messages;
  readonly lang: Language;
  readonly zone: string;
  readonly names: SourceNames;
  readonly sources: ReadonlyMap<string, Source>;
  /** All stops by time, numbered from 1. */
  readonly stops: readonly NumberedStop[];
  /** Cited events, the most important first. */
  readonly cited: readonly Observation[];
  /** Ids of those the appendix shows. */
  readonly inAppendix: ReadonlySet<string>;
  readonly #dumps: ReadonlySet<string>;
  /** Ids of those that paper shows. */
  readonly onPaper: ReadonlySet<string>;

  constructor(diagnosis: Diagnosis, options: HtmlOptions) {
    this.diagnosis = diagnosis;
    this.options = options;
    this.lang = options.lang;
    this.m = messages(options.lang);
    this.zone = options.zone;
    this.#dumps = new Set(diagnosis.timeline.evidence.dumps.map(({ id }) => id));
    const { sources } = diagnosis.timeline.evidence;
    this.names = new SourceNames(sources);
    this.sources = new Map(sources.map((source) => [source.id, source]));
    this.stops = inTimeOrder(diagnosis.incidents).map((incident, i) => ({ n: i + 1, incident }));
    this.cited = citedObservations(diagnosis).filter((observation) => observation.type === 'event');
    this.inAppendix = new Set(this.cited.slice(0, options.maxRecords ?? MAX_RECORDS).map((observation) => observation.id));
    this.onPaper = new Set(paperObservations(diagnosis).map((observation) => observation.id));
  }

  /** A text in the report's language. */
  text(text: { readonly en: string; readonly ja: string }): string {
    return pick(text, this.lang);
  }

  /** A grade as shape, word and colour. */
  grade(grade: Grade): Markup {
    return html`<span class="grade ${grade}">${SHAPES[grade]} ${this.m.grade[grade]}</span>`;
  }

  /** A time that is not broken. */
  time(ns: bigint): Markup {
    return html`<span class="t">${formatTime(ns, this.zone, this.lang)}</span>`;
  }

  /** `[E12]`, linked to its record in the appendix when it is there. */
  ref(observation: Observation): Markup {
    const id = observation.id;
    // Facts that a crash dump shows carry the id of the dump.
    if (observation.type === 'fact') return html`<a href="#${this.#dumps.has(id) ? anchor(id) : 'facts'}">[${id}]</a>`;
    return this.inAppendix.has(id) ? html`<a href="#${anchor(id)}">[${id}]</a>` : html`[${id}]`;
  }

  /** Several references, the first few linked, the rest counted. */
  refs(list: readonly Observation[]): Markup {
    const shown = list.slice(0, MAX_CITED).map((observation) => html` <span class="t">${this.ref(observation)}</span>`);
    return html`${shown}${list.length > MAX_CITED && ` ${this.m.more(list.length - MAX_CITED)}`}`;
  }

  /** A list of observations with event, place and time; nothing for none. */
  cites(list: readonly Observation[]): Markup | undefined {
    if (list.length === 0) return undefined;
    const items = list
      .slice(0, MAX_CITED)
      .map((observation) =>
        observation.type === 'fact'
          ? html`<li>${this.ref(observation)} ${withTimes(factText(observation, this.names, this.zone, this.lang))}</li>`
          : html`<li>${this.ref(observation)} ${eventName(observation, this.lang)} · ${placeText(observation.origin, this.names, this.lang)} · ${this.time(observation.time)}</li>`,
      );
    return html`<ul class="cites">${items}${list.length > MAX_CITED && html`<li>${this.m.more(list.length - MAX_CITED)} (${this.m.jsonHint})</li>`}</ul>`;
  }

  /** {@link stackTable} */
  table(heads: readonly string[], rows: readonly (readonly (Markup | string)[])[], caption = ''): Markup {
    return stackTable(heads, rows, caption);
  }

  /** {@link closedPart} in the report's language. */
  details(title: string, count: number, body: Markup, printed: boolean): Markup {
    return closedPart(this.m, title, count, body, printed);
  }
}

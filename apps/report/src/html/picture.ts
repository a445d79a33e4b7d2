import type { Incident, Stop, Timeline } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatShort, formatSpan, formatTime, zoneOffsetMinutes } from '../format-time.ts';
import { isUncertain } from '../stop-text.ts';
import { messages } from '../text/index.ts';
import { html, type Markup } from './markup.ts';
import { gapsOf, type Lane, laneOf, type MarkKind, runningOf, type Stretch } from './picture-data.ts';

const WIDTH = 960;
const LEFT = 84;
const RIGHT = 14;
const LANE_HEIGHT = 22;
const LANE_GAP = 6;
/** Rows of labels above the lanes; labels that still collide show their number only. */
const LABEL_ROWS = 3;
const LABEL_ROW_HEIGHT = 15;
/** Hosts drawn; the caption says when there are more. */
export const MAX_HOSTS = 6;
/** Labels of single events in the picture before a stop. */
const MAX_EVENT_LABELS = 14;
const LANES: readonly Lane[] = ['power', 'logon', 'rdp'];
const MARK_CLASS: Record<MarkKind, string> = { fail: 'p-fail', logon: 'p-logon', conn: 'p-conn', power: 'p-stop' };
const SECOND = 1_000_000_000n;

/** A stop as the picture shows it: numbered as in the table of stops. */
export interface NumberedStop {
  readonly n: number;
  readonly incident: Incident;
}

/** A stop with the place of its label; `row` is absent when there is no room for one. */
interface Label {
  readonly n: number;
  readonly stop: Stop;
  readonly x: number;
  readonly text: string;
  /** The text stands left of the number, because the right edge is near. */
  readonly leftward: boolean;
  readonly row: number | undefined;
}

interface PictureOptions {
  readonly range: Stretch;
  readonly title: string;
  readonly description: string;
  readonly id: string;
  /** Label single events by their id (for short ranges). */
  readonly labelEvents: boolean;
}

/** Where ticks go: round steps of seconds to years in the report's zone, about eight of them. */
export function ticks(range: Stretch, zone: string): { readonly at: bigint; readonly label: string }[] {
  const seconds = Number((range.to - range.from) / SECOND);
  const steps = [
    10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000,
    31_536_000,
  ];
  const step = BigInt(steps.find((s) => seconds / s <= 9) ?? Math.ceil(seconds / 9)) * SECOND;
  const offset = BigInt(zoneOffsetMinutes(range.from, zone)) * 60n * SECOND;
  const out: { at: bigint; label: string }[] = [];
  let at = ((range.from + offset) / step) * step - offset;
  if (at < range.from) at += step;
  const part = step >= 86_400n * SECOND ? 'date' : step >= 60n * SECOND ? 'minute' : 'second';
  for (; at <= range.to; at += step) {
    const year = step >= 2_592_000n * SECOND ? `${formatTime(at, zone).slice(0, 4)}-` : '';
    out.push({ at, label: year + formatShort(at, zone, part) });
  }
  return out;
}

class Picture {
  readonly #timeline: Timeline;
  readonly #zone: string;
  readonly #lang: Language;
  readonly #options: PictureOptions;
  /** Shapes in the order they are painted; texts come after all of them, so that no line crosses a text. */
  readonly #parts: Markup[] = [];
  readonly #texts: Markup[] = [];

  constructor(timeline: Timeline, zone: string, lang: Language, options: PictureOptions) {
    this.#timeline = timeline;
    this.#zone = zone;
    this.#lang = lang;
    this.#options = options;
  }

  #x(at: bigint): number {
    const { from, to } = this.#options.range;
    const share = Number(at - from) / Number(to - from);
    return Math.round((LEFT + Math.min(1, Math.max(0, share)) * (WIDTH - LEFT - RIGHT)) * 10) / 10;
  }

  #inside(at: bigint): boolean {
    return at >= this.#options.range.from && at <= this.#options.range.to;
  }

  /** Stops inside the range with the row of their label: the first row where it does not touch its left neighbour, none when all are taken. */
  #labels(stops: readonly NumberedStop[]): Label[] {
    const ends: number[] = [];
    return stops
      .filter(({ incident }) => incident.stop.latest >= this.#options.range.from && incident.stop.earliest <= this.#options.range.to)
      .map(({ n, incident }) => {
        const text = formatShort(incident.stop.time, this.#zone, 'minute');
        const x = this.#x(incident.stop.time);
        const width = text.length * 6 + 12;
        const leftward = x + width > WIDTH;
        const start = leftward ? x - width : x - 8;
        const end = leftward ? x + 9 : x + width;
        let row: number | undefined;
        for (let candidate = 0; candidate < LABEL_ROWS && row === undefined; candidate++) {
          if ((ends[candidate] ?? Number.NEGATIVE_INFINITY) > start) continue;
          ends[candidate] = end;
          row = candidate;
        }
        return { n, stop: incident.stop, x, text, leftward, row };
      });
  }

  #host(host: string, stops: readonly NumberedStop[], top: number, named: boolean): number {
    const m = messages(this.#lang);
    const { range } = this.#options;
    const labels = this.#labels(stops);
    const head = top + (named ? 14 : 0);
    const lanes = head + Math.max(1, ...labels.map(({ row }) => (row ?? 0) + 1)) * LABEL_ROW_HEIGHT + 4;
    const bottom = lanes + LANES.length * (LANE_HEIGHT + LANE_GAP) - LANE_GAP;
    if (named) this.#parts.push(html`<text x="0" y="${top + 10}" class="p-label" font-weight="700">${host}</text>`);
    const names: Record<Lane, string> = { power: m.lanePower, logon: m.laneLogon, rdp: m.laneRdp };
    LANES.forEach((lane, i) => {
      const y = lanes + i * (LANE_HEIGHT + LANE_GAP);
      this.#parts.push(
        html`<text x="0" y="${y + 15}" class="p-label">${names[lane]}</text><rect x="${LEFT}" y="${y}" width="${WIDTH - LEFT - RIGHT}" height="${LANE_HEIGHT}" class="p-lane"/>`,
      );
      if (lane === 'power') {
        for (const run of runningOf(this.#timeline, host)) {
          if (run.to < range.from || run.from > range.to) continue;
          const from = this.#x(run.from);
          this.#parts.push(
            html`<rect x="${from}" y="${y + 4}" width="${Math.max(1, this.#x(run.to) - from).toFixed(1)}" height="${LANE_HEIGHT - 8}" class="p-on"/>`,
          );
          if (this.#inside(run.from))
            this.#parts.push(html`<path d="M${from} ${y + 3}l6 ${(LANE_HEIGHT - 6) / 2}l-6 ${(LANE_HEIGHT - 6) / 2}z" class="p-boot"/>`);
        }
      }
      for (const gap of gapsOf(this.#timeline, host, lane, range)) {
        const from = this.#x(gap.from);
        const width = this.#x(gap.to) - from;
        if (width >= 1)
          this.#parts.push(
            html`<rect x="${from}" y="${y}" width="${width.toFixed(1)}" height="${LANE_HEIGHT}" fill="url(#${this.#options.id}-hatch)"/>`,
          );
      }
    });
    this.#stops(labels, head, lanes + LANE_HEIGHT, bottom);
    LANES.forEach((lane, i) => {
      this.#marks(host, lane, lanes + i * (LANE_HEIGHT + LANE_GAP));
    });
    return bottom;
  }

  #marks(host: string, lane: Lane, y: number): void {
    const drawn = new Set<string>();
    /** Painted last: among many logons the failures are what is looked for. */
    const failures: Markup[] = [];
    const labelled: { x: number; text: string }[] = [];
    for (const event of this.#timeline.events) {
      if (event.host !== host || !this.#inside(event.time)) continue;
      const place = laneOf(event);
      if (!place || place.lane !== lane || (lane === 'power' && !this.#options.labelEvents)) continue;
      const x = Math.round(this.#x(event.time));
      const key = `${x}${place.kind}`;
      if (drawn.has(key)) continue;
      drawn.add(key);
      const short = place.kind === 'logon' ? 6 : 3;
      const line = html`<line x1="${x}" x2="${x}" y1="${y + short}" y2="${y + LANE_HEIGHT - short}" class="${MARK_CLASS[place.kind]}"/>`;
      if (place.kind === 'fail') failures.push(line);
      else this.#parts.push(line);
      labelled.push({ x, text: String(event.eventId) });
    }
    this.#parts.push(...failures);
    if (!this.#options.labelEvents) return;
    let end = 0;
    for (const { x, text } of labelled.slice(0, MAX_EVENT_LABELS)) {
      if (x + 4 < end) continue;
      end = x + 8 + text.length * 6;
      this.#texts.push(html`<text x="${x + 3}" y="${y + 14}" class="p-axis">${text}</text>`);
    }
  }

  #stops(labels: readonly Label[], top: number, powerBottom: number, bottom: number): void {
    for (const { n, stop, x, text, leftward, row } of labels) {
      const y = top + (row ?? 0) * LABEL_ROW_HEIGHT;
      if (isUncertain(stop)) {
        const from = this.#x(stop.earliest);
        this.#parts.push(
          html`<rect x="${from}" y="${y + 14}" width="${Math.max(2, this.#x(stop.latest) - from).toFixed(1)}" height="${(bottom - y - 14).toFixed(1)}" class="p-range"/>`,
        );
      }
      this.#parts.push(
        html`<line x1="${x}" x2="${x}" y1="${row === undefined ? powerBottom - LANE_HEIGHT : y + 13}" y2="${powerBottom}" class="p-stop"/><line x1="${x}" x2="${x}" y1="${powerBottom}" y2="${bottom}" class="p-line"/>`,
      );
      if (row === undefined) continue;
      this.#texts.push(
        html`<circle cx="${x}" cy="${y + 7}" r="7" class="p-badge"/><text x="${x}" y="${y + 10.5}" class="p-number">${n}</text><text x="${x + (leftward ? -10 : 10)}" y="${y + 11}" class="p-axis"${leftward && html` text-anchor="end"`}>${text}</text>`,
      );
    }
  }

  draw(hosts: readonly string[], stops: readonly NumberedStop[]): Markup {
    const { id, title, description, range } = this.#options;
    let y = 0;
    for (const host of hosts)
      y =
        this.#host(
          host,
          stops.filter(({ incident }) => incident.stop.host === host),
          y,
          hosts.length > 1,
        ) + 8;
    const axis = y;
    for (const tick of ticks(range, this.#zone)) {
      const x = this.#x(tick.at);
      this.#parts.push(
        html`<line x1="${x}" x2="${x}" y1="${axis - 8}" y2="${axis - 3}" class="p-line"/><text x="${x}" y="${axis + 8}" class="p-axis" text-anchor="${x > WIDTH - 40 ? 'end' : 'middle'}">${tick.label}</text>`,
      );
    }
    return html`<svg viewBox="0 0 ${WIDTH} ${axis + 14}" role="img" aria-labelledby="${id}-t ${id}-d" xmlns="http://www.w3.org/2000/svg"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc><defs><pattern id="${id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="p-hatch"/></pattern></defs>${this.#parts}${this.#texts}</svg>`;
  }
}

/** `stops` are in time order. Room left and right of the first and last stop: a twentieth of the span, at least six hours. */
function overview(stops: readonly NumberedStop[]): Stretch {
  const from = stops[0]!.incident.stop.time;
  const to = stops.at(-1)!.incident.stop.time;
  const sixHours = 21_600n * SECOND;
  const room = (to - from) / 20n > sixHours ? (to - from) / 20n : sixHours;
  return { from: from - room, to: to + room };
}

/** The key of the pictures, drawn with the same shapes. */
export function pictureKey(lang: Language): Markup {
  const m = messages(lang);
  const items: readonly (readonly [Markup, string])[] = [
    [html`<rect x="0" y="2" width="16" height="8" class="p-on"/>`, m.legendOn],
    [html`<path d="M4 0l7 6l-7 6z" class="p-boot"/>`, m.legendBoot],
    [html`<line x1="8" x2="8" y1="0" y2="12" class="p-stop"/>`, m.legendStop],
    [html`<rect x="3" y="0" width="10" height="12" class="p-range"/>`, m.legendRange],
    [html`<line x1="8" x2="8" y1="0" y2="12" class="p-fail"/>`, m.legendFailure],
    [html`<line x1="8" x2="8" y1="2" y2="10" class="p-logon"/>`, m.legendLogon],
    [html`<line x1="8" x2="8" y1="0" y2="12" class="p-conn"/>`, m.legendConnection],
    [html`<rect x="0" y="0" width="16" height="12" fill="url(#overview-hatch)"/>`, m.legendGap],
  ];
  return html`<span class="key">${items.map(([shape, text]) => html`<span><svg viewBox="0 0 16 12" width="16" height="12" aria-hidden="true">${shape}</svg> ${text}</span> `)}</span>`;
}

/** The timeline of all stops: lanes for power, logon and RDP of each host, stops numbered, stretches without records hatched. */
export function overviewPicture(timeline: Timeline, stops: readonly NumberedStop[], zone: string, lang: Language): Markup | undefined {
  if (stops.length === 0) return undefined;
  const m = messages(lang);
  const hosts = [...new Set(stops.map(({ incident }) => incident.stop.host))];
  const range = overview(stops);
  const drawn = hosts.slice(0, MAX_HOSTS);
  const title = m.pictureTitle(m.list(drawn), formatSpan(range.from, range.to, zone, lang));
  const picture = new Picture(timeline, zone, lang, {
    range,
    title,
    description: m.pictureDesc(stops.length),
    id: 'overview',
    labelEvents: false,
  });
  return picture.draw(drawn, stops);
}

/** The fifteen minutes before one stop and the minute after it, with the events named by their ids. */
export function approachPicture(timeline: Timeline, stop: NumberedStop, zone: string, lang: Language): Markup {
  const m = messages(lang);
  const { earliest, latest, host, time } = stop.incident.stop;
  const [from, to] = isUncertain(stop.incident.stop) ? [earliest, latest] : [time, time];
  const range = { from: from - 900n * SECOND, to: to + 60n * SECOND };
  const picture = new Picture(timeline, zone, lang, {
    range,
    title: m.pictureZoom(formatTime(time, zone, lang)),
    description: m.pictureDesc(1),
    id: 'approach',
    labelEvents: true,
  });
  return picture.draw([host], [stop]);
}

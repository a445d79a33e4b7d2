import type { Incident, Missing, Observation } from '@winmedic/core/model';
import {
  type CauseRow,
  causeLists,
  linkEvidence,
  MAX_CITED,
  refuting,
  type StopGroup,
  separatedTitles,
  uniqueMissing,
} from '../case-view.ts';
import { stopTimeText } from '../stop-text.ts';
import type { HtmlContext } from './context.ts';
import { html, type Markup } from './markup.ts';
import { commandBlock, remedyBody } from './parts.ts';

/** A group of stops: verdict, chain, next check, what is open, remedies, what was ruled out, what is missing. */
export function groupSection(c: HtmlContext, group: StopGroup, index: number): Markup {
  const m = c.m;
  const { shown } = group;
  const numbers = c.stops.filter(({ incident }) => group.incidents.includes(incident)).map(({ n }) => `#${n}`);
  const dead = new Set(c.diagnosis.deadEnds.map((deadEnd) => deadEnd.cause.id));
  const lists = causeLists(group, dead);
  const missing = uniqueMissing(group.incidents.map((incident) => incident.missing));
  const mechanism = shown.verdict.cause?.cause.mechanism ?? [];
  const shownNumber = c.stops.find(({ incident }) => incident === shown)!.n;
  return html`<p>${c.grade(shown.verdict.grade)} <span class="soft">${m.stops(group.incidents.length)}: ${numbers.join(' ')}</span></p>
${index > 0 && html`<p><strong>${c.text(shown.verdict.sentence)}</strong></p>`}
${mechanism.length > 0 && html`<div class="${index > 0 ? 'np' : 'mechanism'}"><h3>${m.sectionMechanism(shown.verdict.grade === 'confirmed')}</h3><ol>${mechanism.map((line) => html`<li>${c.text(line)}</li>`)}</ol></div>`}
${shown.chain.length > 0 && html`<h3>${m.sectionChain}</h3>${group.incidents.length > 1 && html`<p class="soft">${m.chainOf(`#${shownNumber} (${stopTimeText(shown.stop, c.zone, c.lang)})`)}</p>`}${chain(c, shown)}`}
${looked(c, shown)}
${next(c, shown)}
${alternatives(c, m.sectionAlso, lists.also, group)}
${alternatives(c, m.sectionOpen, lists.open, group)}
${remedies(c, shown)}
${ruledOut(c, lists.ruledOut, group, index === 0)}
${lists.unchecked.length > 0 && c.details(m.sectionUnchecked, lists.unchecked.length, html`<p>${titles(c, lists.unchecked)}</p>`, index === 0)}
${missing.length > 0 && c.details(m.sectionMissing, missing.length, missingTable(c, missing), false)}`;
}

function missingTable(c: HtmlContext, missing: readonly Missing[]): Markup {
  const m = c.m;
  const rows = missing.map((one) => [
    html`${m.missingKind[one.kind]} <code>${one.name}</code>`,
    c.text(one.text),
    one.command === undefined ? '' : html`<code>${one.command}</code>`,
  ]);
  return c.table([m.colName, m.colMeaning, m.command], rows);
}

/** Every requirement of the verdict's cause with its truth and what it rests on. */
function looked(c: HtmlContext, incident: Incident): Markup | undefined {
  const items = incident.verdict.cause?.items ?? [];
  if (items.length === 0) return undefined;
  const m = c.m;
  const rows = items.map((item) => [
    c.text(item.requirement.text),
    m.requirementRole[item.role],
    m.truth[item.evaluation.value],
    html`${c.text(item.evaluation.because)}${c.refs(item.evaluation.evidence)}`,
  ]);
  return c.details(m.sectionLooked, items.length, c.table([m.colLooked, m.colRole, m.colStatus, m.colBecause], rows), false);
}

function titles(c: HtmlContext, rows: readonly CauseRow[]): string {
  return rows.map((row) => c.text(row.cause.title)).join(c.lang === 'ja' ? '、' : '; ');
}

function chain(c: HtmlContext, incident: Incident): Markup {
  const m = c.m;
  const evidence = linkEvidence(incident);
  const used = [...new Set(incident.chain.map((link) => link.support))];
  return html`<ol class="chain">${incident.chain.map(
    (link, i) =>
      html`<li>${c.text(link.text)} <span class="tag ${link.support}">${m.role[link.role]} · ${m.support[link.support]}</span>${evidence[i]!.again.length > 0 && html`<span class="tag">${c.refs(evidence[i]!.again)}</span>`}${c.cites(evidence[i]!.fresh)}</li>`,
  )}</ol><p class="soft cites">${used.map((support) => `${m.support[support]}: ${m.supportMeaning[support]}`).join(' · ')}</p>`;
}

function alternatives(c: HtmlContext, title: string, rows: readonly CauseRow[], group: StopGroup): Markup | undefined {
  if (rows.length === 0) return undefined;
  const m = c.m;
  return html`<h3>${title}</h3><ul class="alt plain">${rows.map((row) => {
    const speaking = row.judged.items.filter((item) => item.evaluation.value === 'true').flatMap((item) => item.evaluation.evidence);
    return html`<li>${c.grade(row.grade)} <strong>${c.text(row.cause.title)}</strong>${row.count < group.incidents.length && ` (${m.forStops(row.count, group.incidents.length)})`}<br>${c.text(row.judged.because)}${c.refs([...new Set(speaking)])}
${row.judged.missing.length > 0 && html`<br><span class="soft">${m.colDecides}:</span> ${row.judged.missing.slice(0, MAX_CITED).map((one, i) => html`${i > 0 && ', '}<code>${one.name}</code>`)}${row.judged.missing.length > MAX_CITED && ` ${m.more(row.judged.missing.length - MAX_CITED)}`}`}</li>`;
  })}</ul>`;
}

/** Ruled-out causes with the same reason and observation share a row. */
function ruledOut(c: HtmlContext, rows: readonly CauseRow[], group: StopGroup, printed: boolean): Markup | undefined {
  if (rows.length === 0) return undefined;
  const m = c.m;
  const merged = new Map<string, { rows: CauseRow[]; because: string; evidence: readonly Observation[] }>();
  for (const row of rows) {
    const evidence = refuting(row.judged);
    const because = c.text(row.judged.because);
    const key = JSON.stringify([because, evidence.map((observation) => observation.id), row.count]);
    const entry = merged.get(key);
    if (entry) entry.rows.push(row);
    else merged.set(key, { rows: [row], because, evidence });
  }
  const cells = [...merged.values()].map((entry) => [
    html`${titles(c, entry.rows)}${entry.rows[0]!.count < group.incidents.length && ` (${m.forStops(entry.rows[0]!.count, group.incidents.length)})`}`,
    html`${entry.because}${c.refs(entry.evidence)}`,
  ]);
  return c.details(m.sectionRuledOut, rows.length, html`<div class="ruled">${c.table([m.colCause, m.colBecause], cells)}</div>`, printed);
}

function next(c: HtmlContext, incident: Incident): Markup | undefined {
  if (!incident.nextCheck) return undefined;
  const m = c.m;
  const text = c.text(incident.nextCheck.text);
  const { command } = incident.nextCheck.check;
  const separates = separatedTitles(incident, text, (cause) => c.text(cause.title));
  return html`<div class="next"><h3>${m.sectionNext}</h3><p>${text}</p>${command !== undefined && commandBlock(command)}${separates.length > 0 && html`<p class="soft">${m.separates(m.list(separates))}</p>`}</div>`;
}

function remedies(c: HtmlContext, incident: Incident): Markup | undefined {
  const cause = incident.verdict.cause?.cause;
  if (!cause || cause.remedies.length === 0) return undefined;
  const m = c.m;
  return html`<h3>${m.sectionRemedy}</h3><ol class="alt">${cause.remedies.map((remedy) => html`<li>${remedyBody(remedy, c.lang)}</li>`)}</ol>`;
}

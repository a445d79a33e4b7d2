import type { Audit, AuditHost, CombinedResult, SettingResult } from '@winmedic/core/model';
import type { Language, Remedy } from '@winmedic/knowledge/model';
import { SourceNames } from '../origin.ts';
import { messages, pick } from '../text/index.ts';
import { printable, printableLines } from '../width.ts';
import { decidingNeeds, hostName, partsShown, seenPlaces, seenText, titledValue } from './describe.ts';
import type { AuditReportOptions } from './options.ts';
import { hostView, listedCombined, listedSettings } from './view.ts';

/** What became of a test case: a failure is a finding, a skip is something that was not decided. */
interface TestCase {
  readonly className: string;
  readonly name: string;
  readonly outcome?: { readonly element: 'failure' | 'skipped'; readonly message: string; readonly type?: string; readonly body: string };
}

/** Text of an attribute or element: XML 1.0 has no control characters, so they are shown as `\x1b`. */
function xml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\ufffe\uffff]/g, '\ufffd');
}

function remedyLines(remedy: Remedy, lang: Language): string[] {
  const m = messages(lang);
  return [
    `${m.sectionRemedy}: ${pick(remedy.text, lang)}`,
    ...(remedy.command === undefined ? [] : [remedy.command]),
    ...(remedy.gpo ? [`${m.gpo}: ${pick(remedy.gpo, lang)}`] : []),
    `${m.risk}: ${pick(remedy.risk, lang)}`,
    `${m.undo}: ${pick(remedy.undo, lang)}`,
  ];
}

function settingCase(result: SettingResult, host: string, names: SourceNames, options: AuditReportOptions): TestCase {
  const { setting, status } = result;
  const { lang, zone } = options;
  const m = messages(lang);
  const test = { className: `${host}.${setting.area}`, name: `${setting.id}: ${pick(setting.title, lang)}` };
  const places = seenPlaces(result, names, lang).map((place) => seenText(place, zone, lang));
  const value = pick(result.text, lang);
  if (status === 'risky') {
    const [remedy] = setting.remedies;
    const body = [setting.finding ? pick(setting.finding, lang) : '', ...places, ...(remedy ? remedyLines(remedy, lang) : [])];
    return { ...test, outcome: { element: 'failure', message: value, type: setting.severity, body: body.join('\n') } };
  }
  // Only what is known is a pass: a value that another place may override is not.
  if (status === 'ok' || status === 'noted') return test;
  const needs = `${m.audit.decides}: ${m.list(decidingNeeds(result, lang))}`;
  const message = status === 'not-checked' ? `${m.audit.status[status]}. ${needs}` : `${m.audit.status[status]}: ${value}. ${needs}`;
  return { ...test, outcome: { element: 'skipped', message, body: places.join('\n') } };
}

function combinedCase(one: CombinedResult, host: AuditHost, name: string, lang: Language): TestCase {
  const { finding, status, because } = one;
  const m = messages(lang);
  const test = { className: `${name}.combined`, name: `${finding.id}: ${pick(finding.title, lang)}` };
  if (status === 'does-not-hold') return test;
  const lines = partsShown(one).map(({ outcome, result }) => `${titledValue(result, lang)} (${m.audit.outcome[outcome]})`);
  if (status !== 'holds')
    return {
      ...test,
      outcome: { element: 'skipped', message: `${m.audit.combinedStatus[status]}. ${pick(because, lang)}`, body: lines.join('\n') },
    };
  const first = host.settings.find(({ setting }) => setting.id === finding.change.setting)?.setting;
  const remedy = first?.remedies[0];
  const change = `${m.audit.changeFirst}: ${first ? pick(first.title, lang) : finding.change.setting}: ${pick(finding.change.why, lang)}`;
  const body = [...lines, change, ...(remedy ? remedyLines(remedy, lang) : [])].join('\n');
  return { ...test, outcome: { element: 'failure', message: pick(finding.sentence, lang), type: finding.severity, body } };
}

function suite(name: string, cases: readonly TestCase[], timestamp: string): string {
  const count = (element: 'failure' | 'skipped'): number => cases.filter(({ outcome }) => outcome?.element === element).length;
  const lines = cases.map(({ className, name: title, outcome }) => {
    const head = `    <testcase classname="${xml(printable(className))}" name="${xml(printable(title))}" time="0"`;
    if (!outcome) return `${head}/>`;
    const { element, message, type, body } = outcome;
    const kind = type === undefined ? '' : ` type="${xml(type)}"`;
    return `${head}>\n      <${element} message="${xml(printable(message))}"${kind}>${xml(printableLines(body))}</${element}>\n    </testcase>`;
  });
  return `  <testsuite name="${xml(printable(name))}" tests="${cases.length}" failures="${count('failure')}" errors="0" skipped="${count('skipped')}" time="0" timestamp="${timestamp}">\n${lines.join('\n')}${lines.length > 0 ? '\n' : ''}  </testsuite>`;
}

/**
 * The audit as JUnit XML for build servers: one suite per host with a case per setting, and one for its combined findings. Risky: failure;
 * not checked, possible, overridable or contradicted: skipped with the reason; passed only what is known.
 * @throws RangeError for an unknown zone.
 */
export function auditToJunit(audit: Audit, options: AuditReportOptions): string {
  const { lang } = options;
  const names = new SourceNames(audit.sources);
  // xs:dateTime without a zone is read as UTC by the usual readers of this format.
  const timestamp = new Date(Number(audit.madeAt / 1_000_000n)).toISOString().slice(0, 19);
  const suites: string[] = [];
  const all: TestCase[] = [];
  for (const host of audit.hosts) {
    const view = hostView(host, options.filter ?? {});
    const name = hostName(host, lang);
    const settings = listedSettings(view).map((result) => settingCase(result, name, names, options));
    const combined = listedCombined(view).map((one) => combinedCase(one, host, name, lang));
    suites.push(suite(name, settings, timestamp));
    if (combined.length > 0) suites.push(suite(`${name}: ${messages(lang).audit.sectionCombined}`, combined, timestamp));
    all.push(...settings, ...combined);
  }
  const count = (element: 'failure' | 'skipped'): number => all.filter(({ outcome }) => outcome?.element === element).length;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="winmedic audit" tests="${all.length}" failures="${count('failure')}" errors="0" skipped="${count('skipped')}" time="${options.durationSeconds ?? 0}">\n${suites.join('\n')}${suites.length > 0 ? '\n' : ''}</testsuites>\n`;
}

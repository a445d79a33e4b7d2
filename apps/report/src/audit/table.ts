import type { Audit, SettingResult } from '@winmedic/core/model';
import { formatTime } from '../format-time.ts';
import { SourceNames } from '../origin.ts';
import { messages, pick } from '../text/index.ts';
import { decidingNeeds, hostName, isUnverified, seenPlaces } from './describe.ts';
import type { AuditReportOptions } from './options.ts';
import { hostView, listedCombined, listedSettings } from './view.ts';

/**
 * The audit as rows of a table, the first being the heads: one row per combined finding and per setting. Values are whole, times ISO
 * with their offset. The caller writes them as CSV, with its guard against formulas. @throws RangeError for an unknown zone.
 */
export function auditRows(audit: Audit, options: AuditReportOptions): string[][] {
  const { lang, zone, filter = {} } = options;
  const m = messages(lang);
  const w = m.audit;
  const names = new SourceNames(audit.sources);
  const rows: string[][] = [
    [
      m.colHost,
      w.colKind,
      w.colArea,
      'ID',
      w.colSetting,
      m.colStatus,
      w.colSeverity,
      m.colValue,
      m.colMeaning,
      w.where,
      w.colWritten,
      w.colKnownUntil,
      m.colFile,
      w.colNeed,
      w.colRemedy,
    ],
  ];
  const time = (ns: bigint | undefined): string => (ns === undefined ? '' : formatTime(ns, zone, lang));
  const settingRow = (result: SettingResult, host: string): string[] => {
    const { setting, status } = result;
    const [first] = seenPlaces(result, names, lang);
    const { value } = result;
    return [
      host,
      w.rowSetting,
      w.area[setting.area],
      setting.id,
      pick(setting.title, lang),
      `${w.status[status]}${isUnverified(result) ? ` (${w.unverified})` : ''}`,
      w.severity[setting.severity],
      value ?? '',
      pick(result.text, lang),
      first?.where ?? '',
      // The last write of another key says little about this value.
      first?.nearest === undefined ? time(first?.written) : '',
      time(result.until),
      first?.source ?? '',
      result.unchecked.length > 0 ? m.list(decidingNeeds(result, lang)) : '',
      status === 'risky' ? (setting.remedies[0]?.command ?? '') : '',
    ];
  };
  for (const host of audit.hosts) {
    const view = hostView(host, filter);
    const name = hostName(host, lang);
    for (const { finding, status, because } of listedCombined(view)) {
      const change = host.settings.find(({ setting }) => setting.id === finding.change.setting)?.setting.remedies[0]?.command ?? '';
      rows.push([
        name,
        w.rowCombined,
        '',
        finding.id,
        pick(finding.title, lang),
        w.combinedStatus[status],
        w.severity[finding.severity],
        '',
        status === 'holds' ? pick(finding.sentence, lang) : pick(because, lang),
        '',
        '',
        '',
        '',
        '',
        status === 'holds' ? change : '',
      ]);
    }
    for (const result of listedSettings(view)) rows.push(settingRow(result, name));
  }
  return rows;
}

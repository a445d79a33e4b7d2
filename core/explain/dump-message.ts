import type { Knowledge, Language, Localized } from '@winmedic/knowledge';
import type { EventObservation } from '../model/index.ts';
import { lookUpCode } from './formats.ts';

/** Provider and channel under which a crash dump stands in the timeline; no log has them. */
export const DUMP_PROVIDER = 'crash dump';

/** Kinds of dumps as the settings of Windows name them; the newer forms by the number in their header, since one form serves several settings. */
const KINDS: Readonly<Record<string, Localized>> = {
  triage: { en: 'small memory dump', ja: '最小メモリ ダンプ' },
  kernel: { en: 'kernel memory dump', ja: 'カーネル メモリ ダンプ' },
  full: { en: 'complete memory dump', ja: '完全メモリ ダンプ' },
  bitmap: { en: 'memory dump (type 5)', ja: 'メモリ ダンプ (種類 5)' },
  'live-bitmap': { en: 'memory dump (type 6)', ja: 'メモリ ダンプ (種類 6)' },
  'kernel-ranges': { en: 'memory dump (type 8)', ja: 'メモリ ダンプ (種類 8)' },
  'kernel-user-ranges': { en: 'memory dump (type 9)', ja: 'メモリ ダンプ (種類 9)' },
  'complete-ranges': { en: 'memory dump (type 10)', ja: 'メモリ ダンプ (種類 10)' },
};
const UNKNOWN: Localized = { en: 'crash dump of an unknown kind', ja: '種類不明のクラッシュ ダンプ' };

/** Name of a kind of dump. @param kind as in `DumpObservation.kind` */
export function dumpKindText(kind: string, lang: Language): string {
  return (Object.hasOwn(KINDS, kind) ? (KINDS[kind] as Localized) : UNKNOWN)[lang];
}

/** `0x50 PAGE_FAULT_IN_NONPAGED_AREA`; the code alone when it has no documented name. */
export function stopCodeName(code: string, knowledge: Knowledge): string {
  const name = lookUpCode(knowledge, 'bugchecks', code)?.name;
  return name === undefined ? code : `${code} ${name}`;
}

/** A crash dump in one line: kind, file, stop code with its parameters, and the module it points at. */
export function dumpMessage(event: EventObservation, lang: Language, knowledge: Knowledge): string {
  const field = (name: string): string => event.fields.get(name) ?? '';
  const file = event.origin.path.split(/[\\/]/).at(-1) ?? event.origin.path;
  const code = stopCodeName(field('BugcheckCode'), knowledge);
  const parameters = [1, 2, 3, 4].map((n) => field(`BugcheckParameter${n}`)).join(', ');
  const module = field('Module');
  const kind = dumpKindText(field('DumpKind'), lang);
  if (lang === 'ja') {
    const live = field('Live') === 'true' ? '、稼働中に採取 (停止なし)' : '';
    return `${kind} ${file}: 停止コード ${code} (${parameters})${module === '' ? '' : `、該当モジュール ${module}`}${live}`;
  }
  const live = field('Live') === 'true' ? '; written while the machine ran on, no stop' : '';
  return `${kind} ${file}: stop code ${code} (${parameters})${module === '' ? '' : `; points at ${module}`}${live}`;
}

import type { RepairAction } from '@winmedic/core/model';
import { messages } from '../text/index.ts';
import type { Item, ItemLine } from './document.ts';
import type { ViewOptions } from './inspect-view.ts';
import { exactSize, sizeText } from './sizes.ts';
import { ticksInTwoZones } from './times.ts';
import { type DiskWords, diskWords } from './words.ts';

/** A start type as a recipe or a hive gives it: `4`, `dword:4`. */
const START = /^(?:dword:)?(?:0x)?0*([0-4])(?![0-9a-f])/i;
/** Key of a service. */
const SERVICE = /\\Services\\[^\\]+$/i;

/** What an action does, in words; undefined for one that only the file system's own terms tell ({@link editText}). */
export function actionItem(action: RepairAction, options: ViewOptions): Item | undefined {
  const { lang, zone } = options;
  const words = diskWords(lang);
  switch (action.kind) {
    case 'quarantined': {
      const { path, to, modified, sizeBytes, sha256 } = action;
      return {
        mark: 'good',
        text: words.renamed(path, lastPart(to)),
        lines: [
          { label: words.modified, text: ticksInTwoZones(modified, zone, lang) },
          { label: words.size, text: exactSize(sizeBytes, lang) },
          ...(sha256 === undefined ? [] : ([{ label: words.sha256, text: sha256 }] satisfies ItemLine[])),
        ],
      };
    }
    case 'restored':
      return { mark: 'good', text: words.renamed(action.path, lastPart(action.to)) };
    case 'kept':
      return { text: words.kept[action.why](action.path, ticksInTwoZones(action.modified, zone, lang)) };
    case 'present':
      return { text: words.present(action.path) };
    case 'replayed':
      return {
        mark: 'good',
        text: words.replayed(action.path, action.entries, action.grownBy > 0 ? sizeText(action.grownBy, lang) : ''),
      };
    case 'hive-clean':
      return { text: words.hiveClean(action.path) };
    case 'transactions-pending':
      return { mark: 'warn', text: words.transactionsPending(action.path) };
    case 'value':
      return { mark: 'good', text: valueText(action, words) };
    case 'absent':
      return { text: words.absent(action.what) };
    case 'edit':
      return editItem(action.change, options, words);
  }
}

type ValueAction = Extract<RepairAction, { readonly kind: 'value' }>;
type Change = Extract<RepairAction, { readonly kind: 'edit' }>['change'];

function valueText({ path, key, value, from, to }: ValueAction, words: DiskWords): string {
  const full = `${path}: ${key}`;
  if (value === '' && to === undefined && from === lastPart(key)) return words.keyRemoved(full);
  if (value === '' && from === undefined && to === key) return words.keyMade(full);
  const shown = (text: string | undefined): string => {
    if (text === undefined) return words.noValue;
    const start = value.toLowerCase() === 'start' && SERVICE.test(key) ? START.exec(text)?.[1] : undefined;
    return start === undefined ? text : `${text} (${words.startType[start]})`;
  };
  return words.valueChanged(full, value === '' ? words.defaultValue : value, shown(from), shown(to));
}

/** Changes of the file system that people must know of although no step is about them. */
function editItem(change: Change, { lang }: ViewOptions, words: DiskWords): Item | undefined {
  const m = messages(lang);
  switch (change.kind) {
    case 'grow':
      return { text: words.fileGrown(change.path, m.bytes(change.from), m.bytes(change.to), change.clusters) };
    case 'dirty':
      return { mark: 'warn', text: words.volumeDirty(change.to) };
    case 'log-reset':
      return { mark: 'warn', text: words.logReset(m.bytes(change.bytes)) };
    default:
      return undefined;
  }
}

/** A change of the file system in its own terms: record, names, places. */
export function editText(change: Change, options: ViewOptions): string {
  const words = diskWords(options.lang);
  const m = messages(options.lang);
  if (change.kind === 'rename') return words.lowRename(change.path, change.record, change.from, change.to);
  if (change.kind === 'data') return words.lowData(change.path, change.record, change.offset, m.bytes(change.length));
  return editItem(change, options, words)?.text ?? '';
}

/** The name at the end of a path. */
function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1);
}

import type { HiveKeyReport } from '@winmedic/core/model';
import { messages } from '../text/index.ts';
import { type DiskDocument, section } from './document.ts';
import type { ViewOptions } from './inspect-view.ts';
import { costPairs } from './made.ts';
import { problemItems } from './problem-items.ts';
import { ticksInTwoZones, ticksInZone } from './times.ts';
import { diskWords } from './words.ts';

/** A key of a hive as a document: values, then subkeys. Nothing is left out: whoever asks for a key wants all of it. */
export function hiveKeyDocument(report: HiveKeyReport, options: ViewOptions): DiskDocument {
  const { lang, zone } = options;
  const words = diskWords(lang);
  const m = messages(lang);
  const { path, volume, hive, state, entries, key, lastWritten, className, values, subkeys, problems, io } = report;
  const shown = state === 'replayed' ? words.replayedInMemory : words.hiveState[state];
  const broken = state === 'damaged' || state === 'unreadable';
  return {
    title: words.hiveKeyTitle(hive, key === '' ? words.rootKey : key),
    subject: [path, String(volume), hive, key],
    lead: {
      mark: broken ? 'bad' : state === 'clean' ? 'good' : 'warn',
      word: shown,
      text: key === '' ? `${hive} ${words.rootKey}` : `${hive}\\${key}`,
      lines: [words.onVolume(path, volume), words.keyTally(values.length, subkeys.length)],
    },
    sections: [
      ...section('key', words.hiveLabel, [
        {
          kind: 'pairs',
          pairs: [
            [words.colState, words.entriesReplayed(shown, entries)],
            [words.written, ticksInTwoZones(lastWritten, zone, lang)],
            ...(className === undefined ? [] : ([[words.className, className]] as const)),
          ],
        },
      ]),
      ...section('values', words.sectionValues, [
        {
          kind: 'table',
          columns: [
            { head: words.colName, width: 32 },
            { head: words.colType, width: 14 },
            { head: words.colData, width: '*', mono: true },
          ],
          rows: values.map(({ name, typeName, text, cut, sizeBytes }) => [
            name === '' ? words.defaultValue : name,
            typeName,
            cut ? words.cutData(text, m.bytes(sizeBytes)) : text,
          ]),
        },
      ]),
      ...section('subkeys', words.sectionSubkeys, [
        {
          kind: 'table',
          columns: [
            { head: words.colName, width: '*' },
            { head: words.colWritten, width: 26 },
            { head: words.colSubkeys, width: 12 },
            { head: words.colValues, width: 10 },
          ],
          rows: subkeys.map((one) => [one.name, ticksInZone(one.lastWritten, zone, lang), String(one.subkeys), String(one.values)]),
        },
      ]),
      ...section('problems', words.sectionProblems, [{ kind: 'items', items: problemItems(problems, lang) }]),
      ...section('cost', words.sectionCost, [{ kind: 'pairs', pairs: costPairs(io, lang) }]),
    ],
  };
}

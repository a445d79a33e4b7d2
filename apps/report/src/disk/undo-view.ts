import type { UndoReport } from '@winmedic/core/model';
import { diskCommand } from './command-line.ts';
import { type DiskDocument, type Mark, section } from './document.ts';
import { costPairs } from './made.ts';
import { refusalItems } from './refusals.ts';
import type { RepairViewOptions } from './repair-view.ts';
import { exactSize } from './sizes.ts';
import { isoInTwoZones } from './times.ts';
import { diskWords } from './words.ts';

const OUTCOMES: Readonly<Record<UndoReport['outcome'], Mark>> = {
  undone: 'good',
  finished: 'good',
  nothing: 'good',
  refused: 'bad',
  planned: 'warn',
};

/** `disk undo` as a document: what the journal holds, how the disk stood, what was done. */
export function undoDocument(report: UndoReport, options: RepairViewOptions): DiskDocument {
  const { lang, zone } = options;
  const words = diskWords(lang);
  const { path, journal, purpose, madeAt, before, outcome, changes, bytes, refusals, io } = report;
  const next = outcome === 'planned' ? options.command.replace(/ --dry-run(?= |$)/, ' --yes') : diskCommand('verify', path);
  return {
    title: words.undoTitle(path),
    subject: [path, journal, purpose, madeAt],
    lead: {
      mark: OUTCOMES[outcome],
      word: words.undoOutcome[outcome],
      text: words.undoSentence[outcome],
      lines: [path],
    },
    sections: [
      ...section('refusals', words.sectionRefusals, [{ kind: 'items', items: refusalItems(refusals, { ...options, steps: [] }) }]),
      ...section('journal', words.sectionUndo, [
        {
          kind: 'pairs',
          pairs: [
            [words.journal, journal],
            [words.purpose, purpose],
            [words.journalMade, isoInTwoZones(madeAt, zone, lang)],
            [words.before, words.journalState[before]],
            [words.changesLabel, words.changesText(changes, exactSize(bytes, lang))],
          ],
        },
      ]),
      ...section('cost', words.sectionCost, [{ kind: 'pairs', pairs: costPairs(io, lang) }]),
    ],
    ...(outcome === 'planned' && next === options.command ? {} : { next }),
  };
}

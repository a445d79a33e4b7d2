export { applyJournal, finishJournal, undoJournal } from './apply.ts';
export { compareDisk } from './compare.ts';
export { readJournal } from './read-journal.ts';
export type * from './types.ts';
export { writeJournal } from './write-journal.ts';

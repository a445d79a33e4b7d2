import { CONNECTION_ROWS } from '@winmedic/labs/connection-rows';
import { type RowVerdict, runRow } from './connection-rows-run.ts';

/** Runs inside a network namespace: makes the rows named on the command line one after the other and prints verdicts by id as JSON. */
const verdicts: Record<string, RowVerdict | { readonly error: string }> = {};
for (const id of process.argv.slice(2)) {
  const row = CONNECTION_ROWS.find((each) => each.id === id);
  if (row === undefined) throw new RangeError(`no row ${id}`);
  verdicts[id] = await runRow(row, true).catch((error: unknown) => ({
    error: error instanceof Error ? String(error.stack) : String(error),
  }));
}
process.stdout.write(JSON.stringify(verdicts));

import type { ExportInput, ExportReading } from './index.ts';
import { readExport } from './index.ts';

/** A reading with its state as a table. */
export interface TestReading extends ExportReading {
  readonly values: Readonly<Record<string, string | readonly string[] | null>>;
  readonly whole: readonly string[];
  readonly codes: readonly string[];
}

/** Reads a text that must be recognised. Line ends as Windows writes them. */
export function read(text: string, options: Partial<ExportInput> = {}): TestReading {
  const reading = readExport(text.replaceAll('\n', '\r\n'), { path: 'out.txt', sourceId: 'S1', zone: 'Asia/Tokyo', ...options });
  if (reading === undefined) throw new Error('not recognised');
  return {
    ...reading,
    values: Object.fromEntries(reading.state.map((s) => [s.address, s.value])),
    whole: reading.extents.map((e) => `${e.prefix} ${e.depth}`),
    codes: reading.problems.map((p) => `${p.code} ${p.what ?? ''}`),
  };
}

/** Is the text taken for any export? */
export function recognised(text: string): boolean {
  return readExport(text, { path: 'out.txt', sourceId: 'S1', zone: 'UTC' }) !== undefined;
}

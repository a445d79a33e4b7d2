import type { DiskFile } from '@winmedic/core/model';
import { TerminalPage } from '../terminal-page.ts';
import { displayWidth, padTo, printable } from '../width.ts';
import type { DiskFilesOptions } from './options.ts';
import { ticksInZone } from './times.ts';
import { diskWords } from './words.ts';

/** DOS attributes with their letters, as `attrib` shows them. @source [MS-FSCC] 2.6 */
const LETTERS: readonly (readonly [flag: number, letter: string])[] = [
  [0x01, 'r'],
  [0x02, 'h'],
  [0x04, 's'],
  [0x20, 'a'],
];

/** `d` folder, `l` reparse point, then read-only, hidden, system, archive, compressed, sparse (`p`), encrypted; `-` for what it is not. */
function attributes({ isDirectory, reparse, dosAttributes, compressed, sparse, encrypted }: DiskFile): string {
  const kind = reparse !== undefined ? 'l' : isDirectory ? 'd' : '-';
  const letters = LETTERS.map(([flag, letter]) => ((dosAttributes & flag) !== 0 ? letter : '-'));
  return [kind, ...letters, compressed ? 'c' : '-', sparse ? 'p' : '-', encrypted ? 'e' : '-'].join('');
}

/**
 * Files as a list, one line each, in the order given: names or paths, folders with a backslash at the end; in the long form attributes, size in bytes,
 * modification time with its zone, and behind the name where it points, its 8.3 name and its named streams. Empty for no file.
 */
export function filesToText(files: readonly DiskFile[], options: DiskFilesOptions): string {
  if (files.length === 0) return '';
  const { lang, zone } = options;
  const page = new TerminalPage(options);
  const words = diskWords(lang);
  const sizes = files.map(({ sizeBytes, isDirectory }) => (isDirectory ? '-' : sizeBytes.toLocaleString(lang)));
  const times = options.long === true ? files.map(({ modified }) => ticksInZone(modified, zone, lang)) : [];
  const sizeWidth = Math.max(...sizes.map(displayWidth));
  const timeWidth = Math.max(0, ...times.map(displayWidth));
  files.forEach((file, i) => {
    const name = nameOf(file, options);
    if (options.long !== true) {
      page.raw(name);
      return;
    }
    const size = sizes[i] ?? '';
    const more = [
      ...(file.reparse === undefined ? [] : [`-> ${file.reparse}`]),
      ...(file.shortName === undefined ? [] : [`[${words.shortName(file.shortName)}]`]),
      ...(file.streams.length === 0 ? [] : [`[${words.streams(words.list(file.streams))}]`]),
      ...(file.deleted ? [`[${words.deleted}]`] : []),
    ];
    const columns = [attributes(file), ' '.repeat(sizeWidth - displayWidth(size)) + size, padTo(times[i] ?? '', timeWidth), name];
    page.raw([...columns.slice(0, 3), page.tone(columns[3] ?? '', file.isDirectory ? 'head' : 'plain'), ...more.map(printable)].join('  '));
  });
  return page.toString();
}

function nameOf({ path, isDirectory, deleted }: DiskFile, { names, long }: DiskFilesOptions): string {
  const name = names === 'name' ? path.slice(path.lastIndexOf('\\') + 1) : path;
  // Without the long form nothing else says that a file is gone.
  return `${deleted && long !== true ? '* ' : ''}${printable(name)}${isDirectory ? '\\' : ''}`;
}

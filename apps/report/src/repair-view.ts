import type { SuspectRepair } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatTime } from './format-time.ts';
import { messages } from './text/index.ts';

/** What a suspected repair changed, as lines of a label and a text: the value, and for registry values key, hive and last write. */
export function repairLines({ fact }: SuspectRepair, zone: string, lang: Language): (readonly [label: string, text: string])[] {
  const d = messages(lang).dump;
  const { key, path, keyWritten } = fact.origin;
  return [
    [d.changed, `${fact.name}=${fact.value}`],
    ...(key === undefined ? [] : [[d.key, key] as const, [d.hive, path] as const]),
    ...(keyWritten === undefined ? [] : [[d.written, formatTime(keyWritten, zone, lang)] as const]),
  ];
}

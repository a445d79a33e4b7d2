import type { VerbGroup, VerbSpec } from '../../spec.ts';
import { READING_VERBS } from './reading-specs.ts';
import { WRITING_VERBS } from './writing-specs.ts';

/** `winmedic disk`. */
export const DISK_GROUP: VerbGroup = {
  name: 'disk',
  summary: {
    en: 'Look into a Windows disk or image that is not running, and repair it with undo',
    ja: '停止中の Windows のディスクやイメージの調査と修復 (取り消し可能)',
  },
  examples: [
    {
      command: 'winmedic disk inspect server.vhdx',
      text: { en: 'which Windows is this, and what keeps it from being repaired?', ja: 'どの Windows か、修復を妨げるものはあるか' },
    },
    {
      command: 'winmedic disk repair server.vhdx --auto',
      text: { en: 'which repair does the evidence on the disk speak for?', ja: 'ディスク上の証拠から適した修復を提案' },
    },
    {
      command: 'winmedic disk repair server.vhdx --for crowdstrike-291 --dry-run',
      text: { en: 'every block that would change', ja: '変更されるすべてのブロックを表示' },
    },
  ],
};

/** The verbs of the group, in the order of the help. */
export const DISK_VERBS: readonly VerbSpec[] = [...READING_VERBS, ...WRITING_VERBS];

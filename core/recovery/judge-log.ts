import type { BlockVerdict, LogFile, TouchedBlock } from '@winmedic/disk';
import type { Refusal } from '../model/disk.ts';

/** What the log of a volume says about the blocks a repair changes. */
export interface LogJudgement {
  readonly blocks: number;
  readonly touched: number;
  readonly refusals: readonly Refusal[];
}

const CODE = { redo: 'RECOVERY_LOG_REDO', undo: 'RECOVERY_LOG_UNDO', unknown: 'RECOVERY_LOG_UNKNOWN' } as const;

/** Judges each block by the records pending in the log; one that is touched refuses the step it belongs to. */
export function judgeByLog(log: LogFile, blocks: readonly TouchedBlock[]): LogJudgement {
  const verdicts = log.judge(blocks);
  const against = verdicts.filter(({ verdict }) => verdict !== 'free');
  return { blocks: blocks.length, touched: against.length, refusals: against.map(refusalOf) };
}

function refusalOf({ block, verdict, records }: BlockVerdict): Refusal {
  return {
    code: CODE[verdict as keyof typeof CODE],
    what: block.what,
    offset: block.offset,
    because: records.map(
      ({ lsn, redo, undo, transactionId }) =>
        `LSN ${lsn} redo 0x${redo.toString(16)} undo 0x${undo.toString(16)} transaction ${transactionId}${block.lsn === undefined ? '' : ` (block LSN ${block.lsn})`}`,
    ),
  };
}

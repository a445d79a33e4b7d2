export { EVTX_DAMAGE_CODES, EVTX_ERROR_CODES, type EvtxDamageCode, EvtxError, type EvtxErrorCode } from './errors.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export { openEvtx } from './log.ts';
export { integerOf } from './pattern.ts';
export { fieldTest, type SigmaValue, sigmaCondition } from './sigma-key.ts';
export type {
  ChannelSpan,
  EvtxElement,
  EvtxFileHeader,
  EvtxLimits,
  EvtxLog,
  EvtxOptions,
  EvtxQuery,
  EvtxRecord,
  EvtxSystem,
  EvtxValue,
  FieldCondition,
  Filetime,
  HexInt,
  RecordRun,
  RecordTrust,
  ScanSummary,
} from './types.ts';

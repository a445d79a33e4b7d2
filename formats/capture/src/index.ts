/** Packet captures: containers, flows, conversations of the protocols that decide whether Windows can be managed. */
export type * from './dissect/types.ts';
export { CAPTURE_DAMAGE_CODES, CAPTURE_ERROR_CODES, type CaptureDamageCode, CaptureError, type CaptureErrorCode } from './errors.ts';
export { type GunzipOptions, gunzipChunks } from './file/gunzip.ts';
export { type OpenCaptureOptions, openCapture } from './file/open.ts';
export { type RecognisedCapture, recogniseCapture } from './file/recognise.ts';
export { type CaptureFormat, type CaptureInterface, type CaptureSummary, LINKTYPE, type Packet, type PacketSource } from './file/types.ts';
export { analyseCapture } from './flow/analyse.ts';
export type * from './flow/types.ts';
export { redactCapture } from './redact/redact.ts';
export type { KeptKind, RedactOptions, RedactSummary, SecretKind } from './redact/types.ts';

export { DUMP_PROVIDER, dumpKindText, stopCodeName } from './dump-message.ts';
export { decode6008, type Heartbeat6008 } from './event-6008.ts';
export { type ExplainedEvent, type Explanation, explain, type Reading } from './explain.ts';
export { explanationToText } from './explanation-text.ts';
export { lookUpCode } from './formats.ts';
export { type ParsedText, type ParseTextOptions, parseEventText } from './parse-text.ts';
export { decodeReason, reasonCodeValue } from './reason.ts';
export { eventKnowledge, renderMessage } from './render.ts';

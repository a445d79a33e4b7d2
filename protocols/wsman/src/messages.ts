/** Parsers alone, free of Node's modules: envelopes, faults, HTTP headers and the framing of sealed bodies as a capture shows them. */
export { parseDurationMs } from './durations.ts';
export { type Envelope, parseEnvelope } from './envelope.ts';
export { WsmanError, type WsmanErrorCode } from './errors.ts';
export { readFault, type WsmanFault } from './fault.ts';
export { type Challenge, challengesOf, headerOf, schemesOf, tokenOf } from './http-auth.ts';
export { LIMITS } from './limits.ts';
export { isSealedType, parameter } from './multipart.ts';
export { ACTION, NS, RESOURCE } from './namespaces.ts';
export { readIdentity, type WsmanIdentity } from './responses.ts';
export { parseXml } from './xml.ts';
export { type XmlAttribute, XmlElement } from './xml-element.ts';

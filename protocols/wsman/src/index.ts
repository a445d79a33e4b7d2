/** WS-Management as WinRM speaks it, without sockets: envelopes, login, sealing, faults, both sides. */
export { WsmanClient } from './client.ts';
export type {
  ClientApi,
  ClientCounters,
  ClientOptions,
  EnumerateOptions,
  EventBatch,
  ShellApi,
  SubscribeOptions,
  SubscriptionApi,
  Target,
} from './client-types.ts';
export { formatDuration, parseDurationMs } from './durations.ts';
export { type Envelope, elementMarkup, parseEnvelope } from './envelope.ts';
export { type BodyKind, WsmanError, type WsmanErrorCode, type WsmanErrorDetail } from './errors.ts';
export { readFault, type WsmanFault } from './fault.ts';
export { faultClass } from './fault-codes.ts';
export { type FaultToWrite, writeFault } from './fault-write.ts';
export { type Challenge, challengesOf, headerOf, schemesOf, tokenOf } from './http-auth.ts';
export { readInstance, type WriteInstanceOptions, writeInstance } from './instance.ts';
export { LIMITS } from './limits.ts';
export type { HttpLogin, LoginResult, LoginStep, SchemeName } from './login.ts';
export { isSealedType, type SealedBody, type SealingScheme, sealBody, unsealBody } from './multipart.ts';
export { ACTION, ANONYMOUS, DELIVERY_PULL, DIALECT, MUTUAL_PROFILE, type NamespacePrefix, NS, RESOURCE, wmi } from './namespaces.ts';
export type { EnumerationMode, Filter, Operation, ReceivedRequest, Selectors, ShellSpec, WsmanRequest } from './request.ts';
export { parseRequest } from './request-read.ts';
export { writeRequest } from './request-write.ts';
export {
  type AnswerContext,
  type PageToWrite,
  writeAnswer,
  writeCommandAnswer,
  writeCreated,
  writeEmptyAnswer,
  writeEnumerateAnswer,
  writeEventPage,
  writeIdentity,
  writeInstanceAnswer,
  writeInvokeAnswer,
  writePullAnswer,
  writeReceiveAnswer,
  writeSendAnswer,
  writeSignalAnswer,
  writeSubscribed,
} from './response-write.ts';
export {
  type EnumerationPage,
  type EventPage,
  readCommandId,
  readCreated,
  readEnumerationPage,
  readEventPage,
  readIdentity,
  readInstanceAnswer,
  readShellOutput,
  readSubscribed,
  type ShellOutput,
  type WsmanIdentity,
} from './responses.ts';
export { WsmanSession } from './session.ts';
export type {
  Exchange,
  ProbeResult,
  SessionAnswer,
  SessionApi,
  SessionObserver,
  SessionOptions,
  SessionTimeouts,
} from './session-types.ts';
export { cimIntervalNs, instantOf } from './times.ts';
export { ConnectionLost, type HttpRequest, type HttpResponse, type HttpTransport } from './transport.ts';
export {
  isInstance,
  isReference,
  isTime,
  textOf,
  valuesOf,
  type WsmanInstance,
  type WsmanReference,
  type WsmanTime,
  type WsmanValue,
} from './values.ts';
export { parseXml } from './xml.ts';
export { type XmlAttribute, XmlElement } from './xml-element.ts';
export { escapeXml, type XmlAttributeList, XmlWriter } from './xml-write.ts';

/** WS-Management as WinRM speaks it, without sockets: envelopes, login, sealing, faults, both sides. */
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
export { type BodyKind, WsmanError, type WsmanErrorCode, type WsmanErrorDetail } from './errors.ts';
export type { WsmanFault } from './fault.ts';
export { LIMITS } from './limits.ts';
export type { HttpLogin, LoginResult, LoginStep, SchemeName } from './login.ts';
export { ACTION, ANONYMOUS, DELIVERY_PULL, DIALECT, MUTUAL_PROFILE, NS, RESOURCE, wmi } from './namespaces.ts';
export type { EnumerationMode, Filter, Operation, ReceivedRequest, Selectors, ShellSpec, WsmanRequest } from './request.ts';
export type { ShellOutput, WsmanIdentity } from './responses.ts';
export type {
  Exchange,
  ProbeResult,
  SessionAnswer,
  SessionApi,
  SessionObserver,
  SessionOptions,
  SessionTimeouts,
} from './session-types.ts';
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
export { parseXml, type XmlAttribute, XmlElement } from './xml.ts';
export { escapeXml, XmlWriter } from './xml-write.ts';

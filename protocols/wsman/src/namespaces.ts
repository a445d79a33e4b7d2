/** XML namespaces of WS-Management as Windows speaks it (DSP0226 annex, MS-WSMV 2.2.1), by the prefixes this package writes. */
export const NS = {
  s: 'http://www.w3.org/2003/05/soap-envelope',
  a: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  w: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  /** Microsoft's own headers (MS-WSMV). */
  p: 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
  n: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
  x: 'http://schemas.xmlsoap.org/ws/2004/09/transfer',
  e: 'http://schemas.xmlsoap.org/ws/2004/08/eventing',
  b: 'http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd',
  id: 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
  cim: 'http://schemas.dmtf.org/wbem/wscim/1/common',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  f: 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault',
  rsp: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
  cfg: 'http://schemas.microsoft.com/wbem/wsman/1/config',
} as const;

/** Prefix of {@link NS}. */
export type NamespacePrefix = keyof typeof NS;

/** WS-Addressing actions (DSP0226; WS-Transfer, WS-Enumeration, WS-Eventing; MS-WSMV 3.1.4). */
export const ACTION = {
  get: `${NS.x}/Get`,
  put: `${NS.x}/Put`,
  create: `${NS.x}/Create`,
  delete: `${NS.x}/Delete`,
  enumerate: `${NS.n}/Enumerate`,
  pull: `${NS.n}/Pull`,
  release: `${NS.n}/Release`,
  subscribe: `${NS.e}/Subscribe`,
  unsubscribe: `${NS.e}/Unsubscribe`,
  acknowledge: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/Ack',
  command: `${NS.rsp}/Command`,
  send: `${NS.rsp}/Send`,
  receive: `${NS.rsp}/Receive`,
  signal: `${NS.rsp}/Signal`,
  /** Faults of WS-Management itself. */
  fault: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault',
} as const;

/** Resource URIs (MS-WSMV 3.1.4.1.1). */
export const RESOURCE = {
  config: NS.cfg,
  commandShell: `${NS.rsp}/cmd`,
  eventLog: 'http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog',
  wmi: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/',
  cim: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/',
} as const;

/** Filter dialects and delivery modes. */
export const DIALECT = {
  wql: 'http://schemas.microsoft.com/wbem/wsman/1/WQL',
  eventQuery: 'http://schemas.microsoft.com/win/2004/08/events/eventquery',
} as const;
/** Delivery modes of subscriptions (DSP0226 section 10.2.9). */
export const DELIVERY_PULL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull';
/** The only reply address Windows takes (MS-WSMV 3.1.4.1.3). */
export const ANONYMOUS = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous';
/** Value of the Authorization header of mutual TLS (DSP0226 annex C, profile `https/mutual`; MS-WSMV 3.1.4.1.23). */
export const MUTUAL_PROFILE = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

/**
 * Resource URI of a WMI class (MS-WSMV 3.1.4.1.1).
 * @param namespace `root/cimv2`, with either slash.
 * @param className `*` for a WQL query.
 */
export function wmi(namespace: string, className: string): string {
  return `${RESOURCE.wmi}${namespace.replaceAll('\\', '/')}/${className}`;
}

import type { Envelope } from './envelope.ts';
import { NS } from './namespaces.ts';
import type { XmlElement } from './xml-element.ts';

/**
 * A SOAP fault of a WS-Management service. Decide on the codes; `text` is localised and for people only.
 * Shapes: `f:WSManFault` (MS-WSMV 2.2.4.44), `p:MSFT_WmiError` (WMIv2), `p:OMI_Error` and plain DSP0226 faults of other servers.
 */
export interface WsmanFault {
  /** `Code` of the outermost WSManFault, or `error_Code` of a WMI error: WSMan, Win32 or HRESULT as Windows sent it, 0…0xffffffff. */
  readonly wsmanCode?: number;
  /** HRESULT of a WMI error (`HRESULT 0x…` in MessageID), or the first further code with the failure bit set, from the provider. */
  readonly hresult?: number;
  /** All codes found, outermost first, each once. */
  readonly codes: readonly number[];
  /** Local name: `Sender`, `Receiver`, `MustUnderstand`, `VersionMismatch`, `DataEncodingUnknown`; empty when there is none. */
  readonly soapCode: string;
  /** Local name of the innermost subcode (`AccessDenied`, `InvalidSelectors`, `EncodingLimit` …); empty without one. */
  readonly soapSubcode: string;
  readonly machine?: string;
  readonly provider?: { readonly name: string; readonly path: string; readonly code?: number };
  /** `w:FaultDetail`: a URI of DSP0226 section 14 (`…/faultDetail/MaxEnvelopeSize`). */
  readonly detail?: string;
  /** Number of the CIM status of a WMI or OMI error (DSP0200): 2 access denied, 3 invalid namespace, 5 invalid class, 6 not found. */
  readonly cimStatus?: number;
  /** The most specific text, for people. */
  readonly text?: string;
}

/** Reads the fault of an answer. @returns `undefined` when it is none. */
export function readFault(envelope: Envelope): WsmanFault | undefined {
  const fault = envelope.content;
  if (fault === undefined || fault.name !== 'Fault' || fault.namespace !== NS.s) return undefined;
  const code = fault.child('Code', NS.s);
  const detail = fault.child('Detail', NS.s);
  const parts = new Map<string, XmlElement[]>();
  if (detail !== undefined) collect(detail, parts);
  const all = (name: string) => parts.get(name) ?? [];
  const wsman = all('WSManFault');
  const [wmi] = [...all('MSFT_WmiError'), ...all('OMI_Error'), ...all('CIM_Error')];
  const [provider] = all('ProviderFault');
  const codes = unique([
    ...wsman.map((each) => parseCode(each.attribute('Code'))),
    parseCode(wmi?.child('error_Code')?.text),
    ...all('__ExtendedStatus').map((each) => parseCode(each.child('StatusCode')?.text)),
  ]);
  const message = /^\s*HRESULT\s+(0x[0-9a-f]{1,8})\s*$/i.exec(wmi?.child('MessageID')?.text.slice(0, 64) ?? '');
  const hresult = parseCode(message?.[1]) ?? codes.slice(1).find((each) => each >= 0x80000000);
  const cimStatus = parseCode(wmi?.child('CIMStatusCode')?.text);
  const machine = wsman.map((each) => each.attribute('Machine') ?? '').find((each) => each !== '');
  const faultDetail = all('FaultDetail')
    .find((each) => each.namespace === NS.w)
    ?.text.trim();
  const text = mostSpecificText(fault, wsman, wmi, provider);
  const [wsmanCode] = codes;
  return {
    ...(wsmanCode === undefined ? {} : { wsmanCode }),
    ...(hresult === undefined ? {} : { hresult }),
    codes: hresult === undefined ? codes : unique([...codes, hresult]),
    soapCode: localName(code?.child('Value', NS.s)?.text),
    soapSubcode: innermostSubcode(code),
    ...(machine === undefined ? {} : { machine }),
    ...(provider === undefined ? {} : { provider: readProvider(provider) }),
    ...(faultDetail === undefined ? {} : { detail: faultDetail }),
    ...(cimStatus === undefined ? {} : { cimStatus }),
    ...(text === undefined ? {} : { text }),
  };
}

/** Elements below, by local name, outermost first. Depth is bounded by the parser. */
function collect(element: XmlElement, parts: Map<string, XmlElement[]>): void {
  for (const child of element.elements) {
    const known = parts.get(child.name);
    if (known === undefined) parts.set(child.name, [child]);
    else known.push(child);
    collect(child, parts);
  }
}

function readProvider(element: XmlElement): NonNullable<WsmanFault['provider']> {
  const code = parseCode(element.child('WSManFault', NS.f)?.attribute('Code'));
  return {
    name: element.attribute('provider')?.trim() ?? '',
    path: element.attribute('path') ?? '',
    ...(code === undefined ? {} : { code }),
  };
}

/** Decimal or `0x` number of 32 bits; WBEM codes also come as negative decimals. */
function parseCode(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (!/^(-?\d{1,10}|0x[0-9a-f]{1,8})$/i.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value > 0xffffffff || value < -0x80000000 ? undefined : value >>> 0;
}

function unique(codes: readonly (number | undefined)[]): number[] {
  return [...new Set(codes.filter((code) => code !== undefined))];
}

function localName(text: string | undefined): string {
  const trimmed = text?.trim() ?? '';
  return trimmed.slice(trimmed.indexOf(':') + 1);
}

function innermostSubcode(code: XmlElement | undefined): string {
  let found = '';
  for (let at = code?.child('Subcode', NS.s); at !== undefined; at = at.child('Subcode', NS.s)) {
    found = localName(at.child('Value', NS.s)?.text);
  }
  return found;
}

function mostSpecificText(
  fault: XmlElement,
  wsman: readonly XmlElement[],
  wmi: XmlElement | undefined,
  provider: XmlElement | undefined,
): string | undefined {
  const candidates = [
    ...wsman.toReversed().map((each) => each.child('Message')?.text),
    provider?.text,
    wmi?.child('Message')?.text,
    fault.child('Reason', NS.s)?.child('Text', NS.s)?.text,
  ];
  return candidates.map((text) => text?.replace(/\s+/g, ' ').trim() ?? '').find((text) => text !== '');
}

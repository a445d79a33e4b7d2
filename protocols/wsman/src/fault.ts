/**
 * A SOAP fault of a WS-Management service. Decide on the codes; `text` is localised and for people only.
 * Shapes: `f:WSManFault` (MS-WSMV 2.2.4.44), `p:MSFT_WmiError` (WMIv2), plain DSP0226 faults of other servers.
 */
export interface WsmanFault {
  /** `Code` of the outermost WSManFault, or `error_Code` of a WMI error: WSMan, Win32 or HRESULT as Windows sent it, 0…0xffffffff. */
  readonly wsmanCode?: number;
  /** HRESULT of a WMI error (`HRESULT 0x…` in MessageID), or a provider's own code when it is one (high bit set). */
  readonly hresult?: number;
  /** All codes found, outermost first, each once. */
  readonly codes: readonly number[];
  /** Local name: `Sender`, `Receiver`, `MustUnderstand`, `VersionMismatch`, `DataEncodingUnknown`. */
  readonly soapCode: string;
  /** Local name of the innermost subcode (`AccessDenied`, `InvalidSelectors`, `EncodingLimit` …); empty without one. */
  readonly soapSubcode: string;
  readonly machine?: string;
  readonly provider?: { readonly name: string; readonly path: string; readonly code?: number };
  /** `w:FaultDetail`: a URI of DSP0226 section 14 (`…/faultDetail/MaxEnvelopeSize`). */
  readonly detail?: string;
  /** The most specific text, for people. */
  readonly text?: string;
}

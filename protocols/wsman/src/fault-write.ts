import { ACTION, type NamespacePrefix, NS } from './namespaces.ts';
import { type AnswerContext, writeAnswer } from './response-write.ts';
import type { XmlWriter } from './xml-write.ts';

/** A fault to be written, in either of Windows' shapes. */
export interface FaultToWrite {
  /** `wsman`: `f:WSManFault` (all versions); `wmi`: `p:MSFT_WmiError` (WMIv2, Server 2012 and later); `plain`: no detail, as other servers. */
  readonly shape: 'wsman' | 'wmi' | 'plain';
  readonly soapCode: 'Sender' | 'Receiver' | 'MustUnderstand';
  /** Prefix of the subcode's namespace and its local name. */
  readonly subcode: readonly [prefix: 'w' | 'a' | 'n' | 'e' | 'x', name: string];
  /** Code of the fault; the HRESULT or WSMan number. */
  readonly code: number;
  readonly machine: string;
  readonly text: string;
  /** Provider with its own code inside (shape `wsman`). */
  readonly provider?: { readonly name: string; readonly path: string; readonly code?: number; readonly text?: string };
  /** URI of `w:FaultDetail`. */
  readonly detail?: string;
  /** CIM status of shape `wmi`; default 1 (failed). */
  readonly cimStatus?: number;
  readonly action?: string;
}

const ACTIONS: Readonly<Record<FaultToWrite['subcode'][0], string>> = {
  w: ACTION.fault,
  a: `${NS.a}/fault`,
  n: `${NS.n}/fault`,
  e: `${NS.e}/fault`,
  x: `${NS.x}/fault`,
};

/** Writes a SOAP fault (DSP0226 section 14, MS-WSMV 3.1.4.1.21). */
export function writeFault(context: AnswerContext, fault: FaultToWrite): string {
  const [prefix, name] = fault.subcode;
  const prefixes: NamespacePrefix[] = ['e', 'n'];
  return writeAnswer(
    context,
    prefixes,
    (writer) => {
      writer.open('s:Fault');
      writer.open('s:Code').leaf('s:Value', `s:${fault.soapCode}`);
      writer.open('s:Subcode').leaf('s:Value', `${prefix}:${name}`).close().close();
      writer.open('s:Reason').leaf('s:Text', fault.text, [['xml:lang', 'en-US']]);
      writer.close();
      if (fault.shape !== 'plain' || fault.detail !== undefined) {
        writer.open('s:Detail');
        if (fault.detail !== undefined) writer.leaf('w:FaultDetail', fault.detail);
        if (fault.shape === 'wsman') writeWsmanFault(writer, fault);
        else if (fault.shape === 'wmi') writeWmiError(writer, fault);
        writer.close();
      }
      writer.close();
    },
    { action: fault.action ?? ACTIONS[prefix] },
  );
}

function writeWsmanFault(writer: XmlWriter, fault: FaultToWrite): void {
  writer.open('f:WSManFault', [
    ['xmlns:f', NS.f],
    ['Code', String(fault.code >>> 0)],
    ['Machine', fault.machine],
  ]);
  writer.open('f:Message');
  const { provider } = fault;
  if (provider === undefined) writer.text(fault.text);
  else {
    writer.open('f:ProviderFault', [
      ['provider', provider.name],
      ['path', provider.path],
    ]);
    if (provider.code === undefined) writer.text(provider.text ?? fault.text);
    else {
      writer.open('f:WSManFault', [
        ['Code', String(provider.code >>> 0)],
        ['Machine', fault.machine],
      ]);
      writer.leaf('f:Message', provider.text ?? fault.text).close();
    }
    writer.close();
  }
  writer.close().close();
}

const WMI_ERROR = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError';

function writeWmiError(writer: XmlWriter, fault: FaultToWrite): void {
  const code = fault.code >>> 0;
  writer.open('p:MSFT_WmiError', [
    ['xmlns:b', NS.b],
    ['xmlns:cim', NS.cim],
    ['xmlns:p', WMI_ERROR],
    ['xmlns:xsi', NS.xsi],
    ['b:IsCIM_Error', 'true'],
    ['xsi:type', 'p:MSFT_WmiError_Type'],
  ]);
  const typed = (name: string, type: string, text: string) => writer.leaf(`p:${name}`, text, [['xsi:type', `cim:${type}`]]);
  typed('CIMStatusCode', 'cimUnsignedInt', String(fault.cimStatus ?? 1));
  typed('Message', 'cimString', fault.text);
  typed('MessageID', 'cimString', `HRESULT 0x${code.toString(16).padStart(8, '0')}`);
  typed('error_Code', 'cimUnsignedInt', String(code));
  typed('error_Type', 'cimString', 'HRESULT');
  typed('error_WindowsErrorMessage', 'cimString', fault.text);
  writer.close();
}

import { describe, expect, it } from 'vitest';
import { parseEnvelope } from './envelope.ts';
import { readFault } from './fault.ts';
import { faultClass } from './fault-codes.ts';
import { type FaultToWrite, writeFault } from './fault-write.ts';
import { ACTION, NS } from './namespaces.ts';

const context = { request: { action: ACTION.get, messageId: 'uuid:1' }, messageId: 'uuid:2' };
const FAULT: FaultToWrite = {
  shape: 'wsman',
  soapCode: 'Sender',
  subcode: ['n', 'CannotProcessFilter'],
  code: 0x8033801a,
  machine: 'HV01',
  text: 'Der Filter konnte nicht verarbeitet werden.',
};
const read = (fault: FaultToWrite) => readFault(parseEnvelope(writeFault(context, fault)));
/** A fault with a detail as another server writes it. */
const other = (detail: string, subcode = 'w:InternalError', reason = 'text') =>
  readFault(
    parseEnvelope(
      `<E:Envelope xmlns:E="${NS.s}" xmlns:w="${NS.w}"><E:Body><E:Fault><E:Code><E:Value> E:Receiver </E:Value><E:Subcode><E:Value>
      ${subcode} </E:Value></E:Subcode></E:Code><E:Reason><E:Text>${reason}</E:Text></E:Reason>${detail}</E:Fault></E:Body></E:Envelope>`,
    ),
  );

describe('a fault of Windows', () => {
  it('is known by its code, whatever its language is', () => {
    expect(read(FAULT)).toEqual({
      wsmanCode: 0x8033801a,
      codes: [0x8033801a],
      soapCode: 'Sender',
      soapSubcode: 'CannotProcessFilter',
      machine: 'HV01',
      text: FAULT.text,
    });
  });

  it('may hold the code of its provider inside', () => {
    const provider = { name: 'WMI Provider', path: '%systemroot%\\system32\\WsmWmiPl.dll', code: 0x8004100e, text: 'inner' };
    const detail = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/InvalidValue';
    expect(read({ ...FAULT, provider, detail })).toMatchObject({
      wsmanCode: 0x8033801a,
      hresult: 0x8004100e,
      codes: [0x8033801a, 0x8004100e],
      provider: { name: provider.name, path: provider.path, code: 0x8004100e },
      detail,
      text: 'inner',
    });
  });

  it('may have text in place of a provider code', () => {
    const fault = read({ ...FAULT, code: 87, provider: { name: 'Shell cmd plugin', path: 'x.dll', text: 'The parameter is incorrect.' } });
    expect(fault).toMatchObject({
      wsmanCode: 87,
      provider: { name: 'Shell cmd plugin', path: 'x.dll' },
      text: 'The parameter is incorrect.',
    });
    expect(fault?.hresult).toBeUndefined();
  });

  it('of WMI has its code as number and as HRESULT', () => {
    expect(read({ ...FAULT, shape: 'wmi', code: 0x803381a5, cimStatus: 27, subcode: ['w', 'QuotaLimit'] })).toMatchObject({
      wsmanCode: 0x803381a5,
      hresult: 0x803381a5,
      codes: [0x803381a5],
      soapSubcode: 'QuotaLimit',
      cimStatus: 27,
    });
  });
});

describe('a fault of another server', () => {
  it('may have no code at all', () => {
    expect(other('')).toEqual({ codes: [], soapCode: 'Receiver', soapSubcode: 'InternalError', text: 'text' });
  });

  it('may carry the CIM status of OMI, which is no Windows code', () => {
    const fault = other(
      '<E:Detail><p:OMI_Error xmlns:p="urn:omi"><p:CIMStatusCode>6</p:CIMStatusCode><p:MessageID>OMI:6</p:MessageID></p:OMI_Error></E:Detail>',
    );
    expect(fault).toMatchObject({ codes: [], cimStatus: 6 });
    expect(fault?.wsmanCode).toBeUndefined();
  });

  it.each(['', 'x', '99999999999', '4294967296', '1e3', '-2147483649', '0x123456789'])('has no code %j', (code) => {
    expect(other(`<E:Detail><f:WSManFault xmlns:f="${NS.f}" Code="${code}"/></E:Detail>`)?.codes).toEqual([]);
  });

  it.each([
    ['-2147217406', 0x80041002],
    ['0x80338012', 0x80338012],
    ['5', 5],
  ])('may write its code as %s', (code, value) => {
    expect(other(`<E:Detail><f:WSManFault xmlns:f="${NS.f}" Code="${code}"/></E:Detail>`)?.wsmanCode).toBe(value);
  });
});

describe('what a fault means for the next request', () => {
  it.each([
    [0x80338029, 'timed-out'],
    [0x80338049, 'server-limit'],
    [0x80338047, 'too-large'],
    [0x80338048, 'too-large'],
    [0x803381a6, 'quota'],
    [0x803381ea, 'quota'],
    [0x8033801b, 'invalid-context'],
    [0x8033805b, 'shell-gone'],
    [5, 'other'],
    [0x80338107, 'other'],
  ] as const)('0x%x: %s', (code, meaning) => {
    expect(faultClass(read({ ...FAULT, code, subcode: ['w', 'InternalError'] })!)).toBe(meaning);
  });

  it('is decided by the subcode only where there is no code', () => {
    expect(faultClass(other('', 'w:EncodingLimit')!)).toBe('too-large');
    expect(faultClass(other('', 'w:TimedOut')!)).toBe('timed-out');
    expect(faultClass(read({ ...FAULT, code: 5, subcode: ['w', 'TimedOut'] })!)).toBe('other');
  });

  it('an answer that is none has no fault', () => {
    expect(readFault(parseEnvelope(`<s:Envelope xmlns:s="${NS.s}"><s:Body><Fault/></s:Body></s:Envelope>`))).toBeUndefined();
  });
});

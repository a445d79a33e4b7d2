import { describe, expect, it } from 'vitest';
import { parseCreateInstance, parseGetClassObject, writeCreateInstance } from './activation.ts';
import { NdrWriter } from './ndr.ts';
import { writeDualStringArray } from './objref.ts';
import { parseQueryInterfaceReply } from './rem-unknown.ts';
import { parseRemoteActivation, parseRemoteActivationReply } from './remote-activation.ts';

const CLSID = '{8bc3f05e-d86b-11d0-a075-00c04fb68820}';
const IID = '{f309ad18-d86a-11d0-a075-00c04fb68820}';
const CID = '{11111111-2222-3333-4444-555555555555}';
/** ORPCTHIS without extensions. */
const orpcThis = (writer: NdrWriter): NdrWriter => writer.u16(5).u16(7).u32(0).u32(0).uuid(CID).pointer(false);

describe('RemoteActivation', () => {
  it('is read as MS-DCOM 3.1.2.5.2.3.1 lays it out', () => {
    const writer = orpcThis(new NdrWriter()).uuid(CLSID).pointer(true).wideString('file.xls').pointer(false);
    writer.u32(2).u32(0).u32(1).pointer(true).u32(1).uuid(IID).u16(1).u32(1).u16(7);
    expect(parseRemoteActivation(writer.finish())).toEqual({ clsid: CLSID, iids: [IID] });
  });

  it('tells bindings and results', () => {
    const writer = new NdrWriter().u32(0).pointer(false).u64(9n).pointer(true);
    writeDualStringArray(writer, { strings: [{ tower: 7, address: '192.0.2.9[49700]' }], security: [] }, true);
    writer.uuid(CID).u32(5).u16(5).u16(7).u32(0);
    writer
      .u32(2)
      .pointer(true)
      .pointer(false)
      .u32(4)
      .u32(4)
      .raw(Uint8Array.of(1, 2, 3, 4));
    writer.u32(2).u32(0).u32(0x80004002).u32(0);
    expect(parseRemoteActivationReply(writer.finish())).toMatchObject({
      status: 0,
      hresult: 0,
      bindings: { strings: [{ tower: 7, address: '192.0.2.9[49700]' }] },
      results: [0, 0x80004002],
    });
  });

  it('tells why there is no object', () => {
    const writer = new NdrWriter().u32(0).pointer(false).u64(0n).pointer(false).uuid('{00000000-0000-0000-0000-000000000000}');
    writer.u32(0).u16(5).u16(7).u32(0x80070005).u32(1).pointer(false).u32(1).u32(0x80070005).u32(0);
    const reply = parseRemoteActivationReply(writer.finish());
    expect(reply).toEqual({ status: 0, hresult: 0x80070005, results: [0x80070005] });
  });

  it('is refused when its counts are absurd or bytes are missing', () => {
    const many = orpcThis(new NdrWriter()).uuid(CLSID).pointer(false).pointer(false).u32(2).u32(0).u32(0xffffffff);
    expect(() => parseRemoteActivation(many.finish())).toThrow(expect.objectContaining({ code: 'DCERPC_LIMIT' }));
    expect(() => parseRemoteActivationReply(new Uint8Array(20))).toThrow(expect.objectContaining({ code: 'DCERPC_BAD_DATA' }));
  });
});

describe('RemoteGetClassObject', () => {
  it('has the arguments of RemoteCreateInstance without the outer object', () => {
    const create = writeCreateInstance({
      version: { major: 5, minor: 7 },
      cid: CID,
      properties: { clsid: CLSID, iids: [IID], version: { major: 5, minor: 7 }, contextId: CID },
    });
    // ORPCTHIS takes 32 bytes; behind it stands the null pointer of the outer object.
    const get = new Uint8Array([...create.subarray(0, 32), ...create.subarray(36)]);
    expect(parseGetClassObject(get)).toEqual(parseCreateInstance(create));
  });
});

describe('RemQueryInterface', () => {
  it('answers for each interface and for the call', () => {
    const writer = new NdrWriter().u32(0).pointer(false).pointer(true).u32(2);
    for (const result of [0, 0x80004002]) writer.align(8).u32(result).align(8).raw(new Uint8Array(40));
    expect(parseQueryInterfaceReply(writer.u32(1).finish())).toEqual({ results: [0, 0x80004002], hresult: 1 });
    expect(parseQueryInterfaceReply(new NdrWriter().u32(0).pointer(false).pointer(false).u32(0x80070005).finish())).toEqual({
      results: [],
      hresult: 0x80070005,
    });
    expect(() => parseQueryInterfaceReply(new NdrWriter().u32(0).u32(0).pointer(true).u32(0xffff).finish())).toThrow(
      expect.objectContaining({ code: 'DCERPC_LIMIT' }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCreateInstance, parseCreateInstanceReply, writeCreateInstance, writeCreateInstanceReply } from './activation.ts';
import { parseActivationIn, parseActivationOut, writeActivationIn, writeActivationOut } from './activation-properties.ts';
import {
  EPT_NOT_REGISTERED,
  NULL_EPT_HANDLE,
  parseLookupReply,
  parseLookupRequest,
  parseMapReply,
  parseMapRequest,
  writeLookupReply,
  writeLookupRequest,
  writeMapReply,
  writeMapRequest,
} from './endpoint-mapper.ts';
import { NdrReader, NdrWriter } from './ndr.ts';
import { parseServerAlive2Reply, writeServerAlive2Reply } from './object-exporter.ts';
import { bindingPort, parseObjref, readDualStringArray, writeDualStringArray, writeObjref } from './objref.ts';
import { CLSID_WBEM_LEVEL1_LOGIN, IID_WBEM_LEVEL1_LOGIN, NDR } from './syntax.ts';
import { activationIn, activationOut, dualStringArray, syntax, uuid } from './test-samples.ts';
import { parseTower, type Tower, writeTower } from './tower.ts';

const port = fc.nat(0xffff);
const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));
const tower: fc.Arbitrary<Tower> = fc
  .tuple(syntax, port, address)
  .map(([value, number, host]) => ({ interface: value, transfer: NDR, sequence: 'ncacn_ip_tcp', port: number, address: host }));
const handle = fc.uint8Array({ minLength: 20, maxLength: 20 });

describe('the endpoint mapper', () => {
  it('writes a TCP tower octet by octet as C706 appendix L lays it out', () => {
    const value: Tower = {
      interface: { uuid: '{e1af8308-5d1f-11c9-91a4-08002b14a0fa}', major: 3, minor: 0 },
      transfer: NDR,
      sequence: 'ncacn_ip_tcp',
      port: 135,
      address: '10.1.2.3',
    };
    expect(Buffer.from(writeTower(value)).toString('hex')).toBe(
      [
        '0500',
        '13000d0883afe11f5dc91191a408002b14a0fa030002000000',
        '13000d045d888aeb1cc9119fe808002b104860020002000000',
        '01000b02000000',
        '010007' + '0200' + '0087',
        '010009' + '0400' + '0a010203',
      ].join(''),
    );
  });

  it('reads back what it writes, in both byte orders', () => {
    fc.assert(
      fc.property(
        fc.array(tower, { maxLength: 5 }),
        handle,
        fc.option(uuid, { nil: undefined }),
        fc.boolean(),
        (towers, entryHandle, object, order) => {
          for (const value of towers) {
            expect(parseTower(writeTower(value))).toEqual(value);
            const asked = { tower: value, handle: entryHandle, maxTowers: 4, ...(object === undefined ? {} : { object }) };
            expect(parseMapRequest(writeMapRequest(asked, order), order)).toEqual(asked);
          }
          const answer = { handle: entryHandle, towers, status: towers.length === 0 ? EPT_NOT_REGISTERED : 0 };
          expect(parseMapReply(writeMapReply(answer, 16, order), order)).toEqual(answer);
        },
      ),
    );
  });

  it('numbers the towers of an answer apart from the one of the question, for they are full pointers', () => {
    const value: Tower = { interface: NDR, transfer: NDR, sequence: 'ncacn_ip_tcp', port: 1, address: '10.0.0.1' };
    const asked = new DataView(writeMapRequest({ tower: value, handle: NULL_EPT_HANDLE, maxTowers: 1 }).buffer).getUint32(4, true);
    const given = new DataView(writeMapReply({ handle: NULL_EPT_HANDLE, towers: [value], status: 0 }, 1).buffer).getUint32(36, true);
    expect(asked).not.toBe(0);
    expect(given).not.toBe(0);
    expect(given).not.toBe(asked);
  });

  it('reads back a walk through everything', () => {
    const entry = fc.record({ object: uuid, annotation: fc.stringMatching(/^[ -~]{0,60}$/), tower });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 6 }),
        handle,
        fc.option(syntax, { nil: undefined }),
        fc.boolean(),
        (entries, entryHandle, wanted, order) => {
          const answer = { handle: entryHandle, entries, status: 0 };
          expect(parseLookupReply(writeLookupReply(answer, 500, order), order)).toEqual(answer);
          const asked = { handle: entryHandle, maxEntries: 500, ...(wanted === undefined ? {} : { interface: wanted }) };
          expect(parseLookupRequest(writeLookupRequest(asked, order), order)).toEqual(asked);
        },
      ),
    );
  });

  it('reads towers of pipes with their host', () => {
    const value: Tower = { interface: NDR, transfer: NDR, sequence: 'ncacn_np', endpoint: '\\pipe\\eventlog', host: '\\\\HV01' };
    expect(parseTower(writeTower(value))).toEqual(value);
  });

  it('refuses counts above the range of the specification', () => {
    const stub = new NdrWriter().raw(NULL_EPT_HANDLE).u32(501).u32(501).u32(0).u32(501).finish();
    expect(() => parseMapReply(stub)).toThrow(expect.objectContaining({ code: 'DCERPC_LIMIT' }));
  });
});

describe('addresses of an object', () => {
  it('come back in both forms and both byte orders', () => {
    fc.assert(
      fc.property(dualStringArray, fc.boolean(), fc.boolean(), (value, conformant, order) => {
        const writer = new NdrWriter(order);
        writeDualStringArray(writer, value, conformant);
        expect(readDualStringArray(new NdrReader(writer.finish(), order), conformant)).toEqual(value);
      }),
    );
  });

  it('are the smallest array when there are none', () => {
    const writer = new NdrWriter();
    writeDualStringArray(writer, { strings: [], security: [] }, false);
    expect(Buffer.from(writer.finish()).toString('hex')).toBe('040002000000000000000000');
  });

  it.each([
    ['HV01[49668]', { host: 'HV01', port: 49668 }],
    ['fe80::1[135]', { host: 'fe80::1', port: 135 }],
    ['HV01', undefined],
    ['HV01[]', undefined],
    ['HV01[65536]', undefined],
    ['HV01[\\pipe\\x]', undefined],
  ])('%s has the port it says', (text, expected) => {
    expect(bindingPort({ tower: 7, address: text })).toEqual(expected);
  });

  it('of another protocol have no TCP port', () => {
    expect(bindingPort({ tower: 15, address: 'HV01[49668]' })).toBeUndefined();
  });
});

describe('ServerAlive2', () => {
  it('comes back', () => {
    fc.assert(
      fc.property(dualStringArray, fc.boolean(), (bindings, order) => {
        const value = { version: { major: 5, minor: 7 }, bindings, status: 0 };
        expect(parseServerAlive2Reply(writeServerAlive2Reply(value, order), order)).toEqual(value);
      }),
    );
  });
});

describe('an activation', () => {
  it('asks for what it is told to', () => {
    fc.assert(
      fc.property(activationIn, uuid, fc.option(fc.constant('HV01.corp.example'), { nil: undefined }), (properties, cid, serverName) => {
        const asked = {
          version: { major: 5, minor: 7 },
          cid,
          properties: { ...properties, ...(serverName === undefined ? {} : { serverName }) },
        };
        // The name is for servers that do not read it: it does not come back.
        expect(parseCreateInstance(writeCreateInstance(asked))).toEqual({ ...asked, properties });
      }),
    );
  });

  it('answers with interfaces, addresses and identifiers', () => {
    fc.assert(
      fc.property(activationOut, (properties) => {
        expect(parseCreateInstanceReply(writeCreateInstanceReply({ hresult: 0, properties }))).toEqual({ hresult: 0, properties });
      }),
    );
  });

  it('that failed has its HRESULT and nothing else', () => {
    const stub = writeCreateInstanceReply({ hresult: 0x80070005 });
    expect(stub.length).toBe(16);
    expect(parseCreateInstanceReply(stub)).toEqual({ hresult: 0x80070005 });
  });

  it('announces sizes that add up (MS-DCOM 2.2.22)', () => {
    const objref = parseObjref(
      writeActivationIn({
        clsid: CLSID_WBEM_LEVEL1_LOGIN,
        iids: [IID_WBEM_LEVEL1_LOGIN],
        version: { major: 5, minor: 7 },
        contextId: IID_WBEM_LEVEL1_LOGIN,
      }),
    );
    if (objref.kind !== 'custom') throw new Error(objref.kind);
    const view = new DataView(objref.data.buffer, objref.data.byteOffset);
    const size = view.getUint32(0, true);
    expect(size).toBe(objref.data.length - 8);
    // Behind dwSize and dwReserved: 16 bytes of serialization headers, then totalSize and headerSize.
    expect(view.getUint32(24, true)).toBe(size);
    expect(view.getUint32(28, true) % 8).toBe(0);
    expect(view.getUint32(40, true)).toBe(6);
  });

  it('without the properties it needs is refused', () => {
    const out = writeActivationOut({
      interfaces: [{ iid: IID_WBEM_LEVEL1_LOGIN, hresult: 0 }],
      oxid: 1n,
      bindings: { strings: [], security: [] },
      ipidRemUnknown: IID_WBEM_LEVEL1_LOGIN,
      authnHint: 5,
      version: { major: 5, minor: 7 },
    });
    expect(parseActivationOut(out).oxid).toBe(1n);
    expect(() => parseActivationIn(out)).toThrow(expect.objectContaining({ code: 'DCERPC_BAD_DATA' }));
  });

  it('refuses a reference that is not marshalled as one', () => {
    expect(() => parseObjref(Buffer.from('WOEM'.padEnd(64, '\0')))).toThrow(expect.objectContaining({ code: 'DCERPC_BAD_DATA' }));
    const custom = writeObjref({ kind: 'custom', iid: IID_WBEM_LEVEL1_LOGIN, clsid: CLSID_WBEM_LEVEL1_LOGIN, data: Uint8Array.of(1) });
    expect(parseObjref(custom)).toMatchObject({ kind: 'custom', clsid: CLSID_WBEM_LEVEL1_LOGIN, data: Uint8Array.of(1) });
  });
});

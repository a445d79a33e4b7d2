import { randomBytes, randomUUID } from 'node:crypto';
import {
  type ActivationOut,
  AUTH_LEVEL,
  AUTH_TYPE,
  CLSID_WBEM_LEVEL1_LOGIN,
  COM_VERSION,
  type CreateInstanceReply,
  type DualStringArray,
  ENDPOINT_MAPPER,
  type EndpointEntry,
  EPM_OPNUM,
  EPT_NOT_REGISTERED,
  HRESULT,
  IID_WBEM_LEVEL1_LOGIN,
  NDR,
  NdrWriter,
  NULL_EPT_HANDLE,
  OBJECT_EXPORTER,
  OBJECT_EXPORTER_OPNUM,
  parseCreateInstance,
  parseLookupRequest,
  parseMapRequest,
  REM_UNKNOWN,
  REM_UNKNOWN2,
  type RpcCall,
  type RpcService,
  type RpcSyntax,
  SCM_ACTIVATOR,
  SCM_OPNUM,
  sameInterface,
  TOWER_TCP,
  type Tower,
  writeCreateInstanceReply,
  writeLookupReply,
  writeMapReply,
  writeServerAlive2Reply,
} from '@winmedic/dcerpc';
import { mayActivate } from './login.ts';
import type { DcomHostSpec } from './types.ts';

/** Fault for a call no interface has (C706 Appendix E). */
const NO_SUCH_CALL = 0x1c010002;
/** Fault of access denied (MS-RPCE 3.3.3.5.1). */
const FAULT_ACCESS_DENIED = 5;
/** IUnknown (MS-DCOM 1.9). */
const IID_UNKNOWN = '{00000000-0000-0000-c000-000000000046}';
/** IEventService, which every Windows registers at a dynamic port (MS-EVEN6 1.9). */
const EVENT_LOG: RpcSyntax = { uuid: '{f6beaff7-1e19-4fbb-9f8f-b89e2018337c}', major: 1, minor: 0 };
/** RemRelease of IRemUnknown (MS-DCOM 3.1.1.5.6.1.3). */
const REM_RELEASE = 5;
/** SORF_NOPING: the double keeps no reference counts (MS-DCOM 2.2.18.2). */
const NO_PING = 0x1000;
/** References handed out with an interface; any number is allowed. */
const PUBLIC_REFS = 5;

/** Ports and client of one connection. */
export interface Place {
  readonly port: number;
  readonly dynamicPort: number;
  readonly clientAddress: string;
}

/** Interfaces of port 135: endpoint mapper, object exporter, activation. */
export function resolverServices(spec: DcomHostSpec, place: Place): RpcService[] {
  const services: RpcService[] = [
    { syntax: ENDPOINT_MAPPER, call: (call) => endpointMapper(call, registered(spec, place)) },
    { syntax: OBJECT_EXPORTER, call: (call) => objectExporter(call, spec) },
  ];
  if (spec.refusals?.withoutActivation !== true) services.push({ syntax: SCM_ACTIVATOR, call: (call) => activator(call, spec, place) });
  return services;
}

/** Interfaces of the dynamic port: the remote unknown of the activated object and the object itself, as far as a bind. */
export function objectServices(): RpcService[] {
  const login: RpcSyntax = { uuid: IID_WBEM_LEVEL1_LOGIN, major: 0, minor: 0 };
  return [
    { syntax: REM_UNKNOWN, call: remUnknown },
    { syntax: REM_UNKNOWN2, call: remUnknown },
    { syntax: login, call: () => NO_SUCH_CALL },
  ];
}

function registered(spec: DcomHostSpec, place: Place): EndpointEntry[] {
  const address = spec.address ?? '127.0.0.1';
  const entry = (syntax: RpcSyntax, port: number, annotation: string): EndpointEntry => ({
    object: '{00000000-0000-0000-0000-000000000000}',
    annotation,
    tower: { interface: syntax, transfer: NDR, sequence: 'ncacn_ip_tcp', port, address },
  });
  return [entry(EVENT_LOG, place.dynamicPort, 'Event log TCPIP'), entry(ENDPOINT_MAPPER, place.port, '')];
}

function endpointMapper(call: RpcCall, entries: readonly EndpointEntry[]): Uint8Array | number {
  const known = (syntax: RpcSyntax): EndpointEntry[] => entries.filter(({ tower }) => sameInterface(tower.interface, syntax));
  if (call.opnum === EPM_OPNUM.map) {
    const { tower, maxTowers } = parseMapRequest(call.stub, call.littleEndian);
    const towers: Tower[] = known(tower.interface)
      .slice(0, maxTowers)
      .map((entry) => entry.tower);
    return writeMapReply({ handle: NULL_EPT_HANDLE, towers, status: towers.length === 0 ? EPT_NOT_REGISTERED : 0 }, maxTowers);
  }
  if (call.opnum === EPM_OPNUM.lookup) {
    const request = parseLookupRequest(call.stub, call.littleEndian);
    const found = (request.interface === undefined ? entries : known(request.interface)).slice(0, request.maxEntries);
    const status = found.length === 0 ? EPT_NOT_REGISTERED : 0;
    return writeLookupReply({ handle: NULL_EPT_HANDLE, entries: found, status }, request.maxEntries);
  }
  return NO_SUCH_CALL;
}

function bindings(spec: DcomHostSpec, port?: number): DualStringArray {
  const suffix = port === undefined ? '' : `[${port}]`;
  return {
    strings: [spec.name ?? 'HV01', spec.address ?? '127.0.0.1'].map((host) => ({ tower: TOWER_TCP, address: `${host}${suffix}` })),
    security: [AUTH_TYPE.ntlm, AUTH_TYPE.spnego, AUTH_TYPE.kerberos].map((service) => ({ service, principal: '' })),
  };
}

function objectExporter(call: RpcCall, spec: DcomHostSpec): Uint8Array | number {
  if (call.opnum === OBJECT_EXPORTER_OPNUM.serverAlive) return new NdrWriter().u32(0).finish();
  if (call.opnum !== OBJECT_EXPORTER_OPNUM.serverAlive2) return NO_SUCH_CALL;
  return writeServerAlive2Reply({ version: COM_VERSION, bindings: bindings(spec), status: 0 });
}

function activator(call: RpcCall, spec: DcomHostSpec, place: Place): Uint8Array | number {
  if (call.opnum !== SCM_OPNUM.remoteCreateInstance) return NO_SUCH_CALL;
  const { version, properties } = parseCreateInstance(call.stub, call.littleEndian);
  const fail = (hresult: number): Uint8Array => writeCreateInstanceReply({ hresult });
  // Capability negotiation: MS-DCOM 3.1.2.5.2.3.
  if (version.major !== COM_VERSION.major || version.minor > COM_VERSION.minor) return fail(HRESULT.versionMismatch);
  const { peer } = call;
  // KB5004442 is about logins below packet integrity; without a login the launch permissions refuse, which let no anonymous user in.
  if (peer === undefined) return fail(HRESULT.accessDenied);
  if (spec.hardening === true && call.level < AUTH_LEVEL.integrity) {
    spec.onEvent?.({ id: 10036, domain: peer.domain, user: peer.user, address: place.clientAddress });
    return spec.hardeningAnswer === 'fault' ? FAULT_ACCESS_DENIED : fail(HRESULT.accessDenied);
  }
  if (spec.activation === 'access-denied' || !mayActivate(spec)(peer)) return fail(HRESULT.accessDenied);
  const classKnown = properties.clsid === CLSID_WBEM_LEVEL1_LOGIN && spec.activation !== 'class-not-registered';
  if (!classKnown) return fail(HRESULT.classNotRegistered);
  return writeCreateInstanceReply(activated(properties.iids, spec, place));
}

function activated(iids: readonly string[], spec: DcomHostSpec, place: Place): CreateInstanceReply {
  const oxid = randomBytes(8).readBigUInt64LE();
  const oid = randomBytes(8).readBigUInt64LE();
  const interfaces: ActivationOut['interfaces'] = iids.map((iid) => {
    if (iid !== IID_WBEM_LEVEL1_LOGIN && iid !== IID_UNKNOWN) return { iid, hresult: HRESULT.noInterface };
    const std = { flags: NO_PING, publicRefs: PUBLIC_REFS, oxid, oid, ipid: `{${randomUUID()}}` };
    return { iid, hresult: HRESULT.ok, objref: { kind: 'standard', iid, std, resolver: bindings(spec) } };
  });
  // An object without any of the wanted interfaces is none (CoCreateInstanceEx, learn.microsoft.com).
  if (interfaces.every(({ hresult }) => hresult !== HRESULT.ok)) return { hresult: HRESULT.noInterface };
  return {
    hresult: HRESULT.ok,
    properties: {
      interfaces,
      oxid,
      bindings: bindings(spec, place.dynamicPort),
      ipidRemUnknown: `{${randomUUID()}}`,
      authnHint: spec.hardening === true ? AUTH_LEVEL.integrity : AUTH_LEVEL.connect,
      version: COM_VERSION,
    },
  };
}

/** References are not counted: releasing always works. */
function remUnknown(call: RpcCall): Uint8Array | number {
  if (call.opnum === REM_RELEASE) return new NdrWriter().u32(0).u32(0).u32(0).finish();
  return NO_SUCH_CALL;
}

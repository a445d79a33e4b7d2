import type { Damage } from '@winmedic/bytes';
import {
  ACTIVATION,
  bindingPort,
  type CallHead,
  DcerpcError,
  type DualStringArray,
  ENDPOINT_MAPPER,
  EPM_OPNUM,
  NDR,
  NDR64,
  OBJECT_EXPORTER,
  PFC,
  parseCreateInstance,
  parseCreateInstanceReply,
  parseGetClassObject,
  parseLookupReply,
  parseMapReply,
  parseMapRequest,
  parseQueryInterfaceReply,
  parseRemoteActivation,
  parseRemoteActivationReply,
  REM_UNKNOWN,
  REM_UNKNOWN_OPNUM,
  REM_UNKNOWN2,
  REMOTE_ACTIVATION_OPNUM,
  SCM_ACTIVATOR,
  SCM_OPNUM,
  type Tower,
} from '@winmedic/dcerpc/messages';
import type { RpcMessage } from './types.ts';
import { damageOf } from './wire-damage.ts';

type RpcRequest = Extract<RpcMessage, { kind: 'request' }>;
type RpcResponse = Extract<RpcMessage, { kind: 'response' }>;

/** What the arguments of a call tell. */
export type RequestContent = Pick<RpcRequest, 'activation' | 'map' | 'damages'>;
/** What the results of a call tell, and endpoints that other conversations will use; without an address: of the same host. */
export interface ResponseContent {
  readonly fields: Pick<RpcResponse, 'hresult' | 'endpoints' | 'activation' | 'queryInterface' | 'damages'>;
  readonly expected: readonly { readonly address: string | undefined; readonly port: number }[];
}

/** Bindings kept of one activation: a host with many addresses has some dozens. */
const MAX_BINDINGS = 64;
/** Endpoints kept of one lookup, as many as one answer may have (MS-RPCE 2.2.1.2.5). */
const MAX_ENDPOINTS = 500;
/** Bytes of ORPCTHAT without extensions and of the result behind it (MS-DCOM 2.2.13.4). */
const ORPC_LEAST = 12;
/** Address of a tower that means the host itself. */
const ANY_ADDRESS = '0.0.0.0';

const LOOKED_INTO: ReadonlySet<string> = new Set([
  ...[ENDPOINT_MAPPER.uuid, SCM_ACTIVATOR.uuid, ACTIVATION.uuid, REM_UNKNOWN.uuid, REM_UNKNOWN2.uuid, OBJECT_EXPORTER.uuid],
]);

/** Is any call of this interface looked into? Of the others only the heads are, and results of calls on objects. */
export function isLookedInto(interfaceId: string): boolean {
  return LOOKED_INTO.has(interfaceId);
}

/** Is this call looked into, so that its fragments have to be kept? */
export function needsStub(interfaceId: string, opnum: number, of: 'request' | 'response'): boolean {
  switch (interfaceId) {
    case ENDPOINT_MAPPER.uuid:
      return opnum === EPM_OPNUM.map || (of === 'response' && opnum === EPM_OPNUM.lookup);
    case SCM_ACTIVATOR.uuid:
      return opnum === SCM_OPNUM.remoteCreateInstance || opnum === SCM_OPNUM.remoteGetClassObject;
    case ACTIVATION.uuid:
      return opnum === REMOTE_ACTIVATION_OPNUM;
    case REM_UNKNOWN.uuid:
    case REM_UNKNOWN2.uuid:
      return of === 'response' && opnum === REM_UNKNOWN_OPNUM.queryInterface;
    default:
      return false;
  }
}

/**
 * How few bytes the results of a call have when they end with an HRESULT or status; `undefined`: they need not end so. ORPC calls do, behind ORPCTHAT
 * (MS-DCOM 2.2.13.4: eight bytes with a null pointer), as those of the activation, which name no object; of the OXID resolver the status may be all.
 */
export function leastResultBytes(interfaceId: string, object: boolean): number | undefined {
  if (interfaceId === OBJECT_EXPORTER.uuid) return 4;
  if (interfaceId === ACTIVATION.uuid || interfaceId === ENDPOINT_MAPPER.uuid) return undefined;
  return interfaceId === SCM_ACTIVATOR.uuid || object ? ORPC_LEAST : undefined;
}

/** Bits of ORPCTHAT's flags (MS-DCOM 2.2.13.4). */
const ORPC_FLAGS = 0x1f;

/**
 * Last four bytes of the stub, unsigned: of the last fragment of an answer in clear. `undefined` when a fragment before holds a part of them, and when the
 * answer of a call on an object does not begin as ORPC's do: other interfaces may use object identifiers as well.
 * @param bytes the unit. @param least what {@link leastResultBytes} tells of the call.
 */
export function returnedStatus(bytes: Uint8Array, head: CallHead, least: number): number | undefined {
  const { bodyStart, bodyEnd, littleEndian } = head;
  if (bodyEnd - bodyStart < 4) return undefined;
  const first = (head.flags & PFC.first) !== 0;
  if (least >= ORPC_LEAST && first && (u32(bytes, bodyStart, littleEndian) & ~ORPC_FLAGS) !== 0) return undefined;
  return u32(bytes, bodyEnd - 4, littleEndian);
}

function u32(bytes: Uint8Array, at: number, little: boolean): number {
  const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  return (little ? a | (b << 8) | (c << 16) | (d << 24) : (a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** The call a stub belongs to. */
export interface StubOf {
  readonly interfaceId: string;
  readonly opnum: number;
  /** Transfer syntax of its context; empty when the bind is not in the capture: then the one every server speaks is taken. */
  readonly transfer: string;
  readonly littleEndian: boolean;
}

/** Can the stub be read in its transfer syntax? The 64-bit one only of ept_map: DCOM binds with the other alone. */
function readable({ interfaceId, opnum, transfer }: StubOf): boolean {
  if (transfer === NDR64.uuid) return interfaceId === ENDPOINT_MAPPER.uuid && opnum === EPM_OPNUM.map;
  return transfer === NDR.uuid || transfer === '';
}

/** Reads the arguments of a call that is looked into. @param stub absent when it is sealed or not whole. */
export function readRequestStub(stub: Uint8Array | undefined, of: StubOf): RequestContent {
  const { interfaceId, opnum, transfer, littleEndian } = of;
  if (stub === undefined || !needsStub(interfaceId, opnum, 'request') || !readable(of)) return {};
  return guarded((): RequestContent => {
    if (interfaceId === ENDPOINT_MAPPER.uuid)
      return { map: { interfaceId: parseMapRequest(stub, littleEndian, transfer === NDR64.uuid).tower.interface.uuid } };
    if (interfaceId === ACTIVATION.uuid) {
      const { clsid, iids } = parseRemoteActivation(stub, littleEndian);
      return { activation: { clsid, interfaces: iids } };
    }
    const parse = opnum === SCM_OPNUM.remoteCreateInstance ? parseCreateInstance : parseGetClassObject;
    const { clsid, iids } = parse(stub, littleEndian).properties;
    return { activation: { clsid, interfaces: iids } };
  });
}

/** Reads the results of a call that is looked into. @param stub absent when it is sealed or not whole. */
export function readResponseStub(stub: Uint8Array | undefined, of: StubOf): ResponseContent | undefined {
  const { interfaceId, opnum, transfer, littleEndian } = of;
  if (stub === undefined || !needsStub(interfaceId, opnum, 'response') || !readable(of)) return undefined;
  let expected: ResponseContent['expected'] = [];
  const fields = guarded((): ResponseContent['fields'] => {
    if (interfaceId === ENDPOINT_MAPPER.uuid) {
      const map = opnum === EPM_OPNUM.map;
      const reply = map ? parseMapReply(stub, littleEndian, transfer === NDR64.uuid) : parseLookupReply(stub, littleEndian);
      const towers = 'towers' in reply ? reply.towers : reply.entries.map(({ tower }) => tower);
      expected = towers
        .filter(({ sequence, port }) => sequence === 'ncacn_ip_tcp' && port !== undefined && port > 0)
        // Clients take the port and stay with the address they asked; the one in the tower may be another of the same host.
        .flatMap(({ address, port }) => [
          { address: undefined, port: port as number },
          ...(address === undefined || address === ANY_ADDRESS ? [] : [{ address, port: port as number }]),
        ]);
      return { hresult: reply.status, endpoints: towers.slice(0, MAX_ENDPOINTS).map(endpointOf) };
    }
    if (interfaceId === REM_UNKNOWN.uuid || interfaceId === REM_UNKNOWN2.uuid) {
      const { hresult, results } = parseQueryInterfaceReply(stub, littleEndian);
      return { hresult, queryInterface: results };
    }
    if (interfaceId === ACTIVATION.uuid) {
      const { status, hresult, bindings, results } = parseRemoteActivationReply(stub, littleEndian);
      const where = bindingsOf(bindings);
      expected = where.expected;
      // The call's own status comes first: without it there was no activation.
      return { hresult: status === 0 ? hresult : status, activation: { ...where.activation, results } };
    }
    const { hresult, properties } = parseCreateInstanceReply(stub, littleEndian);
    if (properties === undefined) return { hresult };
    const where = bindingsOf(properties.bindings);
    expected = where.expected;
    return { hresult, activation: { ...where.activation, results: properties.interfaces.map((one) => one.hresult) } };
  });
  return { fields, expected };
}

function endpointOf(tower: Tower): NonNullable<RpcResponse['endpoints']>[number] {
  return {
    interfaceId: tower.interface.uuid,
    protocol: tower.sequence,
    address: tower.address ?? tower.host ?? '',
    ...(tower.port === undefined ? {} : { port: tower.port }),
    ...(tower.endpoint === undefined ? {} : { pipe: tower.endpoint }),
  };
}

/** Bindings `host[port]` of an answer. A host that is no address is the host of this conversation under a name. */
function bindingsOf(array: DualStringArray | undefined): {
  readonly activation: { readonly ports: readonly number[]; readonly bindings: readonly string[] };
  readonly expected: ResponseContent['expected'];
} {
  const strings = array?.strings.slice(0, MAX_BINDINGS) ?? [];
  const places = strings.map(bindingPort).filter((place) => place !== undefined);
  return {
    activation: { ports: [...new Set(places.map(({ port }) => port))], bindings: strings.map(({ address }) => address) },
    expected: places.flatMap(({ host, port }) => [
      { address: undefined, port },
      ...(/^[\d.]+$|:/.test(host) ? [{ address: host, port }] : []),
    ]),
  };
}

function guarded<T extends { readonly damages?: readonly Damage[] }>(read: () => T): T | { readonly damages: readonly Damage[] } {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DcerpcError)) throw error;
    return { damages: [damageOf('CAPTURE_RPC_STUB', error)] };
  }
}

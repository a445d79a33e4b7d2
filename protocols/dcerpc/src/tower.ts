import { formatGuid } from '@winmedic/bytes';
import { DcerpcError } from './errors.ts';
import { MAX_FLOORS, MAX_TOWER_BYTES } from './limits.ts';
import { NdrWriter } from './ndr.ts';
import { type RpcSyntax, uuidBytes } from './syntax.ts';

/** Protocol identifiers of tower floors (C706 Appendix I; named pipe and HTTP as Windows uses them, MS-RPCE 2.1). */
const PROTOCOL = {
  tcp: 0x07,
  udp: 0x08,
  ip: 0x09,
  datagram: 0x0a,
  connection: 0x0b,
  local: 0x0c,
  uuid: 0x0d,
  pipe: 0x0f,
  local2: 0x10,
  netbios: 0x11,
  http: 0x1f,
} as const;

/** Protocol sequence of a tower: MS-RPCE 2.1; `other` when its floors are of none of these. */
export type ProtocolSequence = 'ncacn_ip_tcp' | 'ncadg_ip_udp' | 'ncacn_np' | 'ncacn_http' | 'ncalrpc' | 'other';

/** Where an interface can be reached (C706 Appendix L). */
export interface Tower {
  readonly interface: RpcSyntax;
  readonly transfer: RpcSyntax;
  readonly sequence: ProtocolSequence;
  /** TCP, UDP or HTTP port; 0 in a question. */
  readonly port?: number;
  /** IPv4 address, dotted. */
  readonly address?: string;
  /** Name of a pipe or of a local port. */
  readonly endpoint?: string;
  /** NetBIOS name behind a pipe. */
  readonly host?: string;
}

interface Floor {
  readonly left: Uint8Array;
  readonly right: Uint8Array;
}

/**
 * Reads the octets of a tower. Floors of protocols that are not known are passed over.
 * @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT.
 */
export function parseTower(bytes: Uint8Array): Tower {
  if (bytes.length > MAX_TOWER_BYTES) throw new DcerpcError('DCERPC_LIMIT', 'tower_length', { need: MAX_TOWER_BYTES, have: bytes.length });
  const floors = readFloors(bytes);
  const [first, second, ...rest] = floors;
  if (first === undefined || second === undefined)
    throw new DcerpcError('DCERPC_BAD_DATA', 'floors of a tower', { need: 2, have: floors.length });
  let tower: Tower = { interface: syntaxFloor(first), transfer: syntaxFloor(second), sequence: 'other' };
  let connection = false;
  for (const floor of rest) {
    const protocol = floor.left[0];
    if (protocol === PROTOCOL.connection) connection = true;
    else if (protocol === PROTOCOL.tcp) tower = { ...tower, sequence: 'ncacn_ip_tcp', port: portOf(floor) };
    else if (protocol === PROTOCOL.udp) tower = { ...tower, sequence: 'ncadg_ip_udp', port: portOf(floor) };
    else if (protocol === PROTOCOL.http) tower = { ...tower, sequence: 'ncacn_http', port: portOf(floor) };
    else if (protocol === PROTOCOL.ip) tower = { ...tower, address: [...floor.right.subarray(0, 4)].join('.') };
    else if (protocol === PROTOCOL.pipe) tower = { ...tower, sequence: connection ? 'ncacn_np' : 'other', endpoint: textOf(floor) };
    else if (protocol === PROTOCOL.local2) tower = { ...tower, sequence: 'ncalrpc', endpoint: textOf(floor) };
    else if (protocol === PROTOCOL.netbios) tower = { ...tower, host: textOf(floor) };
  }
  return tower;
}

function readFloors(bytes: Uint8Array): Floor[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const number = (what: string): number => {
    if (at + 2 > bytes.length) throw new DcerpcError('DCERPC_BAD_DATA', what, { offset: at, need: 2, have: bytes.length - at });
    at += 2;
    return view.getUint16(at - 2, true);
  };
  const part = (what: string): Uint8Array => {
    const length = number(what);
    if (at + length > bytes.length) throw new DcerpcError('DCERPC_BAD_DATA', what, { offset: at, need: length, have: bytes.length - at });
    at += length;
    return bytes.subarray(at - length, at);
  };
  const count = number('floor count');
  if (count > MAX_FLOORS) throw new DcerpcError('DCERPC_LIMIT', 'floor count', { need: MAX_FLOORS, have: count });
  const floors: Floor[] = [];
  for (let i = 0; i < count; i++) floors.push({ left: part('left side of a floor'), right: part('right side of a floor') });
  return floors;
}

function syntaxFloor(floor: Floor): RpcSyntax {
  if (floor.left[0] !== PROTOCOL.uuid || floor.left.length < 19 || floor.right.length < 2) {
    throw new DcerpcError('DCERPC_BAD_DATA', 'floor of an interface', { need: 19, have: floor.left.length });
  }
  return {
    uuid: formatGuid(floor.left, 1),
    major: floor.left[17]! | (floor.left[18]! << 8),
    minor: floor.right[0]! | (floor.right[1]! << 8),
  };
}

/** Ports stand in network byte order. */
function portOf(floor: Floor): number {
  if (floor.right.length < 2) throw new DcerpcError('DCERPC_BAD_DATA', 'port of a floor', { need: 2, have: floor.right.length });
  return (floor.right[0]! << 8) | floor.right[1]!;
}

function textOf(floor: Floor): string {
  const end = floor.right.indexOf(0);
  let text = '';
  for (const byte of end < 0 ? floor.right : floor.right.subarray(0, end)) text += String.fromCharCode(byte);
  return text;
}

/**
 * Writes a tower of a TCP endpoint or a pipe.
 * @throws {DcerpcError} DCERPC_USAGE for other sequences.
 */
export function writeTower(tower: Tower): Uint8Array {
  const floors: Floor[] = [
    syntaxBytes(tower.interface),
    syntaxBytes(tower.transfer),
    { left: Uint8Array.of(PROTOCOL.connection), right: new Uint8Array(2) },
  ];
  if (tower.sequence === 'ncacn_ip_tcp') {
    const port = tower.port ?? 0;
    floors.push({ left: Uint8Array.of(PROTOCOL.tcp), right: Uint8Array.of(port >> 8, port & 0xff) });
    floors.push({ left: Uint8Array.of(PROTOCOL.ip), right: Uint8Array.from((tower.address ?? '0.0.0.0').split('.'), Number) });
  } else if (tower.sequence === 'ncacn_np') {
    floors.push({ left: Uint8Array.of(PROTOCOL.pipe), right: text(tower.endpoint ?? '') });
    floors.push({ left: Uint8Array.of(PROTOCOL.netbios), right: text(tower.host ?? '') });
  } else throw new DcerpcError('DCERPC_USAGE', `tower of ${tower.sequence}`);
  const writer = new NdrWriter();
  half(writer, floors.length);
  for (const floor of floors) {
    half(writer, floor.left.length);
    writer.raw(floor.left);
    half(writer, floor.right.length);
    writer.raw(floor.right);
  }
  return writer.finish();
}

/** Sixteen bits, little-endian, not aligned: towers are plain octets. */
function half(writer: NdrWriter, value: number): void {
  writer.u8(value & 0xff).u8(value >> 8);
}

function syntaxBytes(syntax: RpcSyntax): Floor {
  const left = new Uint8Array(19);
  left[0] = PROTOCOL.uuid;
  left.set(uuidBytes(syntax.uuid), 1);
  left[17] = syntax.major & 0xff;
  left[18] = syntax.major >> 8;
  return { left, right: Uint8Array.of(syntax.minor & 0xff, syntax.minor >> 8) };
}

function text(value: string): Uint8Array {
  return Uint8Array.from([...value, '\0'], (char) => char.charCodeAt(0) & 0xff);
}

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { parseCreateInstance, parseCreateInstanceReply, writeCreateInstance, writeCreateInstanceReply } from './activation.ts';
import {
  parseLookupReply,
  parseLookupRequest,
  parseMapReply,
  parseMapRequest,
  writeLookupReply,
  writeMapReply,
  writeMapRequest,
} from './endpoint-mapper.ts';
import { DcerpcError } from './errors.ts';
import { parseServerAlive2Reply, writeServerAlive2Reply } from './object-exporter.ts';
import { parseObjref } from './objref.ts';
import { parsePdu } from './pdu.ts';
import { PduSplitter } from './pdu-splitter.ts';
import { NDR } from './syntax.ts';
import { activationIn, activationOut, dualStringArray, pdu, uuid } from './test-samples.ts';
import { parseTower, writeTower } from './tower.ts';
import { writePdu } from './write-pdu.ts';

/** Runs a parser; anything but its own error class fails the test. */
function survives(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    parse(bytes);
  } catch (error) {
    if (!(error instanceof DcerpcError)) throw error;
  }
}

/** A message with bytes overwritten and its end cut off. */
function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(4096), value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)) });
  return fc.tuple(valid, fc.array(change, { maxLength: 6 }), fc.option(fc.nat(4096), { nil: undefined })).map(([bytes, changes, cut]) => {
    const copy = Uint8Array.from(bytes);
    for (const { at, value } of changes) if (copy.length > 0) copy[at % copy.length] = value;
    return cut === undefined ? copy : copy.subarray(0, cut % (copy.length + 1));
  });
}

const version = { major: 5, minor: 7 };
const tower = { interface: NDR, transfer: NDR, sequence: 'ncacn_ip_tcp', port: 135, address: '10.0.0.1' } as const;
const entry = { object: '{00000000-0000-0000-0000-000000000000}', tower, annotation: 'x' };
const handle = new Uint8Array(20);

const PARSERS: readonly (readonly [name: string, parse: (bytes: Uint8Array) => unknown, valid: fc.Arbitrary<Uint8Array>])[] = [
  ['units', parsePdu, pdu.map(writePdu)],
  [
    'a stream',
    (bytes) => new PduSplitter().push(bytes).map(parsePdu),
    fc.array(pdu, { maxLength: 3 }).map((units) => Buffer.concat(units.map(writePdu))),
  ],
  ['towers', parseTower, fc.constant(writeTower(tower))],
  ['ept_map', parseMapRequest, fc.constant(writeMapRequest({ tower, handle, maxTowers: 4 }))],
  ['answers of ept_map', parseMapReply, fc.constant(writeMapReply({ handle, towers: [tower, tower], status: 0 }, 4))],
  ['ept_lookup', parseLookupRequest, fc.uint8Array({ maxLength: 80 })],
  ['answers of ept_lookup', parseLookupReply, fc.constant(writeLookupReply({ handle, entries: [entry, entry], status: 0 }, 4))],
  ['ServerAlive2', parseServerAlive2Reply, dualStringArray.map((bindings) => writeServerAlive2Reply({ version, bindings, status: 0 }))],
  [
    'RemoteCreateInstance',
    parseCreateInstance,
    fc.tuple(activationIn, uuid).map(([properties, cid]) => writeCreateInstance({ version, cid, properties })),
  ],
  [
    'answers of RemoteCreateInstance',
    parseCreateInstanceReply,
    activationOut.map((properties) => writeCreateInstanceReply({ hresult: 0, properties })),
  ],
  ['object references', parseObjref, fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('MEOW'), bytes]))],
];

describe('hostile input', () => {
  it.each(PARSERS)('%s: damaged messages throw nothing but the documented error', (_, parse, valid) => {
    fc.assert(
      fc.property(damaged(valid), (bytes) => survives(parse, bytes)),
      { numRuns: 1500 },
    );
  });

  it.each(PARSERS)('%s: arbitrary bytes throw nothing but the documented error', (_, parse) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(parse, bytes)),
      { numRuns: 500 },
    );
  });
});

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { RpcAcceptor } from './acceptor.ts';
import { parseCreateInstance, parseCreateInstanceReply, writeCreateInstance, writeCreateInstanceReply } from './activation.ts';
import { RpcConnection } from './connection.ts';
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
import { ToyAcceptor, ToyContext } from './test-context.ts';
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

/** Runs one end of a connection; anything but the documented error fails the test. */
async function outlives(run: Promise<unknown>): Promise<void> {
  await run.catch((error: unknown) => {
    if (!(error instanceof DcerpcError)) throw error;
  });
}

/** Units of a server, damaged, in pieces. */
const answers = fc.array(damaged(pdu.map((unit) => writePdu({ ...unit, callId: 1 }))), { maxLength: 6 });

describe('hostile peers', () => {
  it('end a client with nothing but the documented error, and always end it', async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.boolean(), async (pieces, login) => {
        const queue = [...pieces.filter((piece) => piece.length > 0)];
        const transport = { send: () => undefined, receive: async () => queue.shift() ?? new Uint8Array(0), close: () => undefined };
        const client = new RpcConnection(transport);
        const auth = { type: 'ntlm', level: 'privacy', context: new ToyContext('client', 3) } as const;
        await outlives(client.bind(NDR, login ? auth : undefined).then(() => client.call(0, new Uint8Array(40))));
      }),
      { numRuns: 1000 },
    );
  });

  it('end a server with nothing but the documented error', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (pieces) => {
        const service = { syntax: NDR, call: ({ stub }: { readonly stub: Uint8Array }) => stub };
        const acceptor = new RpcAcceptor({ services: [service], secondaryAddress: '135', login: () => new ToyAcceptor(3) });
        for (const piece of pieces) await outlives(acceptor.push(piece));
      }),
      { numRuns: 1000 },
    );
  });
});

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

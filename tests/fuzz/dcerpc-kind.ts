import {
  DcerpcError,
  ENDPOINT_MAPPER,
  listEndpoints,
  mapEndpoint,
  NDR,
  OBJECT_EXPORTER,
  PduSplitter,
  parseCreateInstance,
  parseCreateInstanceReply,
  parseLookupReply,
  parseLookupRequest,
  parseMapReply,
  parseMapRequest,
  parseObjref,
  parsePdu,
  parseServerAlive2Reply,
  parseTower,
  RpcAcceptor,
  RpcConnection,
  type RpcTransport,
  remoteCreateInstance,
  SCM_ACTIVATOR,
  serverAlive2,
  writeCreateInstance,
  writeCreateInstanceReply,
  writeLookupReply,
  writeLookupRequest,
  writeMapReply,
  writeMapRequest,
  writeObjref,
  writePdu,
  writeServerAlive2Reply,
  writeTower,
} from '@winmedic/dcerpc';
import { Secret } from '@winmedic/gss';
import { NtlmError, ntHash, ntlmAcceptor, ntlmInitiator } from '@winmedic/ntlm';
import fc from 'fast-check';
import { activationIn, activationOut, dualStringArray, pdu } from '../../protocols/dcerpc/src/test-samples.ts';
import type { Kind } from './kind.ts';
import { mutateBinary } from './ntlm-kind.ts';
import type { Random } from './random.ts';
import { type Counts, checkPrototypes, checkSane, isDocumented, randomBytes, run, survives, type WireSeed, wireKind } from './wire.ts';

const TOWER = { interface: NDR, transfer: NDR, sequence: 'ncacn_ip_tcp', port: 135, address: '10.0.0.1' } as const;
const HANDLE = new Uint8Array(20);
const ENTRY = { object: '{00000000-0000-0000-0000-000000000000}', tower: TOWER, annotation: 'x' };
const VERSION = { major: 5, minor: 7 };
const CID = '{11111111-2222-3333-4444-555555555555}';
const CLSID = '{8bc3f05e-d86b-11d0-a075-00c04fb68820}';
const IID = '{f309ad18-d86a-11d0-a075-00c04fb68820}';

/** DCE RPC: units, streams, endpoint mapper, activation, and both ends of a connection with a hostile peer. */
export function dcerpcKind(): Kind {
  const seed = (name: string, bytes: Uint8Array, parse: (input: Uint8Array) => unknown): WireSeed => ({
    name,
    bytes,
    change: mutateBinary,
    read: (input) => survives(() => parse(input), input.length, DcerpcError),
  });
  const units = fc.sample(pdu, { numRuns: 40, seed: 1 });
  const bindings = fc.sample(dualStringArray, { numRuns: 2, seed: 1 })[1]!;
  return wireKind('dcerpc', [
    ...units.map((unit, i) => seed(`unit ${i} ${unit.type}`, writePdu(unit), parsePdu)),
    { name: 'stream', bytes: Buffer.concat(units.slice(0, 6).map(writePdu)), change: mutateBinary, read: readStream },
    seed('tower', writeTower(TOWER), parseTower),
    seed('ept_map', writeMapRequest({ tower: TOWER, handle: HANDLE, maxTowers: 4 }), parseMapRequest),
    seed('answer of ept_map', writeMapReply({ handle: HANDLE, towers: [TOWER, TOWER], status: 0 }, 4), parseMapReply),
    seed('ept_lookup', writeLookupRequest({ handle: HANDLE, maxEntries: 8 }), parseLookupRequest),
    seed('answer of ept_lookup', writeLookupReply({ handle: HANDLE, entries: [ENTRY, ENTRY], status: 0 }, 4), parseLookupReply),
    seed('answer of ServerAlive2', writeServerAlive2Reply({ version: VERSION, bindings, status: 0 }), parseServerAlive2Reply),
    ...fc
      .sample(activationIn, { numRuns: 2, seed: 1 })
      .map((properties, i) =>
        seed(`activation ${i}`, writeCreateInstance({ version: VERSION, cid: CID, properties }), parseCreateInstance),
      ),
    ...fc
      .sample(activationOut, { numRuns: 3, seed: 1 })
      .map((properties, i) =>
        seed(`answer of activation ${i}`, writeCreateInstanceReply({ hresult: 0, properties }), parseCreateInstanceReply),
      ),
    ...fc
      .sample(activationOut, { numRuns: 8, seed: 2 })
      .flatMap(({ interfaces }) => interfaces.flatMap(({ objref }) => (objref === undefined ? [] : [objref])))
      .slice(0, 3)
      .map((objref, i) => seed(`object reference ${i}`, writeObjref(objref), parseObjref)),
    ...['a', 'b', 'c'].map((which) => run(`connection to a hostile server ${which}`, hostileServer)),
    ...['a', 'b', 'c'].map((which) => run(`server of a hostile client ${which}`, hostileClient)),
  ]);
}

/** A stream in pieces of any size gives the same units as in one. */
function readStream(bytes: Uint8Array, random: Random): Counts {
  const units = (pieces: readonly Uint8Array[]): string[] => {
    const splitter = new PduSplitter();
    const found: string[] = [];
    try {
      for (const piece of pieces) found.push(...splitter.push(piece).map((unit) => Buffer.from(unit).toString('hex')));
    } catch (error) {
      if (!isDocumented(error, [DcerpcError])) throw error;
      found.push('refused');
    }
    return found;
  };
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(random.pick([2, 20, 2000]));
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  const whole = units([bytes]);
  const cut = units(pieces);
  // What is refused later in one piece is refused at once in another; the units before it are the same.
  if (whole.at(-1) !== 'refused' && cut.join() !== whole.join()) throw new Error('a stream that depends on where it was cut');
  return survives(() => new PduSplitter().push(bytes).map(parsePdu), bytes.length, DcerpcError);
}

const HASH = ntHash(new Secret('Pass-w0rd!'));
const CREDENTIAL = { user: 'alice', domain: 'CORP', password: new Secret('Pass-w0rd!') };

function acceptorOf(random: Random): RpcAcceptor {
  const stub = writeMapReply({ handle: HANDLE, towers: [TOWER], status: 0 }, 16);
  const service = (syntax: typeof NDR) => ({
    syntax,
    call: () => (random.below(4) === 0 ? 0x5 : random.below(2) ? stub : mutateBinary(stub, random).bytes),
  });
  return new RpcAcceptor({
    services: [service(ENDPOINT_MAPPER), service(OBJECT_EXPORTER), service(SCM_ACTIVATOR)],
    secondaryAddress: '135',
    login: () =>
      ntlmAcceptor({
        target: { netbiosComputer: 'HV01', netbiosDomain: 'CORP' },
        lookUp: () => ({ ntHash: HASH }),
        random: randomBytes(random),
      }),
    ...(random.below(20) === 0 && { nakReason: random.below(10) }),
  });
}

const authOf = (random: Random) => ({
  context: ntlmInitiator({ credential: CREDENTIAL, random: randomBytes(random) }),
  type: 'ntlm' as const,
  level: random.pick(['connect', 'integrity', 'privacy'] as const),
});

/** Pieces a server sends at most before it closes. */
const MAX_PIECES = 40;

/** A server that is right half of the time; the connection ends with a result or a documented error. */
async function hostileServer(random: Random): Promise<Counts> {
  const server = acceptorOf(random);
  const answers: Uint8Array[] = [];
  let pieces = 0;
  const transport: RpcTransport = {
    send: async (bytes) => {
      try {
        for (const answer of await server.push(bytes)) answers.push(random.below(3) === 0 ? mutateBinary(answer, random).bytes : answer);
      } catch (error) {
        if (!isDocumented(error, [DcerpcError])) throw error;
      }
      if (random.below(4) === 0) answers.push(writePdu(fc.sample(pdu, { numRuns: 1, seed: random.below(2 ** 31) })[0]!));
    },
    receive: async () => (++pieces > MAX_PIECES ? new Uint8Array() : (answers.shift() ?? new Uint8Array())),
    close: () => {},
  };
  const connection = new RpcConnection(transport);
  const auth = random.below(2) ? authOf(random) : undefined;
  let refused = 0;
  try {
    if (auth !== undefined) await connection.bind(ENDPOINT_MAPPER, auth);
    const act = random.pick([
      () => mapEndpoint(connection, NDR),
      () => listEndpoints(connection),
      () => serverAlive2(connection),
      () => remoteCreateInstance(connection, { clsid: CLSID, iids: [IID] }),
    ]);
    checkSane(await act(), 4000);
  } catch (error) {
    if (!isDocumented(error, [DcerpcError])) throw error;
    refused = 1;
  }
  connection.close();
  checkPrototypes();
  return { refused };
}

/** A client whose units are changed on their way. */
async function hostileClient(random: Random): Promise<Counts> {
  const server = acceptorOf(random);
  const answers: Uint8Array[] = [];
  let refused = 0;
  let sent = 0;
  const transport: RpcTransport = {
    send: async (bytes) => {
      const changed = random.below(3) === 0 ? mutateBinary(bytes, random).bytes : bytes;
      try {
        const got = await server.push(changed);
        checkSane(got, changed.length + 2000);
        answers.push(...got);
      } catch (error) {
        if (!isDocumented(error, [DcerpcError])) throw error;
        refused++;
      }
      sent++;
      void server.peer;
    },
    receive: async () => answers.shift() ?? new Uint8Array(),
    close: () => {},
  };
  const connection = new RpcConnection(transport);
  try {
    await connection.bind(ENDPOINT_MAPPER, authOf(random));
    await mapEndpoint(connection, NDR);
    await serverAlive2(connection);
  } catch (error) {
    if (!isDocumented(error, [DcerpcError, NtlmError])) throw error;
  }
  return { refused, sent };
}
